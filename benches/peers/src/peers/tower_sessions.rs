//! tower-sessions-cookie-store 0.5 (AES-256-GCM): `CookieSessionManagerLayer::private`, as its
//! README and tests show.
//!
//! `Expiry::OnInactivity` is what its README uses for a session with an idle timeout and `Max-Age`.

use contest::{Account, Answer, Call, Entry, MAX_AGE, Middleware, found, tower};
use cookie::time::Duration;
use http::Request;
use tower::{Layer, service_fn};
use tower_sessions_cookie_store::{
    CookieSessionConfig, CookieSessionManagerLayer, Expiry, Key, PrivateCookie, SameSite, Session,
};

use super::ACCOUNT;

pub struct Sessions(CookieSessionManagerLayer<PrivateCookie>);

impl Sessions {
    pub fn new() -> Self {
        let config = CookieSessionConfig::default()
            .with_same_site(SameSite::Lax)
            .with_expiry(Expiry::OnInactivity(Duration::seconds(MAX_AGE.into())));
        Self(CookieSessionManagerLayer::private(Key::generate()).with_config(config))
    }
}

impl Middleware for Sessions {
    fn bare(&self) -> impl Call {
        tower(service_fn(ignore))
    }

    fn idle(&self) -> impl Call {
        tower(self.0.layer(service_fn(ignore)))
    }

    fn writer(&self, entries: &'static [Entry]) -> impl Call {
        tower(self.0.layer(service_fn(move |request| set(request, entries))))
    }

    fn reader(&self, entry: Entry) -> impl Call {
        tower(self.0.layer(service_fn(move |request| get(request, entry))))
    }
}

/// With one value in the session.
pub struct Typed(pub Sessions);

impl Middleware for Typed {
    fn bare(&self) -> impl Call {
        self.0.bare()
    }

    fn idle(&self) -> impl Call {
        self.0.idle()
    }

    fn writer(&self, entries: &'static [Entry]) -> impl Call {
        tower(self.0.0.layer(service_fn(move |request| set_account(request, entries))))
    }

    fn reader(&self, entry: Entry) -> impl Call {
        tower(self.0.0.layer(service_fn(move |request| get_account(request, entry))))
    }
}

async fn ignore(_: Request<()>) -> Answer {
    Ok(found(true))
}

async fn set(request: Request<()>, entries: &[Entry]) -> Answer {
    let session = session(&request);
    for (key, value) in entries {
        session.insert(key, value).await.expect("a string");
    }
    Ok(found(true))
}

async fn get(request: Request<()>, (key, value): Entry) -> Answer {
    let entry: Option<String> = session(&request).get(key).await.expect("a string");
    Ok(found(entry.is_some_and(|found| found == value)))
}

async fn set_account(request: Request<()>, entries: &[Entry]) -> Answer {
    session(&request).insert(ACCOUNT, Account::of(entries)).await.expect("an account");
    Ok(found(true))
}

async fn get_account(request: Request<()>, entry: Entry) -> Answer {
    let account: Option<Account> = session(&request).get(ACCOUNT).await.expect("an account");
    Ok(found(account.is_some_and(|account| account.holds(entry))))
}

fn session(request: &Request<()>) -> Session {
    request.extensions().get::<Session>().expect("the layer").clone()
}

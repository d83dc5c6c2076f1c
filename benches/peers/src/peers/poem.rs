//! poem 3 (AES-256-GCM): the middleware `CookieSession` with `CookieConfig::private`, as its docs
//! and tests show.
//!
//! The default config has neither `Max-Age` nor `SameSite`; its setters do.

use std::time::Duration;

use contest::{Account, Call, Entry, MAX_AGE, Middleware};
use http::{HeaderMap, StatusCode};
use poem::session::{CookieConfig, CookieSession, Session};
use poem::web::cookie::{CookieKey, SameSite};
use poem::{Endpoint, Middleware as _, Request, Response, endpoint::make_sync};

use super::{ACCOUNT, NAME};

pub struct Sessions(CookieSession);

impl Sessions {
    pub fn new() -> Self {
        let config = CookieConfig::private(CookieKey::generate())
            .name(NAME)
            .same_site(SameSite::Lax)
            .max_age(Duration::from_secs(MAX_AGE.into()));
        Self(CookieSession::new(config))
    }
}

impl Middleware for Sessions {
    fn bare(&self) -> impl Call {
        call(make_sync(|_| found(true)))
    }

    fn idle(&self) -> impl Call {
        call(self.0.transform(make_sync(|_| found(true))))
    }

    fn writer(&self, entries: &'static [Entry]) -> impl Call {
        call(self.0.transform(make_sync(move |request| {
            for (key, value) in entries {
                session(&request).set(key, value);
            }
            found(true)
        })))
    }

    fn reader(&self, (key, value): Entry) -> impl Call {
        call(self.0.transform(make_sync(move |request| {
            let entry: Option<String> = session(&request).get(key);
            found(entry.is_some_and(|found| found == value))
        })))
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
        call(self.0.0.transform(make_sync(move |request| {
            session(&request).set(ACCOUNT, Account::of(entries));
            found(true)
        })))
    }

    fn reader(&self, entry: Entry) -> impl Call {
        call(self.0.0.transform(make_sync(move |request| {
            let account: Option<Account> = session(&request).get(ACCOUNT);
            found(account.is_some_and(|account| account.holds(entry)))
        })))
    }
}

/// An endpoint as a call.
fn call(endpoint: impl Endpoint<Output = Response>) -> impl Call {
    async move |fields: HeaderMap| {
        let mut request = Request::default();
        *request.headers_mut() = fields;
        let response = endpoint.call(request).await.ok()?;
        response.is_success().then(|| response.into_parts().0.headers)
    }
}

fn session(request: &Request) -> &Session {
    request.extensions().get::<Session>().expect("the middleware")
}

fn found(found: bool) -> Response {
    let status = if found { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Response::builder().status(status).finish()
}

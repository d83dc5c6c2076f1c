//! tower-sessions 0.15: `SessionManagerLayer` with `MemoryStore`, as its README shows.
//!
//! The cookie has an id in plain text, and the server keeps the session: the least that the crate
//! can do for a request.

use contest::{Answer, Call, Entry, MAX_AGE, Middleware, found, tower};
use cookie::time::Duration;
use http::Request;
use tower::{Layer, service_fn};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer};

pub struct Sessions(SessionManagerLayer<MemoryStore>);

impl Sessions {
    pub fn new() -> Self {
        let layer = SessionManagerLayer::new(MemoryStore::default())
            .with_same_site(SameSite::Lax)
            .with_expiry(Expiry::OnInactivity(Duration::seconds(MAX_AGE.into())));
        Self(layer)
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

fn session(request: &Request<()>) -> Session {
    request.extensions().get::<Session>().expect("the layer").clone()
}

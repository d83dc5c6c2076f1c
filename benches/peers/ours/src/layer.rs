//! `SessionLayer`, and handlers that take a `SessionHandle` as the axum extractor does.
#![allow(clippy::unused_async, reason = "as handlers are")]

use contest::{Call, Entry, Middleware, found, tower};
use http::Request;
use sealed_session::{CookieSessions, Keyring, Secret, SessionHandle, SessionLayer};
use tower::{Layer, service_fn};

/// The layer's own errors are text.
type Answer = contest::Answer<&'static str>;

pub struct Sessions(SessionLayer);

impl Sessions {
    pub fn new() -> Self {
        Self(SessionLayer::new(CookieSessions::new(Keyring::new(Secret::generate()))))
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
        session.set(key, value);
    }
    Ok(found(true))
}

async fn get(request: Request<()>, (key, value): Entry) -> Answer {
    let entry = session(&request).get(key);
    Ok(found(entry.is_some_and(|found| found == value)))
}

fn session(request: &Request<()>) -> SessionHandle {
    request.extensions().get::<SessionHandle>().expect("the layer").clone()
}

//! seshcookie 0.1 (ChaCha20-Poly1305): the layer and the extractor of its quickstart, with the
//! defaults.
//!
//! Its docs require a `T` whose JSON is the same each time, such as a `BTreeMap`. It sends no
//! `Max-Age`.

use axum_core::extract::FromRequestParts;
use contest::{Answer, Call, Entry, Middleware, found, tower};
use http::Request;
use seshcookie::{Session, SessionConfig, SessionKeys, SessionLayer};
use tower::{Layer, service_fn};

use super::Data;

pub struct Sessions<D: Data>(SessionLayer<D>);

impl<D: Data> Sessions<D> {
    pub fn new() -> Self {
        let secret = cookie::Key::generate();
        let keys = SessionKeys::new(secret.master()).expect("a long secret");
        Self(SessionLayer::new(keys, SessionConfig::default()).expect("a layer"))
    }
}

impl<D: Data> Middleware for Sessions<D> {
    fn bare(&self) -> impl Call {
        tower(service_fn(ignore))
    }

    fn idle(&self) -> impl Call {
        tower(self.0.layer(service_fn(ignore)))
    }

    fn writer(&self, entries: &'static [Entry]) -> impl Call {
        tower(self.0.layer(service_fn(move |request| set::<D>(request, entries))))
    }

    fn reader(&self, entry: Entry) -> impl Call {
        tower(self.0.layer(service_fn(move |request| get::<D>(request, entry))))
    }
}

async fn ignore(request: Request<()>) -> Answer {
    drop(request.into_parts());
    Ok(found(true))
}

async fn set<D: Data>(request: Request<()>, entries: &[Entry]) -> Answer {
    session(request).await.insert(D::of(entries)).await;
    Ok(found(true))
}

async fn get<D: Data>(request: Request<()>, entry: Entry) -> Answer {
    let data: D = session(request).await.get().await.unwrap_or_default();
    Ok(found(data.holds(entry)))
}

async fn session<D: Data>(request: Request<()>) -> Session<D> {
    let (mut parts, ()) = request.into_parts();
    Session::from_request_parts(&mut parts, &()).await.expect("the layer")
}

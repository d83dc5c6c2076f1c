//! `sealed-session` in every framework on the `http` crate.
//!
//! One module a framework: first the glue, as an application would have it, then the same six routes, then a server.
//! What they have to do is in `tests/suite`.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /me` | says who is logged in, and sets a cookie of somebody else, `theirs=1` |
//! | `POST /login?user=NAME` | renews the session and remembers `NAME` |
//! | `POST /logout` | invalidates the session |
//! | `POST /big` | remembers the body of the request |
//! | `GET /fail` | sets `seen` to `1`, then fails with 503 in the framework's own way |
//! | `GET /public` | never touches the session, and is for shared caches |
//!
//! And once more, guarded: behind [`guards`] where the framework takes a tower layer, else with a glue of its own.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /token` | says a CSRF token of the session |
//! | `POST /note` | remembers the body of the request, says [`NOTED`] to the next page, and redirects to `/said` |
//! | `GET /said` | says what was said to it |
//! | `POST /end` | revokes the session |
//!
//! A guarded request with the header [`POLL`] is passive.

pub mod actix;
pub mod axum;
pub mod hyper;
pub mod lambda;
pub mod poem;
pub mod salvo;
pub mod tonic;
pub mod viz;
pub mod warp;

use std::time::Duration;

use sealed_session::{CookieSessions, FlashLayer, RevocationLayer, SessionLayer, SiteLayer};
use serde::Deserialize;

/// The query of `POST /login`.
#[derive(Debug, Deserialize)]
pub struct LogIn {
    user: String,
}

/// What `GET /me` says to who is not logged in.
pub const NOBODY: &str = "nobody";

/// What `GET /fail` says.
pub const OUT_OF_ORDER: &str = "out of order";

/// The `Cache-Control` of `GET /public`.
pub const FOR_EVERYBODY: &str = "public, max-age=60";

/// What `POST /note` says to the next page.
pub const NOTED: &str = "Noted.";

/// The header of a page's script that polls.
pub const POLL: &str = "x-poll";

/// The layer of a site that ends sessions on the server and has flash messages. CSRF protection is added where it is used.
pub fn guards(sessions: CookieSessions) -> SiteLayer<RevocationLayer, FlashLayer> {
    let layer = SessionLayer::new(sessions).check_revocation(tokio::time::sleep).flash();
    let layer = layer.passive(|parts| parts.headers.contains_key(POLL));
    // A minute, so that no test depends on how fast the store of the suite is here.
    layer.timeout(Duration::from_mins(1))
}

/// Serves connections over HTTP/1.1 and HTTP/2 until dropped, for what has no server of its own.
pub async fn serve_connections<S, B>(listener: tokio::net::TcpListener, service: S)
where
    S: ::hyper::service::Service<
            http::Request<::hyper::body::Incoming>,
            Response = http::Response<B>,
        >,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: std::error::Error + Send + Sync + 'static,
    B: ::hyper::body::Body + Send + 'static,
    B::Data: Send,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    use hyper_util::rt::{TokioExecutor, TokioIo};
    use hyper_util::server::conn::auto::Builder;

    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        tokio::spawn(async move {
            let server = Builder::new(TokioExecutor::new());
            // An error here is a client that went away.
            let _ = server.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

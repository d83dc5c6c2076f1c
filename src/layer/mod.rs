//! The layer for [`tower`](https://docs.rs/tower): a session for every request, sent with the response (feature
//! `tower`).
//!
//! # What happens to a request
//!
//! 1. On arrival the layer puts a [`SessionHandle`] into the request's extensions, and does nothing else. Under
//!    [`Issue::Eager`](crate::Issue::Eager) it also opens the session, before the response goes out at the latest. With a
//!    revocation hook it opens the session at once, and responds with 503 if that could not be checked.
//! 2. The first use of the handle opens the session.
//! 3. When the inner service responds, the session is encoded to the response, if it was opened: an error page, a
//!    redirect, an early return carry what was written like any other. An inner service that fails instead of
//!    responding, or panics, is passed on as it is.
//! 4. The response has been sent. Whoever still holds a handle reads the session of the request;
//!    what is written now is lost, and logged as an error.
//!
//! # Handles that outlive the response
//!
//! A WebSocket, a streamed body or a spawned task may keep a handle. If it is the first to use it,
//! it reads the session that the request had, judged by the clock and the secrets of that
//! moment. From then on the session is a snapshot, also when it has expired or was ended: a
//! connection that stays open compares [`expires_at`](SessionHandle::expires_at) with the time, as
//! `examples/websocket.rs` does. A revocation hook is asked when the request arrives, and not
//! again.
//!
//! Where somebody still holds a handle when the response is sent, the body may depend on the
//! session. So the response says what it says of a session that was read: it gains `Vary: Cookie`,
//! and `private` by default if the request has a cookie with the session's name. It does not
//! refresh the session. If the handler took no handle, or dropped it, the response stays as it was.
//!
//! # Code of the application
//!
//! The library calls code of the application while it works on a session: a clock, a revocation
//! hook, a subscriber of `tracing`, the payload's own `Serialize`, `Deserialize`, `Clone` and
//! `Drop`. Such code may use a handle of the same session. While the session is sent, it reads what
//! was written. While the session is opened, or its payload copied or dropped, it reads an empty
//! pre-session. What it writes is lost, and logged as an error.
//!
//! The closure given to [`with`](SessionHandle::with) or [`update`](SessionHandle::update) has the
//! session itself. It panics if it uses a handle of the same session.
//!
//! # Two requests at once
//!
//! There is no store to serialize them. Where both write, the last response that the browser gets wins. One that
//! only reads sends nothing, unless a refresh or a re-seal is due; then it may bring back a session that the other
//! logged out, or undo what the other wrote, between its arrival and its response. That is at most once a half
//! timeout, and once a rotation of secrets.

mod entries;
#[cfg(feature = "axum")]
mod extract;
pub(crate) mod handle;
pub(crate) mod in_use;
pub(crate) mod on_error;
mod send;
mod service;
pub(crate) mod state;

#[cfg(feature = "axum")]
pub use extract::MissingLayer;
pub use handle::SessionHandle;
pub use on_error::{OnError, PlainError, RespondWith};
pub use service::{SessionFuture, SessionService};

use std::fmt;

use http::Response;

use crate::error::EncodeError;
use crate::session::dict::Dict;
use crate::sessions::CookieSessions;
use crate::transport::Transport;

/// Gives every request a [`SessionHandle`] and sends what it wrote.
///
/// `flash`, `csrf` and `check_revocation` add the other parts of a site to it, in the right order.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let service = ServiceBuilder::new().layer(SessionLayer::new(sessions)).service_fn(|request: Request<()>| async move {
///     let session: &SessionHandle = request.extensions().get().unwrap();
///     session.set("user", "alice");
///     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
/// });
/// let response = service.oneshot(Request::new(())).await?;
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
///
/// # Where to put it
///
/// Outside of what turns errors into responses: an inner service that fails has no response to write to, and what was
/// written is lost.
///
/// Its own errors are plain text, in a body that is `From<&'static str>`: `axum::body::Body`, `Full<Bytes>` or `String`. For
/// other bodies, and for a gRPC server, whose errors are no texts, give it [`on_error`](SessionLayer::on_error):
/// `Status::internal(error.to_string()).into_http()` with tonic.
///
/// # Two layers
///
/// Layers with different payload types do not affect each other, whatever their cookies are called. A newtype tells two
/// dictionaries apart:
///
/// ```
/// #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
/// struct Preferences(std::collections::BTreeMap<String, String>);
/// # let keyring = sealed_session::Keyring::ephemeral();
/// let preferences = sealed_session::CookieSessions::typed::<Preferences>(keyring, "preferences").name("preferences");
/// # preferences.build().unwrap();
/// ```
///
/// A layer inside another layer of the same payload type takes over its part of the site. Their cookies must differ in
/// name, path or domain; with the same cookie, every request gets a 500 that says so
/// ([`EncodeError::TwoLayers`]).
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::post};
/// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
/// use tower::ServiceExt;
///
/// async fn log_in(session: SessionHandle) {
///     session.set("user", "alice");
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = Keyring::ephemeral();
/// let admin = CookieSessions::builder(keyring.clone()).name("admin").build()?;
/// let admin_pages = Router::new().route("/login", post(log_in)).layer(SessionLayer::new(admin));
/// let app: Router = Router::new()
///     .route("/login", post(log_in))
///     .nest("/admin", admin_pages)
///     .layer(SessionLayer::new(CookieSessions::new(keyring)));
///
/// for (path, cookie) in [("/login", "__Host-session="), ("/admin/login", "__Host-admin=")] {
///     let response = app.clone().oneshot(Request::post(path).body(Body::empty())?).await?;
///     assert!(response.headers()["set-cookie"].to_str()?.starts_with(cookie));
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Settings that depend on the request
///
/// Make one application for each kind of request, and choose between them. Here each tenant has a host, and sessions that
/// no other tenant accepts:
///
/// ```
/// use std::collections::HashMap;
/// use axum::{Router, body::Body, http::Request, routing::post};
/// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = Keyring::ephemeral();
/// let pages = Router::new().route("/login", post(async |session: SessionHandle| session.set("user", "alice")));
/// let mut tenants = HashMap::new();
/// for host in ["one.example", "two.example"] {
///     let sessions = CookieSessions::builder(keyring.clone()).context(host).build()?;
///     tenants.insert(host, pages.clone().layer(SessionLayer::new(sessions)));
/// }
/// let app = tower::service_fn(move |request: Request<Body>| {
///     let host = request.headers().get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
///     tenants.get(host).cloned().unwrap_or_default().oneshot(request) // 404 for other hosts
/// });
/// let app: Router = Router::new().fallback_service(app);
///
/// for (host, status) in [("one.example", 200), ("two.example", 200), ("three.example", 404)] {
///     let request = Request::post("/login").header("host", host).body(Body::empty())?;
///     let response = app.clone().oneshot(request).await?;
///     assert_eq!((response.status().as_u16(), response.headers().contains_key("set-cookie")), (status, status == 200));
/// }
/// # Ok(())
/// # }
/// ```
///
/// A site that serves HTTPS and plain HTTP at once, in a private network for instance, has two kinds of sessions. With a
/// listener for each, give each listener its own layer. Behind a proxy that serves both, the proxy says which one it was:
///
/// ```
/// use axum::{Router, body::Body, http::Request, routing::post};
/// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
/// use tower::ServiceExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let keyring = Keyring::ephemeral();
/// let pages = Router::new().route("/login", post(async |session: SessionHandle| session.set("user", "alice")));
/// let over_https = CookieSessions::new(keyring.clone());
/// let over_http = CookieSessions::builder(keyring).insecure_http().build()?;
/// let https = pages.clone().layer(SessionLayer::new(over_https));
/// let http = pages.layer(SessionLayer::new(over_http));
/// let app = tower::service_fn(move |request: Request<Body>| {
///     // The proxy must set this header in every request, or a client could.
///     let is_https = request.headers().get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
///     if is_https { https.clone() } else { http.clone() }.oneshot(request)
/// });
///
/// for (scheme, cookie) in [("https", "__Host-session="), ("http", "session=")] {
///     let request = Request::post("/login").header("x-forwarded-proto", scheme).body(Body::empty())?;
///     let response = app.clone().oneshot(request).await?;
///     assert!(response.headers()["set-cookie"].to_str()?.starts_with(cookie));
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct SessionLayer<T = Dict, E = PlainError> {
    pub(crate) sessions: CookieSessions<T>,
    pub(crate) transport: Option<Transport>,
    /// Whether a layer of flash messages comes with it, inside.
    pub(crate) has_flash: bool,
    pub(super) on_error: E,
}

impl<T> SessionLayer<T> {
    /// A layer of these sessions.
    pub fn new(sessions: CookieSessions<T>) -> Self {
        Self { sessions, transport: None, has_flash: false, on_error: PlainError }
    }
}

impl<T, E> SessionLayer<T, E> {
    /// How clients reach the listener that this layer serves.
    ///
    /// It takes precedence over a [`Transport`] in the request's extensions and over the sessions' own. The layers inside
    /// find it in the extensions.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::{SessionLayer, Transport};
    ///
    /// let on_port_443 = SessionLayer::new(sessions.clone()).transport(Transport::Https);
    /// let on_port_80 = SessionLayer::new(sessions).transport(Transport::Http); // there a session is never sent
    /// ```
    pub fn transport(self, transport: Transport) -> Self {
        Self { transport: Some(transport), ..self }
    }

    /// What to respond with when a session cannot be sent; a 500 in plain text by default.
    ///
    /// The client keeps the cookie that it has. If a session cannot be checked for revocation, the function is called with
    /// [`EncodeError::RevocationFailed`], and its response is sent as a 503 with `Retry-After`. A framework whose body is
    /// not `From<&'static str>` needs a function here.
    ///
    /// ```
    /// use http::{Request, Response, StatusCode};
    /// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = SessionLayer::new(CookieSessions::new(Keyring::ephemeral())).on_error(|error| {
    ///     let mut response = Response::new(error.to_string());
    ///     *response.status_mut() = StatusCode::INSUFFICIENT_STORAGE;
    ///     response
    /// });
    /// let service = ServiceBuilder::new().layer(layer).service_fn(|request: Request<()>| async move {
    ///     let session: &SessionHandle = request.extensions().get().unwrap();
    ///     session.set("notes", "x".repeat(5000));
    ///     Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    /// });
    /// assert_eq!(service.oneshot(Request::new(())).await?.status(), 507);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_error<F, B>(self, respond: F) -> SessionLayer<T, RespondWith<F>>
    where
        F: Fn(EncodeError) -> Response<B>,
    {
        let Self { sessions, transport, has_flash, .. } = self;
        SessionLayer { sessions, transport, has_flash, on_error: RespondWith(respond) }
    }
}

/// In the extensions of a request behind a layer that belongs inside of every [`SessionLayer`].
///
/// Outside of one, it would add to the response that takes the place of a session that cannot be
/// sent.
#[derive(Clone, Copy)]
pub(super) struct BelongsInside;

impl<T, E: Clone> Clone for SessionLayer<T, E> {
    fn clone(&self) -> Self {
        Self {
            sessions: self.sessions.clone(),
            transport: self.transport,
            has_flash: self.has_flash,
            on_error: self.on_error.clone(),
        }
    }
}

impl<T, E> fmt::Debug for SessionLayer<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionLayer").field("sessions", &self.sessions).finish_non_exhaustive()
    }
}

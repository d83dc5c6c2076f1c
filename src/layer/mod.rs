//! The layer for [`tower`](https://docs.rs/tower): a session for every request, sent with the
//! response (feature `tower`).
//!
//! # What happens to a request
//!
//! 1. On arrival the layer puts a [`SessionHandle`] into the request's extensions, and does nothing
//!    else. With a revocation hook it opens the session at once, and responds with 503 if the
//!    session cannot be checked.
//! 2. The first use of the handle opens the session. Under [`Issue::Eager`](crate::Issue::Eager)
//!    every session is opened, at the latest when it is sent.
//! 3. When the inner service responds, the layer encodes the session to the response, if it was
//!    opened. The kind of response makes no difference: error pages, redirects and early returns
//!    carry what was written too. If the inner service returns an error or panics, the layer passes
//!    that on. There is no response, so what was written is lost. With an error it is logged.
//! 4. The response has been sent. A handle that is used later reads the session of the request.
//!    What is written now is lost, and logged as an error.
//!
//! # Handles that outlive the response
//!
//! A WebSocket, a streamed body or a spawned task may keep a handle. If it is the first to use the
//! session, it reads the session of the request, judged by the clock and the secrets of that
//! moment. From then on the session is a snapshot, even after it has expired or was ended. So a
//! connection that stays open compares [`expires_at`](SessionHandle::expires_at) with the time, as
//! `examples/websocket.rs` does. A revocation hook is asked when the request arrives, and not
//! again.
//!
//! If a handle still exists when the response is sent, the body may depend on the session. So the
//! response gets the headers of one whose session was read: `Vary: Cookie`, and `private` by
//! default if the request has a cookie with the session's name. The session is not refreshed. If
//! the handler took no handle, or dropped it, the response is unchanged.
//!
//! # Code of the application
//!
//! The library calls code of the application while it works on a session: a clock, a revocation
//! hook, a subscriber of `tracing`, the payload's own `Serialize`, `Deserialize`, `Clone` and
//! `Drop`. Such code may use a handle of the same session. While the session is sent, it reads what
//! was written. While the session is opened, or its payload copied or dropped, it reads an empty
//! pre-session. What it writes is lost, and logged as an error.
//!
//! While the session is sent, other threads read a copy. A payload that does not read back as it
//! was written cannot be copied; they read an empty one, and an error is logged.
//!
//! The closure given to [`with`](SessionHandle::with) or [`update`](SessionHandle::update) has the
//! session itself. It panics if it uses a handle of the same session.
//!
//! # Two requests at once
//!
//! There is no store to serialize them. If both write, the last response that the browser receives
//! wins. A request that only reads sends nothing, unless a refresh or a re-seal is due. Then its
//! response may undo what the other request wrote in the meantime, including a log-out. That
//! happens at most once every half timeout, and once a rotation of secrets.

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
use std::sync::Arc;

use http::Response;
use http::request::Parts;

use crate::error::EncodeError;
use crate::session::dict::Dict;
use crate::sessions::CookieSessions;
use crate::transport::Transport;

/// Gives every request a [`SessionHandle`], and sends the session with the response.
///
/// ```
/// use axum::{Router, routing::post};
/// use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
///
/// async fn log_in(session: SessionHandle) -> &'static str {
///     let user = "alice"; // after the password has been checked
///     if session.get("user").is_some_and(|before| before != user) {
///         session.invalidate(); // drops the data of another user
///     }
///     session.renew(); // a new id, against session fixation
///     session.set("user", user);
///     "Welcome!"
/// }
///
/// fn app(sessions: CookieSessions) -> Router {
///     Router::new().route("/login", post(log_in)).layer(SessionLayer::new(sessions))
/// }
/// ```
///
/// `flash`, `csrf` and `check_revocation` add the other parts of a site, in the right order.
///
/// Without axum, the handle is in the extensions of the request:
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// async fn log_in(request: Request<()>) -> Result<Response<String>, Infallible> {
///     let session: &SessionHandle = request.extensions().get().unwrap();
///     session.renew();
///     session.set("user", "alice");
///     Ok(Response::new("Welcome!".to_owned()))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let service = ServiceBuilder::new().layer(SessionLayer::new(sessions)).service_fn(log_in);
/// let response = service.oneshot(Request::new(())).await?;
/// assert!(response.headers().contains_key("set-cookie"));
/// # Ok(())
/// # }
/// ```
///
/// # Where to put it
///
/// Put it outside of layers that turn errors into responses. If the inner service returns an error,
/// there is no response to write to: what was written is lost, and an error is logged. With axum,
/// the layer that is added last is outermost.
///
/// Every response is sent with what was written so far, whatever its status is. This includes the
/// response to an error that a handler returns after it has written something, and the response
/// that an inner layer makes of a panic. To send nothing after a panic, put `CatchPanicLayer` of
/// tower-http outside of this layer. Write to the session last, after everything that may fail.
///
/// The layer's own errors are plain text, in a body that implements `From<&'static str>`:
/// `axum::body::Body`, `Full<Bytes>` or `String`. For other bodies, set
/// [`on_error`](SessionLayer::on_error). A gRPC server needs it too, because its errors are not
/// text: with tonic, respond with `Status::internal(error.to_string()).into_http()`.
///
/// # Two layers
///
/// The cookies of two layers must differ in name, path or domain. With the same cookie, every
/// response is a 500 that says so ([`EncodeError::TwoLayers`]).
///
/// If their payload types differ too, both are there for every handler. A newtype makes a second
/// dictionary a different type:
///
/// ```
/// use std::collections::BTreeMap;
///
/// use sealed_session::{CookieSessions, Keyring};
///
/// #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
/// struct Preferences(BTreeMap<String, String>);
///
/// let keyring = Keyring::ephemeral();
/// let preferences = CookieSessions::typed::<Preferences>(keyring, "preferences")
///     .name("preferences")
///     .build()?;
/// # Ok::<(), sealed_session::ConfigError>(())
/// ```
///
/// If their payload type is the same, the inner layer takes over its part of the site:
///
/// ```
/// use axum::{Router, routing::post};
/// use sealed_session::{ConfigError, CookieSessions, Keyring, SessionHandle, SessionLayer};
///
/// async fn log_in(session: SessionHandle) {
///     session.set("user", "alice");
/// }
///
/// fn app(keyring: Keyring) -> Result<Router, ConfigError> {
///     let admin = CookieSessions::builder(keyring.clone()).name("admin").build()?;
///     let admin_pages = Router::new().route("/login", post(log_in)).layer(SessionLayer::new(admin));
///     Ok(Router::new()
///         .route("/login", post(log_in)) // sets __Host-session
///         .nest("/admin", admin_pages) // /admin/login sets __Host-admin
///         .layer(SessionLayer::new(CookieSessions::new(keyring))))
/// }
/// # use axum::{body::Body, http::Request};
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let app = app(Keyring::ephemeral())?;
/// # for (path, cookie) in [("/login", "__Host-session="), ("/admin/login", "__Host-admin=")] {
/// #     let response = app.clone().oneshot(Request::post(path).body(Body::empty())?).await?;
/// #     assert!(response.headers()["set-cookie"].to_str()?.starts_with(cookie));
/// # }
/// # Ok(())
/// # }
/// ```
///
/// # Settings that depend on the request
///
/// Make one application for each kind of request, and choose between them. Here each tenant has a
/// host, and sessions that no other tenant accepts:
///
/// ```
/// use std::collections::HashMap;
///
/// use axum::{Router, extract::Request};
/// use sealed_session::{ConfigError, CookieSessions, Keyring, SessionLayer};
/// use tower::{ServiceExt, service_fn};
///
/// fn app(pages: &Router, keyring: &Keyring) -> Result<Router, ConfigError> {
///     let mut tenants = HashMap::new();
///     for host in ["one.example", "two.example"] {
///         let sessions = CookieSessions::builder(keyring.clone()).context(host).build()?;
///         tenants.insert(host, pages.clone().layer(SessionLayer::new(sessions)));
///     }
///     Ok(Router::new().fallback_service(service_fn(move |request: Request| {
///         let host = request.headers().get("host").and_then(|host| host.to_str().ok());
///         let tenant = host.and_then(|host| tenants.get(host)).cloned();
///         tenant.unwrap_or_default().oneshot(request) // 404 for other hosts
///     })))
/// }
/// # use axum::{body::Body, routing::post};
/// # use sealed_session::SessionHandle;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let log_in = async |session: SessionHandle| session.set("user", "alice");
/// # let app = app(&Router::new().route("/login", post(log_in)), &Keyring::ephemeral())?;
/// # for (host, status) in [("one.example", 200), ("two.example", 200), ("three.example", 404)] {
/// #     let request = Request::post("/login").header("host", host).body(Body::empty())?;
/// #     let response = app.clone().oneshot(request).await?;
/// #     assert_eq!(response.status(), status);
/// #     assert_eq!(response.headers().contains_key("set-cookie"), status == 200);
/// # }
/// # Ok(())
/// # }
/// ```
///
/// Over HTTP/2 the host is in `request.uri().host()` instead. Remove a port before you
/// compare.
///
/// A site that serves HTTPS and plain HTTP at once, for example in a private network, has two kinds
/// of sessions. If HTTPS and HTTP have a listener each, give each listener its own layer. Behind
/// one proxy for both, let the proxy say which one the client used:
///
/// ```
/// use axum::{Router, extract::Request};
/// use sealed_session::{ConfigError, CookieSessions, Keyring, SessionLayer};
/// use tower::{ServiceExt, service_fn};
///
/// fn app(pages: &Router, keyring: Keyring) -> Result<Router, ConfigError> {
///     let http = CookieSessions::builder(keyring.clone()).insecure_http().build()?;
///     let http = pages.clone().layer(SessionLayer::new(http));
///     let https = pages.clone().layer(SessionLayer::new(CookieSessions::new(keyring)));
///     Ok(Router::new().fallback_service(service_fn(move |request: Request| {
///         // The proxy must set this header on every request, or a client can set it.
///         let scheme = request.headers().get("x-forwarded-proto");
///         let is_https = scheme.is_some_and(|scheme| scheme == "https");
///         if is_https { https.clone() } else { http.clone() }.oneshot(request)
///     })))
/// }
/// # use axum::{body::Body, routing::post};
/// # use sealed_session::SessionHandle;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let log_in = async |session: SessionHandle| session.set("user", "alice");
/// # let app = app(&Router::new().route("/login", post(log_in)), Keyring::ephemeral())?;
/// # for (scheme, cookie) in [("https", "__Host-session="), ("http", "session=")] {
/// #     let request = Request::post("/login").header("x-forwarded-proto", scheme);
/// #     let response = app.clone().oneshot(request.body(Body::empty())?).await?;
/// #     assert!(response.headers()["set-cookie"].to_str()?.starts_with(cookie));
/// # }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub struct SessionLayer<T = Dict, E = PlainError> {
    pub(crate) sessions: CookieSessions<T>,
    pub(crate) transport: Option<Transport>,
    pub(crate) passive: Option<Passive>,
    /// Whether it contains a layer of flash messages.
    pub(crate) has_flash: bool,
    pub(super) on_error: E,
}

/// Tells which requests are passive.
pub(crate) type Passive = Arc<dyn Fn(&Parts) -> bool + Send + Sync>;

impl<T> SessionLayer<T> {
    /// Makes a layer for these sessions.
    pub fn new(sessions: CookieSessions<T>) -> Self {
        Self { sessions, transport: None, passive: None, has_flash: false, on_error: PlainError }
    }
}

impl<T, E> SessionLayer<T, E> {
    /// Sets how clients reach the listener that this layer serves.
    ///
    /// It takes precedence over a [`Transport`] in the request's extensions and over the sessions'
    /// own. The layers inside find it in the extensions.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::{SessionLayer, Transport};
    ///
    /// let on_port_443 = SessionLayer::new(sessions.clone()).transport(Transport::Https);
    /// // These sessions are for HTTPS, so none is accepted or sent here:
    /// let on_port_80 = SessionLayer::new(sessions).transport(Transport::Http);
    /// ```
    pub fn transport(self, transport: Transport) -> Self {
        Self { transport: Some(transport), ..self }
    }

    /// Sets which requests are not caused by the user, such as polls and prefetches.
    ///
    /// They do not refresh the session: see [`Session::passive`](crate::Session::passive). The
    /// function sees each request as it arrives. [The
    /// guide](crate::guide::ending_sessions#log-me-out-after-30-minutes-without-a-click) has a page
    /// that polls.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::SessionLayer;
    ///
    /// let layer = SessionLayer::new(sessions).passive(|request| {
    ///     let purpose = request.headers.get("sec-purpose"); // a prefetch of the browser
    ///     request.uri.path() == "/news/count" || purpose.is_some()
    /// });
    /// ```
    pub fn passive(self, is_passive: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self { passive: Some(Arc::new(is_passive)), ..self }
    }

    /// Sets the response for when a session cannot be sent.
    ///
    /// By default it is a 500 in plain text. The client keeps its cookie. If a session cannot be
    /// checked for revocation, the function is called with [`EncodeError::RevocationFailed`], and
    /// its response is sent as a 503 with `Retry-After`. A framework whose body does not implement
    /// `From<&'static str>` needs a function here.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use http::{Request, Response, StatusCode};
    /// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// async fn save(request: Request<()>) -> Result<Response<String>, Infallible> {
    ///     let session: &SessionHandle = request.extensions().get().unwrap();
    ///     session.set("notes", "x".repeat(5000)); // too large for a cookie
    ///     Ok(Response::new(String::new()))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let layer = SessionLayer::new(sessions).on_error(|error| {
    ///     let mut response = Response::new(error.to_string());
    ///     *response.status_mut() = StatusCode::INSUFFICIENT_STORAGE;
    ///     response
    /// });
    /// let service = ServiceBuilder::new().layer(layer).service_fn(save);
    /// assert_eq!(service.oneshot(Request::new(())).await?.status(), 507);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_error<F, B>(self, respond: F) -> SessionLayer<T, RespondWith<F>>
    where
        F: Fn(EncodeError) -> Response<B>,
    {
        let Self { sessions, transport, passive, has_flash, .. } = self;
        SessionLayer { sessions, transport, passive, has_flash, on_error: RespondWith(respond) }
    }
}

/// A mark in a request's extensions: a layer that belongs inside every [`SessionLayer`] was passed.
///
/// Outside of a `SessionLayer`, such a layer would add its headers to the error that replaces a
/// response.
#[derive(Clone, Copy)]
pub(super) struct BelongsInside;

impl<T, E: Clone> Clone for SessionLayer<T, E> {
    fn clone(&self) -> Self {
        Self {
            sessions: self.sessions.clone(),
            transport: self.transport,
            passive: self.passive.clone(),
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

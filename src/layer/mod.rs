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

use http::{Request, Response};

use crate::decode::held_back;
use crate::error::{EncodeError, Unavailable};
use crate::session::dict::Dict;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::transport::Transport;

/// Gives every request a [`SessionHandle`] and sends what it wrote.
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
/// Outside of whatever turns errors into responses: an inner service that fails has no response to write to, and what
/// was written is lost. A gRPC server wants errors of its own kind, so give it
/// [`on_error`](SessionLayer::on_error) (`Status::internal(error.to_string()).into_http()` with tonic).
///
/// # Two layers
///
/// Layers with different payload types do not meet, whatever their cookies are called. Two of the same type would
/// take each other's handles: every request then gets 500, and the log says why. A newtype tells two
/// dictionaries apart:
///
/// ```
/// #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
/// struct Preferences(std::collections::BTreeMap<String, String>);
/// # let keyring = sealed_session::Keyring::ephemeral();
/// let preferences = sealed_session::CookieSessions::typed::<Preferences>(keyring, "preferences").name("preferences");
/// # preferences.build().unwrap();
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
    /// It takes precedence over a [`Transport`] in the request's extensions and over the sessions' own.
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
    /// The client keeps the cookie that it has. If a synchronous revocation hook does not respond, the function is called
    /// with [`EncodeError::RevocationFailed`], and its response is sent as a 503 with `Retry-After`. A framework whose body
    /// is not `From<&'static str>` needs a function here.
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

    /// Puts a handle into the request, in the place of one of an outer layer of the same type; a refusal if that has the
    /// same cookie.
    pub(super) fn arrive<B>(&self, request: &mut Request<B>) -> (SessionHandle<T>, Option<Refusal>)
    where
        T: Payload + Send + 'static,
    {
        if !self.has_flash && request.extensions().get::<BelongsInside>().is_some() {
            self.sessions.0.log.flash_outside();
        }
        if let Some(transport) = self.transport {
            // Also for the layers inside, such as that of flash messages.
            request.extensions_mut().insert(transport);
        }
        let transport = request.extensions().get().copied().unwrap_or(self.sessions.transport());
        let headers = request.headers();
        let held_back = held_back(self.sessions.0.same_site, headers, Some(request.method()));
        let info = RequestInfo { transport: Some(transport), held_back, ..RequestInfo::default() };
        let handle = SessionHandle::arriving(self.sessions.clone(), headers, info);
        let outer = request.extensions_mut().insert(handle.clone());
        let is_second = outer.is_some_and(|outer| outer.may_send_the_cookie_of(&self.sessions));
        (handle, is_second.then_some(Refusal::TwoLayers))
    }

    /// The response to a request that does not reach the inner service.
    pub(super) fn refuse<B>(&self, refusal: Refusal) -> Response<B>
    where
        E: OnError<B>,
    {
        match refusal {
            Refusal::Unchecked => self.on_error.respond_unchecked(Unavailable::not_checked()),
            Refusal::TwoLayers => {
                let config = &self.sessions.0;
                config.log.two_layers(config.set_cookie.name(), config.clock.unix_seconds());
                self.on_error.respond(EncodeError::TwoLayers)
            }
        }
    }

    /// The response, with the session.
    pub(super) fn finish<B>(
        &self,
        handle: &mut SessionHandle<T>,
        mut response: Response<B>,
    ) -> Response<B>
    where
        T: Payload,
        E: OnError<B>,
    {
        match handle.send(&self.sessions, &mut response) {
            Ok(()) => response,
            Err(error) => self.on_error.respond(error),
        }
    }
}

/// Why a request does not reach the inner service.
#[derive(Clone, Copy)]
pub(super) enum Refusal {
    /// An outer layer of the same payload type has the same cookie.
    TwoLayers,
    /// A revocation hook did not respond.
    Unchecked,
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

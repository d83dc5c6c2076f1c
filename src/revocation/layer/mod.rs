//! The layer that asks a revocation hook before it calls the application.

mod pending;
mod service;

pub use service::{RevocationFuture, RevocationService};

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Response;
use http::request::Parts;

use crate::error::{EncodeError, Unavailable};
use crate::layer::SessionLayer;
use crate::layer::handle::SessionHandle;
use crate::layer::on_error::{OnError, PlainError, RespondWith, unavailable};
use crate::revocation::layer::pending::PendingCheck;
use crate::session::dict::Dict;
use crate::session::gate::{
    KnownSession, Later, OpenedQuery, Queries, Recheck, Replies, RevocationGate, verdict,
};
use crate::session::payload::Payload;
use crate::token::rejection::Rejection;
use crate::transport::Transport;

/// Whether a hook has recorded what it was told; `None` if it did not respond in time.
type Told = Option<Result<(), Unavailable>>;

/// The default time limit of a hook.
const TIMEOUT: Duration = Duration::from_millis(250);

/// A [`SessionLayer`] that asks the revocation hook first.
///
/// [`SessionLayer::check_revocation`] makes one. `flash` and `csrf` add the other parts of a site,
/// in the right order.
#[must_use]
pub struct RevocationLayer<T = Dict, E = PlainError, U = Plain503> {
    pub(crate) sessions: SessionLayer<T, E>,
    sleep: Arc<Sleep>,
    timeout: Duration,
    on_unchecked: U,
}

type Sleep = dyn Fn(Duration) -> Later<()> + Send + Sync;

impl<T, E> SessionLayer<T, E> {
    /// Asks the revocation hook before the inner service is called.
    ///
    /// It is for an [asynchronous](crate::Builder::revocation_async) hook; other methods cannot
    /// wait for one. `sleep` is the timer of your runtime, because the library has none: with tokio
    /// `tokio::time::sleep`. [The module](crate::revocation) says what happens to a request.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use http::{Request, Response};
    /// use sealed_session::{
    ///     AsyncRevocation, CookieSessions, Keyring, RevocationQuery, RevokedSession, SessionLayer,
    ///     Unavailable,
    /// };
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// /// A store that is down.
    /// struct Down;
    ///
    /// impl AsyncRevocation for Down {
    ///     async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
    ///         Err(Unavailable::new("connection refused"))
    ///     }
    ///
    ///     async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
    ///         Err(Unavailable::new("connection refused"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).revocation_async(Down).build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions.clone()).check_revocation(tokio::time::sleep))
    ///     .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    ///
    /// let cookie = sessions.request_cookie(&sessions.fresh())?;
    /// let request = Request::builder().header("cookie", cookie).body(())?;
    /// let response = service.oneshot(request).await?;
    /// assert_eq!(response.status(), 503);
    /// assert!(response.headers().contains_key("retry-after"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_revocation<S, F>(self, sleep: S) -> RevocationLayer<T, E>
    where
        S: Fn(Duration) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let sleep = move |time| -> Later<()> { Box::pin(sleep(time)) };
        RevocationLayer {
            sessions: self,
            sleep: Arc::new(sleep),
            timeout: TIMEOUT,
            on_unchecked: Plain503,
        }
    }
}

impl<T, E, U> RevocationLayer<T, E, U> {
    /// Sets the time limit of the hook; 250 ms by default.
    ///
    /// The limit is for all tokens of a request together. A log-out has the same limit again.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Sets the response for when the hook does not respond.
    ///
    /// By default it is a 503 in plain text with `Retry-After: 5`. The client keeps its cookie.
    ///
    /// # Security
    /// Set no cookie with the session cookie's name: it would replace the one that has to be kept.
    ///
    /// ```
    /// use http::{Response, StatusCode};
    /// use sealed_session::{CookieSessions, Keyring, SessionLayer};
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let layer = SessionLayer::new(sessions).check_revocation(tokio::time::sleep).on_unchecked(|| {
    ///     let mut response = Response::new("We are back in a minute.".to_owned());
    ///     *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    ///     response
    /// });
    /// ```
    pub fn on_unchecked<F, B>(self, respond: F) -> RevocationLayer<T, E, RespondWith<F>>
    where
        F: Fn() -> Response<B>,
    {
        let Self { sessions, sleep, timeout, .. } = self;
        RevocationLayer { sessions, sleep, timeout, on_unchecked: RespondWith(respond) }
    }

    /// Sets the response for when a session cannot be sent.
    ///
    /// See [`SessionLayer::on_error`].
    pub fn on_error<F, B>(self, respond: F) -> RevocationLayer<T, RespondWith<F>, U>
    where
        F: Fn(EncodeError) -> Response<B>,
    {
        let Self { sessions, sleep, timeout, on_unchecked } = self;
        RevocationLayer { sessions: sessions.on_error(respond), sleep, timeout, on_unchecked }
    }

    /// Sets how clients reach the listener that this layer serves.
    ///
    /// See [`SessionLayer::transport`].
    pub fn transport(self, transport: Transport) -> Self {
        Self { sessions: self.sessions.transport(transport), ..self }
    }

    /// Sets which requests are not caused by the user, such as polls and prefetches.
    ///
    /// See [`SessionLayer::passive`].
    pub fn passive(self, is_passive: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        Self { sessions: self.sessions.passive(is_passive), ..self }
    }

    /// The result of this work, or `None` after the time limit.
    fn within<R: 'static>(&self, mut work: Later<R>) -> Later<Option<R>> {
        let mut sleep = (self.sleep)(self.timeout);
        Box::pin(poll_fn(move |context| match work.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => sleep.as_mut().poll(context).map(|()| None),
        }))
    }
}

impl<T: Payload, E, U> RevocationLayer<T, E, U> {
    /// Starts to ask the hook.
    fn ask(&self, check: &PendingCheck<T>) -> Option<Later<Option<Replies>>> {
        check.ask(&self.sessions.sessions.0).map(|replies| self.within(replies))
    }

    /// Writes the session to the response, and starts to tell an asynchronous hook what was ended.
    ///
    /// In this order, because what the hook was told cannot be undone, but the response can still
    /// be replaced. If the session cannot be sent, no session is ended.
    fn send<B>(
        &self,
        handle: &mut SessionHandle<T>,
        response: &mut Response<B>,
    ) -> Result<Option<Later<Told>>, EncodeError> {
        let config = &self.sessions.sessions.0;
        let gate = config.gate.as_ref().filter(|gate| gate.waits());
        // So `encode` has nothing to tell the hook.
        let revoked_ids = gate.map(|_| handle.take_revoked_ids()).unwrap_or_default();
        handle.send(&self.sessions.sessions, response)?;
        let now = config.clock.unix_seconds();
        let ended = revoked_ids.ended(config.limits, now).map_err(EncodeError::RevocationFailed)?;
        let told = gate.filter(|_| !ended.is_empty());
        Ok(told.map(|gate| self.within(gate.record_later(ended))))
    }

    /// Starts to ask an asynchronous hook again, about a session that is about to be sealed.
    fn recheck(&self, handle: &SessionHandle<T>) -> Option<Later<Recheck>> {
        let config = &self.sessions.sessions.0;
        let gate = config.gate.as_ref().filter(|gate| gate.waits())?;
        let Queries { opened, begins, now } = handle.recheck_queries(config)?;
        if opened.is_none() && begins.is_none() {
            return None;
        }
        let opened = opened.map(|query| self.within(recheck_opened(Arc::clone(gate), query)));
        let begins = begins.map(|session| self.within(gate.check_later(vec![session], now)));
        let gate = Arc::clone(gate);
        Some(Box::pin(async move {
            let opened = match opened {
                Some(opened) => match opened.await {
                    Some(said) => said,
                    None => verdict(&only(&*gate, None)),
                },
                None => Ok(()),
            };
            let begins = match begins {
                Some(begins) => Some(only(&*gate, begins.await)),
                None => None,
            };
            let is_denied_second = matches!(begins, Some(Ok(true)));
            Recheck { opened, is_denied_second }
        }))
    }

    /// The response after the hook was told.
    fn end<B>(&self, handle: &SessionHandle<T>, told: Told, response: Response<B>) -> Response<B>
    where
        E: OnError<B>,
    {
        let told = told.unwrap_or_else(|| Err(Unavailable::late()));
        if let Some(gate) = &self.sessions.sessions.0.gate {
            gate.responded(told.is_ok());
        }
        let Err(error) = told else { return response };
        let error = EncodeError::RevocationFailed(error);
        let config = &self.sessions.sessions.0;
        config.log.failed(|| handle.label(), &error, config.clock.unix_seconds());
        self.sessions.on_error.respond(error)
    }
}

/// Asks whether a session has been revoked since it was opened.
fn recheck_opened(
    gate: Arc<dyn RevocationGate>,
    query: OpenedQuery,
) -> Later<Result<(), Rejection>> {
    Box::pin(async move {
        let OpenedQuery { session, at, spared } = query;
        let said = check(&*gate, session, at).await;
        let (Err(Rejection::Revoked), Some(spared)) = (said, spared) else { return said };
        for session in spared {
            check(&*gate, session, at).await?;
        }
        Ok(())
    })
}

async fn check(
    gate: &dyn RevocationGate,
    session: Arc<KnownSession>,
    at: u64,
) -> Result<(), Rejection> {
    let replies = gate.check_later(vec![session], at).await;
    verdict(&only(gate, Some(replies)))
}

/// The reply to one question, which is logged and counted; none came in time without replies.
fn only(gate: &dyn RevocationGate, replies: Option<Replies>) -> Result<bool, Unavailable> {
    let reply = replies.and_then(|mut replies| replies.pop());
    let reply = reply.unwrap_or_else(|| Err(Unavailable::late()));
    gate.replied(&reply);
    reply
}

impl<T, E: Clone, U: Clone> Clone for RevocationLayer<T, E, U> {
    fn clone(&self) -> Self {
        let Self { sessions, sleep, timeout, on_unchecked } = self;
        let (sessions, on_unchecked) = (sessions.clone(), on_unchecked.clone());
        Self { sessions, sleep: Arc::clone(sleep), timeout: *timeout, on_unchecked }
    }
}

impl<T, E, U> fmt::Debug for RevocationLayer<T, E, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationLayer").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Responds for a [`RevocationLayer`] when the hook does not respond.
///
/// [`Plain503`] and [`RespondWith`] implement it.
pub trait OnUnchecked<B> {
    /// Makes the response; the library has logged that the hook does not respond.
    fn respond(&self) -> Response<B>;
}

/// The default of [`RevocationLayer`]: a 503 in plain text with `Retry-After`.
#[derive(Clone, Copy, Debug)]
pub struct Plain503;

impl<B: From<&'static str>> OnUnchecked<B> for Plain503 {
    fn respond(&self) -> Response<B> {
        unavailable()
    }
}

impl<B, F: Fn() -> Response<B>> OnUnchecked<B> for RespondWith<F> {
    fn respond(&self) -> Response<B> {
        self.0()
    }
}

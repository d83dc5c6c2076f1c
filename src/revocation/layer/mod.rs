//! The layer that asks a revocation hook before anything else.

mod pending;
mod service;

pub use service::{RevocationFuture, RevocationService};

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Response;

use crate::error::{EncodeError, Unavailable};
use crate::layer::SessionLayer;
use crate::layer::handle::SessionHandle;
use crate::layer::on_error::{AnswerWith, OnError, PlainError, unavailable};
use crate::log;
use crate::revocation::layer::pending::PendingCheck;
use crate::session::dict::Dict;
use crate::session::gate::{Answers, Later, Queries, Recheck, verdict};
use crate::session::payload::Payload;
use crate::session::revoked_ids::RevokedIds;
use crate::token::rejection::Rejection;

/// How long a hook has, by default.
const TIMEOUT: Duration = Duration::from_millis(250);

/// A [`SessionLayer`] that asks the revocation hook first; [`SessionLayer::check_revocation`] makes one.
#[must_use]
pub struct RevocationLayer<T = Dict, E = PlainError, U = Plain503> {
    sessions: SessionLayer<T, E>,
    sleep: Arc<Sleep>,
    timeout: Duration,
    on_unchecked: U,
}

type Sleep = dyn Fn(Duration) -> Later<()> + Send + Sync;

impl<T, E> SessionLayer<T, E> {
    /// Asks the hook before the inner service is called (feature `revocation`).
    ///
    /// It is for an [asynchronous](crate::Builder::revocation_async) hook, which nothing else can ask. `sleep` is the
    /// timer of your runtime, since the library has none: with tokio `tokio::time::sleep`.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{RevocationQuery, AsyncRevocation, CookieSessions, RevokedSession, Keyring, SessionLayer, Unavailable};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// struct Down;
    ///
    /// impl AsyncRevocation for Down {
    ///     async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
    ///         Err(Unavailable::new("the cable is out"))
    ///     }
    ///
    ///     async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
    ///         Err(Unavailable::new("the cable is out"))
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).revocation_async(Down).build()?;
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions.clone()).check_revocation(tokio::time::sleep))
    ///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) });
    ///
    /// let request = Request::builder().header("cookie", sessions.request_cookie(&sessions.fresh())?).body(())?;
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
    /// How long the hook has for all tokens of a request, and again at log-out; 250 ms by default.
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The response when the hook did not respond; a 503 with `Retry-After: 5` by default.
    ///
    /// # Security
    /// A `Set-Cookie` of your own with the name of the session would replace the cookie that is to be kept.
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
    pub fn on_unchecked<F, B>(self, answer: F) -> RevocationLayer<T, E, AnswerWith<F>>
    where
        F: Fn() -> Response<B>,
    {
        let Self { sessions, sleep, timeout, .. } = self;
        RevocationLayer { sessions, sleep, timeout, on_unchecked: AnswerWith(answer) }
    }

    /// What comes of this within the time limit, if anything does.
    fn within<R: 'static>(&self, mut work: Later<R>) -> Later<Option<R>> {
        let mut sleep = (self.sleep)(self.timeout);
        Box::pin(poll_fn(move |context| match work.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => sleep.as_mut().poll(context).map(|()| None),
        }))
    }
}

impl<T: Payload, E, U> RevocationLayer<T, E, U> {
    /// Begins to ask.
    fn ask(&self, check: &PendingCheck<T>) -> Option<Later<Option<Answers>>> {
        check.ask(&self.sessions.sessions.0).map(|answers| self.within(answers))
    }

    /// Begins to tell what was ended, if there is a hook that waits for it; then `encode` finds nothing to tell.
    fn tell(&self, revoked_ids: &RevokedIds) -> Option<Later<Option<Result<(), Unavailable>>>> {
        let config = &self.sessions.sessions.0;
        let gate = config.gate.as_ref().filter(|gate| gate.waits())?;
        if revoked_ids.is_empty() {
            return None;
        }
        let ended = revoked_ids.ended(config.limits, config.clock.unix_seconds()).ok()?;
        (!ended.is_empty()).then(|| self.within(gate.record_later(ended)))
    }

    /// Begins to ask once more about a session that is about to be sealed, if there is a hook that waits.
    fn recheck(&self, handle: &SessionHandle<T>) -> Option<Later<Recheck>> {
        let config = &self.sessions.sessions.0;
        let gate = config.gate.as_ref().filter(|gate| gate.waits())?;
        let Queries { opened, at, begins } = handle.recheck_queries(config)?;
        let now = config.clock.unix_seconds();
        if opened.is_empty() && begins.is_none() {
            return None;
        }
        let expected = opened.len();
        let opened = self.within(gate.check_later(opened, at));
        let begins = self.within(gate.check_later(begins.into_iter().collect(), now));
        let gate = Arc::clone(gate);
        Some(Box::pin(async move {
            let (opened, begins) = (opened.await.unwrap_or_default(), begins.await);
            gate.answered(opened.len() == expected && opened.iter().all(Result::is_ok));
            let late = if opened.len() == expected { Ok(()) } else { Err(Rejection::Unchecked) };
            Recheck {
                opened: opened.iter().try_for_each(verdict).and(late),
                is_denied_second: begins.is_some_and(|begins| matches!(begins[..], [Ok(true)])),
            }
        }))
    }

    /// The response, once the hook was told.
    fn end<B>(
        &self,
        handle: &mut SessionHandle<T>,
        told: Result<(), Unavailable>,
        answer: Response<B>,
    ) -> Response<B>
    where
        E: OnError<B>,
    {
        if let Some(gate) = &self.sessions.sessions.0.gate {
            gate.answered(told.is_ok());
        }
        let Err(error) = told else { return self.sessions.finish(handle, answer) };
        let error = EncodeError::RevocationFailed(error);
        log::failed(handle.label(), &error, None);
        handle.close();
        self.sessions.on_error.answer(error)
    }
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

/// What a [`RevocationLayer`] responds with when the hook did not respond.
pub trait OnUnchecked<B> {
    /// The response; the library has logged that the store does not respond.
    fn answer(&self) -> Response<B>;
}

/// An empty 503 with `Retry-After`.
#[derive(Clone, Copy, Debug)]
pub struct Plain503;

impl<B: Default> OnUnchecked<B> for Plain503 {
    fn answer(&self) -> Response<B> {
        unavailable()
    }
}

impl<B, F: Fn() -> Response<B>> OnUnchecked<B> for AnswerWith<F> {
    fn answer(&self) -> Response<B> {
        self.0()
    }
}

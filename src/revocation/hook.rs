//! The hook: code of the application that knows which sessions the server has ended.
//!
//! It is asked about a token that is authentic and within its limits, before the handler gets the
//! data. If it says yes, the rejection is [`Rejection::Revoked`](crate::Rejection::Revoked). If it
//! does not respond, the rejection is [`Rejection::Unchecked`](crate::Rejection::Unchecked): the
//! handler gets no data, and the cookie is kept. It identifies a session by its id, which is
//! secret, or its label, which is not.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Unavailable;
use crate::session::gate::{EndedSession, KnownSession};
use crate::token::id::{Label, SessionId};
use crate::token::times::instant;

/// A revocation hook that responds at once.
///
/// [`Builder::revocation`](crate::Builder::revocation) takes one.
/// [`LocalDenyList`](crate::LocalDenyList) is a hook for a single process. A hook that has to wait,
/// for example for a store that a fleet shares, is an [`AsyncRevocation`].
///
/// # Security
/// A panic in a hook is a panic in `decode` or `encode`.
///
/// ```
/// use sealed_session::{
///     CookieSessions, Keyring, Rejection, Revocation, RevocationQuery, RevokedSession, Unavailable,
/// };
///
/// /// Rejects every session of one user.
/// struct Banned(&'static str);
///
/// impl Revocation for Banned {
///     fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
///         Ok(query.subject() == Some(self.0))
///     }
///
///     fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
///         Err(Unavailable::new("this hook records nothing"))
///     }
/// }
///
/// let sessions = CookieSessions::builder(Keyring::ephemeral())
///     .revocation(Banned("mallory"))
///     .subject(|dict| dict.get("user").map(Into::into))
///     .build()?;
/// for (user, rejection) in [("alice", None), ("mallory", Some(&Rejection::Revoked))] {
///     let mut session = sessions.fresh();
///     session.set("user", user);
///     let cookie = sessions.request_cookie(&session)?;
///     let request = http::Request::builder().header("cookie", cookie).body(())?;
///     assert_eq!(sessions.decode(&request).rejection(), rejection);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Revocation: Send + Sync + 'static {
    /// Returns whether this session was revoked.
    ///
    /// # Errors
    /// A store that did not respond: the session is then rejected as
    /// [`Unchecked`](crate::Rejection::Unchecked).
    fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable>;

    /// Records that this session was revoked, for [`Session::revoke`](crate::Session::revoke).
    ///
    /// After it has returned, no machine may accept the session. It is called last, when nothing
    /// else can fail, and before the response is changed.
    ///
    /// # Errors
    /// A store that did not record it: `encode` then fails, and the client keeps its cookie.
    fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable>;

    /// Receives the absolute timeout of the sessions; `build` calls it.
    ///
    /// A hook that asks another one calls that one's method.
    fn attached(&self, absolute_timeout: Duration) {
        let _ = absolute_timeout;
    }

    /// Is called instead of `attached` if no [`subject`](crate::Builder::subject) is configured.
    #[doc(hidden)]
    fn attached_without_subject(&self, absolute_timeout: Duration) {
        self.attached(absolute_timeout);
    }
}

/// A revocation hook that has to wait, for example for a store.
///
/// [`Builder::revocation_async`](crate::Builder::revocation_async) takes one, and
/// [`SessionLayer::check_revocation`](crate::SessionLayer::check_revocation) asks it. Implement it
/// with `async fn`, as `examples/revocation-redis` does.
pub trait AsyncRevocation: Send + Sync + 'static {
    /// Returns whether this session was revoked.
    ///
    /// # Errors
    /// Those of [`Revocation::is_revoked`].
    fn is_revoked(
        &self,
        query: &RevocationQuery,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// Records that this session was revoked.
    ///
    /// # Errors
    /// Those of [`Revocation::revoke`].
    fn revoke(
        &self,
        session: &RevokedSession,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Receives the absolute timeout of the sessions; `build` calls it.
    fn attached(&self, absolute_timeout: Duration) {
        let _ = absolute_timeout;
    }
}

/// A hook that is shared with other code.
impl<H: Revocation + ?Sized> Revocation for Arc<H> {
    fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
        (**self).is_revoked(query)
    }

    fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable> {
        (**self).revoke(session)
    }

    fn attached(&self, absolute_timeout: Duration) {
        (**self).attached(absolute_timeout);
    }

    fn attached_without_subject(&self, absolute_timeout: Duration) {
        (**self).attached_without_subject(absolute_timeout);
    }
}

/// A hook that is shared with other code.
impl<H: AsyncRevocation> AsyncRevocation for Arc<H> {
    async fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
        (**self).is_revoked(query).await
    }

    async fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable> {
        (**self).revoke(session).await
    }

    fn attached(&self, absolute_timeout: Duration) {
        (**self).attached(absolute_timeout);
    }
}

/// A session that will be accepted unless the hook says that it was revoked.
pub struct RevocationQuery {
    pub(super) session: Arc<KnownSession>,
    pub(super) now: u64,
}

impl RevocationQuery {
    /// Returns the id, which is secret.
    pub fn id(&self) -> &SessionId {
        &self.session.id
    }

    /// Returns the label, which is not secret: use it as the key in a store.
    pub fn label(&self) -> Label {
        self.session.id.label()
    }

    /// Returns the user of the session, from [`Builder::subject`](crate::Builder::subject).
    pub fn subject(&self) -> Option<&str> {
        self.session.subject.as_ref().map(|subject| subject.as_str())
    }

    /// Returns when the session began, in whole seconds, rounded down.
    pub fn created_at(&self) -> SystemTime {
        instant(self.session.created)
    }

    /// Returns when every copy of the session will have expired on every machine.
    ///
    /// It is the time when the session began, plus the absolute timeout, plus the 300 seconds by
    /// which clocks may differ.
    pub fn ends_at(&self) -> SystemTime {
        instant(self.session.ends)
    }

    /// Returns the time of the request.
    pub fn now(&self) -> SystemTime {
        instant(self.now)
    }
}

/// A session that was revoked, for a hook to record.
pub struct RevokedSession(pub(super) EndedSession);

impl RevokedSession {
    /// Returns the id, which is secret.
    pub fn id(&self) -> &SessionId {
        &self.0.session.id
    }

    /// Returns the label, which is not secret: use it as the key in a store.
    pub fn label(&self) -> Label {
        self.0.session.id.label()
    }

    /// Returns when the session began, in whole seconds, rounded down.
    pub fn created_at(&self) -> SystemTime {
        instant(self.0.session.created)
    }

    /// Returns the time from which the session has to be rejected.
    ///
    /// After [`renew`](crate::Session::renew) it is some seconds from now, otherwise now. In these
    /// seconds the requests arrive that a browser sent before it had the new cookie. If a store
    /// rejects the session at once, a page with a CSRF token among those requests starts a new
    /// session, which replaces the renewed one.
    pub fn refused_from(&self) -> SystemTime {
        instant(self.0.from)
    }

    /// Returns when every copy of the session will have expired on every machine.
    ///
    /// It is the time when the session began, plus the absolute timeout, plus the 300 seconds by
    /// which clocks may differ.
    pub fn ends_at(&self) -> SystemTime {
        instant(self.0.session.ends)
    }

    /// Returns how long an entry has to be kept.
    ///
    /// It is zero for a session that has expired.
    pub fn remaining(&self) -> Duration {
        Duration::from_secs(self.0.session.ends.saturating_sub(self.0.now))
    }

    /// Returns the time of the response.
    pub fn now(&self) -> SystemTime {
        instant(self.0.now)
    }
}

impl fmt::Debug for RevocationQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationQuery").field("label", &self.label()).finish_non_exhaustive()
    }
}

impl fmt::Debug for RevokedSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevokedSession").field("label", &self.label()).finish_non_exhaustive()
    }
}

//! Revocation (feature `revocation`): a hook of the application says which sessions the server has
//! ended.
//!
//! It is asked for a token that is authentic and within its limits, before its data is handed out.
//! If it says yes, the rejection is [`Rejection::Revoked`](crate::Rejection::Revoked). If it does
//! not respond, the rejection is [`Rejection::Unchecked`](crate::Rejection::Unchecked): no data is
//! handed out, and the cookie is kept. It identifies a session by its id, which is secret, and its
//! label, which is not.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Unavailable;
use crate::session::gate::{EndedSession, KnownSession};
use crate::token::id::{Label, SessionId};
use crate::token::times::instant;

/// A revocation hook that responds at once: see
/// [`Builder::revocation`](crate::Builder::revocation).
///
/// [`LocalDenyList`](crate::LocalDenyList) is a hook for a single process. A hook that has to wait,
/// for example for a store that a fleet shares, is an [`AsyncRevocation`].
///
/// # Security
/// A panic in a hook is a panic in `decode` or `encode`.
///
/// ```
/// use sealed_session::{RevocationQuery, CookieSessions, RevokedSession, Keyring, Rejection, Revocation, Unavailable};
///
/// /// Rejects every session of one user.
/// struct Banned(&'static str);
///
/// impl Revocation for Banned {
///     fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
///         Ok(asked.subject() == Some(self.0))
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
///     let request = http::Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
///     assert_eq!(sessions.decode(&request).rejection(), rejection);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Revocation: Send + Sync + 'static {
    /// Whether this session was revoked.
    ///
    /// # Errors
    /// A store that did not respond: the session is then rejected as
    /// [`Unchecked`](crate::Rejection::Unchecked).
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable>;

    /// Records that this session was revoked, for [`Session::revoke`](crate::Session::revoke).
    ///
    /// After it has returned, no machine may accept the session. It is called last, when nothing
    /// else can fail, and before the response is changed.
    ///
    /// # Errors
    /// A store that did not record it: `encode` then fails, and the client keeps its cookie.
    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable>;

    /// Called by `build` with the longest time that these sessions may last.
    fn attached(&self, absolute_timeout: Duration) {
        let _ = absolute_timeout;
    }
}

/// A revocation hook that has to wait: see
/// [`Builder::revocation_async`](crate::Builder::revocation_async).
///
/// Implement it with `async fn`. `examples/revocation-redis` has an example.
pub trait AsyncRevocation: Send + Sync + 'static {
    /// Whether this session was revoked.
    ///
    /// # Errors
    /// Those of [`Revocation::is_revoked`].
    fn is_revoked(
        &self,
        asked: &RevocationQuery,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// Records that this session was revoked.
    ///
    /// # Errors
    /// Those of [`Revocation::revoke`].
    fn revoke(
        &self,
        ended: &RevokedSession,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Called by `build` with the longest time that these sessions may last.
    fn attached(&self, absolute_timeout: Duration) {
        let _ = absolute_timeout;
    }
}

/// A hook that other code shares.
impl<H: Revocation + ?Sized> Revocation for Arc<H> {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        (**self).is_revoked(asked)
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        (**self).revoke(ended)
    }

    fn attached(&self, absolute_timeout: Duration) {
        (**self).attached(absolute_timeout);
    }
}

/// A hook that other code shares.
impl<H: AsyncRevocation> AsyncRevocation for Arc<H> {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        (**self).is_revoked(asked).await
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        (**self).revoke(ended).await
    }

    fn attached(&self, absolute_timeout: Duration) {
        (**self).attached(absolute_timeout);
    }
}

/// A session that would be accepted, as a hook sees it.
pub struct RevocationQuery {
    pub(super) session: Arc<KnownSession>,
    pub(super) now: u64,
}

impl RevocationQuery {
    /// The id.
    pub fn id(&self) -> &SessionId {
        &self.session.id
    }

    /// The label, which is not secret: use it as the key in a store.
    pub fn label(&self) -> Label {
        self.session.id.label()
    }

    /// The user of the session, from [`Builder::subject`](crate::Builder::subject).
    pub fn subject(&self) -> Option<&str> {
        self.session.subject.as_ref().map(|subject| subject.as_str())
    }

    /// When it began, in whole seconds, rounded down.
    pub fn created_at(&self) -> SystemTime {
        instant(self.session.created)
    }

    /// When every copy of it will have expired on every machine.
    ///
    /// It is the time when it began, plus the absolute timeout, plus the 300 seconds by which
    /// clocks may differ.
    pub fn ends_at(&self) -> SystemTime {
        instant(self.session.ends)
    }

    /// The time of the request.
    pub fn now(&self) -> SystemTime {
        instant(self.now)
    }
}

/// A session that was revoked, as a hook records it.
pub struct RevokedSession(pub(super) EndedSession);

impl RevokedSession {
    /// The id.
    pub fn id(&self) -> &SessionId {
        &self.0.session.id
    }

    /// The label, which is not secret: use it as the key in a store.
    pub fn label(&self) -> Label {
        self.0.session.id.label()
    }

    /// When it began, in whole seconds, rounded down.
    pub fn created_at(&self) -> SystemTime {
        instant(self.0.session.created)
    }

    /// From when on it has to be rejected: now, or some seconds later after
    /// [`renew`](crate::Session::renew).
    ///
    /// Requests that a browser sent before it had the new cookie arrive in these seconds. If a
    /// store rejects the session at once, a page with a CSRF token among those requests starts a
    /// new session, which replaces the renewed one.
    pub fn refused_from(&self) -> SystemTime {
        instant(self.0.from)
    }

    /// When every copy of it will have expired on every machine.
    ///
    /// It is the time when it began, plus the absolute timeout, plus the 300 seconds by which
    /// clocks may differ.
    pub fn ends_at(&self) -> SystemTime {
        instant(self.0.session.ends)
    }

    /// How long an entry has to be kept, from now on.
    ///
    /// Zero for a session that has expired.
    pub fn remaining(&self) -> Duration {
        Duration::from_secs(self.0.session.ends.saturating_sub(self.0.now))
    }

    /// The time of the response.
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

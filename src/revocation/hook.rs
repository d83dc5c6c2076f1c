//! Revocation (feature `revocation`): a hook of the application says which sessions the server has ended.
//!
//! It is asked after a token is authentic and within its limits, and before its data is handed out. Yes is
//! [`Rejection::Revoked`](crate::Rejection::Revoked); no response is [`Rejection::Unchecked`](crate::Rejection::Unchecked):
//! closed, and the cookie is kept. What it is told by is the id, which is secret, and the label, which is not.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::error::Unavailable;
use crate::session::gate::{EndedSession, KnownSession};
use crate::token::id::{Label, SessionId};
use crate::token::times::instant;

/// What is asked which sessions were ended, at once; see [`Builder::revocation`](crate::Builder::revocation).
///
/// [`LocalDenyList`](crate::LocalDenyList) is one for a single process. What has to wait, for a store of a whole fleet,
/// is an [`AsyncRevocation`].
///
/// # Security
/// A panic in here is one of `decode` or `encode`.
///
/// ```
/// use sealed_session::{RevocationQuery, CookieSessions, RevokedSession, Keyring, Rejection, Revocation, Unavailable};
///
/// /// Ends every session of one user.
/// struct Banned(&'static str);
///
/// impl Revocation for Banned {
///     fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
///         Ok(asked.subject() == Some(self.0))
///     }
///
///     fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
///         Err(Unavailable::new("this hook only answers"))
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
    /// Whether this session was ended.
    ///
    /// # Errors
    /// A store that did not respond: the session is then refused as
    /// [`Unchecked`](crate::Rejection::Unchecked).
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable>;

    /// Ends this session, for [`Session::revoke`](crate::Session::revoke); once it has returned, no machine may take it any more.
    ///
    /// It is called last, when nothing else can fail, and before the response is changed.
    ///
    /// # Errors
    /// A store that did not take it: `encode` then fails, and the client keeps its cookie.
    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable>;

    /// Is told by `build` how long these sessions may last.
    fn attached(&self, absolute_timeout: Duration) {
        let _ = absolute_timeout;
    }
}

/// A revocation hook that has to wait: see [`Builder::revocation_async`](crate::Builder::revocation_async).
///
/// Written with `async fn`. `examples/revocation-redis` is one.
pub trait AsyncRevocation: Send + Sync + 'static {
    /// Whether this session was ended.
    ///
    /// # Errors
    /// As of [`Revocation::is_revoked`].
    fn is_revoked(
        &self,
        asked: &RevocationQuery,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// Ends this session.
    ///
    /// # Errors
    /// As of [`Revocation::revoke`].
    fn revoke(
        &self,
        ended: &RevokedSession,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// Is told by `build` how long these sessions may last.
    fn attached(&self, absolute_timeout: Duration) {
        let _ = absolute_timeout;
    }
}

/// Shared with what else uses it.
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

/// Shared with what else uses it.
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

/// A session that would be accepted; its `Debug` shows neither id nor subject.
pub struct RevocationQuery {
    pub(super) session: Arc<KnownSession>,
    pub(super) now: u64,
}

impl RevocationQuery {
    /// The id.
    pub fn id(&self) -> &SessionId {
        &self.session.id
    }

    /// The label, which names it as well and is no secret: for the key of a store.
    pub fn label(&self) -> Label {
        self.session.id.label()
    }

    /// Whose session it is, if [`Builder::subject`](crate::Builder::subject) says.
    pub fn subject(&self) -> Option<&str> {
        self.session.subject.as_ref().map(|subject| subject.as_str())
    }

    /// When it began, in whole seconds, rounded down.
    pub fn created_at(&self) -> SystemTime {
        instant(self.session.created)
    }

    /// When it and every copy of it has ended on every machine: its beginning, the absolute timeout, and the 300 seconds
    /// by which the clocks of two machines may differ.
    pub fn ends_at(&self) -> SystemTime {
        instant(self.session.ends)
    }

    /// The time of the request.
    pub fn now(&self) -> SystemTime {
        instant(self.now)
    }
}

/// A session to be ended; its `Debug` does not show the id.
pub struct RevokedSession(pub(super) EndedSession);

impl RevokedSession {
    /// The id.
    pub fn id(&self) -> &SessionId {
        &self.0.session.id
    }

    /// The label, which names it as well and is no secret: for the key of a store.
    pub fn label(&self) -> Label {
        self.0.session.id.label()
    }

    /// When it began, in whole seconds, rounded down.
    pub fn created_at(&self) -> SystemTime {
        instant(self.0.session.created)
    }

    /// From when on it is to be refused: now, or some seconds later after [`renew`](crate::Session::renew).
    ///
    /// The requests that a browser sent before it had the new cookie arrive in these seconds. A store may refuse it at once
    /// instead: a page with a CSRF token among those requests then starts a new session, in place of the renewed one.
    pub fn refused_from(&self) -> SystemTime {
        instant(self.0.from)
    }

    /// When it and every copy of it has ended on every machine: its beginning, the absolute timeout, and the 300 seconds
    /// by which the clocks of two machines may differ.
    pub fn ends_at(&self) -> SystemTime {
        instant(self.0.session.ends)
    }

    /// How long an entry has to be kept, from now on; zero for one that has ended.
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

//! The methods of the builder and of a session that are for revocation.

use std::borrow::Cow;
use std::sync::Arc;

use crate::builder::Builder;
use crate::revocation::gate::{Hook, HookGate};
use crate::revocation::hook::{AsyncRevocation, Revocation};
use crate::session::Session;
use crate::session::payload::Payload;

/// Revocation: sessions that the server can end.
impl<T> Builder<T> {
    /// Sets a hook that is asked before a session is accepted.
    ///
    /// The request waits for the hook. Usually the hook is asked once. If the client sends several
    /// tokens that would be accepted, it is asked about each session and subject, at most eight
    /// times. A revoked session counts as no session, and does not hide another session of the
    /// request.
    ///
    /// # Security
    /// `from_response` and `fresh` do not ask it. An entry has to be kept until
    /// [`RevokedSession::ends_at`](crate::RevokedSession::ends_at). If you raise
    /// `absolute_timeout`, sessions whose entries have ended may be accepted again.
    pub fn revocation(mut self, hook: impl Revocation) -> Self {
        self.gate = Some(Arc::new(HookGate::new(Hook::Sync(Arc::new(hook)))));
        self
    }

    /// Sets an asynchronous hook that is asked before a session is accepted.
    ///
    /// Only [`SessionLayer::check_revocation`](crate::SessionLayer::check_revocation) can wait for
    /// it, with the feature `tower`.
    ///
    /// # Security
    /// Nothing else can wait, so it accepts no session: `decode` rejects every valid token as
    /// [`Unchecked`](crate::Rejection::Unchecked), a layer without `check_revocation` responds with
    /// 503, and `encode` of a revoked session fails.
    pub fn revocation_async(mut self, hook: impl AsyncRevocation) -> Self {
        self.gate = Some(Arc::new(HookGate::new(Hook::Async(Arc::new(hook)))));
        self
    }

    /// Sets how the hook finds the user of a session; by default, sessions have no user.
    ///
    /// It is a function, or a closure that captures nothing. "Log out everywhere" needs it, because
    /// there is no list of the ids of a user's sessions.
    pub fn subject(mut self, subject: fn(&T) -> Option<Cow<'_, str>>) -> Self {
        self.subject = Some(subject);
        self
    }
}

/// Revocation.
impl<T: Payload> Session<T> {
    /// Ends the session and every copy of its cookie: call it at log-out.
    ///
    /// It calls [`invalidate`](Self::invalidate), and `encode` calls the hook. From then on every
    /// copy of the cookie is rejected. Every id that the session has had during the request is ended,
    /// also one that `renew` or `invalidate` replaced. A session that was never sent has no id, and
    /// the hook is not called. Nor is it called for a visitor, if there is a
    /// [`subject`](crate::Builder::subject) and the session had none when it was opened.
    ///
    /// # Errors
    /// `encode` returns [`EncodeError::RevocationFailed`](crate::EncodeError::RevocationFailed) if
    /// the store did not record it, if the session was rejected as
    /// [`Unchecked`](crate::Rejection::Unchecked), and if there is no hook. The response is then
    /// unchanged, and the client keeps its cookie and can try again. A token that cannot be opened
    /// here is not an error: the cookie is removed, and the result is
    /// [`Sent::RemovedUnrecorded`](crate::Sent::RemovedUnrecorded).
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, LocalDenyList, Rejection};
    ///
    /// let denied = LocalDenyList::new(10_000);
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).revocation(denied).build()?;
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let cookie = sessions.request_cookie(&session)?;
    /// let copy = http::Request::builder().header("cookie", cookie).body(())?;
    ///
    /// let mut session = sessions.decode(&copy);
    /// session.revoke();
    /// sessions.encode(&session, &mut http::Response::new(()))?;
    /// assert_eq!(sessions.decode(&copy).rejection(), Some(&Rejection::Revoked));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn revoke(&mut self) {
        self.invalidate();
        self.revoke_ids();
    }
}

//! The methods of the builder and of a session for revocation.

use std::borrow::Cow;
use std::sync::Arc;

use crate::builder::Builder;
use crate::revocation::gate::{Hook, HookGate};
use crate::revocation::hook::{AsyncRevocation, Revocation};
use crate::session::Session;
use crate::session::payload::Payload;

/// Sessions that the server can end.
impl<T> Builder<T> {
    /// Sets a hook to ask before a session is handed out.
    ///
    /// It is asked once for each session and subject whose token would be accepted, at most eight
    /// times a request, and blocks the request. A revoked session counts as no session, and does
    /// not hide another one of the request.
    ///
    /// # Security
    /// `from_response` and `fresh` do not ask it. An entry has to be kept until
    /// [`RevokedSession::ends_at`](crate::RevokedSession::ends_at). If you raise
    /// `absolute_timeout`, sessions whose entries are gone may be accepted again.
    pub fn revocation(mut self, hook: impl Revocation) -> Self {
        self.gate = Some(Arc::new(HookGate::new(Hook::Sync(Arc::new(hook)))));
        self
    }

    /// Sets an asynchronous hook to ask before a session is handed out.
    ///
    /// Only [`SessionLayer::check_revocation`](crate::SessionLayer::check_revocation) can wait for
    /// it (feature `tower`).
    ///
    /// # Security
    /// Nothing else can wait, so it accepts no session: `decode` rejects every valid token as
    /// [`Unchecked`](crate::Rejection::Unchecked), a layer without `check_revocation` responds with
    /// 503, and `encode` of a revoked session fails.
    pub fn revocation_async(mut self, hook: impl AsyncRevocation) -> Self {
        self.gate = Some(Arc::new(HookGate::new(Hook::Async(Arc::new(hook)))));
        self
    }

    /// Sets how the hook finds the user of a session; without a user by default.
    ///
    /// It is a function, or a closure that captures nothing. "Log out everywhere" needs it, because
    /// there is no list of the ids of a user's sessions.
    pub fn subject(mut self, subject: fn(&T) -> Option<Cow<'_, str>>) -> Self {
        self.subject = Some(subject);
        self
    }
}

/// The end of a session on the server.
impl<T: Payload> Session<T> {
    /// Ends the session and every copy of its cookie: call it at log-out.
    ///
    /// It calls [`invalidate`](Self::invalidate), and `encode` tells the hook. From then on every
    /// copy of the cookie is rejected. All ids of the session are ended: those of the request, and
    /// those that it was given since, including the ids before `renew` and `invalidate`. A session
    /// that was never sent has none, and the hook is not told.
    ///
    /// # Errors
    /// `encode` returns [`EncodeError::RevocationFailed`](crate::EncodeError::RevocationFailed) for
    /// a store that did not record it, for a session that was rejected as
    /// [`Unchecked`](crate::Rejection::Unchecked) and so has no known id, and for sessions without
    /// a hook. The response is then unchanged, and the client keeps its cookie, to try again. A
    /// token that cannot be opened here is not an error: the cookie is removed, and the result is
    /// [`Sent::RemovedUnrecorded`](crate::Sent::RemovedUnrecorded).
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, LocalDenyList, Rejection};
    ///
    /// let sessions =
    ///     CookieSessions::builder(Keyring::ephemeral()).revocation(LocalDenyList::new(10_000)).build()?;
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let copy = http::Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
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

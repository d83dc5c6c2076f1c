//! What a hook adds to the builder and to a session.

use std::borrow::Cow;
use std::sync::Arc;

use crate::builder::Builder;
use crate::revocation::gate::{Hook, HookGate};
use crate::revocation::hook::{AsyncRevocation, Revocation};
use crate::session::Session;
use crate::session::payload::Payload;

/// Sessions that the server can end.
impl<T> Builder<T> {
    /// Asks this hook before a session is handed out; none by default.
    ///
    /// It is asked once for each session and subject whose token would be accepted, at most eight a request, and waits on
    /// the spot. A session that it ended is as good as no session, and does not shadow another one of the request.
    ///
    /// # Security
    /// Neither `from_response` nor `fresh` ask. An entry need not be kept longer than [`RevokedSession::ends_at`](crate::RevokedSession::ends_at); a longer
    /// `absolute_timeout` lets sessions come back whose entries are gone.
    pub fn revocation(mut self, hook: impl Revocation) -> Self {
        self.gate = Some(Arc::new(HookGate::new(Hook::Sync(Arc::new(hook)))));
        self
    }

    /// Asks a hook that has to wait before a session is handed out; none by default.
    ///
    /// Only [`SessionLayer::check_revocation`](crate::SessionLayer::check_revocation) can ask it (feature `tower`).
    ///
    /// # Security
    /// Everything else cannot wait, and is closed: `decode` refuses every token that would be accepted as
    /// [`Unchecked`](crate::Rejection::Unchecked), a layer without `check_revocation` responds with 503, and `encode` of a revoked
    /// session fails.
    pub fn revocation_async(mut self, hook: impl AsyncRevocation) -> Self {
        self.gate = Some(Arc::new(HookGate::new(Hook::Async(Arc::new(hook)))));
        self
    }

    /// Whose session it is, for the hook: the account, say; nobody's by default.
    ///
    /// A function, or a closure that captures nothing. "Log out everywhere" needs it, since nobody has a list of the
    /// ids of an account's sessions.
    pub fn subject(mut self, subject: fn(&T) -> Option<Cow<'_, str>>) -> Self {
        self.subject = Some(subject);
        self
    }
}

/// The end of a session on the server.
impl<T: Payload> Session<T> {
    /// Ends it for good: [`invalidate`](Self::invalidate), and `encode` tells the hook; call it at log-out.
    ///
    /// A copy of the cookie, wherever it is, is rejected from then on. What is ended are the ids that it was
    /// opened under and that it was given since, also those before `renew` and `invalidate`. A session that was
    /// never sent has none, and nothing is told.
    ///
    /// # Errors
    /// Of `encode`, as [`EncodeError::RevocationFailed`](crate::EncodeError::RevocationFailed): a store that did not take it; a
    /// session that was refused as [`Unchecked`](crate::Rejection::Unchecked), so that nobody knows its id; sessions
    /// without a hook, if there is a session to end. The response is then as it was, and the client keeps its cookie, to
    /// try again. A token that cannot be opened here is no error: the cookie is removed, as
    /// [`Sent::RemovedUnrecorded`](crate::Sent::RemovedUnrecorded) says.
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

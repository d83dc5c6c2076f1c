//! The result of `encode`.

use crate::encode::decision::Decision;

/// What [`encode`](crate::CookieSessions::encode) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// No `Set-Cookie` header: the client keeps what it has. Nothing was to be sent, or a session that
    /// was not written could not be sealed.
    Unchanged,
    /// A `Set-Cookie` header with the session.
    Set,
    /// A `Set-Cookie` header that removes the cookie.
    Removed,
    /// A `Set-Cookie` header that removes the cookie, but the session could not be revoked (feature
    /// `revocation`): no token was accepted, and this machine cannot open one of those that the
    /// client sent. A copy of that token is still accepted on machines that can open it.
    RemovedUnrecorded,
    /// No `Set-Cookie` header, although the session may have been written. There are three causes:
    /// - The request came over the other transport.
    /// - The secret that opened the session has been removed: by `rotate`, or because the sessions
    ///   that encode were built without it.
    /// - The session was revoked while the request was handled (feature `revocation`), and what was
    ///   written would go on in a new session.
    Withheld,
}

impl From<Decision> for Sent {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Withhold => Self::Withheld,
            Decision::Nothing => Self::Unchanged,
            Decision::Remove => Self::Removed,
            Decision::RemoveUnrecorded => Self::RemovedUnrecorded,
            Decision::Set { .. } => Self::Set,
        }
    }
}

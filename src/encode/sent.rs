//! The result of `encode`.

use crate::encode::decision::Decision;

/// What [`encode`](crate::CookieSessions::encode) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// No `Set-Cookie` header: the client keeps what it has.
    Unchanged,
    /// A `Set-Cookie` header with the session.
    Set,
    /// A `Set-Cookie` header that removes the cookie.
    Removed,
    /// A `Set-Cookie` header that removes the cookie, but the session could not be revoked (feature
    /// `revocation`): no token was accepted, and this machine cannot open one of those that the
    /// client sent. A copy of that token is still accepted on machines that can open it.
    RemovedUnrecorded,
    /// No `Set-Cookie` header, because the request came over the other transport, or because the
    /// secret that opened the session has been removed: by `rotate`, or because the
    /// `CookieSessions` that encodes was built without it.
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

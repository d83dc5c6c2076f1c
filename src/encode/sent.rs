//! What was done with a session, as the application sees it.

use crate::encode::decision::Decision;

/// What [`encode`](crate::CookieSessions::encode) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// No `Set-Cookie` header: the client has what there is.
    Unchanged,
    /// A `Set-Cookie` header with the session.
    Set,
    /// A `Set-Cookie` header that removes the cookie.
    Removed,
    /// A `Set-Cookie` header that removes the cookie of a session that was to be revoked and is not: no token was accepted,
    /// and this machine cannot open one of those that the client sent, so a copy of that one is still accepted wherever it
    /// can be opened (feature `revocation`).
    RemovedUnrecorded,
    /// No `Set-Cookie` header, because the request came over the other transport, or because the secret that opened the session was
    /// removed since: rotated out, or left out of the build that encodes, where its scope is that of the build that decoded.
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

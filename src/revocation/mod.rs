//! The layer that asks a revocation hook before anything else (features `revocation` and `tower`).
//!
//! # What happens to a request
//!
//! 1. Without a cookie with the session's name: what [`SessionLayer`](crate::SessionLayer) does, and no more.
//! 2. With one, the layer opens it at once. If nothing in it would be accepted, the hook is not asked.
//! 3. Else it asks, for at most 250 ms, and only then calls the inner service: with the session, or with a pre-session
//!    if it was [revoked](crate::Rejection::Revoked).
//! 4. If the hook does not respond, the inner service is not called. The response is a 503 with `Retry-After`, the cookie is kept,
//!    and the session goes on when the store does: a store that stumbles logs nobody out.
//! 5. When the inner service responds, what [`revoke`](crate::Session::revoke) ended is told to the hook, within the
//!    same time, before the response is sent. If that fails, the response is that of
//!    [`on_error`](crate::SessionLayer::on_error), a 500 in plain text by default, and the cookie is kept.
//!
//! A response whose handler never asked for the session stays as it was, here too.

mod denials;
mod deny_list;
mod gate;
mod hook;
#[cfg(feature = "tower")]
mod layer;
mod setup;

pub use deny_list::LocalDenyList;
pub use hook::{AsyncRevocation, Revocation, RevocationQuery, RevokedSession};
#[cfg(feature = "tower")]
pub use layer::{OnUnchecked, Plain503, RevocationFuture, RevocationLayer, RevocationService};

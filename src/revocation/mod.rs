//! Revocation: sessions that the server can end (feature `revocation`).
//!
//! A hook of the application knows which sessions have ended: [`LocalDenyList`] for a single
//! process, a [`Revocation`] of your own, or an [`AsyncRevocation`] for a store that a fleet
//! shares. `decode` and `encode` call a hook that responds at once. Only a layer can wait for an
//! asynchronous one: [`SessionLayer::check_revocation`](crate::SessionLayer::check_revocation),
//! with the feature `tower`. The rest of this page is about that layer.
//!
//! # What happens to a request
//!
//! 1. Without a cookie with the session's name, the layer does what
//!    [`SessionLayer`](crate::SessionLayer) does.
//! 2. With such a cookie, the layer opens it at once. If no token would be accepted, the hook is
//!    not asked.
//! 3. Otherwise it asks the hook, for at most 250 ms, and then calls the inner service: with the
//!    session, or with a pre-session if the session was [revoked](crate::Rejection::Revoked).
//! 4. If the hook does not respond, the inner service is not called. The response is a 503 with
//!    `Retry-After`, and the cookie is kept. So a failure of the store ends no session: it
//!    continues when the store responds again.
//! 5. When the inner service responds, the hook records what [`revoke`](crate::Session::revoke)
//!    ended, within the same time limit, before the response is sent. If that fails, the response
//!    is that of [`on_error`](crate::SessionLayer::on_error), a 500 by default, and the cookie is
//!    kept.
//!
//! As with `SessionLayer`, the response is unchanged if the handler did not use the session.

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

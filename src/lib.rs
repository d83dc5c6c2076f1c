#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
//!
//! ## Guides
//!
//! - [`guide::types`]: typed sessions, and how a type may change.
//! - [`guide::cross_site`]: requests from other sites.
//! - [`guide::migration`]: from another library.
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "csrf",
        feature = "flash",
        feature = "revocation",
        feature = "rotation"
    )),
    allow(dead_code, reason = "the core has what optional capabilities build on")
)]

// Each level imports only what is declared above it; `tests/docs/architecture.rs` checks that.

// 1: what everything may use.
mod error;
mod header;
mod transport;

// 2: the only files that name a cipher, a hash or a source of randomness.
mod crypto;

// 3: the format of a token.
mod token;

// 4: secrets and keys.
mod keys;

// 5: the log.
mod log;

// 6: what a handler reads and writes.
mod session;

// 7: the cookie that carries it.
mod set_cookie;

// 8: the settings.
mod config;

// 9: the straight line in.
mod decode;

// 10: the straight line out.
mod encode;

// 11: the public face of both.
mod sessions;

// 12: how it is set up, and how it is served.
mod builder;
#[cfg(feature = "tower")]
pub mod layer;

// 13: what extends it.
#[cfg(feature = "csrf")]
pub mod csrf;
#[cfg(feature = "flash")]
pub mod flash;
#[cfg(feature = "revocation")]
pub mod revocation;

// 14: the one layer of a site.
#[cfg(all(feature = "tower", any(feature = "csrf", feature = "flash")))]
pub mod site;

// Documentation.
#[cfg(any(doc, all(doctest, feature = "axum")))]
pub mod guide;

pub use builder::Builder;
pub use config::{Issue, SameSite};
#[cfg(feature = "csrf")]
pub use csrf::CsrfError;
#[cfg(all(feature = "csrf", feature = "tower"))]
pub use csrf::{Csrf, CsrfLayer};
pub use encode::sent::Sent;
pub use error::{ConfigError, EncodeError, HeadersError, PayloadError, RngError, Unavailable};
#[cfg(all(feature = "flash", feature = "axum"))]
pub use flash::MissingFlashLayer;
#[cfg(feature = "flash")]
pub use flash::{Flash, FlashError, Level, Message};
#[cfg(all(feature = "flash", feature = "tower"))]
pub use flash::{FlashHandle, FlashLayer};
pub use keys::file_error::{FileErrorKind, KeyringFileError, ReadError};
pub use keys::keyring::{KeyRole, Keyring};
pub use keys::secret::Secret;
pub use keys::secret_error::SecretError;
#[cfg(feature = "axum")]
pub use layer::MissingLayer;
#[cfg(feature = "tower")]
pub use layer::{SessionHandle, SessionLayer};
#[cfg(all(feature = "revocation", feature = "tower"))]
pub use revocation::RevocationLayer;
#[cfg(feature = "revocation")]
pub use revocation::{AsyncRevocation, LocalDenyList, Revocation, RevocationQuery, RevokedSession};
pub use session::Session;
pub use session::dict::Dict;
pub use session::payload::Payload;
pub use sessions::CookieSessions;
#[cfg(all(feature = "tower", any(feature = "csrf", feature = "flash")))]
pub use site::SiteLayer;
pub use token::id::{KeyId, Label, SessionId};
pub use token::rejection::Rejection;
pub use transport::Transport;

/// The README's examples, which use every feature.
#[cfg(all(
    doctest,
    feature = "axum",
    feature = "csrf",
    feature = "flash",
    feature = "revocation",
    feature = "rotation"
))]
#[doc = include_str!("../README.md")]
mod readme {}

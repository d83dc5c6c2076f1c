#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
//!
//! ## From another library
//!
//! [`guide::migration`] has a guide for each.
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod builder;
mod config;
mod crypto;
#[cfg(feature = "csrf")]
pub mod csrf;
mod decode;
mod encode;
mod error;
#[cfg(feature = "flash")]
pub mod flash;
#[cfg(feature = "flash")]
#[path = "flash/cookie.rs"]
mod flash_cookie;
#[cfg(not(feature = "flash"))]
#[path = "flash/no_flash.rs"]
mod flash_cookie;
#[cfg(any(doc, doctest))]
pub mod guide;
mod header;
mod keys;
#[cfg(feature = "tower")]
pub mod layer;
#[cfg(feature = "tracing")]
mod log;
#[cfg(not(feature = "tracing"))]
#[path = "no_log.rs"]
mod log;
#[cfg(feature = "revocation")]
pub mod revocation;
#[cfg(feature = "revocation")]
#[path = "revocation/gate.rs"]
mod revocation_gate;
#[cfg(not(feature = "revocation"))]
#[path = "revocation/no_gate.rs"]
mod revocation_gate;
mod session;
mod sessions;
mod token;
mod transport;

pub use builder::Builder;
pub use config::{Issue, SameSite};
#[cfg(feature = "csrf")]
pub use csrf::CsrfError;
#[cfg(all(feature = "csrf", feature = "tower"))]
pub use csrf::CsrfLayer;
pub use error::{
    ConfigError, EncodeError, HeadersError, PayloadError, RngError, SecretError, Unavailable,
};
#[cfg(all(feature = "flash", feature = "tower"))]
pub use flash::FlashHandle;
#[cfg(all(feature = "flash", feature = "tower"))]
pub use flash::FlashLayer;
#[cfg(all(feature = "flash", feature = "axum"))]
pub use flash::MissingFlashLayer;
#[cfg(feature = "flash")]
pub use flash::{Flash, FlashError, Level, Message};
pub use keys::file::{FileErrorKind, KeyringFileError, ReadError};
pub use keys::keyring::{KeyRole, Keyring};
pub use keys::secret::Secret;
#[cfg(feature = "axum")]
pub use layer::MissingLayer;
#[cfg(feature = "tower")]
pub use layer::SessionHandle;
#[cfg(feature = "tower")]
pub use layer::SessionLayer;
#[cfg(feature = "revocation")]
pub use revocation::LocalDenyList;
#[cfg(all(feature = "revocation", feature = "tower"))]
pub use revocation::RevocationLayer;
#[cfg(feature = "revocation")]
pub use revocation::{AsyncRevocation, Revocation, RevocationQuery, RevokedSession};
pub use session::Session;
pub use session::dict::Dict;
pub use session::payload::Payload;
pub use sessions::{CookieSessions, Sent};
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

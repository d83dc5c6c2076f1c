#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
//!
//! ## From another library
//!
//! [`migration`] has a guide for each.
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Read in the order in which a request flows: `sessions`, `header`, `token`, `keys`, `admission`, `session`,
// and back: `decision`, `line`, `response`.

mod admission;
mod aead;
mod arrival;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod builder;
mod cache;
#[cfg(feature = "revocation")]
mod checks;
#[cfg(not(feature = "revocation"))]
#[path = "no_checks.rs"]
mod checks;
mod clock;
mod config;
#[cfg(feature = "csrf")]
mod csrf;
#[cfg(all(feature = "csrf", feature = "tower"))]
mod csrf_judge;
#[cfg(all(feature = "csrf", feature = "tower"))]
pub mod csrf_layer;
mod decision;
#[cfg(feature = "revocation")]
mod deny_list;
mod dict;
mod error;
#[cfg(feature = "tracing")]
mod events;
#[cfg(not(feature = "tracing"))]
#[path = "no_events.rs"]
mod events;
#[cfg(feature = "flash")]
mod flash;
#[cfg(all(feature = "flash", feature = "axum"))]
mod flash_axum;
#[cfg(feature = "flash")]
mod flash_cookie;
#[cfg(not(feature = "flash"))]
#[path = "no_flash.rs"]
mod flash_cookie;
#[cfg(all(feature = "flash", feature = "tower"))]
mod flash_handle;
#[cfg(all(feature = "flash", feature = "tower"))]
pub mod flash_layer;
#[cfg(feature = "tower")]
mod handle;
mod header;
mod id;
mod kdf;
mod keyring;
mod keyring_file;
mod keys;
mod lifetime;
mod line;
#[cfg(any(doc, doctest))]
pub mod migration;
mod payload;
mod purposes;
#[cfg(all(feature = "revocation", feature = "tower"))]
mod question;
mod random;
mod rejection;
mod response;
#[cfg(feature = "revocation")]
mod revocation;
#[cfg(all(feature = "revocation", feature = "tower"))]
pub mod revocation_layer;
#[cfg(feature = "rotation")]
mod rotation;
#[cfg(not(feature = "rotation"))]
#[path = "no_rotation.rs"]
mod rotation;
mod scope;
mod secret;
mod session;
mod sessions;
mod token;
#[cfg(feature = "tower")]
pub mod tower;
mod upgrade;
mod varint;
#[cfg(test)]
mod vectors;
mod wiped;

#[cfg(feature = "axum")]
pub use axum::MissingLayer;
pub use builder::Builder;
pub use config::{Issue, SameSite, Transport};
#[cfg(feature = "csrf")]
pub use csrf::CsrfError;
#[cfg(all(feature = "csrf", feature = "tower"))]
pub use csrf_layer::CsrfLayer;
#[cfg(feature = "revocation")]
pub use deny_list::LocalDenyList;
pub use dict::Dict;
pub use error::{
    ConfigError, EncodeError, HeadersError, PayloadError, RngError, SecretError, Unavailable,
};
#[cfg(feature = "flash")]
pub use flash::{Flash, FlashError, Level, Message};
#[cfg(all(feature = "flash", feature = "axum"))]
pub use flash_axum::MissingFlashLayer;
#[cfg(all(feature = "flash", feature = "tower"))]
pub use flash_handle::FlashHandle;
#[cfg(all(feature = "flash", feature = "tower"))]
pub use flash_layer::FlashLayer;
#[cfg(feature = "tower")]
pub use handle::SessionHandle;
pub use id::{Label, SessionId};
pub use keyring::{KeyId, KeyRole, Keyring};
pub use keyring_file::{FileError, FileReason, ReadError};
pub use payload::Payload;
pub use rejection::Rejection;
#[cfg(feature = "revocation")]
pub use revocation::{Asked, AsyncRevocation, Ended, Revocation};
#[cfg(all(feature = "revocation", feature = "tower"))]
pub use revocation_layer::RevocationLayer;
pub use secret::Secret;
pub use session::Session;
pub use sessions::{CookieSessions, Sent};
#[cfg(feature = "tower")]
pub use tower::SessionLayer;

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

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub)]
// Read in the order in which a request flows: `sessions`, `header`, `token`, `keys`, `admission`, `session`,
// and back: `decision`, `line`, `response`.

mod admission;
mod aead;
mod arrival;
mod body;
mod builder;
mod cache;
mod config;
mod decision;
mod dict;
mod error;
#[cfg(feature = "tracing")]
mod events;
#[cfg(not(feature = "tracing"))]
#[path = "no_events.rs"]
mod events;
mod header;
mod id;
mod kdf;
mod keyring;
mod keys;
mod lifetime;
mod line;
mod payload;
mod random;
mod rejection;
mod response;
mod scope;
mod secret;
mod session;
mod sessions;
mod token;
mod varint;
#[cfg(test)]
mod vectors;
mod wiped;

pub use builder::Builder;
pub use config::{Issue, SameSite, Transport};
pub use dict::Dict;
pub use error::{ConfigError, EncodeError, HeadersError, PayloadError, RngError, SecretError};
pub use id::{Label, SessionId};
pub use keyring::{KeyId, KeyRole, Keyring};
pub use payload::Payload;
pub use rejection::Rejection;
pub use secret::Secret;
pub use session::Session;
pub use sessions::{CookieSessions, Sent};

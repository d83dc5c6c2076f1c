//! Edge and wasm32: a clock, randomness, and nothing else from the host.
//!
//! The library has no threads, no sockets and no files in its way, except for
//! [`Keyring::from_file`](crate::Keyring::from_file). On a host without an operating system it needs two things.
//!
//! This project tests no wasm32 target. What follows is what the code asks for.
//!
//! # Leave out what the host does not have
//!
//! ```toml
//! [dependencies]
//! sealed-session = { version = "0.1", default-features = false }
//! ```
//!
//! Without the default feature `tracing` nothing is logged. The default cipher is all Rust. The features `ring` and
//! `aws-lc-rs` compile C code: leave them out. The feature `graviola` changes nothing on wasm32.
//!
//! # Bring randomness
//!
//! Each id and each sealing takes random bytes from the crate `getrandom` (0.4). Which source it uses depends on the
//! target:
//!
//! | target | what is needed |
//! |---|---|
//! | `wasm32-wasip1`, `wasm32-wasip2` | nothing |
//! | `wasm32-unknown-unknown` in a JavaScript host (Workers, Deno, Node) | the feature `wasm_js` of `getrandom` |
//! | `wasm32-unknown-unknown` without JavaScript | a [custom backend](https://docs.rs/getrandom/0.4/getrandom/#custom-backend) |
//!
//! ```toml
//! [target.'cfg(all(target_arch = "wasm32", target_os = "unknown"))'.dependencies]
//! getrandom = { version = "0.4", features = ["wasm_js"] }
//! ```
//!
//! Without it, `getrandom` does not compile for that target. If the host has no randomness to give at run time,
//! [`encode`](crate::CookieSessions::encode) returns [`EncodeError::Rng`](crate::EncodeError::Rng): a session is never
//! sealed with a nonce that is not random.
//!
//! # Bring a clock
//!
//! On `wasm32-unknown-unknown`, `SystemTime::now()` panics. Give the builder a clock of the host, for example from
//! `Date.now()`:
//!
//! ```
//! use std::time::{Duration, SystemTime, UNIX_EPOCH};
//! use sealed_session::{ConfigError, CookieSessions, Keyring};
//!
//! /// Milliseconds since 1970, from the host: `js_sys::Date::now() as u64`.
//! fn milliseconds() -> u64 {
//!     1_800_000_000_000
//! }
//!
//! fn sessions(keyring: Keyring) -> Result<CookieSessions, ConfigError> {
//!     let now = || -> SystemTime { UNIX_EPOCH + Duration::from_millis(milliseconds()) };
//!     CookieSessions::builder(keyring).clock(now).build()
//! }
//!
//! fn main() -> Result<(), ConfigError> {
//!     let session = sessions(Keyring::ephemeral())?.fresh();
//!     assert_eq!(session.created_at(), UNIX_EPOCH + Duration::from_secs(1_800_000_000));
//!     Ok(())
//! }
//! ```
//!
//! Build with `builder(…)`, never with [`CookieSessions::new`](crate::CookieSessions::new), which uses the system's
//! clock. Or pass the time of each request to [`decode_at`](crate::CookieSessions::decode_at) and
//! [`encode_at`](crate::CookieSessions::encode_at):
//!
//! ```
//! use std::time::{Duration, UNIX_EPOCH};
//! use http::{HeaderMap, StatusCode};
//! use sealed_session::{CookieSessions, Keyring, Sent};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::builder(Keyring::ephemeral()).build()?;
//!     let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000); // from the host
//!
//!     let mut session = sessions.decode_at(&HeaderMap::new(), sessions.transport(), now);
//!     session.set("user", "alice");
//!     let mut headers = HeaderMap::new();
//!     assert_eq!(sessions.encode_at(&session, &mut headers, StatusCode::OK, now)?, Sent::Set);
//!     Ok(())
//! }
//! ```
//!
//! # Give every instance the same secret
//!
//! An edge runtime starts and stops instances at will, in many places. A boot key would end sessions at each start.
//! Take the secret from the runtime's own store of secrets, and parse it:
//!
//! ```
//! use sealed_session::{Keyring, Secret, SecretError};
//!
//! fn keyring(text: &str) -> Result<Keyring, SecretError> {
//!     Ok(Keyring::new(text.parse::<Secret>()?))
//! }
//!
//! fn main() {
//!     assert!(keyring(&Secret::generate().expose_base64url()).is_ok());
//!     assert!(keyring("hunter2").is_err());
//! }
//! ```
//!
//! Where there is no environment, [`previous`](crate::Keyring::previous) and [`upcoming`](crate::Keyring::upcoming) add
//! the other secrets of a [rotation](super::secrets#rotate-a-secret).

//! Edge and WebAssembly: a clock, randomness, and nothing else from the host.
//!
//! The library starts no thread, opens no socket, and reads no file except in
//! [`Keyring::from_file`](crate::Keyring::from_file). Two things have to come from the host:
//!
//! | target | randomness | clock |
//! |---|---|---|
//! | `wasm32-wasip1`, `wasm32-wasip2` | there | there |
//! | `wasm32-unknown-unknown` in a JavaScript host (Workers, Deno, Node) | [`wasm_js`](#in-a-javascript-host) | [`clock`](#set-the-clock) |
//! | `wasm32-unknown-unknown` in another host | [a custom backend](#in-another-host) | [`clock`](#set-the-clock) |
//!
//! Every change of the library is built for these targets. Modules for a JavaScript host, for another host and for
//! `wasm32-wasip1` run in Node, and judge every test vector of the format.
//!
//! # Choose the features
//!
//! ```toml
//! [dependencies]
//! sealed-session = { version = "0.1", default-features = false }
//! ```
//!
//! All features work, except `ring` and `aws-lc-rs`, which compile C. `graviola` changes nothing: the cipher is that of
//! the default build, which is all Rust. Leave out the default feature `tracing` if nothing subscribes to events.
//! `axum` works with `axum = { version = "0.8", default-features = false }`, whose router needs no runtime. A module
//! with a handler of a few statements, built for size, takes about 220 KB, compressed 90 KB.
//!
//! # In a JavaScript host
//!
//! Each id and each sealing takes random bytes from the crate `getrandom` (0.4). Its feature `wasm_js` calls
//! `crypto.getRandomValues()`:
//!
//! ```toml
//! [target.'cfg(all(target_arch = "wasm32", target_os = "unknown"))'.dependencies]
//! getrandom = { version = "0.4", features = ["wasm_js"] }
//! ```
//!
//! Without it, `getrandom` does not compile for that target. Enable it in the application, not in a library: it brings
//! `wasm-bindgen`.
//!
//! # In another host
//!
//! Without JavaScript, give `getrandom` a [custom backend](https://docs.rs/getrandom/0.4/getrandom/#custom-backend). In
//! `Cargo.toml`:
//!
//! ```toml
//! [target.'cfg(all(target_arch = "wasm32", target_os = "unknown"))'.dependencies]
//! getrandom = "0.4"
//! ```
//!
//! In `.cargo/config.toml`, because the setting is a flag of the compiler:
//!
//! ```toml
//! [target.wasm32-unknown-unknown]
//! rustflags = ["--cfg", 'getrandom_backend="custom"']
//! ```
//!
//! In the application, define the backend with two functions that the host exports to the module. The attributes are
//! unsafe because the linker trusts the names. The call is unsafe because the host writes to memory:
//!
//! ```ignore
//! use std::time::{Duration, SystemTime, UNIX_EPOCH};
//!
//! #[link(wasm_import_module = "host")]
//! unsafe extern "C" {
//!     /// Fills a buffer with random bytes; returns 0 if it did.
//!     fn random(buffer: *mut u8, length: usize) -> u32;
//!     /// Milliseconds since 1970.
//!     safe fn milliseconds() -> u64;
//! }
//!
//! #[unsafe(no_mangle)]
//! unsafe extern "Rust" fn __getrandom_v03_custom(
//!     buffer: *mut u8,
//!     length: usize,
//! ) -> Result<(), getrandom::Error> {
//!     // SAFETY: `getrandom` passes a buffer of this length, to be written to.
//!     match unsafe { random(buffer, length) } {
//!         0 => Ok(()),
//!         _ => Err(getrandom::Error::new_custom(1)),
//!     }
//! }
//!
//! pub fn now() -> SystemTime {
//!     UNIX_EPOCH + Duration::from_millis(milliseconds())
//! }
//! ```
//!
//! The name keeps its `v03` in `getrandom` 0.4. The bytes must come from a cryptographic generator of the host, and
//! must never repeat, not even in a copy of the instance.
//!
//! # Set the clock
//!
//! On `wasm32-unknown-unknown` the standard library has no clock. Without [`clock`](crate::Builder::clock),
//! [`build`](crate::Builder::build) returns an error that says so, and [`CookieSessions::new`](crate::CookieSessions::new)
//! panics. In a JavaScript host, the time is `js_sys::Date::now()`, after `cargo add js-sys`:
//!
//! ```
//! use std::error::Error;
//! use std::time::{Duration, SystemTime, UNIX_EPOCH};
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, EncodeError, Keyring, Secret};
//!
//! /// Milliseconds since 1970, from the host: `js_sys::Date::now() as u64`.
//! fn milliseconds() -> u64 {
//!     1_800_000_000_000
//! }
//!
//! fn now() -> SystemTime {
//!     UNIX_EPOCH + Duration::from_millis(milliseconds())
//! }
//!
//! /// Once for each instance; the secret is a text from the runtime's store of secrets.
//! fn start(secret: &str) -> Result<CookieSessions, Box<dyn Error>> {
//!     let keyring = Keyring::new(secret.parse()?);
//!     Ok(CookieSessions::builder(keyring).clock(now).build()?)
//! }
//!
//! /// For each request.
//! fn handle(
//!     sessions: &CookieSessions,
//!     request: &Request<()>,
//! ) -> Result<Response<String>, EncodeError> {
//!     let mut session = sessions.decode(request);
//!     let visits = session.parse("visits").and_then(Result::ok).unwrap_or(0) + 1;
//!     session.set("visits", visits);
//!     let mut response = Response::new(format!("Visit {visits}"));
//!     sessions.encode(&session, &mut response)?;
//!     Ok(response)
//! }
//!
//! fn main() -> Result<(), Box<dyn Error>> {
//!     let sessions = start(&Secret::generate().expose_base64url())?;
//!     let response = handle(&sessions, &Request::new(()))?;
//!     assert_eq!(response.body(), "Visit 1");
//!     assert!(response.headers().contains_key("set-cookie"));
//!
//!     assert!(start("hunter2").is_err());
//!     Ok(())
//! }
//! ```
//!
//! Some runtimes stop the clock while a request is handled: a session is then as old as the request, which is precise
//! enough. [`decode_at`](crate::CookieSessions::decode_at) and [`encode_at`](crate::CookieSessions::encode_at) take the time
//! as an argument instead.
//!
//! # Give every instance the same secret
//!
//! An edge runtime starts and stops instances at will, in many places. A boot key would end sessions at each start. So take
//! the secret from the runtime's store of secrets, as `start` does above.
//! [`Keyring::from_env`](crate::Keyring::from_env) returns `None` where there are no variables.
//!
//! [`previous`](crate::Keyring::previous) and [`upcoming`](crate::Keyring::upcoming) add the other secrets of a
//! [rotation](super::secrets#rotate-a-secret). What one instance has in memory is unknown to the others: a
//! [`LocalDenyList`](crate::LocalDenyList) ends sessions in one of them only.
//!
//! # When something fails
//!
//! - The host has no random bytes: [`encode`](crate::CookieSessions::encode) returns
//!   [`EncodeError::Rng`](crate::EncodeError::Rng), and the client's cookie is still valid. A session is never sealed with a
//!   nonce that is not random.
//! - The module stops with `unreachable`: that is a panic, whose message is lost on `wasm32-unknown-unknown`. Set a
//!   [hook](std::panic::set_hook) that passes it to the host's log.

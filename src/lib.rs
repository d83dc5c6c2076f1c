//! A web session in one encrypted cookie, for any framework on the [`http`](https://docs.rs/http)
//! crate.
//!
//! There is no store and no database. The server has a secret, the client has the sealed session,
//! and every server with the secret can open that session. Nobody else can read or change it.
//!
//! - [`CookieSessions`] has the settings. It [decodes](CookieSessions::decode) a request to a
//!   session and [encodes](CookieSessions::encode) the session to the response.
//! - [`Session`] is what a handler reads and writes: a [`Dict`] of strings, or a
//!   [type of your own](CookieSessions::typed).
//! - [`SessionLayer`] decodes and encodes for tower and axum. It gives each request a
//!   [`SessionHandle`].
//! - [`Keyring`] has the secrets, and [`Builder`] every setting.
//! - [`Sealer`] seals other values: links in e-mails, password resets, the `state` of OAuth.
//!
//! # With axum
//!
//! `cargo add sealed-session --features axum`:
//!
#![cfg_attr(any(not(doctest), feature = "axum"), doc = "```")]
#![cfg_attr(all(doctest, not(feature = "axum")), doc = "```ignore")]
//! use axum::{Router, routing::get};
//! use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
//!
//! async fn home(session: SessionHandle) -> String {
//!     let visits = session.parse("visits").and_then(Result::ok).unwrap_or(0) + 1;
//!     session.set("visits", visits);
//!     format!("Visit {visits}")
//! }
//!
//! fn app() -> Result<Router, Box<dyn std::error::Error>> {
//!     let secret = Keyring::from_env("SESSION_SECRET")?;
//!     let keyring = secret.ok_or("set SESSION_SECRET: openssl rand -base64 32")?;
//!     let sessions = CookieSessions::new(keyring);
//!     Ok(Router::new().route("/", get(home)).layer(SessionLayer::new(sessions)))
//! }
//! ```
//!
//! Browsers keep this cookie over HTTPS only; most make an exception for `localhost`. For
//! development over plain HTTP, use the settings below. Every session then ends with the process:
//!
//! ```
//! # use sealed_session::{CookieSessions, Keyring};
//! let sessions = CookieSessions::builder(Keyring::ephemeral()).insecure_http().build()?;
//! # Ok::<(), sealed_session::ConfigError>(())
//! ```
//!
//! # With plain `http`
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, EncodeError, Session};
//!
//! fn log_in(
//!     sessions: &CookieSessions,
//!     request: &Request<()>,
//! ) -> Result<Response<String>, EncodeError> {
//!     let mut session: Session = sessions.decode(request);
//!     if session.get("user").is_some_and(|before| before != "alice") {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew(); // a new id at each log-in, against session fixation
//!     session.set("user", "alice");
//!     let mut response = Response::new("Hello, Alice".to_owned());
//!     sessions.encode(&session, &mut response)?; // Set-Cookie, because the session changed
//!     Ok(response)
//! }
//! ```
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `tracing`, by default | events for logs |
//! | `tower` | [`SessionLayer`] and [`SessionHandle`] |
//! | `axum` | `tower`, and the handle as an extractor |
//! | `csrf` | [tokens for forms](Session::csrf_token); with `tower`, [a check in the layer](Csrf) |
//! | `multipart` | finds the token in `multipart/form-data` |
//! | `flash` | [messages for the next page](Flash); with `tower`, [`FlashHandle`] |
//! | `rotation` | [`rotate`](CookieSessions::rotate) replaces the secrets without a restart |
//! | `revocation` | [sessions that the server can end](Session::revoke) |
//! | `metrics` | [counters](guide::metrics) for graphs and alerts |
//! | `cli` | [the program `sealed-session`](guide::command_line), which is not part of the library |
//! | `ring`, `aws-lc-rs` | the cipher of ring or of AWS-LC: faster, with the same tokens; compiles C |
//! | `graviola` | the cipher of graviola: faster, with the same tokens; no C compiler, Rust 1.89 |
//!
//! # Guides
//!
//! - [`guide::getting_started`]: from `cargo add` to a session that works, in axum, hyper and other frameworks
//! - [`guide::login`]: log-in, log-out, pages for users only, "remember me"
//! - [`guide::forms`]: CSRF tokens, messages, uploads; [`guide::scripts`]: JSON, CORS, frames, sockets
//! - [`guide::secrets`]: make, store and rotate secrets; what to do when one has leaked
//! - [`guide::sealed_values`]: links in e-mails, password resets; [`guide::oauth`]: log-in with OAuth
//! - [`guide::performance`]: choose a cipher, measure, know the cost of hostile requests
//! - [`guide::migration`]: move from another library, without logging anybody out
//! - [`guide::troubleshooting`]: a log-in does not stick
//! - [all guides](guide): typed sessions, log-out on the server, testing, operation, counters, proxies and caches, glossary
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]
#![deny(missing_docs, unreachable_pub)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "cli",
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

// 9: from a request to a session.
mod decode;

// 10: from a session to a response.
mod encode;

// 11: how it is set up.
mod builder;

// 12: the public face of both. After the builder, so that the constructors are the first
// methods in the documentation.
mod sessions;

// 13: values for one purpose and a time, and what other cookies share.
mod sealer;

// 14: how it is served.
#[cfg(feature = "tower")]
pub mod layer;

// 15: what extends it.
#[cfg(feature = "csrf")]
pub mod csrf;
#[cfg(feature = "flash")]
pub mod flash;
#[cfg(feature = "revocation")]
pub mod revocation;

// 16: the one layer of a site.
#[cfg(all(feature = "tower", any(feature = "csrf", feature = "flash")))]
pub mod site;

// 17: what the program `sealed-session` asks the library. It is no public API.
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod inspect;

// Documentation, whose examples use every feature.
#[cfg(any(
    doc,
    all(
        doctest,
        feature = "axum",
        feature = "csrf",
        feature = "flash",
        feature = "multipart",
        feature = "revocation",
        feature = "rotation"
    )
))]
#[cfg_attr(docsrs, doc(auto_cfg = false))]
pub mod guide;

// Sessions and their settings.
pub use builder::Builder;
pub use config::{Issue, SameSite};
pub use encode::sent::Sent;
pub use session::Session;
pub use session::adoption::{Adopted, OldCookie};
pub use session::dict::Dict;
pub use session::payload::Payload;
pub use sessions::CookieSessions;
pub use token::id::{KeyId, Label, SessionId};
pub use token::rejection::Rejection;
pub use transport::Transport;

// Sealed values.
pub use sealer::{BoundSealer, SealedCookie, Sealer};

// Secrets.
pub use keys::keyring::{KeyRole, Keyring};
pub use keys::secret::Secret;

// Errors.
pub use error::{ConfigError, EncodeError, HeadersError, PayloadError, RngError, Unavailable};
pub use keys::file_error::{FileErrorKind, KeyringFileError, ReadError};
pub use keys::secret_error::SecretError;

// Layers.
#[cfg(feature = "tower")]
#[doc(inline)]
pub use layer::{SessionHandle, SessionLayer};

// Forms.
#[cfg(feature = "csrf")]
#[doc(inline)]
pub use csrf::CsrfError;
#[cfg(all(feature = "csrf", feature = "tower"))]
#[doc(inline)]
pub use csrf::{Csrf, CsrfLayer};

// Flash messages.
#[cfg(feature = "flash")]
#[doc(inline)]
pub use flash::{Flash, FlashError, Level, Message};
#[cfg(all(feature = "flash", feature = "tower"))]
#[doc(inline)]
pub use flash::{FlashHandle, FlashLayer};

// Revocation.
#[cfg(all(feature = "revocation", feature = "tower"))]
#[doc(inline)]
pub use revocation::RevocationLayer;
#[cfg(feature = "revocation")]
#[doc(inline)]
pub use revocation::{AsyncRevocation, LocalDenyList, Revocation, RevocationQuery, RevokedSession};

// The one layer of a site.
#[cfg(all(feature = "tower", any(feature = "csrf", feature = "flash")))]
#[doc(inline)]
pub use site::SiteLayer;

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

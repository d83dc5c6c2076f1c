//! Operation: what the log says, what to watch, sizes and clocks.
//!
//! # Turn on the log
//!
//! Events go to [`tracing`](https://docs.rs/tracing), with the target `sealed_session`; the feature `tracing` is on by
//! default. Any subscriber shows them, for example this one after `cargo add tracing-subscriber`:
//!
//! ```
//! use tracing_subscriber::filter::LevelFilter;
//!
//! fn main() {
//!     tracing_subscriber::fmt().with_max_level(LevelFilter::INFO).init();
//! }
//! ```
//!
//! Events name a session by its [`label`](crate::Session::label), a text that cannot be turned back into the session's
//! id. They never hold a secret, a token, an id, the name or value of an entry, or another cookie.
//!
//! A warning is logged once, or at most once a minute for each configuration. So is `a session was not sent`. The log
//! says *that* something happens, not how often. What is left out in between is often logged at `DEBUG`. The feature
//! `metrics` [counts every event](super::metrics).
//!
//! # What the events mean
//!
//! ## Errors
//!
//! | level | text | cause | what to do |
//! |---|---|---|---|
//! | ERROR, DEBUG | `a session was not sent` | the text after the colon: too large, not readable, no randomness, or a failed log-out. The client keeps its cookie. If the session was written, the response is a 500. If it was only read, it can be read until it ends, and is not refreshed | too large: [the limit](#sizes). Not readable: [typed sessions](super::types). Log-out: [the store](super::ending_sessions) |
//! | ERROR, DEBUG | `flash messages were not sent` | too many or too long | shorten the messages |
//! | ERROR | `SessionLayer is missing, or has another payload type` | a handler asks for a session where no layer of its type is | add `.layer(SessionLayer::new(sessions))` after the routes |
//! | ERROR | `SessionLayer is missing around CsrfLayer` | the layers are in the wrong order, or one is missing | use [the one layer](super::forms#protect-your-forms) |
//! | ERROR | `a flash message was refused` | a handler returned the error of `push`: too many messages, or too long ones | cut texts that a user chose |
//! | ERROR | `FlashLayer is missing` | the same for flash messages | add the layer |
//! | ERROR | `two SessionLayers have one cookie` | a layer inside of another one | remove one, or give one another cookie with [`name`](crate::Builder::name) |
//! | ERROR | `a session was written after the response was sent or abandoned` | a spawned task, a WebSocket or a streamed body writes | write before the handler returns |
//! | ERROR | `a session was written and the inner service returned an error` | there is no response to send it with | put `SessionLayer` outside of the layer that turns errors into responses |
//! | ERROR | `a session was written while the library decoded or encoded it` | a clock, a hook, a subscriber or the payload's own code writes to the session | write in the handler |
//! | ERROR | `a session cannot be copied for a handle that outlives the response` | a payload does not read back as it was written | [what a type may not use](crate::Payload#what-a-type-may-not-use) |
//! | ERROR | `flash messages were used after the response was sent or abandoned` | as above | as above |
//! | ERROR | `sessions are rejected` | an asynchronous revocation hook, and no layer that waits for it | call [`check_revocation`](crate::SessionLayer::check_revocation) on the layer |
//!
//! ## Warnings
//!
//! | level | text | cause | what to do |
//! |---|---|---|---|
//! | WARN | `no secret is configured` | a boot key: no other process accepts its sessions, and a restart ends them | [set a secret](super::secrets#make-a-secret) |
//! | WARN | `insecure_http() is set` | settings for development. The event is logged when the first session is sealed, not at start, so its absence at start proves nothing: look at `transport` in `sessions are configured` | do not use them in production |
//! | WARN | `the browser will drop it` | a session was set in response to a form or link of the site itself that came over plain HTTP. [Other requests over plain HTTP](super::troubleshooting#it-works-on-localhost-and-nowhere-else) are not recognized | [TLS, or `insecure_http` in development](super::troubleshooting#it-works-on-localhost-and-nowhere-else) |
//! | WARN | `the browser will drop it, unless a proxy rewrites Host` | a session was set in response to a request for a host that [`domain`](crate::Builder::domain) does not cover. Once in a while it is a scanner, which names any host | [correct it, or leave it out](super::troubleshooting#the-host-is-not-in-the-domain-of-the-cookie) |
//! | WARN | `set_idle_timeout was clamped` | "remember me" for longer than the absolute timeout | raise [`absolute_timeout`](crate::Builder::absolute_timeout) |
//! | WARN | `the hook of adopt is not asked anymore` | its end has passed, or was in the past from the start. It is logged by `build` | remove [`adopt`](crate::Builder::adopt), or correct its end |
//! | WARN | `a session was sealed in the future` | clocks differ by more than 300 seconds | [clocks](#clocks) |
//! | WARN | `a session was sealed under a secret of ours and cannot be read` | the payload type has changed | [roll back, then make the change readable](super::types#when-the-log-says-that-a-session-cannot-be-read) |
//! | WARN | `a session has an extension that this release does not know` | another machine has a newer release of this library | finish the update, or undo it: in between, machines with the older release reject such sessions and keep their cookies |
//! | WARN | `a session was written but not sent: the request came over the other transport` | a log-in over plain HTTP on a site with TLS | [redirect to HTTPS](super::proxies_and_caches#serve-http-and-https-from-one-process) |
//! | WARN | `a session was written but not sent: the secret that opened it has been removed` | a secret was removed while a request was handled | nothing after a leak; else wait longer before step 3 of [a rotation](super::secrets#rotate-a-secret) |
//! | WARN | `no secret from before the rotation is left` | [`rotate`](crate::CookieSessions::rotate) replaced all secrets: every session ends | nothing after a leak; else give it the old secrets too, at once |
//! | WARN | `a session was written but not sent: it was revoked during the request` | the session was ended while a request was handled | nothing |
//! | WARN | `a log-out was not recorded` | this machine cannot open the cookie: a secret or release is missing here | give every machine the same secrets |
//! | WARN, DEBUG | `a session was written to the response to a request from another site` | a handler writes on the return from a payment or provider | [write elsewhere](super::cross_site#what-to-do) |
//! | WARN | `two sessions were encoded to one response` | a handler decodes the request a second time | decode once |
//! | WARN | `flash messages were pushed but not sent` | as for sessions: plain HTTP | redirect to HTTPS |
//! | WARN | `a sealed cookie was neither set nor removed` | the same for [`SealedCookie`](crate::SealedCookie) | redirect to HTTPS |
//! | WARN | `an Option<SessionHandle> is None, because its payload type is not that of the SessionLayer` | a handler forgets to name the type, or it also serves routes that are outside of a layer of its type | name the type; nothing in the second case |
//! | WARN | `FlashLayer is outside of SessionLayer` | the order of the layers | put it inside |
//! | WARN, DEBUG | `a request was refused for its CSRF token` | a form that is out of date, or an attack; `reason` tells. The layer logs it. If you call `verify_csrf` yourself, [log the reason](super::forms#without-the-layer) | [the reasons](super::troubleshooting#a-form-is-refused-after-log-in) |
//! | WARN | `the revocation store does not respond` | every request with a session gets a 503 | repair the store; [nobody is logged out](super::ending_sessions#what-happens-when-the-store-is-down) |
//! | WARN | `the revocation store responds again` | the outage is over | nothing |
//! | WARN | `the deny list is full` | an ended session is accepted again | a larger [`LocalDenyList`](crate::LocalDenyList) |
//! | WARN | `a subject was denied in a deny list that no configuration has` | "log out everywhere" ends nothing: the list is not the one that the sessions ask, or `build` comes later | give [`revocation`](crate::Builder::revocation) a clone of the same list |
//! | WARN | `a subject was denied, but no configuration with this deny list has a subject` | "log out everywhere" ends nothing | call [`subject`](crate::Builder::subject) |
//!
//! ## Information and details
//!
//! | level | text | when |
//! |---|---|---|
//! | INFO | `sessions are configured` | at start: name, transport, keys and their roles, timeouts; of a typed session encoding and shape |
//! | INFO | `sessions of another library were adopted` | `count`: how many since the last one; [moving in](super::migration) |
//! | INFO | `the secrets were rotated` | after each [`rotate`](crate::CookieSessions::rotate), with the new keys. It has an `advice` if the current secret was not among those before: [step 1](super::secrets#rotate-a-secret) was skipped on this machine |
//! | DEBUG | `a cookie was rejected` | with the [reason](super::troubleshooting#the-log-says-a-cookie-was-rejected), the key id and the length |
//! | DEBUG | `a flash cookie was rejected` | the same for flash messages |
//! | DEBUG | `a sealed value was rejected` | the same for a [`Sealer`](crate::Sealer), with its purpose |
//! | DEBUG | `a session was renewed` | with the old and the new label |
//! | TRACE | `a session was refreshed` | with the label and the role of the secret that had opened it |
//!
//! # What to watch
//!
//! With the feature `metrics` the library [counts](super::metrics) what happens to sessions, and
//! [five alerts](super::metrics#respond-to-an-alert) tell when to act. These signals show trouble early, also without it:
//!
//! | signal | how | what it means |
//! |---|---|---|
//! | the keys of every machine | [`keys`](crate::CookieSessions::keys), or `sessions are configured` in the log | they differ: a rotation or a deployment has stopped half way |
//! | log-ins in an hour | your own counter | a jump: sessions have ended, or cookies do not come back |
//! | responses with 500 | your metrics, and `a session was not sent` | somebody's session has outgrown the cookie |
//! | responses with 503 | your metrics | the revocation store |
//! | refused forms | `on_refused` of the CSRF layer | a jump after a release: a form without a token |
//! | [`dropped`](crate::LocalDenyList::dropped) | read it from time to time | above 0: the list is too small |
//!
//! To count rejected sessions by reason without that feature, read [`rejection`](crate::Session::rejection) in a middleware:
//!
//! ```
//! use http::Request;
//! use sealed_session::{CookieSessions, Keyring, Rejection};
//!
//! fn main() -> Result<(), http::Error> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let request = Request::builder().header("cookie", "__Host-session=made-up").body(())?;
//!     let session = sessions.decode(&request);
//!     if let Some(reason) = session.rejection() {
//!         let counter = match reason {
//!             Rejection::IdleTimeout | Rejection::AbsoluteTimeout => "sessions_expired",
//!             Rejection::UnknownKey(_) => "sessions_of_another_key",
//!             _ => "sessions_rejected",
//!         };
//!         assert_eq!(counter, "sessions_rejected");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! Some rejected cookies are normal: expired ones, and what scanners send.
//!
//! # Sizes
//!
//! | | bytes |
//! |---|---|
//! | the whole `Set-Cookie` header, at most | 4,096, the limit of browsers; lower with [`max_set_cookie_len`](crate::Builder::max_set_cookie_len) |
//! | data that always fits, with the default settings | 2,900 |
//! | the value of a cookie with `{"user":"alice"}` | 106 |
//! | the same, typed and [`compact`](crate::Builder::compact) | 98 |
//! | flash messages together, for at most 300 seconds | 1,024, in a second cookie |
//!
//! Every request carries the cookie, and many servers accept 8 kB of request headers in all. Larger things belong into
//! a database. [`set_cookie_len`](crate::CookieSessions::set_cookie_len) tells the size before it is too late:
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring};
//!
//! fn main() -> Result<(), sealed_session::EncodeError> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     session.set("draft", "x".repeat(3500));
//!     if sessions.set_cookie_len(&session)? > 4096 {
//!         session.remove("draft"); // and save it in a database
//!     }
//!     assert!(sessions.set_cookie_len(&session)? < 250);
//!     Ok(())
//! }
//! ```
//!
//! The length of the cookie tells the length of the data. [`padding`](crate::Builder::padding) hides that.
//!
//! # Clocks
//!
//! Machines compare the times in a session with their own clock. Up to 300 seconds of difference are accepted, so run
//! an NTP client everywhere. A clock that is behind lets sessions live longer by the difference; one that is ahead ends
//! them earlier.
//!
//! # Speed
//!
//! Reading and writing a session takes some microseconds each. If that matters:
//!
//! - **`features = ["ring"]`** or `"aws-lc-rs"`: a read takes a third of the time, a write half of it. Both compile C
//!   code. The cookies stay the same, so a fleet can mix them.
//! - **`features = ["graviola"]`**: a fast cipher without a C compiler, on x86-64 and `AArch64`. On other targets, and on
//!   processors that lack what it needs, the default cipher is used. It is young, and few have reviewed it.
//! - **All Rust, built where it runs**: with `RUSTFLAGS="-C target-cpu=native"` a read takes half of the time, a write
//!   less than two thirds.
//! - **All Rust, on any machine**: `RUSTFLAGS='--cfg poly1305_backend="soft"'` does as much.
//!
//! A request whose handler never asks for its session costs nothing but a clone of the `Cookie` header.

//! Guides: how to do what a web application needs, one task at a time.
//!
//! The examples are whole programs. Copy the functions. In an example, a `main` with assertions shows what they do; in
//! your program, the server calls them.
//!
//! # Begin
//!
//! - [`getting_started`]: from `cargo add` to a session that works: axum, hyper, other frameworks.
//! - [`glossary`]: the words of this library.
//!
//! # Build
//!
//! - [`login`]: log-in, log-out, pages for users only, "remember me".
//! - [`forms`]: CSRF tokens, messages, uploads.
//! - [`scripts`]: JSON from scripts, CORS, frames, sockets.
//! - [`types`]: typed sessions, and how a type may change.
//! - [`cross_site`]: requests from other sites: OAuth, payments, `SameSite`.
//! - [`oauth`]: log-in with OAuth or OpenID Connect, in three routes.
//! - [`sealed_values`]: links in e-mails, password resets, a page to return to.
//! - [`testing`]: sessions in tests, without a server and without a sleep.
//! - [`edge`]: WebAssembly, hosts without a clock.
//!
//! # Operate
//!
//! - [`secrets`]: make, store and rotate secrets; what to do when one has leaked.
//! - [`mounted_secrets`]: secrets from Kubernetes, Docker and systemd, and files that are swapped.
//! - [`command_line`]: the program `sealed-session`: explain a cookie, rotate the secrets of a file, make a cookie for a test.
//! - [`ending_sessions`]: log-out that ends every copy of the cookie, other devices, stolen cookies, log-out after 30
//!   minutes without a click.
//! - [`proxies_and_caches`]: nginx, CDNs, TLS in a proxy; several applications or tenants on one host.
//! - [`operating`]: every event in the log and what to do; what to watch, sizes, clocks.
//! - [`metrics`]: counters for graphs and alerts: a recorder, every metric, what it costs; a board and five alerts.
//! - [`performance`]: choose a cipher, measure your own service, the cost of hostile requests.
//! - [`troubleshooting`]: a log-in does not stick; one heading for each symptom.
//!
//! # Move
//!
//! - [`migration`]: from `PrivateCookieJar`, tower-sessions or actix-session.

pub mod command_line;
pub mod cross_site;
pub mod edge;
pub mod ending_sessions;
pub mod forms;
pub mod getting_started;
pub mod glossary;
pub mod login;
#[cfg(any(doc, feature = "metrics"))]
pub mod metrics;
pub mod migration;
pub mod mounted_secrets;
pub mod oauth;
pub mod operating;
pub mod performance;
pub mod proxies_and_caches;
pub mod scripts;
pub mod sealed_values;
pub mod secrets;
pub mod testing;
pub mod troubleshooting;
pub mod types;

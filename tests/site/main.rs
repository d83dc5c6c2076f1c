//! The one layer of a site: the order of its parts, its settings, and its use in an application.
#![cfg(all(feature = "axum", feature = "csrf", feature = "flash", feature = "revocation"))]

#[path = "../support/mod.rs"]
mod support;

mod axum;
mod names;
mod nested;
mod order;

//! Tokens for forms, and the layer that asks for them.
#![cfg(feature = "csrf")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "axum", feature = "tracing"))]
mod layer;
mod token;

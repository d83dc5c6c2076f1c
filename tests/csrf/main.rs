//! Tokens for forms, and the layer that asks for them.
#![cfg(feature = "csrf")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "axum", feature = "tracing"))]
mod layer;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod origin;
mod token;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod visitor;

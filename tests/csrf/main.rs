//! Tokens for forms, and the layer that asks for them.
#![cfg(feature = "csrf")]

#[path = "../support/mod.rs"]
mod support;

mod token;

/// The layer, and what it reads.
#[cfg(all(feature = "axum", feature = "tracing"))]
mod axum;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod body;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod form;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod layer;
#[cfg(all(feature = "axum", feature = "multipart", feature = "tracing"))]
mod multipart;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod origin;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod splits;
#[cfg(all(feature = "axum", feature = "tracing"))]
mod visitor;

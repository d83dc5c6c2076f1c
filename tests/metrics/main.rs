//! What is counted, when, and under which labels.
#![cfg(feature = "metrics")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "axum", feature = "csrf"))]
mod csrf;
mod decode;
mod encode;
#[cfg(feature = "tower")]
mod layer;
mod properties;
mod recorder;
#[cfg(all(feature = "revocation", feature = "tower"))]
mod revocation;
#[cfg(feature = "rotation")]
mod rotation;
mod series;

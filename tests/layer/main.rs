//! The layer for `tower`, and the extractor for `axum`.
#![cfg(feature = "tower")]

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "axum")]
mod axum;
mod held_back;
mod tower;

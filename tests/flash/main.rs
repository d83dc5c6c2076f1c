//! Flash messages: their cookie, and the layer that carries it.
#![cfg(feature = "flash")]

#[path = "../support/mod.rs"]
mod support;

mod age;
mod cookie;
#[cfg(feature = "axum")]
mod layer;
#[cfg(feature = "axum")]
mod order;
mod shown;

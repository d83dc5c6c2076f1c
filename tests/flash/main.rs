//! Flash messages: their cookie, and the layer that carries it.
#![cfg(feature = "flash")]

#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "tower")]
#[path = "../support/watchdog.rs"]
mod watchdog;

mod age;
mod cookie;
#[cfg(feature = "axum")]
mod layer;
#[cfg(feature = "tower")]
mod locks;
#[cfg(feature = "axum")]
mod order;
mod shown;

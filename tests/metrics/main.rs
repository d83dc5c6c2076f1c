//! What is counted, when, and under which labels.
#![cfg(feature = "metrics")]

#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "tower")]
#[path = "../support/watchdog.rs"]
mod watchdog;

#[cfg(all(feature = "axum", feature = "csrf"))]
mod csrf;
mod decode;
mod encode;
#[cfg(feature = "tower")]
mod layer;
#[cfg(feature = "tower")]
mod locks;
mod properties;
mod recorder;
#[cfg(all(feature = "revocation", feature = "tower"))]
mod revocation;
#[cfg(feature = "rotation")]
mod rotation;
mod series;

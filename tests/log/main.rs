//! What is logged and printed, and what never is.

#[path = "../support/mod.rs"]
mod support;

#[cfg(feature = "tower")]
mod debug;
#[cfg(feature = "tracing")]
mod domain;
#[cfg(feature = "tracing")]
mod events;
mod silence;

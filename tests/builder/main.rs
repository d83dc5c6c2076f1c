//! What a configuration may be, and what is done with one.

#[path = "../support/mod.rs"]
mod support;

#[cfg(all(feature = "flash", feature = "revocation", feature = "tower"))]
mod clock;
mod config;
mod upgrade;

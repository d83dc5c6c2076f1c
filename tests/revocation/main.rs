//! Revocation: sessions that the server ends.
#![cfg(feature = "revocation")]

#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "tower")]
#[path = "../support/watchdog.rs"]
mod watchdog;

mod deny_list;
mod hook;
#[cfg(feature = "tower")]
mod late;
#[cfg(feature = "tower")]
mod layer;
mod outcomes;
#[cfg(feature = "tower")]
mod sealing;
mod tokens;

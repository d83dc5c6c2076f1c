//! Sessions that are ended before their time.
#![cfg(feature = "revocation")]

#[path = "../support/mod.rs"]
mod support;

mod deny_list;
mod hook;
#[cfg(feature = "tower")]
mod layer;

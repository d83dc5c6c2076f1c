//! Sealed values: for one purpose and a time, bound to a session or a record, and in a cookie of their own.
#![allow(clippy::similar_names, reason = "a sealer, and what it sealed")]

#[path = "../support/mod.rs"]
mod support;

mod bound;
mod config;
mod cookie;
#[cfg(feature = "tracing")]
mod events;
mod purpose;
mod types;
mod values;

//! Sealed values: for one purpose and a time, bound to a session or a record, and in a cookie of their own.

#[path = "../support/mod.rs"]
mod support;

mod bound;
mod config;
mod cookie;
mod purpose;
mod types;
mod values;

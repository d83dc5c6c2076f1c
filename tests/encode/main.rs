//! From a session to a response.

#[path = "../support/mod.rs"]
mod support;

mod attributes;
mod caches;
mod held_back;
mod log_out;
mod passive;
mod randomness;
mod sizes;
mod states;
#[cfg(feature = "tracing")]
mod twice;
mod unsent;

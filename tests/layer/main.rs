//! The layer for `tower`, and the extractor for `axum`.
#![cfg(feature = "tower")]

#[path = "../support/mod.rs"]
mod support;
#[path = "../support/watchdog.rs"]
mod watchdog;

mod allocations;
#[cfg(feature = "axum")]
mod axum;
mod failures;
mod glob;
mod held_back;
mod late;
mod locks;
mod nested;
mod passive;
mod plain_http;
mod tower;

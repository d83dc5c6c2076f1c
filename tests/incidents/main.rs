//! What went wrong in other software, a test each.

#[path = "../support/mod.rs"]
mod support;

mod cookies;
mod tokens;

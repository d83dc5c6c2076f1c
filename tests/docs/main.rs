//! What the documents say, held against the code.

#[path = "../support/mod.rs"]
mod support;

mod programs;
mod readme;

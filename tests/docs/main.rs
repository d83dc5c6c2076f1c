//! What the documents say, held against the code.

#[path = "../support/mod.rs"]
mod support;

mod architecture;
mod board;
mod guides;
mod programs;
mod readme;
mod recipes;

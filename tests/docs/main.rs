//! What the documents say, held against the code.

#[path = "../support/mod.rs"]
mod support;

mod architecture;
mod board;
mod edge;
mod guides;
mod manifests;
mod programs;
mod readme;
mod recipes;

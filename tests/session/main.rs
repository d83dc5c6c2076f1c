//! A session over its whole life, and over every life that a generator thinks of.

#[path = "../support/mod.rs"]
mod support;

mod change;
mod confirmation;
mod history;
mod lifetime;
mod model;
mod properties;
mod releases;
mod survival;
mod typed;
mod values;

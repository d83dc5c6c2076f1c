//! Guides.

pub mod migration;

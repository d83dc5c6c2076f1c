//! Guides.

pub mod cross_site;
pub mod migration;
pub mod types;

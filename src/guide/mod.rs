//! Guides.

pub mod cross_site;
pub mod migration;

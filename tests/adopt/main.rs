//! Moving in from another library.

#[path = "../support/mod.rs"]
mod support;

mod headers;
mod identity;
#[cfg(feature = "tower")]
mod layer;
mod library;
mod limits;
mod request;
mod response;
#[cfg(feature = "revocation")]
mod revocation;

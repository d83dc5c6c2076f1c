//! From a request to a session.

#[path = "../support/mod.rs"]
mod support;

mod request;
mod scope;
mod tampering;

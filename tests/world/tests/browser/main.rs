//! Chromium at `examples/forms.rs`: behind nginx with TLS, on rustls, and in the clear.
//!
//! Pictures of its pages are left in `tests/target/screenshots`.

mod attacks;
mod kept;
mod log_out;
mod place;
mod visit;

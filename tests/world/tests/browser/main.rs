//! Chromium at `examples/forms`: behind nginx with TLS, on rustls, and in the clear; and at a small site of this
//! program, for settings that the example does not have.
//!
//! Pictures of its pages are left in `tests/target/screenshots`.

mod attacks;
mod cross_site;
mod kept;
mod log_out;
mod place;
mod renewal;
mod small_site;
mod visit;

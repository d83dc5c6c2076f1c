//! `secret`: prints a new one.

use sealed_session::Secret;

use crate::failure::Failure;
use crate::input;

/// Prints 32 random bytes as base64url, and nothing else.
pub(crate) fn run() -> Result<(), Failure> {
    let secret = Secret::generate().expose_base64url();
    input::print(&secret)?;
    input::print("\n")
}

//! `secret`: prints a new one.

use std::io::Write;

use sealed_session::Secret;

use crate::failure::Failure;

/// Prints 32 random bytes as base64url, and nothing else.
pub(crate) fn run() -> Result<(), Failure> {
    let secret = Secret::generate().expose_base64url();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", *secret)?;
    Ok(out.flush()?)
}

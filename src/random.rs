//! Randomness, always from the operating system.
//!
//! A generator in user space would repeat itself after a fork or in a cloned virtual machine, and a nonce
//! must never repeat under one key.

use crate::error::RngError;

/// Draws `N` bytes in one system call.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RngError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(RngError::new)?;
    Ok(bytes)
}

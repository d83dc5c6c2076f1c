//! Randomness and the time, from functions of the host. The guide `edge` shows this file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Fills a buffer with random bytes; returns 0 if it did.
    fn random(buffer: *mut u8, length: usize) -> u32;
    /// Milliseconds since 1970.
    safe fn milliseconds() -> u64;
}

#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    buffer: *mut u8,
    length: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: `getrandom` passes a buffer of this length, to be written to.
    match unsafe { random(buffer, length) } {
        0 => Ok(()),
        _ => Err(getrandom::Error::new_custom(1)),
    }
}

pub fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(milliseconds())
}

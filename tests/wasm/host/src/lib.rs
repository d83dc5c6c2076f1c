//! The site as a module that needs no JavaScript: built for `wasm32-unknown-unknown` it imports what it needs from its
//! host, built for WASI it imports that.
//!
//! Texts go in and out through one buffer: the host calls `buffer` with a length, writes a request there, calls `respond`,
//! and reads a response of the length that it returns.

#[cfg(target_os = "unknown")]
mod host;
#[cfg(target_os = "unknown")]
mod panics;

use std::cell::RefCell;

#[cfg(target_os = "unknown")]
use host::now;
#[cfg(not(target_os = "unknown"))]
use std::time::SystemTime;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The address of the buffer, which then has this length.
// Nothing else has these names: that is all that makes the attributes unsafe.
#[unsafe(no_mangle)]
pub extern "C" fn buffer(length: usize) -> *mut u8 {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(length, 0);
        buffer.as_mut_ptr()
    })
}

/// Replaces the request in the buffer by the response; returns its length.
#[unsafe(no_mangle)]
pub extern "C" fn respond() -> usize {
    #[cfg(target_os = "unknown")]
    panics::log_them();
    BUFFER.with_borrow_mut(|buffer| {
        let response = wasm::respond(&String::from_utf8_lossy(buffer), now);
        *buffer = response.into_bytes();
        buffer.len()
    })
}

/// WASI has a clock.
#[cfg(not(target_os = "unknown"))]
fn now() -> SystemTime {
    SystemTime::now()
}

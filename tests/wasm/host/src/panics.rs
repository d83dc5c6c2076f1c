//! Messages of panics, to the host: without this, a panic there is a trap without a word.

use std::panic;
use std::sync::Once;

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Prints a text.
    fn log(text: *const u8, length: usize);
}

pub fn log_them() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|panic| {
            let text = panic.to_string();
            // SAFETY: the host reads the text before it returns.
            unsafe { log(text.as_ptr(), text.len()) }
        }));
    });
}

//! The site as a module for a host with JavaScript, such as Workers, Deno and Node: the time is `Date.now()`, randomness
//! `crypto.getRandomValues()`.

use std::panic;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

/// Messages of panics: without this, a panic there is a trap without a word.
#[wasm_bindgen(start)]
pub fn start() {
    panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

#[wasm_bindgen]
pub fn respond(request: &str) -> String {
    wasm::respond(request, now)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "before 1970 becomes 1970, and fractions of a millisecond are cut"
)]
fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(js_sys::Date::now() as u64)
}

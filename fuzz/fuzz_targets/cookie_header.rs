//! See `cookie_header` in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealed_session_fuzz::cookie_header::run(data));

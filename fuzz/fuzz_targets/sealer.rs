//! See `sealer` in the library.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealed_session_fuzz::sealer::run(data));

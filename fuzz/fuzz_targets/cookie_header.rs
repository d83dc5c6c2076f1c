//! Arbitrary `Cookie` fields: nothing that was not sealed becomes a session, and only a cookie of our name, found
//! by a naive splitter, is ever rejected.
#![no_main]

use http::{HeaderMap, HeaderValue, header::COOKIE};
use libfuzzer_sys::fuzz_target;
use sealed_session::{CookieSessions, Keyring, Secret, Transport};

fuzz_target!(|bytes: &[u8]| {
    let secret = Secret::from_bytes(b"a fuzzer's secret, known to all.").unwrap();
    let sessions = CookieSessions::new(Keyring::new(secret));
    let mut headers = HeaderMap::new();
    let mut brought = false;
    for field in bytes.split(|byte| *byte == b'\n') {
        let Ok(value) = HeaderValue::from_bytes(field) else { return };
        brought |= field.split(|byte| *byte == b';').any(|pair| {
            let start = pair.iter().position(|byte| !b" \t".contains(byte)).unwrap_or(pair.len());
            pair[start..].starts_with(b"__Host-session=")
        });
        headers.append(COOKIE, value);
    }
    let session = sessions.decode_at(&headers, Transport::Https, std::time::UNIX_EPOCH);
    assert!(session.is_new(), "bytes that nobody sealed became a session");
    assert_eq!(session.rejection().is_some(), brought);
});

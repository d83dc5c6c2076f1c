//! Arbitrary values for our cookie under a fixed key: whatever is accepted is, to the byte, what was sealed.
#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, StatusCode, header::COOKIE, header::SET_COOKIE};
use libfuzzer_sys::fuzz_target;
use sealed_session::{CookieSessions, Keyring, Secret, Transport};

fuzz_target!(|edits: Vec<(u16, u8)>| {
    let secret = Secret::from_bytes(b"a fuzzer's secret, known to all.").unwrap();
    let sessions = CookieSessions::new(Keyring::new(secret));
    let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);

    let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Https, now);
    session.set("user", "alice");
    let mut response = HeaderMap::new();
    sessions.encode_at(&session, &mut response, StatusCode::OK, now).unwrap();
    let line = response[SET_COOKIE].as_bytes();
    let sealed = line.split(|byte| *byte == b';').next().unwrap();

    let mut sent = sealed.to_vec();
    for (at, byte) in edits {
        let at = usize::from(at) % (sent.len() + 1);
        if at == sent.len() { sent.push(byte) } else { sent[at] = byte }
    }
    let Ok(value) = HeaderValue::from_bytes(&sent) else { return };
    let headers = HeaderMap::from_iter([(COOKIE, value)]);
    let session = sessions.decode_at(&headers, Transport::Https, now);
    let intact = sent.split(|byte| *byte == b';').any(|pair| pair.trim_ascii() == sealed);
    assert_eq!(!session.is_new(), intact, "accepted is what was sealed, and nothing else");
    assert_eq!(session.get("user").is_some(), intact);
});

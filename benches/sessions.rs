//! What a session costs a request: `cargo bench`.
//!
//! - **read**: decode, get one entry, encode, which finds nothing to send.
//! - **write**: a pre-session, four entries, encode a full response header.
//! - **refuse**: decode of a cookie that does not stand.
//! - **base64**: the two well-kept crates, on a frame of 160 bytes; the reason for the one in use.

use std::hint::black_box;
use std::time::SystemTime;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use base64_simd::{AsOut as _, URL_SAFE_NO_PAD};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, HeaderValue, StatusCode, header::COOKIE};
use sealed_session::{CookieSessions, Keyring, Secret, Session, Transport};

const ENTRIES: [(&str, &str); 4] = [
    ("user_id", "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10"),
    ("role", "admin"),
    ("lang", "en-US"),
    ("csrf", "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"),
];

fn sessions() -> CookieSessions {
    CookieSessions::new(Keyring::new(Secret::generate()))
}

fn filled(sessions: &CookieSessions) -> Session {
    let mut session = sessions.fresh();
    session.data_mut().extend(ENTRIES);
    session
}

/// A `Cookie` field with the session between two other cookies.
fn request(pair: &str) -> HeaderMap {
    let field = format!("theme=dark; {pair}; consent=2026-01-01T00:00:00Z");
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(field).unwrap())])
}

fn decode(sessions: &CookieSessions, headers: &HeaderMap) -> Session {
    sessions.decode_at(headers, Transport::Https, SystemTime::now())
}

fn read(c: &mut Criterion) {
    let sessions = sessions();
    let headers = request(sessions.cookie(&filled(&sessions)).unwrap().to_str().unwrap());
    assert_eq!(decode(&sessions, &headers).get("role"), Some("admin"));
    c.bench_function("read", |bencher| {
        bencher.iter(|| {
            let session = decode(&sessions, black_box(&headers));
            black_box(session.get("role"));
            let mut response = HeaderMap::new();
            sessions.encode_at(&session, &mut response, StatusCode::OK, SystemTime::now()).unwrap()
        });
    });
}

fn write(c: &mut Criterion) {
    let sessions = sessions();
    c.bench_function("write", |bencher| {
        bencher.iter(|| {
            let mut session = decode(&sessions, black_box(&HeaderMap::new()));
            session.data_mut().extend(ENTRIES);
            let mut response = HeaderMap::new();
            sessions.encode_at(&session, &mut response, StatusCode::OK, SystemTime::now()).unwrap();
            response
        });
    });
}

fn refuse(c: &mut Criterion) {
    let sessions = sessions();
    let pair = sessions.cookie(&filled(&sessions)).unwrap().to_str().unwrap().to_owned();
    let (name, token) = pair.split_once('=').unwrap();
    let last = if token.ends_with('A') { 'Q' } else { 'A' };
    let tokens = [
        ("too long", "A".repeat(4096)),
        ("malformed", format!("{token}!")),
        ("unknown version", format!("Zz{}", &token[2..])),
        ("unknown key", format!("{}{last}{}", &token[..3], &token[4..])),
        ("forged", format!("{}{last}{}", &token[..100], &token[101..])),
    ];
    let mut group = c.benchmark_group("refuse");
    for (reason, token) in tokens {
        let headers = request(&format!("{name}={token}"));
        assert!(decode(&sessions, &headers).rejection().is_some(), "{reason}");
        group.bench_function(reason, |bencher| bencher.iter(|| decode(&sessions, black_box(&headers))));
    }
    group.finish();
}

fn base64_crates(c: &mut Criterion) {
    let frame: Vec<u8> = (0..160).collect();
    let text = URL_SAFE_NO_PAD.encode_to_string(&frame);
    assert_eq!(BASE64_URL_SAFE_NO_PAD.encode(&frame), text);
    let mut group = c.benchmark_group("base64");
    let mut bytes = [0; 256];
    group.bench_function("decode, base64", |bencher| {
        bencher.iter(|| BASE64_URL_SAFE_NO_PAD.decode_slice(black_box(&text), &mut bytes).unwrap());
    });
    group.bench_function("decode, base64-simd", |bencher| {
        bencher.iter(|| {
            URL_SAFE_NO_PAD.decode(black_box(text.as_bytes()), bytes.as_mut_slice().as_out()).unwrap().len()
        });
    });
    group.bench_function("encode, base64", |bencher| {
        bencher.iter(|| BASE64_URL_SAFE_NO_PAD.encode_slice(black_box(&frame), &mut bytes).unwrap());
    });
    group.bench_function("encode, base64-simd", |bencher| {
        bencher.iter(|| URL_SAFE_NO_PAD.encode(black_box(&frame), bytes.as_mut_slice().as_out()).len());
    });
    group.finish();
}

criterion_group!(benches, read, write, refuse, base64_crates);
criterion_main!(benches);

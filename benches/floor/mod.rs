//! The floor: what any session in a cookie costs with this cipher, without a session.
//!
//! A read finds the cookie, takes it out of its letters, opens it and finds an entry; a write seals a body that was made
//! before and puts it on a line. No clock, no limits, no decisions.

use base64_simd::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

const NAME: &str = "__Host-session=";
const ATTRIBUTES: &str = "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=1209600";
const AAD: &[u8] = &[1, 0, 0];
const NONCE_LEN: usize = 24;
const ROLE: &[u8] = b"\x04role\x05admin";
const BODY: &[u8] = b"0123456789abcdef0123456789\x04\
    \x04csrf\x20Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK\x04lang\x05en-US\x04role\x05admin\
    \x07user_id\x24b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10";

pub struct Floor {
    cipher: XChaCha20Poly1305,
    request: HeaderMap,
}

impl Floor {
    pub fn new() -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("randomness");
        let mut floor = Self { cipher: XChaCha20Poly1305::new(&key.into()), request: HeaderMap::new() };
        let field = format!("theme=dark; {NAME}{}; consent=2026-01-01T00:00:00Z", floor.token());
        floor.request.insert(COOKIE, HeaderValue::try_from(field).expect("a header value"));
        floor
    }

    /// Opens the cookie of a request and finds the role; the fields of the response.
    pub fn read(&self) -> HeaderMap {
        let field = self.request[COOKIE].to_str().expect("ASCII");
        let token = field.split("; ").find_map(|pair| pair.strip_prefix(NAME)).expect("the cookie");
        let frame = URL_SAFE_NO_PAD.decode_to_vec(token).expect("base64url");
        let (nonce, msg) = frame[AAD.len()..].split_at(NONCE_LEN);
        let nonce = nonce.try_into().expect("24 bytes");
        let body = self.cipher.decrypt(nonce, Payload { msg, aad: AAD }).expect("an authentic token");
        assert!(body.windows(ROLE.len()).any(|entry| entry == ROLE));
        HeaderMap::new()
    }

    /// Seals a session; the fields of the response.
    pub fn write(&self) -> HeaderMap {
        let line = format!("{NAME}{}{ATTRIBUTES}", self.token());
        HeaderMap::from_iter([(SET_COOKIE, HeaderValue::try_from(line).expect("a header value"))])
    }

    fn token(&self) -> String {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).expect("randomness");
        let sealed =
            self.cipher.encrypt(&nonce.into(), Payload { msg: BODY, aad: AAD }).expect("a short body");
        URL_SAFE_NO_PAD.encode_to_string([AAD, &nonce, &sealed].concat())
    }
}

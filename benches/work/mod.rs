//! The work that is measured: a site whose sessions hold four entries.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::time::SystemTime;

use http::StatusCode;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use sealed_session::{CookieSessions, Keyring, Secret, Sent, Session, Transport};

/// Keys ascending.
pub const ENTRIES: [(&str, &str); 4] = [
    ("csrf", "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"),
    ("lang", "en-US"),
    ("role", "admin"),
    ("user_id", "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10"),
];

pub struct Site(pub CookieSessions);

impl Site {
    pub fn new() -> Self {
        Self(CookieSessions::new(Keyring::new(Secret::generate())))
    }

    pub fn decode(&self, request: &HeaderMap) -> Session {
        self.0.decode_at(request, Transport::Https, SystemTime::now())
    }

    /// Decodes, gets one entry, encodes, which finds nothing to send.
    pub fn read(&self, request: &HeaderMap, key: &str) -> (usize, HeaderMap) {
        let session = self.decode(request);
        let value = session.get(key).unwrap().len();
        let mut response = HeaderMap::new();
        let sent = self.0.encode_at(&session, &mut response, StatusCode::OK, SystemTime::now());
        assert_eq!(sent.unwrap(), Sent::Unchanged);
        (value, response)
    }

    /// Sets entries in a session that no request brought, and encodes it.
    pub fn write(&self, entries: &[(&str, &str)]) -> HeaderMap {
        let mut session = self.decode(&HeaderMap::new());
        for (key, value) in entries {
            session.set(key, value);
        }
        let mut response = HeaderMap::new();
        let sent = self.0.encode_at(&session, &mut response, StatusCode::OK, SystemTime::now());
        assert_eq!(sent.unwrap(), Sent::Set);
        response
    }
}

/// The next request: the cookie that a response set, between two others.
pub fn sent_back(response: &HeaderMap) -> HeaderMap {
    let line = response[SET_COOKIE].to_str().unwrap();
    let pair = line.split(';').next().unwrap();
    let field = format!("theme=dark; {pair}; consent=2026-01-01T00:00:00Z");
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(field).unwrap())])
}

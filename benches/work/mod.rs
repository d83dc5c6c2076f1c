//! The work that is measured: a site whose sessions have four entries, and the requests of vectors.

#![allow(dead_code, reason = "each benchmark uses a part")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Response, StatusCode};
use sealed_session::{
    Builder, CookieSessions, Dict, Keyring, Payload, Rejection, Secret, Sent, Session, Transport,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub type Entry<'e> = (&'e str, &'e str);

pub const ENTRIES: [Entry<'_>; 4] = [
    ("user_id", "b4d1c6a2-7c7e-4f1e-9a54-3f6f0c1f2a10"),
    ("role", "admin"),
    ("lang", "en-US"),
    ("csrf", "Zk3Jq0v7Xy1LmN5bT8wR2cD4eF6gH9iK"),
];

/// The entry that a read gets.
pub const ROLE: Entry<'_> = ENTRIES[1];

/// The four entries, and one with this text.
pub fn entries(text: &str) -> [Entry<'_>; 5] {
    let [a, b, c, d] = ENTRIES;
    [a, b, c, d, ("text", text)]
}

/// The four entries as a type. The UUID is 16 bytes, not text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub user_id: Uuid,
    pub role: String,
    pub lang: String,
    pub csrf: String,
}

impl Account {
    pub fn new() -> Self {
        let [user_id, role, lang, csrf] = ENTRIES.map(|(_, value)| value);
        Self {
            user_id: user_id.parse().unwrap(),
            role: role.into(),
            lang: lang.into(),
            csrf: csrf.into(),
        }
    }
}

/// A keyring of this many secrets, the first current, the others upcoming; the same in each run.
pub fn ring(secrets: u8) -> Keyring {
    (1..secrets).map(secret).fold(Keyring::new(secret(0)), Keyring::upcoming)
}

/// The n-th secret.
pub fn secret(n: u8) -> Secret {
    let bytes: Vec<u8> = (0..32).map(|i| i ^ n.wrapping_mul(37)).collect();
    Secret::from_bytes(&bytes).unwrap()
}

pub struct Site<T = Dict>(pub CookieSessions<T>);

impl<T: Payload> Site<T> {
    pub fn decode(&self, request: &HeaderMap) -> Session<T> {
        self.0.decode_at(request, Transport::Https, SystemTime::now())
    }

    fn encode(&self, session: &Session<T>, expected: Sent) -> HeaderMap {
        let mut response = Response::new(());
        let sent =
            self.0.encode_at(session, response.headers_mut(), StatusCode::OK, SystemTime::now());
        assert_eq!(sent.unwrap(), expected);
        response.into_parts().0.headers
    }
}

impl Site {
    pub fn new() -> Self {
        Self::of(ring(1))
    }

    pub fn of(keyring: Keyring) -> Self {
        Self(CookieSessions::new(keyring))
    }

    /// Decodes, gets one entry, encodes with nothing to send.
    pub fn read(&self, request: &HeaderMap, (key, value): Entry<'_>) -> HeaderMap {
        let session = self.decode(request);
        assert_eq!(session.get(key), Some(value));
        self.encode(&session, Sent::Unchanged)
    }

    /// Sets entries in a session without a request, and encodes it.
    pub fn write(&self, entries: &[Entry<'_>]) -> HeaderMap {
        let mut session = self.decode(&HeaderMap::new());
        for (key, value) in entries {
            session.set(key, value);
        }
        self.encode(&session, Sent::Set)
    }
}

impl Site<Account> {
    /// In the encoding with the names of fields.
    pub fn named() -> Self {
        Self(Self::builder().build().unwrap())
    }

    /// In the compact encoding.
    pub fn compact() -> Self {
        Self(Self::builder().compact().build().unwrap())
    }

    fn builder() -> Builder<Account> {
        CookieSessions::typed(ring(1), "account")
    }

    /// Decodes, reads one field, encodes with nothing to send.
    pub fn read_account(&self, request: &HeaderMap, role: &str) -> HeaderMap {
        let session = self.decode(request);
        assert_eq!(session.data().role, role);
        self.encode(&session, Sent::Unchanged)
    }

    /// Puts an account into a session without a request, and encodes it.
    pub fn write_account(&self, account: &Account) -> HeaderMap {
        let mut session = self.decode(&HeaderMap::new());
        session.data_mut().clone_from(account);
        self.encode(&session, Sent::Set)
    }
}

/// The cookie that a response sets, as the client sends it back.
pub fn pair(response: &HeaderMap) -> &str {
    response[SET_COOKIE].to_str().unwrap().split(';').next().unwrap()
}

/// A request with this `Cookie` field.
pub fn request(field: &str) -> HeaderMap {
    HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(field).unwrap())])
}

/// The next request: the cookie between two others.
pub fn sent_back(response: &HeaderMap) -> HeaderMap {
    request(&format!("theme=dark; {}; consent=2026-01-01T00:00:00Z", pair(response)))
}

/// A request of `tests/vectors`, with the sessions and the clock that it is for.
pub struct Vector {
    sessions: CookieSessions,
    request: HeaderMap,
    transport: Transport,
    now: SystemTime,
}

impl Vector {
    pub fn parse(text: &str) -> Self {
        let word = |word: &str| {
            text.lines()
                .filter_map(|line| line.split_once(": "))
                .find(|(known, _)| *known == word)
                .map(|(_, is)| is)
        };
        let hex = word("current").unwrap().as_bytes().chunks(2);
        let secret: Vec<u8> = hex
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        let name = word("name").unwrap();
        let token = |token: &str| format!("__Host-{name}={token}");
        let ring = Keyring::new(Secret::from_bytes(&secret).unwrap());
        Self {
            sessions: CookieSessions::builder(ring).name(name).build().unwrap(),
            request: request(
                &word("cookie").map_or_else(|| token(word("token").unwrap()), str::to_owned),
            ),
            transport: if word("arrives") == Some("http") {
                Transport::Http
            } else {
                Transport::Https
            },
            now: UNIX_EPOCH + Duration::from_secs(word("now").unwrap().parse().unwrap()),
        }
    }

    pub fn decode(&self) -> Session {
        self.sessions.decode_at(&self.request, self.transport, self.now)
    }

    pub fn rejection(&self) -> Option<Rejection> {
        self.decode().rejection().copied()
    }
}

//! One file: lines of `word: value`, and the configuration that they describe.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use sealed_session::{Builder, CookieSessions, Keyring, Payload, Rejection, Secret, Transport};

pub struct Case<'c>(Vec<(&'c str, &'c str)>);

impl<'c> Case<'c> {
    pub fn read(text: &'c str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.map(|line| line.split_once(": ").expect("`word: value`")).collect())
    }

    pub fn all(&self, word: &str) -> impl Iterator<Item = &'c str> {
        self.0.iter().filter(move |(known, _)| *known == word).map(|(_, value)| *value)
    }

    pub fn get(&self, word: &str) -> Option<&'c str> {
        self.all(word).next()
    }

    pub fn the(&self, word: &str) -> &'c str {
        self.get(word).unwrap_or_else(|| panic!("{word} is missing"))
    }

    pub fn is(&self, word: &str, value: &str) -> bool {
        self.get(word) == Some(value)
    }

    pub fn seconds(&self, word: &str) -> Duration {
        Duration::from_secs(self.the(word).parse().expect("seconds"))
    }

    pub fn instant(&self, word: &str) -> SystemTime {
        UNIX_EPOCH + self.seconds(word)
    }

    /// A time before 1970 is read as 1970, and some targets have no other.
    pub fn now(&self) -> SystemTime {
        if self.the("now").starts_with('-') { UNIX_EPOCH } else { self.instant("now") }
    }

    pub fn arrives(&self) -> Transport {
        self.get("arrives").map_or(self.transport(), transport)
    }

    fn transport(&self) -> Transport {
        transport(self.the("transport"))
    }

    pub fn keyring(&self) -> Keyring {
        let secret = |hex: &str| Secret::from_bytes(&unhex(hex)).expect("a secret");
        let ring = Keyring::new(secret(self.the("current")));
        let ring = self.all("previous").map(secret).fold(ring, Keyring::previous);
        self.all("upcoming").map(secret).fold(ring, Keyring::upcoming)
    }

    pub fn configure<T: Payload>(&self, builder: Builder<T>) -> CookieSessions<T> {
        let builder = builder
            .clock(|| UNIX_EPOCH)
            .name(self.the("name"))
            .path(self.the("path"))
            .context(self.get("context").unwrap_or_default())
            .partitioned(self.is("partitioned", "yes"))
            .idle_timeout(self.seconds("idle"))
            .absolute_timeout(self.seconds("absolute"));
        let builder = match self.get("domain") {
            Some(domain) => builder.domain(domain),
            None => builder,
        };
        let is_http = self.transport() == Transport::Http;
        let builder = if is_http { builder.insecure_http() } else { builder };
        builder.build().expect("a valid configuration")
    }

    /// Sessions of a dictionary.
    pub fn sessions(&self) -> CookieSessions {
        self.configure(CookieSessions::builder(self.keyring()))
    }

    /// The name of the session cookie, with its prefix.
    pub fn cookie_name(&self) -> String {
        let prefix = match (self.transport(), self.the("path"), self.get("domain")) {
            (Transport::Http, ..) => "",
            (_, "/", None) => "__Host-",
            _ => "__Secure-",
        };
        format!("{prefix}{}", self.the("name"))
    }

    /// The token of this word in the cookie of that name, and other `Cookie` headers.
    pub fn headers(&self, word: &str, name: &str) -> HeaderMap {
        let token = self.get(word).map(|token| format!("{name}={token}"));
        let fields = token.into_iter().chain(self.all("cookie").map(str::to_owned));
        let value = |field: String| HeaderValue::from_bytes(field.as_bytes()).expect("a header");
        fields.map(|field| (COOKIE, value(field))).collect()
    }

    /// Bytes in hex as base64url, which is how an id is shown.
    pub fn base64url(&self, word: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(unhex(self.the(word)))
    }

    /// What the word that says so has as text, or that of the other word in hex.
    pub fn bytes(&self, text: &str, hex: &str) -> Vec<u8> {
        self.get(text).map_or_else(|| unhex(self.the(hex)), |text| text.as_bytes().to_vec())
    }
}

/// The word for a rejection.
pub fn name(rejection: Rejection) -> String {
    match rejection {
        Rejection::UnknownVersion(version) => format!("unknown-version {version}"),
        Rejection::UnknownKey(id) => format!("unknown-key {id}"),
        Rejection::UnknownExtension(tag) => format!("unknown-extension {tag}"),
        // `TooLong` is `too-long`.
        other => format!("{other:?}").chars().fold(String::new(), |word, char| {
            let hyphen = if char.is_ascii_uppercase() && !word.is_empty() { "-" } else { "" };
            format!("{word}{hyphen}{}", char.to_ascii_lowercase())
        }),
    }
}

fn transport(word: &str) -> Transport {
    match word {
        "https" => Transport::Https,
        "http" => Transport::Http,
        _ => panic!("unknown transport {word}"),
    }
}

/// Two digits a byte; `-` is none.
pub fn unhex(digits: &str) -> Vec<u8> {
    let digits = digits.trim_matches('-').as_bytes();
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    digits.chunks(2).map(byte).collect()
}

/// Two digits a byte, and `-` for none.
pub fn hex(text: &str) -> String {
    match text {
        "" => "-".to_owned(),
        _ => text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

//! Replays `tests/vectors`: every file is decoded, and what is accepted is sealed again to the same
//! bytes.
//!
//! It is not in `tests`, because the nonce is an argument of a crate-private function.
//! `tests/vectors/make.py` writes the files and `check.py` judges them, from the wire format alone.
//! `VECTORS` names another folder of such files.
//!
//! The types of typed payloads are in `vector_types.rs`.
//! Those of flash messages are replayed in `flash/vectors.rs`, those of sealed values in
//! `sealer/vectors.rs`, those of CSRF tokens in `csrf/vectors.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::decode::vector_types::{Account, Kinds, Tree};
use crate::keys::table::{KeyTable, Purpose};
use crate::session::payload::{self, Payload};
use crate::session::typed::Encoding;
use crate::token::body::Layout;
use crate::token::id::SessionId;
use crate::token::scope::Scope;
use crate::token::times::{Confirmation, Times, instant};
use crate::{Builder, CookieSessions, Keyring, Rejection, Secret, Session, Transport, token};
use http::header::{COOKIE, HeaderMap, HeaderValue};
use serde::{Serialize, de::DeserializeOwned};

/// Every word that a file may use about configuration and request.
const ASKED: &str = "current previous upcoming name transport path domain partitioned context schema encoding shape \
                     type idle absolute now arrives token cookie";

/// And what it may say of a session.
pub const SAID: &str = "expect opened-by id label created renewed expires own confirmed due nonce pad payload written entry";

pub struct Case {
    lines: Vec<(String, String)>,
}

impl Case {
    fn read(path: &Path, words: &str) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (word, value) =
                line.split_once(": ").unwrap_or_else(|| panic!("not `word: value`: {line}"));
            let mut known = ASKED.split(' ').chain(words.split(' '));
            assert!(known.any(|known| known == word), "unknown word {word}");
            (word.to_owned(), value.to_owned())
        });
        Self { lines: lines.collect() }
    }

    pub fn all<'c>(&'c self, word: &'c str) -> impl Iterator<Item = &'c str> {
        self.lines.iter().filter(move |(known, _)| known == word).map(|(_, value)| value.as_str())
    }

    pub fn get<'c>(&'c self, word: &'c str) -> Option<&'c str> {
        let mut values = self.all(word);
        let value = values.next();
        assert!(values.next().is_none(), "{word} is there twice");
        value
    }

    pub fn the<'c>(&'c self, word: &'c str) -> &'c str {
        self.get(word).unwrap_or_else(|| panic!("{word} is missing"))
    }

    pub fn number(&self, word: &str) -> u64 {
        self.the(word).parse().unwrap()
    }

    pub fn transport(&self) -> Transport {
        transport(self.the("transport"))
    }

    pub fn keyring(&self) -> Keyring {
        let secret = |hex: &str| Secret::from_bytes(&unhex(hex)).unwrap();
        let keyring = Keyring::new(secret(self.the("current")));
        let keyring = self.all("previous").map(secret).fold(keyring, Keyring::previous);
        self.all("upcoming").map(secret).fold(keyring, Keyring::upcoming)
    }

    pub fn configure<T: Payload>(&self, builder: Builder<T>) -> CookieSessions<T> {
        let seconds = |word| Duration::from_secs(self.number(word));
        let mut builder = builder
            .name(self.the("name"))
            .path(self.the("path"))
            .context(self.get("context").unwrap_or_default())
            .partitioned(self.get("partitioned").is_some_and(|value| value == "yes"))
            .idle_timeout(seconds("idle"))
            .absolute_timeout(seconds("absolute"));
        if let Some(domain) = self.get("domain") {
            builder = builder.domain(domain);
        }
        if self.transport() == Transport::Http {
            builder = builder.insecure_http();
        }
        builder.build().unwrap()
    }

    pub fn now(&self) -> SystemTime {
        let seconds: i64 = self.the("now").parse().unwrap();
        let distance = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
    }

    pub fn arrives(&self) -> Transport {
        self.get("arrives").map_or(self.transport(), transport)
    }

    pub fn headers(&self, word: &str, name: &str) -> HeaderMap {
        let token = self.get(word).map(|token| format!("{name}={token}"));
        let fields = token.into_iter().chain(self.all("cookie").map(str::to_owned));
        fields.map(|field| (COOKIE, HeaderValue::from_bytes(field.as_bytes()).unwrap())).collect()
    }

    fn replay<T: Payload>(&self, builder: Builder<T>) -> Session<T> {
        let sessions = self.configure(builder);
        if let Some(shape) = self.get("shape") {
            assert_eq!(sessions.shape(), Some(shape));
        }
        let headers = self.headers("token", sessions.0.set_cookie.name());
        assert!(headers.contains_key(COOKIE), "neither token nor cookie");
        let session = sessions.decode_at(&headers, self.arrives(), self.now());
        if self.the("expect") == "accept" {
            self.accepts(&sessions, &session, &headers);
        } else {
            assert!(session.is_new());
            let rejection = session.rejection().copied().map_or("none".to_owned(), name);
            assert_eq!(rejection, self.the("expect"));
        }
        session
    }

    fn accepts<T: Payload>(
        &self,
        sessions: &CookieSessions<T>,
        session: &Session<T>,
        headers: &HeaderMap,
    ) {
        assert_eq!(session.rejection(), None);
        assert_eq!(session.opened_by().unwrap().to_string(), self.the("opened-by"));
        assert_eq!(session.id().0, *unhex(self.the("id")));
        assert_eq!(session.label().to_string(), self.the("label"));
        assert_eq!(session.created_at(), instant(self.number("created")));
        assert_eq!(session.expires_at(), instant(self.number("expires")));
        let encoding = sessions.0.schemas.encoding;
        let opened = session.payload(encoding, &sessions.0.build).unwrap();
        assert_eq!(*opened, *unhex(self.the("payload")));
        // What it was read as, written anew; with names there are several forms to read.
        let written = self.get("written").unwrap_or_else(|| self.the("payload"));
        assert_eq!(*payload::write(encoding, session.data()).unwrap(), *unhex(written));

        let (created, sealed_at, idle_override) =
            (self.number("created"), self.number("renewed"), self.number("own"));
        let confirmation =
            self.get("confirmed").map(|_| Confirmation::at(self.number("confirmed")));
        let confirmation = confirmation.unwrap_or(Confirmation::NEVER);
        let times = Times { created, sealed_at, idle_override, confirmation };
        assert_eq!(session.origin.as_ref().unwrap().times, times);
        let now = crate::token::times::unix_seconds(self.now());
        assert_eq!(sessions.0.limits.needs_refresh(times, now), self.the("due") == "yes");
        self.seals_again(times, headers);
    }

    /// Whichever secret sealed it: one of the ring gives the same token, to the byte.
    fn seals_again(&self, times: Times, headers: &HeaderMap) {
        let builder = self.configure(CookieSessions::builder(self.keyring()));
        let payload = unhex(self.the("payload"));
        let layout = Layout::padded(times, payload.len(), self.the("pad").parse().unwrap());
        let id = SessionId(unhex(self.the("id")).try_into().unwrap());
        let nonce = unhex(self.the("nonce")).try_into().unwrap();
        let scope = self.scope().bytes("session", &self.bound_schema());
        let purpose = Purpose { scope, others: Vec::new() };
        let mut tokens = self.secrets().into_iter().map(|secret| {
            let keys = KeyTable::derive(&Keyring::new(secret), &purpose).session;
            let frame =
                keys.seal(&nonce, layout.len, |out| layout.write(&id, &payload, out)).unwrap();
            let mut text = String::new();
            token::render(&frame, &mut text);
            format!("{}={text}", builder.0.set_cookie.name())
        });
        let sent = |pair: &String| {
            headers.values().any(|field| contains(field.as_bytes(), pair.as_bytes()))
        };
        assert!(tokens.any(|pair| sent(&pair)), "no secret seals it to the bytes that were sent");
    }

    pub fn secrets(&self) -> Vec<Secret> {
        let ring = self.keyring();
        let others = ring.others.iter().map(|(_, secret)| secret.clone());
        std::iter::once(ring.current.clone()).chain(others).collect()
    }

    pub fn scope(&self) -> Scope {
        Scope {
            name: self.the("name").to_owned(),
            transport: self.transport(),
            path: self.the("path").to_owned(),
            domain: self.get("domain").map(str::to_owned),
            partitioned: self.get("partitioned").is_some_and(|value| value == "yes"),
            context: self.get("context").unwrap_or_default().to_owned(),
            schema: Some(self.the("schema").to_owned()),
        }
    }

    /// How a typed payload is written; `None` for a dictionary.
    fn encoding(&self) -> Option<Encoding> {
        self.get("encoding").map(|encoding| match encoding {
            "named" => Encoding::Named,
            "compact" => Encoding::Compact,
            other => panic!("unknown encoding {other}"),
        })
    }

    /// What the scope says of the payload.
    fn bound_schema(&self) -> String {
        let schema = self.the("schema");
        match self.encoding() {
            None => schema.to_owned(),
            Some(Encoding::Named) => format!("named/{schema}"),
            Some(Encoding::Compact) => format!("postcard/{schema}/{}", self.the("shape")),
        }
    }

    fn run(&self) {
        match self.get("type") {
            None => self.run_dict(),
            Some("account") => self.run_typed::<Account>(),
            Some("kinds") => self.run_typed::<Kinds>(),
            Some("tree") => self.run_typed::<Tree>(),
            Some("units") => self.run_typed::<Vec<()>>(),
            Some(other) => panic!("unknown type {other}"),
        }
    }

    fn run_dict(&self) {
        assert_eq!((self.the("schema"), self.get("encoding")), ("dict", None));
        let session = self.replay(CookieSessions::builder(self.keyring()));
        let entries: Vec<String> = self.all("entry").map(str::to_owned).collect();
        let found = session.iter().map(|(key, value)| format!("{} {}", hex(key), hex(value)));
        assert_eq!(found.collect::<Vec<_>>(), entries);
    }

    fn run_typed<T: Serialize + DeserializeOwned + Default>(&self) {
        let builder = CookieSessions::typed::<T>(self.keyring(), self.the("schema"));
        let encoding = self.encoding().expect("a type has an encoding");
        let (is_named, is_compact) = (encoding == Encoding::Named, encoding == Encoding::Compact);
        let is_accepted = self.the("expect") == "accept";
        assert_eq!(self.get("written").is_some(), is_named && is_accepted, "written");
        assert_eq!(self.get("shape").is_some(), is_compact, "shape");
        self.replay(if is_compact { builder.compact() } else { builder });
    }
}

#[test]
fn every_vector_is_judged_as_it_says() {
    let folder = std::env::var_os("VECTORS").map_or_else(|| folder(""), Into::into);
    each(&folder, 200, SAID, Case::run);
}

/// Runs every file of a folder, of which there are at least so many.
#[track_caller]
pub fn each(folder: &Path, at_least: usize, words: &str, run: fn(&Case)) {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    files.sort();
    assert!(files.len() >= at_least, "only {} vectors", files.len());
    let failed: Vec<_> = files
        .iter()
        .filter(|path| {
            let outcome = std::panic::catch_unwind(|| run(&Case::read(path, words)));
            outcome.is_err().then(|| eprintln!("in {}", path.display())).is_some()
        })
        .collect();
    assert!(failed.is_empty(), "{} of {} vectors failed: {failed:?}", failed.len(), files.len());
}

/// A folder of those that are checked in.
pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name)
}

pub fn name(rejection: Rejection) -> String {
    match rejection {
        Rejection::TooLong => "too-long".into(),
        Rejection::Malformed => "malformed".into(),
        Rejection::UnknownVersion(version) => format!("unknown-version {version}"),
        Rejection::UnknownKey(id) => format!("unknown-key {id}"),
        Rejection::Forged => "forged".into(),
        Rejection::Corrupt => "corrupt".into(),
        Rejection::UnknownExtension(tag) => format!("unknown-extension {tag}"),
        Rejection::FromTheFuture => "from-the-future".into(),
        Rejection::AbsoluteTimeout => "absolute-timeout".into(),
        Rejection::IdleTimeout => "idle-timeout".into(),
        Rejection::TooMany => "too-many".into(),
        Rejection::Ambiguous => "ambiguous".into(),
        Rejection::OtherTransport => "other-transport".into(),
        Rejection::Revoked | Rejection::Unchecked => unreachable!("no vector revokes"),
    }
}

fn transport(word: &str) -> Transport {
    match word {
        "https" => Transport::Https,
        "http" => Transport::Http,
        _ => panic!("unknown transport {word}"),
    }
}

pub fn unhex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

pub fn hex(text: &str) -> String {
    if text.is_empty() {
        "-".into()
    } else {
        text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    }
}

pub fn contains(field: &[u8], part: &[u8]) -> bool {
    field.windows(part.len()).any(|window| window == part)
}

//! No type and no error shows a byte of a secret, a key, an id, an entry or a token; and what the types promise
//! the compiler.

mod support;

use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::{Deref, DerefMut};

use hkdf::Hkdf;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sealed_session::{
    Builder, ConfigError, CookieSessions, Dict, EncodeError, HeadersError, Issue, KeyId, KeyRole, Keyring,
    Label, Payload, PayloadError, Rejection, RngError, SameSite, Secret, SecretError, Sent, Session,
    SessionId, Transport,
};
use serde::{Deserialize, Serialize, Serializer};
use sha2::Sha256;
use support::{DAY, NOW, at, cookies, decode, encode, pair, ring, sealed, secret, sessions, visit};

const ENTRY: (&str, &str) = ("zq7-jxv-wkd", "vxq.bnw_gjz-kfy/83,5164");

/// A payload that holds the value of the entry, and can be told to fail with it.
#[derive(Default, Deserialize)]
struct Account {
    value: String,
    fails: bool,
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.fails {
            return Err(serde::ser::Error::custom(format!("cannot write {} {}", ENTRY.0, self.value)));
        }
        (&self.value, false).serialize(serializer)
    }
}

/// What is looked for: pieces of bytes in every spelling, white space left out.
#[derive(Default)]
struct Needles(Vec<(&'static str, String)>);

impl Needles {
    fn text(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 6, "{what} is too short to be found");
        let pieces = text.as_bytes().windows(6).map(|piece| String::from_utf8(piece.to_vec()).unwrap());
        self.0.extend(pieces.map(|piece| (what, piece)));
    }

    /// Four bytes in a row as hex and as a list, six characters of base64url.
    fn bytes(&mut self, what: &'static str, bytes: &[u8]) {
        assert!(bytes.len() >= 8, "{what} is too short to be found");
        for piece in bytes.windows(4) {
            let spell = |spell: fn(&u8) -> String| piece.iter().map(spell).collect::<Vec<_>>();
            let [lower, upper] = [spell(|byte| format!("{byte:02x}")), spell(|byte| format!("{byte:02X}"))];
            let lists =
                [spell(u8::to_string), spell(|byte| format!("{byte:x}")), spell(|byte| format!("{byte:X}"))];
            self.0.extend([lower, upper].map(|digits| (what, digits.concat())));
            self.0.extend(lists.map(|list| (what, list.join(","))));
        }
        self.text(what, &base64url(bytes));
    }

    #[track_caller]
    fn assert_absent(&self, row: &str, said: &str) {
        assert_eq!(self.find(said), None, "{row}: {said}");
    }

    fn find(&self, said: &str) -> Option<&(&'static str, String)> {
        let said: String = said.chars().filter(|c| !c.is_whitespace()).collect();
        self.0.iter().find(|(_, needle)| said.contains(needle))
    }

    #[track_caller]
    fn absent_from_debug(&self, row: &str, value: &dyn Debug) {
        self.assert_absent(row, &format!("{value:?}"));
        self.assert_absent(row, &format!("{value:#?}"));
        self.assert_absent(row, &format!("{value:x?} {value:X?}"));
    }

    /// An error and all of its sources.
    #[track_caller]
    fn absent_from_error(&self, row: &str, error: &(dyn Error + 'static)) {
        self.absent_from_debug(row, &error);
        self.assert_absent(row, &error.to_string());
        if let Some(source) = error.source() {
            self.absent_from_error(row, source);
        }
    }
}

fn base64url(bytes: &[u8]) -> String {
    Secret::from_bytes(&[bytes, &[0; 32]].concat()).unwrap().expose_base64url()[..bytes.len() * 4 / 3]
        .to_owned()
}

fn bytes_of(base64url: &str) -> Vec<u8> {
    let digit = |c: u8| match c {
        b'A'..=b'Z' => c - b'A',
        b'a'..=b'z' => c - b'a' + 26,
        b'0'..=b'9' => c - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let bits: Vec<u8> =
        base64url.bytes().flat_map(|c| (0..6).rev().map(move |bit| digit(c) >> bit & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | bit)).collect()
}

/// PRK, key and key id of the n-th secret for sessions with all defaults, as the wire format derives them.
fn derived(n: u8) -> (Vec<u8>, [u8; 32], [u8; 2]) {
    let secret = bytes_of(&secret(n).expose_base64url());
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(b"sealed-session v1"), &secret);
    let lp = |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
    let name = [lp("session"), lp("__Host-session"), vec![1]];
    let scope = [name.concat(), lp("/"), lp(""), vec![0], lp(""), lp("dict")].concat();
    let (mut key, mut id) = ([0; 32], [0; 2]);
    hkdf.expand_multi_info(&[&lp("key"), &scope], &mut key).unwrap();
    hkdf.expand_multi_info(&[&lp("key id"), &scope], &mut id).unwrap();
    (prk.to_vec(), key, id)
}

/// Needles of two secrets, their keys, and the entry.
fn needles() -> Needles {
    let mut needles = Needles::default();
    for n in [1, 2] {
        let (prk, key, _) = derived(n);
        needles.bytes("a secret", &bytes_of(&secret(n).expose_base64url()));
        needles.bytes("a pseudorandom key", &prk);
        needles.bytes("a key", &key);
    }
    for text in [ENTRY.0, ENTRY.1] {
        needles.text("an entry", text);
        needles.bytes("an entry", text.as_bytes());
    }
    needles
}

#[track_caller]
fn needles_with_session<T>(session: &Session<T>, token: &str) -> Needles {
    let mut needles = needles();
    let token = token.split_once('=').unwrap().1;
    needles.bytes("the id", &bytes_of(&session.id().expose_base64url()));
    // The first three bytes name version and key, which are public.
    needles.bytes("the token", &bytes_of(token)[3..]);
    needles.text("the token", &token[4..]);
    needles
}

fn typed() -> CookieSessions<Account> {
    CookieSessions::typed(ring(1), "account").build().unwrap()
}

#[test]
fn the_search_finds_every_spelling() {
    let mut needles = Needles::default();
    let bytes = [0xfb, 0x0e, 0xbe, 0xff, 0x0a, 0x97, 0x81, 0x12];
    needles.bytes("eight bytes", &bytes);
    let quoted = format!("{:?}", String::from_utf8_lossy(b"a vxq.bn"));
    for said in ["fb0ebeff", "BEFF0A97", "-w6-_w", &format!("{bytes:?}"), &format!("{bytes:#?}")] {
        assert!(needles.find(said).is_some(), "{said}");
    }
    for said in [format!("{bytes:x?}"), format!("{bytes:X?}"), format!("{:?}", &bytes[2..6])] {
        assert!(needles.find(&said).is_some(), "{said}");
    }
    assert!(self::needles().find(&quoted).is_some(), "{quoted}");
    assert!(needles.find(&quoted).is_none());
}

#[test]
fn the_keys_looked_for_are_those_in_use() {
    let sessions = CookieSessions::new(ring(1).previous(secret(2)));
    for (n, (_, id)) in [1, 2].into_iter().zip(sessions.keys()) {
        let [one, two] = derived(n).2;
        assert_eq!(id.to_string(), format!("{one:02x}{two:02x}"));
    }
}

#[test]
fn secrets_keyrings_and_configurations_show_no_secret_and_no_key() {
    let needles = needles();
    let keyring = || ring(1).previous(secret(2)).upcoming(secret(3));
    needles.absent_from_debug("Secret", &secret(1));
    needles.absent_from_debug("Keyring", &keyring());
    needles.absent_from_debug("Builder", &CookieSessions::builder(keyring()));
    needles.absent_from_debug("typed Builder", &CookieSessions::typed::<Account>(keyring(), "account"));
    needles.absent_from_debug("CookieSessions", &CookieSessions::new(keyring()));
    needles.absent_from_debug("typed CookieSessions", &typed());
    for (role, id) in CookieSessions::new(keyring()).keys() {
        needles.absent_from_debug("KeyRole and KeyId", &(role, id));
        needles.assert_absent("KeyRole and KeyId", &format!("{role} {id}"));
    }
}

#[test]
fn a_session_shows_no_id_no_entry_and_no_token_in_any_state() {
    let sessions = CookieSessions::new(ring(1).previous(secret(2)));
    let token = sealed(&sessions, &[ENTRY], NOW);
    let loaded = || decode(&sessions, &token, NOW);
    let old = needles_with_session(&loaded(), &token);
    let show = |row: &str, session: &Session| {
        old.absent_from_debug(row, session);
        // Asking for the id draws it, if there was none.
        needles_with_session(session, &token).absent_from_debug(row, session);
    };
    let mut fresh = visit(&sessions, NOW);
    fresh.set(ENTRY.0, ENTRY.1);
    show("fresh", &fresh);
    show("loaded", &loaded());
    let mut changed = loaded();
    changed.set(ENTRY.1, ENTRY.0);
    show("changed", &changed);
    let mut renewed = loaded();
    renewed.renew();
    show("renewed", &renewed);
    let mut invalidated = loaded();
    invalidated.invalidate();
    show("invalidated", &invalidated);
    show("rejected", &decode(&sessions, &format!("{token}!"), NOW));
    show("withheld", &sessions.decode_at(&cookies([&token]), Transport::Http, at(NOW)));
}

#[test]
fn a_typed_session_shows_nothing_of_its_payload() {
    let sessions = typed();
    let mut session = visit(&sessions, NOW);
    session.data_mut().value = ENTRY.1.into();
    let token = pair(&encode(&sessions, &session, NOW).1);
    let needles = needles_with_session(&session, &token);
    needles.absent_from_debug("sealed", &session);
    needles.absent_from_debug("loaded", &decode(&sessions, &token, NOW));
}

#[test]
fn ids_labels_and_dictionaries_keep_to_themselves() {
    let sessions = sessions();
    let token = sealed(&sessions, &[ENTRY], NOW);
    let session = decode(&sessions, &token, NOW);
    let needles = needles_with_session(&session, &token);
    needles.absent_from_debug("SessionId", session.id());
    needles.absent_from_debug("Label", &session.label());
    needles.assert_absent("Label", &session.label().to_string());
    needles.absent_from_debug("Dict", session.data());
    needles.absent_from_debug("Dict", &Dict::from_iter([ENTRY, (ENTRY.1, ENTRY.0)]));
}

#[test]
fn what_goes_out_shows_no_token() {
    let sessions = sessions();
    let token = sealed(&sessions, &[ENTRY], NOW);
    let session = decode(&sessions, &token, NOW);
    let needles = needles_with_session(&session, &token);
    needles.absent_from_debug("cookie", &sessions.cookie(&session).unwrap());
    let mut session = session;
    session.touch();
    let (sent, headers) = encode(&sessions, &session, NOW);
    needles_with_session(&session, &pair(&headers)).absent_from_debug("Set-Cookie", &headers);
    needles.absent_from_debug("Sent", &sent);
}

#[test]
fn rejections_show_no_byte_of_the_token_but_its_key_id() {
    let token = sealed(&sessions(), &[ENTRY], NOW);
    let needles = needles_with_session(&decode(&sessions(), &token, NOW), &token);
    let forged = |at: usize| {
        format!("{}{}{}", &token[..at], if &token[at..=at] == "A" { "B" } else { "A" }, &token[at + 1..])
    };
    let rows = [
        ("Malformed", format!("{token}!"), NOW),
        ("TooLong", format!("{token}{}", token[15..].repeat(40)), NOW),
        ("UnknownVersion", format!("{}AgAA{}", &token[..15], &token[19..]), NOW),
        ("UnknownKey", sealed(&CookieSessions::new(ring(2)), &[ENTRY], NOW), NOW),
        ("Forged", forged(40), NOW),
        ("FromTheFuture", token.clone(), NOW - 301),
        ("AbsoluteTimeout", token.clone(), NOW * 2),
        ("IdleTimeout", token.clone(), NOW + 14 * DAY),
        ("Ambiguous", format!("{token}; {}", sealed(&sessions(), &[], NOW)), NOW),
        ("TooMany", (40..49).map(forged).collect::<Vec<_>>().join("; "), NOW),
    ];
    for (row, cookie, now) in rows {
        let rejection = *decode(&sessions(), &cookie, now).rejection().unwrap();
        assert!(format!("{rejection:?}").starts_with(row), "{row}: {rejection:?}");
        needles.absent_from_error(row, &rejection);
    }
}

/// `EncodeError::Payload`, whose serializer put the entry into its words.
fn payload_error() -> EncodeError {
    let mut session = visit(&typed(), NOW);
    *session.data_mut() = Account { value: ENTRY.1.into(), fails: true };
    typed().cookie(&session).unwrap_err()
}

/// `EncodeError::TooLarge`, of a session full of the entry.
fn too_large_error() -> EncodeError {
    let mut session = visit(&sessions(), NOW);
    session.set(ENTRY.0, ENTRY.1.repeat(200));
    sessions().cookie(&session).unwrap_err()
}

/// `EncodeError::Headers`, of a response with as many fields as it can have.
fn headers_error() -> EncodeError {
    let mut headers = HeaderMap::new();
    let name = |n: usize| HeaderName::try_from(format!("x-{n}")).unwrap();
    while headers.try_insert(name(headers.len()), HeaderValue::from_static("")).is_ok() {}
    let mut session = visit(&sessions(), NOW);
    session.set(ENTRY.0, ENTRY.1);
    sessions().encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err()
}

/// `ConfigError::Payload`, of a type that says the entry when it is written.
fn default_error() -> ConfigError {
    #[derive(Default, Deserialize)]
    struct Never;
    impl Serialize for Never {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            Account { value: ENTRY.1.into(), fails: true }.serialize(serializer)
        }
    }
    CookieSessions::typed::<Never>(ring(1), "never").build().unwrap_err()
}

#[test]
fn errors_show_no_byte_of_what_they_are_about() {
    let needles = needles();
    let text = secret(1).expose_base64url();
    for bad in [format!("{}!", *text), format!(" {}", *text), text[..42].to_owned(), text[..40].to_owned()] {
        needles.absent_from_error("SecretError", &bad.parse::<Secret>().unwrap_err());
    }
    needles.absent_from_error("TooShort", &Secret::from_bytes(ENTRY.1.as_bytes()).unwrap_err());
    needles.absent_from_error("EncodeError::Payload", &payload_error());
    needles.absent_from_error("EncodeError::TooLarge", &too_large_error());
    needles.absent_from_error("EncodeError::Headers", &headers_error());
    needles.absent_from_error("ConfigError::Payload", &default_error());
    let crowded = CookieSessions::builder(ring(1)).name("n".repeat(4000)).build().unwrap_err();
    needles.absent_from_error("ConfigError::NoRoom", &crowded);
    let misnamed = CookieSessions::builder(ring(1)).name("a b").build().unwrap_err();
    needles.absent_from_error("ConfigError::Setting", &misnamed);
}

#[test]
fn an_error_leads_to_the_one_that_caused_it() {
    for error in [&payload_error() as &(dyn Error + 'static), &default_error()] {
        let cause = error.source().unwrap();
        assert!(!cause.is::<PayloadError>(), "whose words stand in the message: {error}");
        assert!(cause.source().is_none(), "what serde or postcard said");
    }
    let EncodeError::Payload(wrapper) = payload_error() else { panic!("a payload error") };
    assert!(wrapper.source().is_some());
    assert!(headers_error().source().unwrap().is::<http::header::MaxSizeReached>());
    assert!(too_large_error().source().is_none());
    assert!("x".parse::<Secret>().unwrap_err().source().is_none());
}

/// Compiles only if the type implements none of the traits: else two implementations fit the last line.
macro_rules! implements_none {
    ($($type:ty: $($bound:path),+;)+) => { $(const _: fn() = || {
        trait Fits<Which> {
            fn one() {}
        }
        impl<T: ?Sized> Fits<()> for T {}
        $({
            struct Also;
            impl<T: ?Sized + $bound> Fits<Also> for T {}
        })+
        let _ = <$type as Fits<_>>::one;
    };)+ };
}

implements_none! {
    Secret: Display, PartialEq, Serialize, From<&'static str>, From<String>, Deref, AsRef<[u8]>, AsRef<str>;
    SessionId: Display, PartialEq, Serialize, Deref, AsRef<[u8]>, AsRef<str>;
    Keyring: Display, Serialize;
    Session: Display, Clone, Deref, Serialize;
    Session<String>: Display, Clone, Deref, DerefMut, Serialize;
    Dict: Display, Serialize;
}

const fn debug<T: Debug>() {}
const fn error<T: Error + Send + Sync + 'static>() {}
const fn shared<T: Send + Sync + 'static>() {}
const fn cheap<T: Clone + Send + Sync + 'static>() {}

/// Of every `T` that can be shared.
const fn session_is_shared<T: Payload + Send + Sync + 'static>() {
    shared::<Session<T>>();
}

const _: () = {
    error::<SecretError>();
    error::<ConfigError>();
    error::<EncodeError>();
    error::<PayloadError>();
    error::<HeadersError>();
    error::<RngError>();
    error::<Rejection>();

    shared::<Secret>();
    cheap::<Keyring>();
    shared::<Builder<Dict>>();
    cheap::<CookieSessions>();
    cheap::<CookieSessions<Account>>();
    shared::<Session<Dict>>();
    session_is_shared::<Account>();

    debug::<(Secret, Keyring, Builder<Dict>, CookieSessions, Session, Dict, SessionId, Label)>();
    debug::<(Transport, SameSite, Issue, Sent, KeyRole, KeyId, Rejection)>();
};

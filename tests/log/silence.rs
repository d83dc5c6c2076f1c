//! No type and no error shows a byte of a secret, a key, an id, an entry or a token; and what the types promise
//! the compiler.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::ops::{Deref, DerefMut};

use crate::support::{
    DAY, NOW, at, cookies, decode, encode, pair, ring, sealed, secret, sessions, visit,
};
use hkdf::Hkdf;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sealed_session::{
    Adopted, BoundSealer, Builder, ConfigError, CookieSessions, Dict, EncodeError, HeadersError,
    Issue, KeyId, KeyRole, Keyring, KeyringFileError, Label, OldCookie, Payload, PayloadError,
    Rejection, RngError, SameSite, SealedCookie, Sealer, Secret, SecretError, Sent, Session,
    SessionId, Transport,
};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use sha2::Sha256;

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
            return Err(serde::ser::Error::custom(format!(
                "cannot write {} {}",
                ENTRY.0, self.value
            )));
        }
        let mut fields = serializer.serialize_struct("Account", 2)?;
        fields.serialize_field("value", &self.value)?;
        fields.serialize_field("fails", &false)?;
        fields.end()
    }
}

/// What is looked for: pieces of bytes in every spelling, white space left out.
#[derive(Default)]
struct Needles(Vec<(&'static str, String)>);

impl Needles {
    fn text(&mut self, what: &'static str, text: &str) {
        assert!(text.len() >= 6, "{what} is too short to be found");
        let pieces =
            text.as_bytes().windows(6).map(|piece| String::from_utf8(piece.to_vec()).unwrap());
        self.0.extend(pieces.map(|piece| (what, piece)));
    }

    /// Four bytes in a row as hex and as a list, six characters of base64url.
    fn bytes(&mut self, what: &'static str, bytes: &[u8]) {
        assert!(bytes.len() >= 8, "{what} is too short to be found");
        for piece in bytes.windows(4) {
            let spell = |spell: fn(&u8) -> String| piece.iter().map(spell).collect::<Vec<_>>();
            let [lower, upper] =
                [spell(|byte| format!("{byte:02x}")), spell(|byte| format!("{byte:02X}"))];
            let lists = [
                spell(u8::to_string),
                spell(|byte| format!("{byte:x}")),
                spell(|byte| format!("{byte:X}")),
            ];
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
        let shown = format!("{value:?}");
        assert!(!shown.is_empty(), "{row} shows nothing");
        self.assert_absent(row, &shown);
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
    let counted: Vec<u8> = (0..32).collect();
    Secret::from_bytes(&[bytes, &counted].concat()).unwrap().expose_base64url()
        [..bytes.len() * 4 / 3]
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
    let lp =
        |text: &str| [&u16::try_from(text.len()).unwrap().to_be_bytes(), text.as_bytes()].concat();
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
    needles.absent_from_debug(
        "typed Builder",
        &CookieSessions::typed::<Account>(keyring(), "account"),
    );
    needles.absent_from_debug("CookieSessions", &CookieSessions::new(keyring()));
    let mut data = Dict::default();
    data.set(ENTRY.0, ENTRY.1);
    needles.absent_from_debug("Adopted", &Adopted::new(data, at(NOW)).last_used(at(NOW)));
    needles.absent_from_debug("OldCookie", &OldCookie::new("id").domain("example.com"));
    needles.absent_from_debug("typed CookieSessions", &typed());
    for (role, id) in CookieSessions::new(keyring()).keys() {
        needles.absent_from_debug("KeyRole and KeyId", &(role, id));
        needles.assert_absent("KeyRole and KeyId", &format!("{role} {id}"));
    }
}

#[test]
fn a_sealer_shows_no_value_no_binding_and_no_key() {
    let sessions = CookieSessions::new(ring(1).previous(secret(2)));
    let mut needles = needles();
    let sealer = sessions.sealer::<String>("link", std::time::Duration::from_secs(60)).unwrap();
    let session = sessions.fresh();
    needles.bytes("the id", &bytes_of(&session.id().expose_base64url()));
    let (bound, record) = (sealer.bound_to(&session), sealer.bound_to_bytes(ENTRY.1));
    let text = bound.seal(&ENTRY.1.into(), at(NOW)).unwrap();
    needles.text("the sealed value", &text[4..]);
    needles.absent_from_debug("Sealer", &sealer);
    needles.absent_from_debug("BoundSealer", &bound);
    needles.absent_from_debug("BoundSealer of a record", &record);
    needles.absent_from_error("Rejection", &record.open(&text, at(NOW)).unwrap_err());
    let cookie = sealer.in_cookie("link", SameSite::Lax).unwrap();
    needles.absent_from_debug("SealedCookie", &cookie);
    let mut headers = HeaderMap::new();
    cookie.encode(&ENTRY.1.into(), &mut headers, sessions.transport(), at(NOW)).unwrap();
    needles.absent_from_debug("its headers", &headers);
    let long = ENTRY.1.repeat(200);
    needles.absent_from_error("EncodeError::TooLarge", &sealer.seal(&long, at(NOW)).unwrap_err());
    let error = sessions.sealer::<u8>("", std::time::Duration::ZERO).unwrap_err();
    needles.absent_from_error("ConfigError", &error);
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
    needles.absent_from_debug("cookie", &sessions.request_cookie(&session).unwrap());
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
        format!(
            "{}{}{}",
            &token[..at],
            if &token[at..=at] == "A" { "B" } else { "A" },
            &token[at + 1..]
        )
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
    typed().request_cookie(&session).unwrap_err()
}

/// `EncodeError::TooLarge`, of a session full of the entry.
fn too_large_error() -> EncodeError {
    let mut session = visit(&sessions(), NOW);
    session.set(ENTRY.0, ENTRY.1.repeat(200));
    sessions().request_cookie(&session).unwrap_err()
}

/// As many fields as a response can have.
fn crowded_fields() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let name = |n: usize| HeaderName::try_from(format!("x-{n}")).unwrap();
    while headers.try_insert(name(headers.len()), HeaderValue::from_static("")).is_ok() {}
    headers
}

/// `EncodeError::Headers`, of such a response.
fn headers_error() -> EncodeError {
    let mut session = visit(&sessions(), NOW);
    session.set(ENTRY.0, ENTRY.1);
    sessions().encode_at(&session, &mut crowded_fields(), StatusCode::OK, at(NOW)).unwrap_err()
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
    for bad in
        [format!("{}!", *text), format!(" {}", *text), text[..42].to_owned(), text[..40].to_owned()]
    {
        needles.absent_from_error("SecretError", &bad.parse::<Secret>().unwrap_err());
    }
    let path = std::env::temp_dir().join(format!("sealed-session-silence-{}", std::process::id()));
    for bad in
        [format!("{}\n{}!", *text, *text), format!("upcoming:{}", *text), text[..42].to_owned()]
    {
        std::fs::write(&path, bad).unwrap();
        needles.absent_from_error("KeyringFileError", &Keyring::from_file(&path).unwrap_err());
    }
    std::fs::remove_file(&path).unwrap();
    needles.absent_from_error("KeyringFileError", &Keyring::from_file(&path).unwrap_err());
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
    error::<KeyringFileError>();
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
    cheap::<Sealer<Account>>();
    cheap::<BoundSealer<Account>>();
    cheap::<SealedCookie<Account>>();
    debug::<(Sealer<Account>, BoundSealer<Account>, SealedCookie<Account>)>();
    debug::<(Transport, SameSite, Issue, Sent, KeyRole, KeyId, Rejection)>();
};

/// The same of what is there with features.
#[cfg(all(
    feature = "axum",
    feature = "csrf",
    feature = "flash",
    feature = "revocation",
    feature = "rotation"
))]
mod with_features {
    use std::borrow::Cow;
    use std::convert::Infallible;
    use std::future::{Future, Pending, Ready, pending, ready};
    use std::pin::{Pin, pin};
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll, Waker};

    use crate::support::{Log, decode, visit};
    use http::header::COOKIE;
    use http::{Request, Response};

    use sealed_session::csrf::{Form, FormOutcome, HeaderOnly, PlainRefusal};
    use sealed_session::flash::MissingFlashLayer;
    use sealed_session::layer::MissingLayer;
    use sealed_session::revocation::Plain503;
    use sealed_session::{
        AsyncRevocation, Csrf, CsrfError, CsrfLayer, Flash, FlashError, FlashHandle, FlashLayer,
        Level, LocalDenyList, Message, Revocation, RevocationLayer, RevocationQuery,
        RevokedSession, SessionHandle, SessionLayer, SiteLayer, Unavailable,
    };
    use tower::{Layer, Service};

    use super::*;

    /// A service that takes its time.
    #[derive(Clone, Debug)]
    struct Inner;

    impl<B> Service<Request<B>> for Inner {
        type Response = Response<String>;
        type Error = Infallible;
        type Future = Pending<Result<Response<String>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<B>) -> Self::Future {
            pending()
        }
    }

    /// The layer, its service, and the future of this request before and after it is polled.
    #[track_caller]
    fn absent_from_layer<L>(needles: &Needles, row: &str, layer: &L, request: Request<String>)
    where
        L: Layer<Inner> + Debug,
        L::Service: Service<Request<String>, Future: Debug> + Debug,
    {
        needles.absent_from_debug(row, layer);
        let mut service = layer.layer(Inner);
        needles.absent_from_debug(row, &service);
        let mut future = pin!(service.call(request));
        needles.absent_from_debug(row, &future);
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        needles.absent_from_debug(row, &future);
    }

    fn request(cookie: impl AsRef<str>) -> Request<String> {
        Request::post("/").header(COOKIE, cookie.as_ref()).body(ENTRY.1.to_owned()).unwrap()
    }

    /// Keeps what a hook is shown.
    #[derive(Clone, Default)]
    struct Shown(Arc<Mutex<Vec<String>>>);

    impl Shown {
        fn keep(&self, shown: &dyn Debug) {
            self.0.lock().unwrap().push(format!("{shown:?} {shown:#?} {shown:x?} {shown:X?}"));
        }
    }

    impl Revocation for Shown {
        fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
            assert_eq!(asked.subject(), Some(ENTRY.1));
            self.keep(asked);
            Ok(false)
        }

        fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
            self.keep(ended);
            Err(Unavailable::new(ENTRY.1))
        }
    }

    /// A store that never responds.
    struct Hangs;

    impl AsyncRevocation for Hangs {
        async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
            pending().await
        }

        async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
            pending().await
        }
    }

    fn subject(dict: &Dict) -> Option<Cow<'_, str>> {
        dict.get(ENTRY.0).map(Into::into)
    }

    fn builder() -> Builder<Dict> {
        CookieSessions::builder(ring(1)).subject(subject)
    }

    /// Needles of a session with the entry and of the messages of a flash cookie; both cookies.
    fn arrived() -> (Needles, String, String) {
        let cookie = sealed(&sessions(), &[ENTRY], NOW);
        let mut needles = needles_with_session(&decode(&sessions(), &cookie, NOW), &cookie);
        let flash = sessions().flash_cookie(&pushed()).unwrap().to_str().unwrap().to_owned();
        needles.text("the flash token", &flash.split_once('=').unwrap().1[4..]);
        (needles, cookie, flash)
    }

    fn pushed() -> Flash {
        let mut flash = Flash::new();
        flash.push(Level::Warning, ENTRY.1).unwrap();
        flash
    }

    #[test]
    fn what_forms_are_guarded_with_shows_no_token_and_no_session() {
        let (mut needles, cookie, _) = arrived();
        let session = decode(&sessions(), &cookie, NOW);
        let every = session.csrf_token();
        let one = session.csrf_token_for("POST", "/").unwrap();
        for token in [&every, &one] {
            // The first byte is the version.
            needles.text("a CSRF token", &token[2..]);
            needles.bytes("a CSRF token", &bytes_of(token)[1..]);
        }
        let errors = [
            session.verify_csrf(""),
            session.verify_csrf(format!("{every}{every}")),
            session.verify_csrf(&every[..43]),
            session.verify_csrf(format!("Ag{}", &every[2..])),
            visit(&sessions(), NOW).verify_csrf(&every),
            session.verify_csrf(&one),
            session.csrf_token_for("", ENTRY.1).map(drop),
            session.csrf_token_for("POST", ENTRY.1.repeat(4000)).map(drop),
            Err(CsrfError::Missing),
            Err(CsrfError::Repeated),
            Err(CsrfError::CrossSite),
            Err(CsrfError::SameSite),
            Err(CsrfError::FormTooLarge { limit: 1 }),
            Err(CsrfError::BrokenForm),
            Err(CsrfError::NoSessionLayer),
        ];
        for error in errors {
            needles.absent_from_error("CsrfError", &error.unwrap_err());
        }

        let with = |token: &str| {
            let mut request = request(&cookie);
            request.headers_mut().insert("x-csrf-token", token.parse().unwrap());
            request.extensions_mut().insert(SessionHandle::for_test(decode(
                &sessions(),
                &cookie,
                NOW,
            )));
            request
        };
        let layer = CsrfLayer::new(sessions(), Csrf::header_only());
        absent_from_layer(&needles, "CsrfLayer, passed", &layer, with(&every));
        absent_from_layer(&needles, "CsrfLayer, refused", &layer, with(ENTRY.1));
        let words = every.clone();
        let reading = move |request: Request<String>| -> Ready<Form<String, String>> {
            ready(Ok((request, vec![words.clone()])))
        };
        let mut without_header = with(&every);
        without_header.headers_mut().remove("x-csrf-token");
        absent_from_layer(
            &needles,
            "CsrfLayer, form",
            &CsrfLayer::new(sessions(), Csrf::form(reading)),
            without_header,
        );
        let form = || {
            let mut request = with(&every);
            request.headers_mut().remove("x-csrf-token");
            let urlencoded = "application/x-www-form-urlencoded";
            request.headers_mut().insert("content-type", urlencoded.parse().unwrap());
            request.map(|text| format!("csrf={every}&{text}"))
        };
        let layer = CsrfLayer::new(sessions(), Csrf::form_field("csrf"));
        absent_from_layer(&needles, "CsrfLayer, field of a form", &layer, form());
        let read = FormOutcome::<_, String>::Read(form(), Ok(vec![every.clone()]));
        needles.absent_from_debug("FormOutcome", &read);
        let words = every.clone();
        let csrf = Csrf::header_only().on_refused(move |_, _| Response::new(words.clone()));
        let answering = CsrfLayer::new(sessions(), csrf);
        absent_from_layer(&needles, "CsrfLayer, response", &answering, with(ENTRY.1));
        needles.absent_from_debug("Csrf", &Csrf::header_only());
        needles.absent_from_debug("HeaderOnly and PlainRefusal", &(HeaderOnly, PlainRefusal));
    }

    #[test]
    fn flash_messages_show_no_text_and_no_token() {
        let (needles, _, cookie) = arrived();
        let mut flash = sessions().decode_flash(&request(&cookie));
        needles.absent_from_debug("Flash, arrived", &flash);
        flash.push(Level::Error, ENTRY.1).unwrap();
        needles.absent_from_debug("Flash, pushed", &flash);
        needles.absent_from_debug("FlashHandle, for_test", &FlashHandle::for_test(pushed()));
        let mut response = Response::new(());
        needles.absent_from_debug("Sent", &sessions().encode_flash(&flash, &mut response).unwrap());
        let line = pair(response.headers());
        let mut with_answer = self::needles();
        with_answer.text("the flash token", &line.split_once('=').unwrap().1[4..]);
        with_answer.absent_from_debug("Set-Cookie", &response);
        with_answer.absent_from_debug("cookie", &sessions().flash_cookie(&flash).unwrap());
        for message in flash.take() {
            assert_eq!(message.text(), ENTRY.1);
            needles.absent_from_debug("Message", &message);
            needles.assert_absent("Level", &message.level().to_string());
        }

        let layer = FlashLayer::new(sessions());
        absent_from_layer(&needles, "FlashLayer", &layer, request(&cookie));
        absent_from_layer(
            &needles,
            "FlashLayer, typed",
            &FlashLayer::new(typed()),
            request(&cookie),
        );

        let crowded = |text: &str| {
            let mut flash = Flash::new();
            (0..9).map(|_| flash.push(Level::Info, text)).find_map(Result::err).unwrap()
        };
        for error in [crowded(ENTRY.1), crowded(&ENTRY.1.repeat(10)), FlashError::TooLate] {
            needles.absent_from_error("FlashError", &error);
        }
        let short = CookieSessions::builder(ring(1)).max_set_cookie_len(512).build().unwrap();
        let mut long = Flash::new();
        long.push(Level::Info, ENTRY.1.repeat(30)).unwrap();
        needles.absent_from_error("EncodeError::TooLarge", &short.flash_cookie(&long).unwrap_err());
        let error =
            sessions().encode_flash_at(&pushed(), &mut crowded_fields(), at(NOW)).unwrap_err();
        needles.absent_from_error("EncodeError::Headers", &error);
    }

    #[test]
    fn revocation_shows_no_id_and_no_subject() {
        let (needles, cookie, _) = arrived();
        let shown = Shown::default();
        let sessions = builder().revocation(shown.clone()).build().unwrap();
        let mut session = decode(&sessions, &cookie, NOW);
        session.revoke();
        needles.absent_from_debug("Session, revoked", &session);
        let error = sessions
            .encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, at(NOW))
            .unwrap_err();
        let why =
            r#"RevocationFailed(Unavailable { why: "the revocation store did not respond", .. })"#;
        assert_eq!(format!("{error:?}"), why);
        // What the store said is its own source, which is only shown on purpose.
        needles.assert_absent("EncodeError::RevocationFailed", &error.to_string());
        needles.absent_from_debug("EncodeError::RevocationFailed", &error);
        assert!(error.source().unwrap().to_string().contains(ENTRY.1));
        let kept = std::mem::take(&mut *shown.0.lock().unwrap());
        assert!(
            kept[0].starts_with("RevocationQuery {") && kept[1].starts_with("RevokedSession {"),
            "{kept:?}"
        );
        needles.assert_absent("RevocationQuery and RevokedSession", &kept.concat());
        needles.absent_from_debug("Builder", &builder().revocation(shown));
        needles.absent_from_debug("CookieSessions", &sessions);

        let denied = LocalDenyList::new(10);
        let sessions = builder().revocation(denied.clone()).build().unwrap();
        denied.deny_before(ENTRY.1, at(NOW - 1), Some(session.id()));
        let mut session = decode(&sessions, &cookie, NOW);
        session.revoke();
        encode(&sessions, &session, NOW);
        assert_eq!(denied.entries(), 2);
        needles.absent_from_debug("LocalDenyList", &denied);
        denied.deny_before(ENTRY.1, at(NOW), None);
        for refused in [decode(&sessions, &cookie, NOW), decode(&hanging(), &cookie, NOW)] {
            needles.absent_from_error("Revoked and Unchecked", refused.rejection().unwrap());
            needles.absent_from_debug("Session, refused", &refused);
        }
    }

    fn hanging() -> CookieSessions {
        builder().revocation_async(Hangs).build().unwrap()
    }

    #[test]
    fn layers_of_sessions_show_no_session_while_they_wait() {
        let (needles, _, _) = arrived();
        let mut session = sessions().fresh();
        session.set(ENTRY.0, ENTRY.1);
        let cookie = sessions().request_cookie(&session).unwrap().to_str().unwrap().to_owned();
        let mut own = needles_with_session(&session, &cookie);
        own.0.extend(needles.0);

        let layer = || SessionLayer::new(hanging()).check_revocation(|_| pending());
        absent_from_layer(&own, "RevocationLayer, asking", &layer(), request(&cookie));
        absent_from_layer(&own, "RevocationLayer, calling", &layer(), request(""));
        let late = SessionLayer::new(hanging()).check_revocation(|_| ready(()));
        absent_from_layer(&own, "RevocationLayer, refused", &late, request(&cookie));
        let words = ENTRY.1;
        let answering = layer().on_unchecked(move || Response::new(words.to_owned()));
        absent_from_layer(&own, "RevocationLayer, response", &answering, request(&cookie));
        absent_from_layer(&own, "SessionLayer", &SessionLayer::new(sessions()), request(&cookie));
        own.absent_from_debug("Plain503", &Plain503);

        let handle = SessionHandle::for_test(session);
        own.absent_from_debug("SessionHandle", &handle);
        handle.with(|_| own.absent_from_debug("SessionHandle, in use", &handle));
        handle.revoke();
        own.absent_from_debug("SessionHandle, revoked", &handle);
    }

    #[test]
    fn rotations_and_upgrades_show_no_secret_and_nothing_of_a_payload() {
        let (needles, cookie, _) = arrived();
        let sessions = CookieSessions::new(ring(3));
        sessions.rotate(ring(2).previous(secret(1)));
        needles.absent_from_debug("CookieSessions, rotated", &sessions);
        needles.absent_from_debug("Session, to be sealed again", &decode(&sessions, &cookie, NOW));
        sessions.rotate(ring(2));
        let unknown = decode(&sessions, &cookie, NOW);
        needles.absent_from_error("UnknownKey", unknown.rejection().unwrap());

        let upgrade =
            |dict: Dict| Account { value: dict.get(ENTRY.0).unwrap().into(), fails: false };
        let builder =
            || CookieSessions::typed::<Account>(ring(1), "account").upgrade_from("dict", upgrade);
        needles.absent_from_debug("Builder, upgrading", &builder());
        let session = decode(&builder().build().unwrap(), &cookie, NOW);
        assert_eq!(session.data().value, ENTRY.1);
        needles.absent_from_debug("Session, upgraded", &session);
    }

    /// Each event of the newer parts, with the entry, an id, a subject and tokens at hand.
    #[test]
    fn events_of_features_say_no_value_no_id_and_no_token() {
        let (mut needles, cookie, flash) = arrived();
        let log = Log::default();
        let _listening = log.listen();
        let poll =
            |mut service: Pin<Box<dyn Future<Output = Result<Response<String>, Infallible>>>>| {
                let _ = service.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            };

        let token = decode(&sessions(), &cookie, NOW).csrf_token_for("POST", "/elsewhere").unwrap();
        needles.text("a CSRF token", &token[2..]);
        let mut forged = request(&cookie);
        forged.headers_mut().insert("x-csrf-token", token.parse().unwrap());
        let layer = CsrfLayer::new(sessions(), Csrf::header_only());
        poll(Box::pin(layer.layer(Inner).call(request(&cookie))));
        forged.extensions_mut().insert(SessionHandle::for_test(decode(&sessions(), &cookie, NOW)));
        poll(Box::pin(layer.layer(Inner).call(forged)));

        let http =
            |flash: &str| sessions().decode_flash_at(&cookies([flash]), Transport::Http, at(NOW));
        let mut withheld = http(&flash);
        withheld.push(Level::Info, ENTRY.1).unwrap();
        assert_eq!(
            sessions().encode_flash(&withheld, &mut Response::new(())).unwrap(),
            Sent::Withheld
        );
        sessions().decode_flash_at(&cookies([format!("{flash}A")]), Transport::Https, at(NOW));
        let short = CookieSessions::builder(ring(1)).max_set_cookie_len(512).build().unwrap();
        let mut too_long = Flash::new();
        too_long.push(Level::Info, ENTRY.1.repeat(30)).unwrap();
        short.encode_flash(&too_long, &mut Response::new(())).unwrap_err();
        sessions().encode_flash_at(&pushed(), &mut crowded_fields(), at(NOW)).unwrap_err();

        let denied = LocalDenyList::new(1);
        for subject in [ENTRY.1, ENTRY.0] {
            denied.deny_before(subject, at(NOW), None);
        }
        let sessions = builder().revocation(Shown::default()).build().unwrap();
        let mut session = decode(&sessions, &cookie, NOW);
        session.revoke();
        sessions.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, at(NOW)).unwrap_err();
        decode(&hanging(), &cookie, NOW);
        sessions.rotate(ring(2).previous(secret(1)));

        for (level, words) in [
            ("WARN", "a request was refused for its CSRF token"),
            ("ERROR", "SessionLayer is missing"),
            ("WARN", "flash messages were pushed but not sent"),
            ("DEBUG", "a flash cookie was rejected"),
            ("ERROR", "flash messages were not sent: their Set-Cookie header is too long"),
            ("ERROR", "flash messages were not sent: the response is full of header fields"),
            ("WARN", "the deny list is full"),
            ("WARN", "the revocation store does not respond"),
            ("ERROR", "the session was not revoked"),
            ("ERROR", "only SessionLayer::check_revocation waits"),
            ("INFO", "the secrets were rotated"),
        ] {
            log.says(level, words);
        }
        needles.assert_absent("events", &log.all());
    }

    const _: () = {
        error::<CsrfError>();
        error::<FlashError>();
        error::<Unavailable>();
        error::<MissingLayer>();
        error::<MissingFlashLayer>();
        shared::<RevocationQuery>();
        shared::<RevokedSession>();
        shared::<Flash>();
        cheap::<Message>();
        cheap::<LocalDenyList>();
        cheap::<FlashHandle>();
        cheap::<SessionHandle>();
        cheap::<FlashLayer>();
        cheap::<CsrfLayer>();
        cheap::<RevocationLayer>();
        cheap::<SiteLayer<RevocationLayer, FlashLayer, CsrfLayer>>();
    };

    implements_none! {
        RevocationQuery: Display, Clone, Serialize;
        RevokedSession: Display, Clone, Serialize;
        Flash: Display, Clone, Serialize, Deref;
        Message: Display, Serialize, Deref, AsRef<str>;
        LocalDenyList: Display, Serialize;
    }
}

//! Secrets, derived keys, ids and opened sessions are wiped before their memory is given back.
//!
//! An allocator looks at every block that is freed, and counts those in which the bytes stand that a test is about.
//! Blocks only: what was on the stack is not seen.

use std::alloc::{GlobalAlloc, Layout, System};
use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    Adopted, AsyncRevocation, Builder, CookieSessions, Dict, Flash, FlashHandle, FlashLayer,
    Keyring, Level, LocalDenyList, OldCookie, Payload, Rejection, Revocation, RevocationQuery,
    RevokedSession, SameSite, Secret, Session, SessionHandle, SessionLayer, Unavailable,
};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use tower::{Layer, ServiceExt, service_fn};

/// What is looked for.
type Needle = [u8; 16];

thread_local! {
    static NEEDLE: Cell<Option<Needle>> = const { Cell::new(None) };
    static FOUND: Cell<usize> = const { Cell::new(0) };
    /// Blocks that this thread took and did not give back.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

struct Watching;

#[global_allocator]
static WATCHING: Watching = Watching;

// SAFETY: it is the system's allocator. Growing is left to the default, which takes a new block and frees the old one.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.set(HELD.get() + 1);
        // Zeroed, so that every byte of a block can be read when it is freed.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        HELD.set(HELD.get() - 1);
        if let Some(needle) = NEEDLE.get() {
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            if black_box(bytes).windows(needle.len()).any(|window| window == needle) {
                FOUND.set(FOUND.get() + 1);
            }
        }
        unsafe { System.dealloc(block, layout) };
    }
}

/// How many blocks are freed with the needle in them.
fn left_behind(needle: Needle, run: impl FnOnce()) -> usize {
    FOUND.set(0);
    NEEDLE.set(Some(needle));
    run();
    NEEDLE.set(None);
    FOUND.get()
}

const SECRET: [u8; 32] =
    *b"\x9d4Q\x02\xe1vk\x88\x13\xf0Z\x07\xcc\x91:b\x55\xde\x21\x8f~C\x19\xa6\x0b\xf7\xd2l\x38\x94\xe5\x10";
/// 16 characters that stand nowhere else.
const TEXT: &str = "vQxJ0-kZr7_wTn4y";

fn needle(bytes: &[u8]) -> Needle {
    bytes[..16].try_into().unwrap()
}

fn secret() -> Secret {
    Secret::from_bytes(&SECRET).unwrap()
}

fn sessions() -> CookieSessions {
    CookieSessions::new(Keyring::new(secret()))
}

/// The request that brings a session.
fn request<T: Payload>(sessions: &CookieSessions<T>, session: &Session<T>) -> HeaderMap {
    HeaderMap::from_iter([(COOKIE, sessions.request_cookie(session).unwrap())])
}

fn decode<T: Payload>(sessions: &CookieSessions<T>, headers: &HeaderMap) -> Box<Session<T>> {
    let session = sessions.decode_at(headers, sessions.transport(), std::time::SystemTime::now());
    assert_eq!(session.rejection(), None);
    Box::new(session)
}

fn encode<T: Payload>(sessions: &CookieSessions<T>, session: &Session<T>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let now = std::time::SystemTime::now();
    sessions.encode_at(session, &mut headers, StatusCode::OK, now).unwrap();
    assert!(headers.contains_key(SET_COOKIE));
    headers
}

/// A request with the text in the session, and the session's id.
fn with_text(sessions: &CookieSessions) -> (HeaderMap, Needle) {
    let mut session = sessions.fresh();
    session.set("text", TEXT);
    let id = BASE64_URL_SAFE_NO_PAD.decode(session.id().expose_base64url().as_bytes()).unwrap();
    (request(sessions, &session), needle(&id))
}

#[test]
fn what_is_not_wiped_is_found() {
    assert_eq!(left_behind(needle(&SECRET), || drop(black_box(SECRET.to_vec()))), 1);
    let grown = || {
        let mut bytes = SECRET.to_vec();
        bytes.extend(black_box([0; 100]));
        black_box(&mut bytes).fill(0);
    };
    assert_eq!(left_behind(needle(&SECRET), grown), 1, "a block that was too small");
}

#[test]
fn a_secret_is_wiped() {
    assert_eq!(left_behind(needle(&SECRET), || drop(black_box(Box::new(secret())))), 0);
    assert_eq!(left_behind(needle(&SECRET[16..]), || drop(black_box(Box::new(secret())))), 0);
    assert_eq!(left_behind(needle(&SECRET), || drop(black_box(Box::new(secret().clone())))), 0);
}

#[test]
fn a_secret_that_was_read_from_text_is_wiped() {
    let texts = [
        BASE64_URL_SAFE_NO_PAD.encode(SECRET),
        SECRET.iter().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for text in texts {
        let read = || drop(black_box(Box::new(text.parse::<Secret>().unwrap())));
        assert_eq!(left_behind(needle(&SECRET), read), 0, "{text}");
    }
}

#[test]
fn the_text_of_a_secret_is_wiped() {
    let text = BASE64_URL_SAFE_NO_PAD.encode(SECRET);
    let exposed = || assert_eq!(black_box(secret().expose_base64url()).len(), 43);
    assert_eq!(left_behind(needle(text.as_bytes()), exposed), 0);
    assert_eq!(left_behind(needle(&SECRET), exposed), 0);
}

#[test]
fn what_was_read_of_the_environment_is_wiped() {
    let text = BASE64_URL_SAFE_NO_PAD.encode(SECRET);
    let variable = "SEALED_SESSION_TEST_MEMORY";
    // SAFETY: no other test reads or writes the environment.
    unsafe { std::env::set_var(variable, &text) };
    let read = || drop(black_box(Keyring::from_env(variable).unwrap().unwrap()));
    assert_eq!(left_behind(needle(text.as_bytes()), read), 0, "its text");
    assert_eq!(left_behind(needle(&SECRET), read), 0);
}

#[test]
fn what_was_read_of_a_file_is_wiped() {
    let text = BASE64_URL_SAFE_NO_PAD.encode(SECRET);
    let path = std::env::temp_dir().join(format!("sealed-session-memory-{}", std::process::id()));
    for content in [format!("# current\n{text}\n"), format!("{text}\nwrong\n")] {
        std::fs::write(&path, content).unwrap();
        let read = || drop(black_box(Keyring::from_file(&path)));
        assert_eq!(left_behind(needle(text.as_bytes()), read), 0, "its text");
        assert_eq!(left_behind(needle(&SECRET), read), 0);
    }
    std::fs::remove_file(&path).unwrap();
}

/// The secret, its PRK and the two halves of each of its keys.
fn keys() -> [(&'static str, Vec<u8>); 8] {
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(b"sealed-session v1"), &SECRET);
    let lp =
        |part: &str| [&u16::try_from(part.len()).unwrap().to_be_bytes(), part.as_bytes()].concat();
    let halves = |purpose, name, schema| {
        let front = [lp("key"), lp(purpose), lp(name), vec![1]].concat();
        let scope = [front, lp("/"), lp(""), vec![0], lp(""), lp(schema)].concat();
        let mut key = [0; 32];
        hkdf.expand(&scope, &mut key).unwrap();
        [key[..16].to_vec(), key[16..].to_vec()]
    };
    let [first, second] = halves("session", "__Host-session", "dict");
    let [sealer, sealer_second] = halves("sealer/link", "", "named/value");
    let [flash, flash_second] = halves("flash", "__Host-session-flash", "flash");
    [
        ("secret", SECRET.to_vec()),
        ("PRK", prk.to_vec()),
        ("key", first),
        ("key's second half", second),
        ("key of the flash cookie", flash),
        ("its second half", flash_second),
        ("key of sealed values", sealer),
        ("the second half of that", sealer_second),
    ]
}

/// Polls until it is done.
fn run<R>(future: impl Future<Output = R>) -> R {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result;
        }
    }
}

fn other_secret() -> Secret {
    numbered_secret(7)
}

/// One that has nothing in common with the needles.
fn numbered_secret(n: u8) -> Secret {
    Secret::from_bytes(&[[n; 16].as_slice(), &[9; 8], &(100..116).collect::<Vec<_>>()].concat())
        .unwrap()
}

#[test]
fn the_keys_of_a_configuration_are_wiped_with_it() {
    for (what, bytes) in keys() {
        let used = || {
            let sessions = black_box(sessions());
            let (headers, _) = with_text(&sessions);
            assert_eq!(decode(&sessions, &headers).get("text"), Some(TEXT));
            let mut flash = Flash::new();
            flash.push(Level::Info, "Saved.").unwrap();
            sessions.encode_flash(&flash, &mut Response::new(())).unwrap();
            let sealer = sessions.sealer::<u8>("link", Duration::from_secs(60)).unwrap();
            sealer.seal(&7, SystemTime::now()).unwrap();
        };
        assert_eq!(left_behind(needle(&bytes), used), 0, "{what}");
    }
}

#[test]
fn the_keys_of_a_secret_that_was_rotated_out_are_wiped_at_once() {
    for (what, bytes) in keys() {
        let sessions = black_box(sessions());
        let rotate = |keyring| left_behind(needle(&bytes), || sessions.rotate(keyring));
        assert_eq!(rotate(Keyring::new(other_secret()).previous(secret())), 0, "{what}, current");
        assert_eq!(rotate(Keyring::new(other_secret())), 0, "{what}, previous");
    }
}

#[test]
fn a_rotation_gives_back_all_that_it_replaces() {
    let sessions = sessions();
    let rotate = || {
        sessions.rotate(Keyring::new(other_secret()).previous(secret()));
        sessions.rotate(Keyring::new(secret()).upcoming(other_secret()));
    };
    rotate();
    let held = HELD.get();
    for _ in 0..100 {
        rotate();
    }
    assert_eq!(HELD.get(), held);
}

/// Rotates a secret out while a request is decoded under it.
#[derive(Default)]
struct Rotating(OnceLock<CookieSessions>);

impl Revocation for Rotating {
    fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        if let Some(sessions) = self.0.get() {
            sessions.rotate(Keyring::new(other_secret()));
        }
        Ok(false)
    }

    fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        Ok(())
    }
}

#[test]
fn the_keys_that_a_request_holds_while_they_are_rotated_out_are_wiped_when_it_lets_go() {
    for (what, bytes) in keys() {
        let hook = Arc::new(Rotating::default());
        let builder = CookieSessions::builder(Keyring::new(secret())).revocation(Arc::clone(&hook));
        let sessions = builder.build().unwrap();
        let (headers, _) = with_text(&sessions);
        assert!(hook.0.set(sessions.clone()).is_ok());
        let read = || assert_eq!(decode(&sessions, &headers).get("text"), Some(TEXT));
        assert_eq!(left_behind(needle(&bytes), read), 0, "{what}");
        let (now, transport) = (SystemTime::now(), sessions.transport());
        assert!(sessions.decode_at(&headers, transport, now).is_new(), "it was rotated out");
    }
}

#[test]
fn the_keys_of_an_older_schema_are_wiped() {
    let build = || {
        let other = numbered_secret;
        let keyring =
            Keyring::new(secret()).previous(other(1)).previous(other(2)).upcoming(other(3));
        let builder = CookieSessions::typed::<Note>(keyring, "note-1");
        let sessions =
            builder.upgrade_from::<Dict>("dict", |dict| Note(dict.len().to_string())).build();
        drop(black_box(sessions.unwrap()));
    };
    for (what, bytes) in keys() {
        assert_eq!(left_behind(needle(&bytes), build), 0, "{what}");
    }
}

#[test]
fn the_payload_of_an_older_schema_is_wiped() {
    let (headers, id) = with_text(&sessions());
    let builder = CookieSessions::typed::<Note>(Keyring::new(secret()), "note-1");
    let upgrade = |dict: Dict| Note(dict.len().to_string());
    let sessions = builder.upgrade_from::<Dict>("dict", upgrade).build().unwrap();
    let read = || {
        let mut session = black_box(decode(&sessions, &headers));
        assert_eq!(session.data_mut().0, "1");
        encode(&sessions, &session);
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), read), 0);
    assert_eq!(left_behind(id, read), 0, "its id");
}

#[test]
fn a_session_that_was_read_is_wiped() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    let read = || assert_eq!(black_box(decode(&sessions, &headers)).get("text"), Some(TEXT));
    assert_eq!(left_behind(needle(TEXT.as_bytes()), read), 0);
    assert_eq!(left_behind(id, read), 0, "its id");
}

#[test]
fn a_session_that_was_changed_is_wiped() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    let change = || {
        let mut session = black_box(decode(&sessions, &headers));
        for n in 0..40_u8 {
            session.set(n.to_string(), TEXT);
        }
        encode(&sessions, &session);
        assert!(session.remove("3").is_some_and(|removed| {
            // What is handed out is the caller's.
            black_box(removed.into_bytes()).fill(0);
            true
        }));
        session.set("4", "short");
        session.renew();
        encode(&sessions, &session);
        for n in 200..230 {
            session.set("k".repeat(n), "");
        }
        session.clear();
    };
    assert_eq!(left_behind(id, change), 0, "its id");
    let id_and_text = left_behind(needle(TEXT.as_bytes()), change);
    assert_eq!(id_and_text, 0);
}

#[test]
fn the_id_of_a_session_is_wiped_when_another_takes_its_place() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    for change in [Session::renew, Session::<Dict>::invalidate] {
        let used = || {
            let mut session = black_box(decode(&sessions, &headers));
            change(&mut session);
            let _ = black_box(session.id());
        };
        assert_eq!(left_behind(id, used), 0, "the one that was opened");
        let mut session = Box::new(sessions.fresh());
        let given =
            BASE64_URL_SAFE_NO_PAD.decode(session.id().expose_base64url().as_bytes()).unwrap();
        let used = || {
            change(&mut session);
            let _ = black_box(session.id());
            drop(session);
        };
        assert_eq!(left_behind(needle(&given), used), 0, "the one that was given");
    }
    let exposed = || drop(black_box(decode(&sessions, &headers).id().expose_base64url()));
    assert_eq!(
        left_behind(needle(BASE64_URL_SAFE_NO_PAD.encode(id).as_bytes()), exposed),
        0,
        "its text"
    );
}

/// A value of a sealer, and what an older release reads of it.
#[derive(Serialize, Deserialize)]
struct Link {
    text: String,
}

#[derive(Serialize, Deserialize)]
struct OlderLink {}

#[test]
fn a_sealed_value_is_wiped() {
    let (sessions, now) = (sessions(), SystemTime::now());
    let (https, hour) = (sessions.transport(), Duration::from_secs(3600));
    let sealer = sessions.sealer::<Link>("link", hour).unwrap();
    let link = Link { text: TEXT.to_owned() };
    let text = sealer.seal(&link, now).unwrap();
    let cookie = sealer.in_cookie("flow", SameSite::Lax).unwrap();
    let seal = || {
        black_box(sealer.bound_to_bytes("record").seal(&link, now).unwrap());
        cookie.encode(&link, &mut HeaderMap::new(), https, now).unwrap();
    };
    // What it reads back to compare is of this type, which is not wiped.
    assert_eq!(left_behind(needle(TEXT.as_bytes()), seal), 2);

    let older = sessions.sealer::<OlderLink>("link", hour).unwrap();
    let other = sessions.sealer::<u64>("link", hour).unwrap();
    let open = || {
        black_box(older.open(&text, now).unwrap());
        assert_eq!(other.open(&text, now), Err(Rejection::Corrupt));
        assert!(older.open(&text, now + hour).is_err());
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), open), 0);
}

#[test]
fn the_id_of_an_adopted_session_and_what_it_is_derived_from_are_wiped() {
    let (now, hour) = (SystemTime::now(), Duration::from_secs(3600));
    let sessions = CookieSessions::builder(Keyring::new(secret()))
        .adopt(now + hour, [OldCookie::new("id")], move |_, _| {
            let mut data = Dict::default();
            data.set("user", "alice");
            Some(Adopted::new(data, now))
        })
        .build()
        .unwrap();
    // Its first letter is encoded: decoded it is in no header.
    let cookie = format!("id=%{:02x}{}", TEXT.as_bytes()[0], &TEXT[1..]);
    let headers = HeaderMap::from_iter([(COOKIE, cookie.parse().unwrap())]);
    let session = decode(&sessions, &headers);
    let id = BASE64_URL_SAFE_NO_PAD.decode(session.id().expose_base64url().as_bytes()).unwrap();
    let adopt = || {
        let mut session = black_box(decode(&sessions, &headers));
        encode(&sessions, &session);
        session.renew();
        encode(&sessions, &session);
    };
    assert_eq!(left_behind(needle(&id), adopt), 0, "its id");
    assert_eq!(left_behind(needle(TEXT.as_bytes()), adopt), 0, "the value of the old cookie");
}

#[derive(Default, Serialize, Deserialize)]
struct Note(String);

#[test]
fn of_a_typed_payload_all_is_wiped_but_the_value_itself() {
    let sessions = CookieSessions::typed::<Note>(Keyring::new(secret()), "note-1").build().unwrap();
    let mut session = sessions.fresh();
    *session.data_mut() = Note(TEXT.into());
    let headers = request(&sessions, &session);
    let used = || {
        let mut session = black_box(decode(&sessions, &headers));
        session.touch();
        encode(&sessions, &session);
        let _ = encode(&sessions, &session);
        // The value is the application's to wipe.
        black_box(std::mem::take(&mut session.data_mut().0).into_bytes()).fill(0);
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
}

/// The text and another one, in another order each time, as a `HashSet` may write them. It is read without keeping them.
#[derive(Default)]
struct Shuffled(AtomicBool);

impl Serialize for Shuffled {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut texts = [TEXT, "another"];
        if self.0.fetch_not(Relaxed) {
            texts.reverse();
        }
        serializer.collect_seq(texts)
    }
}

impl<'de> Deserialize<'de> for Shuffled {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self(true.into()))
    }
}

#[test]
fn of_a_typed_payload_that_comes_in_any_order_the_copies_that_are_compared_are_wiped() {
    let builder = CookieSessions::typed::<Shuffled>(Keyring::new(secret()), "shuffled");
    let sessions = builder.build().unwrap();
    let used = || {
        let mut session = sessions.fresh();
        session.touch();
        encode(&sessions, &session);
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
}

#[test]
fn a_handle_leaves_nothing_behind() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    let used = || {
        let now = std::time::SystemTime::now();
        let handle =
            SessionHandle::for_test(sessions.decode_at(&headers, sessions.transport(), now));
        handle.with(|session| assert_eq!(session.get("text"), Some(TEXT)));
        drop(black_box(handle.data()));
        drop(black_box(handle));
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
    assert_eq!(left_behind(id, used), 0, "its id");
}

#[test]
fn an_error_leaves_nothing_behind() {
    let sessions = sessions();
    let mut session = sessions.fresh();
    session.set("text", TEXT);
    session.set("more", "x".repeat(5000));
    let used = || {
        let mut headers =
            HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("theme=dark"))]);
        let now = std::time::SystemTime::now();
        assert!(sessions.encode_at(&session, &mut headers, StatusCode::OK, now).is_err());
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
}

/// A value that is written as the text, and read without keeping it: a `T` is not wiped.
struct Text;

impl serde::Serialize for Text {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(TEXT)
    }
}

impl<'de> serde::Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn what_a_sealer_wrote_and_opened_is_wiped() {
    let sessions = sessions();
    let (lifetime, now) = (Duration::from_secs(60), SystemTime::now());
    let sealer = sessions.sealer::<Text>("link", lifetime).unwrap();
    let sealed = sealer.seal(&Text, now).unwrap();
    let used = || {
        black_box(sealer.seal(&Text, now)).unwrap();
        black_box(sealer.open(&sealed, now)).unwrap();
        let session = black_box(sessions.fresh());
        black_box(sealer.bound_to(&session).seal(&Text, now)).unwrap();
        let cookie = sealer.in_cookie("link", sealed_session::SameSite::Lax).unwrap();
        let mut headers = HeaderMap::new();
        cookie.encode(&Text, &mut headers, sessions.transport(), now).unwrap();
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
}

#[test]
fn the_id_that_a_value_is_bound_to_is_wiped() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    let sealer = sessions.sealer::<u8>("link", Duration::from_secs(60)).unwrap();
    let used = || {
        let session = black_box(decode(&sessions, &headers));
        let bound = black_box(sealer.bound_to(&session));
        let sealed = bound.seal(&7, SystemTime::now()).unwrap();
        assert_eq!(black_box(bound.open(&sealed, SystemTime::now())), Ok(7));
    };
    assert_eq!(left_behind(needle(&id), used), 0);
}

/// Sessions that adopt the one in the cookie `id`.
fn adopting(builder: Builder<Dict>) -> CookieSessions {
    let (began, day) = (SystemTime::now(), Duration::from_secs(24 * 3600));
    let hook = move |_: &HeaderMap, _| {
        let mut data = Dict::default();
        data.set("text", TEXT);
        Some(Adopted::new(data, began))
    };
    builder.adopt(began + day, [OldCookie::new("id")], hook).build().unwrap()
}

/// A request that brings it, and the id of the session.
fn with_old_cookie() -> (HeaderMap, Needle) {
    let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("id=of-a-library"))]);
    let sessions = adopting(CookieSessions::builder(Keyring::new(secret())));
    let session = decode(&sessions, &headers);
    let id = BASE64_URL_SAFE_NO_PAD.decode(session.id().expose_base64url().as_bytes()).unwrap();
    (headers, needle(&id))
}

#[test]
fn an_adopted_session_is_wiped() {
    let sessions = adopting(CookieSessions::builder(Keyring::new(secret())));
    let (headers, id) = with_old_cookie();
    let changes: [fn(&mut Session); 4] =
        [|_| {}, |session| session.set("step", "2"), Session::confirm, Session::invalidate];
    for change in changes {
        let used = || {
            let mut session = black_box(decode(&sessions, &headers));
            change(&mut session);
            encode(&sessions, &session);
        };
        assert_eq!(left_behind(id, used), 0, "the id");
        assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0, "the data");
    }
}

#[test]
fn an_adopted_session_that_waits_for_a_hook_is_wiped() {
    let builder = CookieSessions::builder(Keyring::new(secret()));
    let sessions = adopting(builder.revocation_async(Slow).subject(subject));
    let (headers, id) = with_old_cookie();
    let layer = SessionLayer::new(sessions).check_revocation(|_| std::future::pending());
    let changes: [Change; 3] = [|_| {}, SessionHandle::confirm, SessionHandle::revoke];
    for change in changes {
        let handler = service_fn(move |request: Request<()>| async move {
            let session: &SessionHandle = request.extensions().get().unwrap();
            assert!(session.contains("text"));
            change(session);
            Ok::<_, Infallible>(Response::new(""))
        });
        let used = || {
            let mut request = Request::new(());
            *request.headers_mut() = headers.clone();
            let response = run(Box::pin(layer.clone().layer(handler).oneshot(request))).unwrap();
            assert!(response.headers().contains_key(SET_COOKIE));
        };
        assert_eq!(left_behind(id, used), 0, "the id");
        assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0, "the data");
    }
}

#[test]
fn flash_messages_are_wiped() {
    let sessions = sessions();
    let push = |flash: &mut Flash| {
        for _ in 0..8 {
            flash.push(Level::Info, TEXT).unwrap();
        }
        flash.push(Level::Info, TEXT).unwrap_err();
    };
    let mut flash = Flash::new();
    push(&mut flash);
    let request =
        Request::builder().header(COOKIE, sessions.flash_cookie(&flash).unwrap()).body(()).unwrap();
    let used = || {
        let mut flash = black_box(sessions.decode_flash(&request));
        assert_eq!(flash.len(), 8);
        // What arrived makes room.
        push(&mut flash);
        sessions.encode_flash(&flash, &mut Response::new(())).unwrap();
        assert_eq!(black_box(flash.take())[7].text(), TEXT);
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
    let long = || {
        let text = TEXT.repeat(65);
        black_box(Flash::new()).push(Level::Info, text).unwrap_err();
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), long), 0, "too long");
}

#[test]
fn flash_messages_in_a_handle_are_wiped() {
    let layer = FlashLayer::new(sessions());
    let used = || {
        let pushing = service_fn(async |request: Request<()>| {
            let flash: &FlashHandle = request.extensions().get().unwrap();
            flash.push(Level::Info, TEXT).unwrap();
            Ok::<_, Infallible>(Response::new(flash.clone()))
        });
        let response = run(layer.layer(pushing).oneshot(Request::new(()))).unwrap();
        response.body().push(Level::Info, TEXT).unwrap_err();
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "it is looked for, and compared with nothing")]
fn the_csrf_key_of_a_session_is_wiped_and_its_tokens_are_the_callers() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    let mac = Hmac::<Sha256>::new_from_slice(&id).unwrap().chain_update("sealed-session v1 csrf");
    let key = mac.finalize().into_bytes();
    let used = || {
        let session = black_box(decode(&sessions, &headers));
        let every = session.csrf_token();
        session.verify_csrf(&every).unwrap();
        session.verify_csrf_for(session.csrf_token_for("POST", "/").unwrap(), "POST", "/").unwrap();
        session.verify_csrf_for(every, "POST", "/").unwrap_err();
    };
    for (what, bytes) in [("key", &key[..16]), ("key's second half", &key[16..]), ("id", &id)] {
        assert_eq!(left_behind(needle(bytes), used), 0, "{what}");
    }
    let session = decode(&sessions, &headers);
    let token = session.csrf_token();
    let verify = || session.verify_csrf(&token).unwrap();
    assert_eq!(left_behind(needle(&token.as_bytes()[..16]), verify), 0, "a copy of a token");
}

/// Whose session it is.
fn subject(dict: &Dict) -> Option<Cow<'_, str>> {
    dict.get("text").map(Into::into)
}

#[test]
fn what_a_hook_is_asked_and_told_is_wiped() {
    let denied = LocalDenyList::new(100);
    let builder = CookieSessions::builder(Keyring::new(secret()));
    let sessions = builder.revocation(denied.clone()).subject(subject).build().unwrap();
    let (headers, id) = with_text(&sessions);
    let used = || {
        let mut session = black_box(decode(&sessions, &headers));
        for _ in 0..9 {
            session.revoke();
            session.set("text", TEXT);
            let _ = session.id();
        }
        encode(&sessions, &session);
    };
    denied.deny_before("somebody else", SystemTime::UNIX_EPOCH, None);
    assert_eq!(left_behind(id, used), 0, "the id");
    let refused = || {
        let session = sessions.decode_at(&headers, sessions.transport(), SystemTime::now());
        assert_eq!(session.rejection(), Some(&Rejection::Revoked));
    };
    assert_eq!(left_behind(id, refused), 0, "the id");
    assert_eq!(left_behind(needle(TEXT.as_bytes()), refused), 0, "the subject");
    let list = || {
        let denied = black_box(LocalDenyList::new(1));
        for subject in [TEXT, TEXT, "somebody else"] {
            denied.deny_before(subject, SystemTime::now(), None);
        }
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), list), 0, "the subject in the list");
}

/// A store that is slow, and takes what it is told.
struct Slow;

impl AsyncRevocation for Slow {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        assert_eq!(asked.subject(), Some(TEXT));
        wait().await;
        Ok(false)
    }

    async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        wait().await;
        Ok(())
    }
}

/// Is ready when it is polled again.
fn wait() -> impl Future<Output = ()> {
    let mut polled = false;
    std::future::poll_fn(move |_| {
        if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
    })
}

type Change = fn(&SessionHandle);

#[test]
fn what_waits_for_a_hook_is_wiped() {
    let builder = CookieSessions::builder(Keyring::new(secret()));
    let sessions = builder.revocation_async(Slow).subject(subject).build().unwrap();
    let mut session = sessions.fresh();
    session.set("text", TEXT);
    let id = BASE64_URL_SAFE_NO_PAD.decode(session.id().expose_base64url().as_bytes()).unwrap();
    // As many as are opened, of one session: each of them waits.
    let request = || {
        let pairs = [(); 8]
            .map(|()| sessions.request_cookie(&session).unwrap().to_str().unwrap().to_owned());
        Request::builder().header(COOKIE, pairs.join("; ")).body(()).unwrap()
    };
    let answer = |change: Change| {
        let handler = service_fn(move |request: Request<()>| async move {
            let session: &SessionHandle = request.extensions().get().unwrap();
            assert!(session.contains("text"));
            change(session);
            Ok::<_, Infallible>(Response::new(""))
        });
        let layer =
            SessionLayer::new(sessions.clone()).check_revocation(|_| std::future::pending());
        Box::pin(layer.layer(handler).oneshot(request()))
    };
    let changes: [(&str, Change); 4] = [
        ("read", |_| {}),
        ("touched", SessionHandle::touch),
        ("revoked", SessionHandle::revoke),
        ("revoked twice", |session| [session; 2].into_iter().for_each(SessionHandle::revoke)),
    ];
    for (what, change) in changes {
        let used = || assert_eq!(run(answer(change)).unwrap().status(), 200);
        assert_eq!(left_behind(needle(&id), used), 0, "the id, {what}");
        assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0, "the subject, {what}");
    }
    let given_up = || {
        let mut answer = answer(|_| {});
        assert!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    };
    assert_eq!(left_behind(needle(&id), given_up), 0, "the id, given up");
    assert_eq!(left_behind(needle(TEXT.as_bytes()), given_up), 0, "the subject, given up");
}

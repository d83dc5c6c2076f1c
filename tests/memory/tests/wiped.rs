//! Secrets, derived keys, ids and opened sessions are wiped before their memory is given back.
//!
//! An allocator looks at every block that is freed, and counts those in which the bytes stand that a test is about.
//! Blocks only: what was on the stack is not seen.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use hkdf::Hkdf;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{CookieSessions, Dict, Keyring, Payload, Secret, Session, SessionHandle};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What is looked for.
type Needle = [u8; 16];

thread_local! {
    static NEEDLE: Cell<Option<Needle>> = const { Cell::new(None) };
    static FOUND: Cell<usize> = const { Cell::new(0) };
}

struct Watching;

#[global_allocator]
static WATCHING: Watching = Watching;

// SAFETY: it is the system's allocator. Growing is left to the default, which takes a new block and frees the old one.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte of a block can be read when it is freed.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
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
    HeaderMap::from_iter([(COOKIE, sessions.cookie(session).unwrap())])
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
    let texts =
        [BASE64_URL_SAFE_NO_PAD.encode(SECRET), SECRET.iter().map(|byte| format!("{byte:02x}")).collect()];
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

/// The secret, its PRK and the two halves of its key.
fn keys() -> [(&'static str, Vec<u8>); 4] {
    let (prk, hkdf) = Hkdf::<Sha256>::extract(Some(b"sealed-session v1"), &SECRET);
    let mut scope = Vec::new();
    let mut lp = |part: &[u8]| {
        scope.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
        scope.extend(part);
    };
    lp(b"key");
    lp(b"session");
    lp(b"__Host-session");
    scope.push(1);
    for (part, end) in [(&b"/"[..], &[][..]), (b"", &[0]), (b"", &[]), (b"dict", &[])] {
        scope.extend(u16::try_from(part.len()).unwrap().to_be_bytes());
        scope.extend(part);
        scope.extend(end);
    }
    let mut key = [0; 32];
    hkdf.expand(&scope, &mut key).unwrap();

    let [first, second] = [&key[..16], &key[16..]].map(<[u8]>::to_vec);
    [("secret", SECRET.to_vec()), ("PRK", prk.to_vec()), ("key", first), ("key's second half", second)]
}

#[test]
fn the_keys_of_a_configuration_are_wiped_with_it() {
    for (what, bytes) in keys() {
        let used = || {
            let sessions = black_box(sessions());
            let (headers, _) = with_text(&sessions);
            assert_eq!(decode(&sessions, &headers).get("text"), Some(TEXT));
        };
        assert_eq!(left_behind(needle(&bytes), used), 0, "{what}");
    }
}

#[test]
fn the_keys_of_a_secret_that_was_rotated_out_are_wiped_at_once() {
    let other = || Secret::from_bytes(&[[7; 16], [9; 16]].concat()).unwrap();
    for (what, bytes) in keys() {
        let sessions = black_box(sessions());
        let rotate = |keyring| left_behind(needle(&bytes), || sessions.rotate(keyring));
        assert_eq!(rotate(Keyring::new(other()).previous(secret())), 0, "{what}, current");
        assert_eq!(rotate(Keyring::new(other())), 0, "{what}, previous");
    }
}

#[test]
fn the_keys_of_an_older_schema_are_wiped() {
    let build = || {
        let other = |n| Secret::from_bytes(&[[n; 16], [9; 16]].concat()).unwrap();
        let keyring = Keyring::new(secret()).previous(other(1)).previous(other(2)).upcoming(other(3));
        let builder = CookieSessions::typed::<Note>(keyring, "note-1");
        let sessions = builder.upgrade_from::<Dict>("dict", |dict| Note(dict.len().to_string())).build();
        drop(black_box(sessions.unwrap()));
    };
    for (what, bytes) in keys() {
        assert_eq!(left_behind(needle(&bytes), build), 0, "{what}");
    }
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
        assert_eq!(left_behind(id, used), 0);
    }
    let exposed = || drop(black_box(decode(&sessions, &headers).id().expose_base64url()));
    assert_eq!(left_behind(needle(BASE64_URL_SAFE_NO_PAD.encode(id).as_bytes()), exposed), 0, "its text");
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

#[test]
fn a_handle_leaves_nothing_behind() {
    let sessions = sessions();
    let (headers, id) = with_text(&sessions);
    let used = || {
        let now = std::time::SystemTime::now();
        let handle = SessionHandle::detached(sessions.decode_at(&headers, sessions.transport(), now));
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
        let mut headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("theme=dark"))]);
        let now = std::time::SystemTime::now();
        assert!(sessions.encode_at(&session, &mut headers, StatusCode::OK, now).is_err());
    };
    assert_eq!(left_behind(needle(TEXT.as_bytes()), used), 0);
}

//! A session that cannot be sealed: an error if the application wrote to it, and else the client keeps what it has.

use http::header::{CACHE_CONTROL, HeaderMap, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use sealed_session::{
    Builder, CookieSessions, Dict, EncodeError, Issue, Payload, SameSite, Sent, Session,
};
use serde::{Deserialize, Serialize, Serializer};

use crate::support::{DAY, NOW, at, decode, encode, pair, ring, secret, secs, visit};

type Is = fn(&EncodeError) -> bool;

type Change<T> = fn(&mut Session<T>);

const TOO_LARGE: Is = |error| matches!(error, EncodeError::TooLarge { .. });
const PAYLOAD: Is = |error| matches!(error, EncodeError::Payload(_));

/// The largest session that these sessions seal at `NOW`.
fn largest(sessions: &CookieSessions) -> String {
    let fits = |len: &usize| {
        let mut session = visit(sessions, NOW);
        session.set("text", "x".repeat(*len));
        let cookie = sessions.to_cookie(&session, at(NOW)).ok()??;
        Some(format!("{}={}", cookie.name(), cookie.value()))
    };
    (0..4096).rev().find_map(|len| fits(&len)).unwrap()
}

/// Sends it as it was opened: with a response and through a jar.
#[track_caller]
fn is_left_as_it_was<T: Payload>(
    row: &str,
    sessions: &CookieSessions<T>,
    session: &Session<T>,
    now: u64,
) {
    let mut headers = HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("theme=dark"))]);
    let sent = sessions.encode_at(session, &mut headers, StatusCode::OK, at(now));
    assert_eq!(sent.unwrap(), Sent::Unchanged, "{row}");
    assert_eq!(headers.get_all(SET_COOKIE).iter().collect::<Vec<_>>(), ["theme=dark"], "{row}");
    assert_eq!(headers[CACHE_CONTROL], "private", "{row}: what was read is not for shared caches");
    assert!(sessions.to_cookie(session, at(now)).unwrap().is_none(), "{row}");
}

#[track_caller]
fn is_error<T: Payload>(
    row: &str,
    sessions: &CookieSessions<T>,
    session: &Session<T>,
    (is, now): (Is, u64),
) {
    let mut headers = HeaderMap::new();
    let error = sessions.encode_at(session, &mut headers, StatusCode::OK, at(now)).unwrap_err();
    assert!(is(&error) && headers.is_empty(), "{row}: {error}");
    assert!(is(&sessions.to_cookie(session, at(now)).unwrap_err()), "{row}");
}

/// The cookie is as valid as before if nothing was written to its session, and each change is an error.
#[track_caller]
fn check<T: Payload>(
    row: &str,
    sessions: &CookieSessions<T>,
    (cookie, now): (&str, u64),
    is: Is,
    write: Change<T>,
) {
    let read = || decode(sessions, cookie, now);
    let opened = read();
    assert!(!opened.is_new(), "{row}");
    is_left_as_it_was(row, sessions, &opened, now);
    let mut touched = read();
    touched.touch();
    is_left_as_it_was(&format!("{row}, touched"), sessions, &touched, now);
    let mut written = read();
    write(&mut written);
    is_error(&format!("{row}, written"), sessions, &written, (is, now));
    // These may make it shorter: the age of a renewed session is 0.
    let changes: [(&str, Change<T>); 3] = [
        ("renewed", Session::renew),
        ("confirmed", Session::confirm),
        ("with another timeout", |session| session.set_idle_timeout(secs(20 * DAY))),
    ];
    for (change, apply) in changes {
        let mut session = read();
        apply(&mut session);
        match sessions.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, at(now)) {
            Ok(sent) => assert_eq!(sent, Sent::Set, "{row}, {change}"),
            Err(error) => assert!(is(&error), "{row}, {change}: {error}"),
        }
    }
    assert!(!read().is_new(), "{row}: the cookie is still valid");
}

type Set = fn(Builder<Dict>) -> Builder<Dict>;

#[test]
fn a_session_that_has_become_too_large_is_an_error_only_if_it_is_written() {
    let plain: Set = |builder| builder;
    let rows: [(&str, Set, Set, u64); 5] = [
        ("its age takes more bytes", plain, plain, NOW + 8 * DAY),
        ("padding is switched on", plain, |b| b.padding(512), NOW + 8 * DAY),
        ("the limit is lowered", plain, |b| b.max_set_cookie_len(2048), NOW + 8 * DAY),
        ("Max-Age is sent again", |b| b.browser_session(true), plain, NOW + 8 * DAY),
        ("a longer SameSite", plain, |b| b.same_site(SameSite::Strict), NOW + 8 * DAY),
    ];
    let build = |set: Set| set(CookieSessions::builder(ring(1))).build().unwrap();
    for (row, before, after, now) in rows {
        let cookie = largest(&build(before));
        let larger: Change<Dict> = |session| session.set("more", "x".repeat(600));
        check(row, &build(after), (&cookie, now), TOO_LARGE, larger);
    }
}

#[test]
fn a_reseal_under_another_secret_that_does_not_fit_is_no_error() {
    let cookie = largest(&CookieSessions::new(ring(2)));
    let rotated = CookieSessions::new(ring(1).previous(secret(2)));
    let larger: Change<Dict> = |session| session.set("more", "x".repeat(600));
    check("previous secret", &rotated, (&cookie, NOW + DAY), TOO_LARGE, larger);
    let upgraded = CookieSessions::typed::<Vec<String>>(ring(1), "texts")
        .upgrade_from::<Dict>("dict", |dict| {
            dict.iter().map(|(_, text)| format!("{text}, and more")).collect()
        })
        .build()
        .unwrap();
    let cookie = largest(&CookieSessions::new(ring(1)));
    let larger: Change<Vec<String>> = |session| session.data_mut().push(String::new());
    check("upgrade", &upgraded, (&cookie, NOW), TOO_LARGE, larger);
}

#[test]
fn a_payload_that_does_not_survive_is_an_error_only_if_it_is_written() {
    let old = CookieSessions::typed::<u8>(ring(1), "old").build().unwrap();
    let mut session = visit(&old, NOW);
    *session.data_mut() = 1;
    let cookie = pair(&encode(&old, &session, NOW).1);
    let lossy = CookieSessions::typed::<Option<Option<u8>>>(ring(1), "new")
        .upgrade_from::<u8>("old", |_| Some(None))
        .build()
        .unwrap();
    check("lost", &lossy, (&cookie, NOW), PAYLOAD, |session| {
        session.data_mut();
    });
    let refused = CookieSessions::typed::<Unfit>(ring(1), "new")
        .upgrade_from::<u8>("old", |_| Unfit(true))
        .build()
        .unwrap();
    check("refused", &refused, (&cookie, NOW), PAYLOAD, |session| {
        session.data_mut();
    });
}

/// It serializes as long as it is `false`.
#[derive(Default, Deserialize)]
struct Unfit(bool);

impl Serialize for Unfit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 {
            Err(serde::ser::Error::custom("unfit"))
        } else {
            serializer.serialize_bool(false)
        }
    }
}

/// Nothing of it is in a cookie yet, or the application may remove the other one.
#[test]
fn a_session_that_begins_or_moves_to_another_cookie_is_an_error() {
    let sessions = CookieSessions::builder(ring(1)).issue(Issue::Eager).build().unwrap();
    let mut session = visit(&sessions, NOW);
    session.set("text", "x".repeat(4096));
    is_error("begins", &sessions, &session, (TOO_LARGE, NOW));

    let moved = CookieSessions::builder(ring(1)).path("/a/rather/long/path").build().unwrap();
    let session = decode(&sessions, &largest(&sessions), NOW);
    is_error("moves", &moved, &session, (TOO_LARGE, NOW));
    let same = CookieSessions::builder(ring(1)).max_set_cookie_len(2048).build().unwrap();
    is_left_as_it_was("another build of the same cookie", &same, &session, NOW);
}

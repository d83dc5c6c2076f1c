//! Two sessions that are encoded to one response: a middleware and a handler each decoded the request.

use crate::support::{Log, NOW, at, cookies, decode, encode, ring, sealed, secs, sessions, visit};
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode};
use sealed_session::{CookieSessions, Sent, Session};

/// What a middleware or a handler does.
type Change = fn(&mut Session);
/// The first one, the second one, what the second encoding does, and whether it loses what the first one wrote.
type Row = (&'static str, Change, Change, Sent, bool);

fn write_a(session: &mut Session) {
    session.set("a", "1");
}

fn write_b(session: &mut Session) {
    session.set("b", "2");
}

const ROWS: [Row; 11] = [
    ("two writes", write_a, write_b, Sent::Set, true),
    ("the same write", write_a, write_a, Sent::Set, false),
    ("a write, a look", write_a, |_| {}, Sent::Unchanged, false),
    ("a write, a new id", write_a, Session::renew, Sent::Set, true),
    ("a write, sent again", write_a, Session::touch, Sent::Set, true),
    ("a new id, a write", Session::renew, write_b, Sent::Set, true),
    ("a new id, another new id", Session::renew, Session::renew, Sent::Set, false),
    ("sent again, a timeout", Session::touch, |s| s.set_idle_timeout(secs(60)), Sent::Set, false),
    ("a look, a write", |_| {}, write_b, Sent::Set, false),
    ("a log-out, a write", Session::invalidate, write_b, Sent::Set, true),
    ("a write, a log-out", write_a, Session::invalidate, Sent::Removed, false),
];

const WORDS: &str =
    "two sessions were encoded to one response: the changes of the first one are lost";

/// The second encoding to a response, and what is logged meanwhile.
fn encode_to(
    sessions: &CookieSessions,
    session: &Session,
    headers: &mut HeaderMap,
    now: u64,
) -> (Sent, String) {
    let log = Log::default();
    let _listening = log.listen();
    let sent = sessions.encode_at(session, headers, StatusCode::OK, at(now)).unwrap();
    (sent, log.all())
}

/// Encodes a session of this request to a response, and then another one.
#[track_caller]
fn twice(sessions: &CookieSessions, cookie: &str, row: Row, now: u64) -> (Sent, String) {
    let [mut first, mut second] = [(); 2].map(|()| decode(sessions, cookie, now));
    row.1(&mut first);
    row.2(&mut second);
    let mut headers = encode(sessions, &first, now).1;
    let told = encode_to(sessions, &second, &mut headers, now);
    assert!(headers.get_all(SET_COOKIE).iter().count() <= 1, "{}", row.0);
    told
}

fn is_told(log: &str) -> bool {
    log.lines().any(|line| line.contains("WARN sealed_session: ") && line.ends_with(WORDS))
}

#[test]
fn what_an_earlier_encoding_wrote_and_a_later_one_loses_is_a_warning() {
    let cookie = sealed(&sessions(), &[("user", "alice")], NOW);
    for row in ROWS {
        let (sent, log) = twice(&sessions(), &cookie, row, NOW);
        assert_eq!((sent, is_told(&log)), (row.3, row.4), "{}: {log}", row.0);
    }
}

#[test]
fn pre_sessions_that_are_encoded_twice_are_logged_alike() {
    let rows: [Row; 4] = [
        ("two writes", write_a, write_b, Sent::Set, true),
        ("the same write", write_a, write_a, Sent::Set, false),
        ("an id, another id", |s| drop(s.id().clone()), |s| drop(s.id().clone()), Sent::Set, false),
        ("a write, an id", write_a, |s| drop(s.id().clone()), Sent::Set, true),
    ];
    for row in rows {
        let (sent, log) = twice(&sessions(), "", row, NOW);
        assert_eq!((sent, is_told(&log)), (row.3, row.4), "{}: {log}", row.0);
    }
}

#[test]
fn a_lost_write_is_logged_at_most_once_a_minute() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], NOW);
    for (seconds, due) in [(0, true), (59, false), (60, true), (61, false), (120, true)] {
        let (sent, log) = twice(&sessions.clone(), &cookie, ROWS[0], NOW + seconds);
        assert_eq!((sent, is_told(&log)), (Sent::Set, due), "after {seconds} s: {log}");
    }
}

#[test]
fn a_cookie_of_ours_that_cannot_be_opened_is_lost_too_and_a_foreign_one_is_kept() {
    let sessions = sessions();
    let ours = |sessions: &CookieSessions| {
        let mut session = visit(sessions, NOW);
        write_a(&mut session);
        encode(sessions, &session, NOW).1[SET_COOKIE].to_str().unwrap().to_owned()
    };
    let typed = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    let mut number = typed.fresh();
    *number.data_mut() = 7;
    let rows = [
        (ours(&CookieSessions::new(ring(2))), true),
        (encode(&typed, &number, NOW).1[SET_COOKIE].to_str().unwrap().to_owned(), true),
        ("__Host-session=junk; Path=/".to_owned(), true),
        (ours(&CookieSessions::builder(ring(1)).name("other").build().unwrap()), false),
        (ours(&sessions).replace("Path=/", "Path=/app"), false),
        (ours(&sessions).replace("Path=/", "Path=/; Domain=example.com"), false),
        ("theme=dark".to_owned(), false),
    ];
    for (line, is_lost) in rows {
        let sessions = crate::support::sessions();
        let mut headers = HeaderMap::new();
        headers.append(SET_COOKIE, line.parse().unwrap());
        let mut session = visit(&sessions, NOW);
        write_b(&mut session);
        let (sent, log) = encode_to(&sessions, &session, &mut headers, NOW);
        assert_eq!((sent, is_told(&log)), (Sent::Set, is_lost), "{line}: {log}");
    }
}

#[test]
fn a_typed_payload_is_compared_as_it_was_sealed() {
    let sessions = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    for (first, second, lost) in [(7, 8, true), (7, 7, false)] {
        let number = |n: u32| {
            let mut session = sessions.decode_at(&cookies([""]), sessions.transport(), at(NOW));
            *session.data_mut() = n;
            session
        };
        let mut headers = encode(&sessions, &number(first), NOW).1;
        let log = Log::default();
        let _listening = log.listen();
        sessions.encode_at(&number(second), &mut headers, StatusCode::OK, at(NOW)).unwrap();
        assert_eq!(is_told(&log.all()), lost, "{}", log.all());
    }
}

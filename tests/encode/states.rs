//! What `encode` decides, state by state, and what it leaves as it was.

use std::cell::Cell;

use crate::support::*;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::Sent::{Removed, Set, Unchanged, Withheld};
use sealed_session::{CookieSessions, Issue, Keyring, Sent, Session, Transport};
use serde::{Deserialize, Serialize, Serializer, ser::Error};

type Change = fn(&mut Session);
/// A state, what brings it about, and what `encode` does then under `Lazy` and under `Eager`.
type Row = (&'static str, Change, Sent, Sent);

/// The secret of the test vectors.
fn vector_ring() -> Keyring {
    Keyring::new(vector("current: ").parse().unwrap())
}

fn vector(field: &str) -> &'static str {
    let text = include_str!("../vectors/corrupt-byte-after-dict.txt");
    line_of(text, field)
}

fn line_of(vector: &'static str, field: &str) -> &'static str {
    vector.lines().find_map(|line| line.strip_prefix(field)).unwrap()
}

fn coder(issue: Issue) -> CookieSessions {
    CookieSessions::builder(vector_ring()).issue(issue).build().unwrap()
}

/// `name=token` of a session that stands at `NOW` and is not due.
fn standing() -> String {
    sealed(&coder(Issue::Lazy), &[("user", "alice")], NOW)
}

/// The cookie with another character at a place of the token.
fn forged(cookie: &str, place: usize) -> String {
    let mut bytes = cookie.as_bytes().to_vec();
    let byte = &mut bytes[NAME.len() + 1 + place];
    *byte = if *byte == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

/// For each reason: what brings it about at `NOW`, and whether another machine may judge otherwise.
fn rejections() -> Vec<(&'static str, String, bool)> {
    let good = standing();
    let sealed_at = |now| sealed(&coder(Issue::Lazy), &[], now);
    let nine = (40..49).map(|place| forged(&good, place)).collect::<Vec<_>>();
    let unknown = include_str!("../vectors/unknown-extension-2.txt");
    vec![
        ("TooLong", format!("{NAME}={}", "A".repeat(4096 - NAME.len())), false),
        ("Malformed", format!("{NAME}=AfX"), false),
        ("UnknownVersion", good.replacen("=A", "=_", 1), true),
        ("UnknownKey", sealed(&sessions(), &[], NOW), true),
        ("Forged", forged(&good, 40), false),
        ("Corrupt", format!("{NAME}={}", vector("token: ")), true),
        ("UnknownExtension", format!("{NAME}={}", line_of(unknown, "token: ")), true),
        ("FromTheFuture", sealed_at(NOW + 301), true),
        ("AbsoluteTimeout", sealed_at(NOW - 30 * DAY), false),
        ("IdleTimeout", sealed_at(NOW - 14 * DAY), false),
        ("TooMany", nine.join("; "), true),
        ("Ambiguous", format!("{good}; {}", standing()), true),
    ]
}

/// What was sent, having seen that the header fields say the same.
#[track_caller]
fn sent(sessions: &CookieSessions, session: &Session, row: &str) -> Sent {
    let (sent, headers) = encode(sessions, session, NOW);
    let (lines, held) =
        (headers.get_all(SET_COOKIE).iter().count(), sessions.from_response(&headers).is_some());
    let expected = match sent {
        Set => (1, true),
        Removed => (1, false),
        _ => (0, false),
    };
    assert_eq!((lines, held), expected, "{row}: {sent:?}");
    sent
}

#[track_caller]
fn check(cookie: &str, rows: &[Row]) {
    for (row, change, lazy, eager) in rows {
        for (issue, expected) in [(Issue::Lazy, lazy), (Issue::Eager, eager)] {
            let sessions = coder(issue);
            let mut session = decode(&sessions, cookie, NOW);
            change(&mut session);
            assert_eq!(sent(&sessions, &session, row), *expected, "{row}, {issue:?}");
        }
    }
}

fn borrow(session: &mut Session) {
    session.data_mut();
}

fn look(session: &mut Session) {
    let label = session.label();
    let _ = (session.created_at(), session.expires_at(), session.data(), format!("{session:?}"));
    let _ = (session.is_new(), session.rejection(), session.opened_by());
    assert_eq!(session.label(), label, "nothing is drawn");
}

fn ask_for_id(session: &mut Session) {
    session.id();
}

fn write(session: &mut Session) {
    session.set("lang", "en");
}

fn write_back(session: &mut Session) {
    session.set("user", "alice");
}

fn retime(session: &mut Session) {
    session.set_idle_timeout(secs(3600));
}

/// One after the other.
macro_rules! then {
    ($($change:expr),+) => {
        |session: &mut Session| {
            for change in [$($change as Change),+] {
                change(session);
            }
        }
    };
}

#[test]
fn a_visitor_without_a_cookie_gets_one_when_something_is_written() {
    let rows: [Row; 18] = [
        ("nothing", |_| {}, Unchanged, Set),
        ("looked at", look, Unchanged, Set),
        ("borrowed", borrow, Unchanged, Set),
        ("written and taken out", then!(write, Session::clear), Unchanged, Set),
        ("renewed", Session::renew, Unchanged, Set),
        ("own timeout", retime, Unchanged, Set),
        ("invalidated", Session::invalidate, Unchanged, Set),
        (
            "written, then invalidated",
            then!(write, ask_for_id, Session::invalidate),
            Unchanged,
            Set,
        ),
        ("written", write, Set, Set),
        ("touched", Session::touch, Set, Set),
        ("id asked for", ask_for_id, Set, Set),
        ("confirmed", Session::confirm, Set, Set),
        ("confirmed, then renewed", then!(Session::confirm, Session::renew), Set, Set),
        ("invalidated, then confirmed", then!(Session::invalidate, Session::confirm), Set, Set),
        ("id asked for, then renewed", then!(ask_for_id, Session::renew), Set, Set),
        ("invalidated, then touched", then!(Session::invalidate, Session::touch), Set, Set),
        ("invalidated, then id asked for", then!(Session::invalidate, ask_for_id), Set, Set),
        ("invalidated, then written", then!(Session::invalidate, write), Set, Set),
    ];
    check("", &rows);
}

#[test]
fn a_loaded_session_is_sent_when_it_changed() {
    let rows: [Row; 16] = [
        ("nothing", |_| {}, Unchanged, Unchanged),
        ("looked at", look, Unchanged, Unchanged),
        ("id asked for", ask_for_id, Unchanged, Unchanged),
        ("borrowed", borrow, Unchanged, Unchanged),
        ("equal value written", write_back, Unchanged, Unchanged),
        ("cleared and written back", then!(Session::clear, write_back), Unchanged, Unchanged),
        ("absent entry removed", |s| drop(s.remove("lang")), Unchanged, Unchanged),
        ("another value", |s| s.set("user", "alicf"), Set, Set),
        ("another entry", write, Set, Set),
        ("entry removed", |s| drop(s.remove("user")), Set, Set),
        ("cleared", Session::clear, Set, Set),
        ("renewed", Session::renew, Set, Set),
        ("touched", Session::touch, Set, Set),
        ("confirmed", Session::confirm, Set, Set),
        ("own timeout", retime, Set, Set),
        ("renewed and id asked for", then!(Session::renew, ask_for_id), Set, Set),
    ];
    check(&standing(), &rows);
}

const LOGGED_OUT: [Row; 13] = [
    ("invalidated", Session::invalidate, Removed, Set),
    ("and looked at", then!(Session::invalidate, look), Removed, Set),
    ("and borrowed", then!(Session::invalidate, borrow), Removed, Set),
    ("and renewed", then!(Session::invalidate, Session::renew), Removed, Set),
    ("and own timeout", then!(Session::invalidate, retime), Removed, Set),
    ("written before", then!(write, Session::invalidate), Removed, Set),
    ("touched before", then!(Session::touch, Session::invalidate), Removed, Set),
    ("confirmed before", then!(Session::confirm, Session::invalidate), Removed, Set),
    (
        "renewed and id asked for before",
        then!(Session::renew, ask_for_id, Session::invalidate),
        Removed,
        Set,
    ),
    ("touched since", then!(Session::invalidate, Session::touch), Set, Set),
    ("confirmed since", then!(Session::invalidate, Session::confirm), Set, Set),
    ("written since", then!(Session::invalidate, write), Set, Set),
    ("id asked for since", then!(Session::invalidate, ask_for_id), Set, Set),
];

#[test]
fn a_log_out_removes_the_cookie_unless_something_is_written_since() {
    check(&standing(), &LOGGED_OUT);
}

#[test]
fn a_log_out_removes_a_cookie_that_did_not_open_for_every_reason() {
    for (reason, cookie, _) in rejections() {
        let session = decode(&coder(Issue::Lazy), &cookie, NOW);
        assert!(format!("{:?}", session.rejection()).contains(reason), "{reason}: {session:?}");
        check(&cookie, &LOGGED_OUT);
    }
}

#[test]
fn a_rejected_cookie_is_only_removed_by_a_log_out() {
    for (reason, cookie, undecided) in rejections() {
        let eager = if undecided { Unchanged } else { Set };
        let rows: [Row; 8] = [
            (reason, |_| {}, Unchanged, eager),
            (reason, look, Unchanged, eager),
            (reason, then!(borrow, Session::renew), Unchanged, eager),
            (reason, retime, Unchanged, eager),
            (reason, write, Set, Set),
            (reason, Session::touch, Set, Set),
            (reason, Session::confirm, Set, Set),
            (reason, ask_for_id, Set, Set),
        ];
        check(&cookie, &rows);
    }
}

#[test]
fn eager_spares_a_cookie_it_cannot_judge_beside_one_that_it_can() {
    let rejections = rejections();
    let (judged, undecided): (Vec<_>, Vec<_>) = rejections.iter().partition(|row| !row.2);
    for (one, spared, _) in
        undecided.iter().filter(|row| row.0 != "TooMany" && row.0 != "Ambiguous")
    {
        for (other, junk, _) in &judged {
            let row = format!("{one}, {other}");
            for cookie in [format!("{spared}; {junk}"), format!("{junk}; {spared}")] {
                let sessions = coder(Issue::Eager);
                assert_eq!(
                    sent(&sessions, &decode(&sessions, &cookie, NOW), &row),
                    Unchanged,
                    "{row}"
                );
            }
        }
    }
}

#[test]
fn the_other_transport_is_issued_nothing_whatever_the_state() {
    let builder = |issue| CookieSessions::builder(vector_ring()).issue(issue);
    for issue in [Issue::Lazy, Issue::Eager] {
        for (sessions, other) in [
            (builder(issue).build().unwrap(), Transport::Http),
            (builder(issue).insecure_http().build().unwrap(), Transport::Https),
        ] {
            for headers in [HeaderMap::new(), cookies([sealed(&sessions, &[], NOW)])] {
                let untouched: [Row; 1] = [("nothing", |_| {}, Withheld, Withheld)];
                for (row, change, ..) in untouched.iter().chain(&LOGGED_OUT) {
                    let mut session = sessions.decode_at(&headers, other, at(NOW));
                    change(&mut session);
                    assert_eq!(
                        sent(&sessions, &session, row),
                        Withheld,
                        "{row}, {issue:?}, {other:?}"
                    );
                }
            }
        }
    }
}

/// A payload that counts how often it is serialized, and refuses to be at 255.
#[derive(Deserialize)]
struct Counter(Cell<u8>);

impl Default for Counter {
    fn default() -> Self {
        Self(Cell::new(5))
    }
}

thread_local!(static SERIALIZED: Cell<u32> = const { Cell::new(0) });

impl Serialize for Counter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SERIALIZED.set(SERIALIZED.get() + 1);
        if self.0.get() == 255 {
            Err(S::Error::custom("full"))
        } else {
            self.0.serialize(serializer)
        }
    }
}

fn counters() -> CookieSessions<Counter> {
    CookieSessions::typed(ring(1), "counter").build().unwrap()
}

fn loaded_counter(sessions: &CookieSessions<Counter>) -> Session<Counter> {
    let mut session = visit(sessions, NOW);
    session.data_mut().0.set(7);
    decode(sessions, &pair(&encode(sessions, &session, NOW).1), NOW)
}

#[test]
fn a_session_that_was_not_borrowed_is_not_serialized() {
    let sessions = counters();
    for session in [visit(&sessions, NOW), loaded_counter(&sessions)] {
        let before = SERIALIZED.get();
        assert_eq!(encode(&sessions, &session, NOW).0, Unchanged);
        assert_eq!(SERIALIZED.get(), before, "{session:?}");
    }
}

#[test]
fn interior_mutability_is_saved_when_borrowed_mutably() {
    let sessions = counters();
    for mut session in [visit(&sessions, NOW), loaded_counter(&sessions)] {
        session.data().0.set(8);
        assert_eq!(encode(&sessions, &session, NOW).0, Unchanged, "{session:?}");
        session.data_mut();
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!(
            (sent, sessions.from_response(&headers).unwrap().data().0.get()),
            (Set, 8),
            "{session:?}"
        );
    }
}

#[test]
fn an_equal_typed_value_sends_nothing() {
    let sessions = counters();
    for (mut session, equal) in [(visit(&sessions, NOW), 5), (loaded_counter(&sessions), 7)] {
        *session.data_mut() = Counter(Cell::new(equal));
        assert_eq!(encode(&sessions, &session, NOW).0, Unchanged, "{session:?}");
    }
}

#[test]
fn a_written_session_that_does_not_serialize_is_withheld_over_the_other_transport() {
    let sessions = counters();
    let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Http, at(NOW));
    session.data_mut().0.set(255);
    assert_eq!(encode(&sessions, &session, NOW).0, Withheld);
}

#[test]
fn the_timeout_of_an_empty_pre_session_is_kept_until_something_is_written() {
    let sessions = coder(Issue::Lazy);
    for mut session in [visit(&sessions, NOW), decode(&sessions, &standing(), NOW)] {
        then!(Session::invalidate, retime, Session::renew)(&mut session);
        assert_ne!(encode(&sessions, &session, NOW).0, Set);
        write(&mut session);
        let line = line(&encode(&sessions, &session, NOW).1);
        assert!(line.contains("Max-Age=3600"), "{line}");
    }
}

#[test]
fn setting_an_equal_timeout_is_no_change() {
    let sessions = sessions();
    let mut session = visit(&sessions, NOW);
    then!(retime, Session::touch)(&mut session);
    let mut session = decode(&sessions, &pair(&encode(&sessions, &session, NOW).1), NOW);
    retime(&mut session);
    assert_eq!(encode(&sessions, &session, NOW).0, Unchanged);
    session.set_idle_timeout(secs(3601));
    assert_eq!(encode(&sessions, &session, NOW).0, Set);
}

#[test]
fn what_is_written_after_a_log_out_is_another_session() {
    let sessions = coder(Issue::Lazy);
    let mut session = decode(&sessions, &standing(), NOW + 60);
    let old = session.label();
    then!(retime, Session::invalidate, write)(&mut session);
    let session = sessions.from_response(&encode(&sessions, &session, NOW + 60).1).unwrap();
    assert_ne!(session.label(), old);
    assert_eq!(session.iter().collect::<Vec<_>>(), [("lang", "en")]);
    assert_eq!(session.created_at(), at(NOW + 60));
    assert_eq!(session.expires_at(), at(NOW + 60 + 14 * DAY), "the timeout of the old one is gone");
}

#[test]
fn encoding_twice_replaces_our_set_cookie_and_keeps_foreign_ones_in_order() {
    let foreign = [
        "a=1",
        "__Host-session2=x; Path=/",
        "session=x",
        "__host-session=x",
        "b=__Host-session=x",
        "a=2",
    ];
    let mut headers = HeaderMap::new();
    for line in foreign.iter().flat_map(|line| [line, "__Host-session=stale; Path=/"]) {
        headers.append(SET_COOKIE, HeaderValue::from_static(line));
    }
    let sessions = coder(Issue::Lazy);
    let mut session = decode(&sessions, &standing(), NOW);
    let changes: [(Change, Option<&str>); 3] =
        [(write, Some("en")), (|s| s.set("lang", "fr"), Some("fr")), (Session::invalidate, None)];
    for (change, lang) in changes {
        change(&mut session);
        sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        let lines: Vec<&str> =
            headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
        let others = lines.iter().filter(|line| !line.starts_with("__Host-session=")).copied();
        assert_eq!(others.collect::<Vec<_>>(), foreign, "{lang:?}");
        assert_eq!(lines.len(), foreign.len() + 1, "{lang:?}");
        assert_eq!(
            sessions.from_response(&headers).as_ref().and_then(|held| held.get("lang")),
            lang
        );
    }
}

#[test]
fn renew_gives_another_id_when_it_is_drawn_and_keeps_the_data() {
    let sessions = coder(Issue::Lazy);
    let mut session = decode(&sessions, &standing(), NOW + 60);
    let old = session.label();
    session.renew();
    assert_eq!((session.label().as_str(), session.get("user")), ("new", Some("alice")));
    let received = sessions.from_response(&encode(&sessions, &session, NOW + 60).1).unwrap();
    assert!(
        received.label() != old && received.label() == session.label(),
        "{received:?}, {session:?}"
    );
    assert_eq!((received.created_at(), received.get("user")), (at(NOW + 60), Some("alice")));
}

#[test]
fn the_id_asked_for_is_the_one_that_is_sealed() {
    let sessions = coder(Issue::Lazy);
    for change in
        [ask_for_id, then!(Session::renew, ask_for_id), then!(Session::invalidate, ask_for_id)]
    {
        for cookie in [String::new(), standing()] {
            let mut session = decode(&sessions, &cookie, NOW);
            then!(change, Session::touch)(&mut session);
            let (id, label) = (session.id().expose_base64url(), session.label());
            let received = sessions.from_response(&encode(&sessions, &session, NOW).1).unwrap();
            assert_eq!((received.id().expose_base64url(), received.label()), (id, label));
        }
    }
}

#[test]
fn a_log_out_after_a_log_in_in_one_response_drops_set_cookie() {
    let sessions = sessions();
    let mut headers = HeaderMap::new();
    headers.append(SET_COOKIE, "theirs=1".parse().unwrap());
    let mut session = visit(&sessions, NOW);
    session.set("user", "alice");
    sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
    session.invalidate();
    let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
    assert_eq!(sent, Sent::Unchanged);
    assert_eq!(headers.get_all(SET_COOKIE).iter().collect::<Vec<_>>(), ["theirs=1"]);
}

/// A configuration, `Set-Cookie` headers of another cookie, and headers of the same.
type Lines = (fn() -> CookieSessions, Vec<String>, Vec<String>);

/// Browsers tell cookies of one name apart by path and domain (RFC 6265bis sections 5.6 and 5.7).
fn lines_of_the_same_name() -> [Lines; 2] {
    let below_app = || {
        let builder = CookieSessions::builder(vector_ring());
        builder.path("/app").domain("example.com").build().unwrap()
    };
    let lines = |name: &str, attributes: &[&str]| -> Vec<String> {
        attributes.iter().map(|attributes| format!("{name}{attributes}")).collect()
    };
    let [longest, too_long] =
        [1023, 1024].map(|bytes| format!("=x; Path=/; Path=/{}", "a".repeat(bytes)));
    [
        (
            || coder(Issue::Lazy),
            lines(
                "__Host-session",
                &[
                    "=; Path=/app; Max-Age=0",
                    "=x; Path=/; Domain=example.com",
                    "=x; Path=//",
                    "=x; Path=/; Path=/app",
                    "=x; Path=/; Domain=; domain = .example.com ",
                    &longest,
                ],
            ),
            lines(
                "__Host-session",
                &[
                    "=x; Path=/",
                    "=; Max-Age=0; Path=/",
                    "=x;PATH= / ;Secure;",
                    "=x; Path=/app; path=/",
                    "=x; Path=/; Domain=",
                    "=x; Path=/; Domain=example.com; Domain",
                    "\t =x; Path=/; Other=Path=/app",
                    &too_long,
                    // Browsers refuse `__Host-` without a path.
                    "=x",
                    "=; Path; Max-Age=0",
                    "=x; Path=app",
                    "=x; Path=/; Path=",
                ],
            ),
        ),
        (
            below_app,
            lines(
                "__Secure-session",
                &[
                    "=; Path=/app; Max-Age=0",
                    "=; Path=/; Domain=example.com; Max-Age=0",
                    "=x; Path=/app; Domain=",
                    "=x; Path=/APP; Domain=example.com",
                    "=x; Path=/app/; Domain=example.com",
                    "=x; Path=/app; Domain=a.example.com",
                    "=x; Path=/app; Domain=..example.com",
                    "=x; Path=/app; Domain=example.com; Domain=example.org",
                    // The directory of the request's path, which nobody knows here.
                    "=x; Domain=example.com",
                    "=x; Path=\"/app\"; Domain=example.com",
                    "=x; Path=/app; Path=; Domain=example.com",
                    "=x",
                ],
            ),
            lines(
                "__Secure-session",
                &[
                    "=x; Path=/app; Domain=example.com",
                    "=x; Domain=.example.com; Path=/app",
                    "=x; path=/app; domain=EXAMPLE.Com",
                    "=x; Path=/; Path=/app; Domain=example.org; DOMAIN=.Example.Com",
                ],
            ),
        ),
    ]
}

#[test]
fn a_foreign_cookie_of_our_name_with_another_path_or_domain_stays() {
    for (sessions, foreign, ours) in lines_of_the_same_name() {
        let sessions = sessions();
        let cookie = sealed(&sessions, &[], NOW);
        let mut headers = HeaderMap::new();
        for n in 0..foreign.len().max(ours.len()) {
            for line in [foreign.get(n), ours.get(n)].into_iter().flatten() {
                headers.append(SET_COOKIE, line.parse().unwrap());
            }
        }
        let mut session = decode(&sessions, &cookie, NOW);
        let changes: [(Change, Option<&str>); 3] = [
            (write, Some("en")),
            (|s| s.set("lang", "fr"), Some("fr")),
            (Session::invalidate, None),
        ];
        for (change, lang) in changes {
            change(&mut session);
            sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
            let lines: Vec<&str> =
                headers.get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect();
            assert_eq!(lines[..lines.len() - 1], foreign, "{lang:?}");
            assert!(lines[lines.len() - 1].contains("HttpOnly"), "{lines:?}");
            let held = sessions.from_response(&headers);
            assert_eq!(held.as_ref().and_then(|held| held.get("lang")), lang);
        }
    }
}

#[test]
fn a_log_out_in_the_same_response_drops_only_our_set_cookie() {
    for (sessions, foreign, ours) in lines_of_the_same_name() {
        let sessions = sessions();
        for line in foreign.iter().chain(&ours) {
            let mut headers = HeaderMap::new();
            headers.append(SET_COOKIE, line.parse().unwrap());
            let mut session = visit(&sessions, NOW);
            session.invalidate();
            let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW));
            assert_eq!(sent.unwrap(), Unchanged);
            assert_eq!(headers.contains_key(SET_COOKIE), foreign.contains(line), "{line}");
        }
    }
}

#[test]
fn a_response_is_read_for_our_cookie_whatever_else_has_its_name() {
    for (sessions, foreign, _) in lines_of_the_same_name() {
        let sessions = sessions();
        let mut session = visit(&sessions, NOW);
        session.set("user", "alice");
        let ours = line(&encode(&sessions, &session, NOW).1);
        for theirs in &foreign {
            for lines in [[theirs, &ours], [&ours, theirs]] {
                let headers = lines.map(|line| (SET_COOKIE, line.parse().unwrap()));
                let held = sessions.from_response(&HeaderMap::from_iter(headers));
                assert_eq!(held.unwrap().get("user"), Some("alice"), "{lines:?}");
            }
        }
        // As a test writes it by hand, without attributes.
        let bare = sessions.request_cookie(&session).unwrap();
        let held = sessions.from_response(&HeaderMap::from_iter([(SET_COOKIE, bare)]));
        assert_eq!(held.unwrap().get("user"), Some("alice"));
    }
}

#[cfg(feature = "flash")]
#[test]
fn a_foreign_flash_cookie_with_another_path_stays() {
    let sessions = coder(Issue::Lazy);
    let mut headers = HeaderMap::new();
    for line in ["__Host-session-flash=; Path=/app", "__Host-session-flash=stale; Path=/"] {
        headers.append(SET_COOKIE, HeaderValue::from_static(line));
    }
    let mut flash = sessions.decode_flash_at(&HeaderMap::new(), Transport::Https, at(NOW));
    flash.push(sealed_session::Level::Info, "hello").unwrap();
    sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap();
    let lines: Vec<&HeaderValue> = headers.get_all(SET_COOKIE).iter().collect();
    assert_eq!((lines.len(), lines[0].to_str().unwrap()), (2, "__Host-session-flash=; Path=/app"));
    assert_eq!(sessions.received_flash(&headers).unwrap().len(), 1);
}

//! Log-out does not depend on which machine responds: `invalidate` also removes a cookie that does not open.

use std::collections::BTreeSet;

use crate::support::{
    DAY, NAME, NOW, UNKNOWN_EXTENSION, at, cookies, decode, encode, line, pair, ring, sealed,
    secret, secs, sessions, visit,
};
use http::header::{CACHE_CONTROL, HeaderMap, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use sealed_session::{
    Builder, CookieSessions, Dict, Issue, Rejection, SameSite, Sent, Session, Transport,
};

/// Sealed under the first secret: a dictionary that promises one entry and ends.
const CORRUPT: &str =
    "AcKaBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH_F_xNitwWKSxfGrTO4133_9HWQoKoD6dUMiNtZCFffCw0ZSsQg";

/// One `Cookie` field for each reason for which a request can be refused over the right transport.
fn refused() -> Vec<(Rejection, String)> {
    let other = CookieSessions::new(ring(2));
    let (_, unknown) = other.keys().next().unwrap();
    let alice = |sealed_at| sealed(&sessions(), &[("user", "alice")], sealed_at);
    let head = &alice(NOW)[..NAME.len() + 5];
    let forged: Vec<String> = (0..9).map(|n| format!("{head}{n:060}")).collect();
    vec![
        (Rejection::TooLong, format!("{NAME}={}", "A".repeat(4096))),
        (Rejection::Malformed, format!("{NAME}=")),
        (Rejection::UnknownVersion(2), format!("{NAME}=AgAA")),
        (Rejection::UnknownKey(unknown), sealed(&other, &[("user", "alice")], NOW)),
        (Rejection::Forged, forged[0].clone()),
        (Rejection::Corrupt, format!("{NAME}={CORRUPT}")),
        (Rejection::UnknownExtension(2), format!("{NAME}={UNKNOWN_EXTENSION}")),
        (Rejection::FromTheFuture, alice(NOW + 301)),
        (Rejection::AbsoluteTimeout, alice(NOW - 30 * DAY)),
        (Rejection::IdleTimeout, alice(NOW - 14 * DAY)),
        (Rejection::TooMany, forged.join("; ")),
        (Rejection::Ambiguous, format!("{}; {}", alice(NOW), alice(NOW))),
    ]
}

/// The session of a request, refused for this reason.
#[track_caller]
fn arrives(sessions: &CookieSessions, cookie: &str, rejection: Rejection) -> Session {
    let session = decode(sessions, cookie, NOW);
    assert_eq!((session.is_new(), session.rejection()), (true, Some(&rejection)));
    session
}

/// The attributes of the only line, whatever their order.
#[track_caller]
fn attributes(headers: &HeaderMap) -> BTreeSet<String> {
    line(headers).split("; ").skip(1).map(str::to_owned).collect()
}

type Configure = fn(Builder<Dict>) -> Builder<Dict>;

/// Configurations, and the full name of their cookie.
const CONFIGURATIONS: [(Configure, &str); 6] = [
    (|builder| builder, "__Host-session"),
    (|builder| builder.name("id").same_site(SameSite::Strict).browser_session(true), "__Host-id"),
    (|builder| builder.partitioned(true).same_site(SameSite::None), "__Host-session"),
    (|builder| builder.path("/app"), "__Secure-session"),
    (
        |builder| builder.path("/a%20b").domain("shop.example.com").partitioned(true),
        "__Secure-session",
    ),
    (|builder| builder.insecure_http().domain("example.com"), "session"),
];

#[test]
fn removes_with_the_name_and_attributes_of_the_header_that_sets() {
    for (configure, name) in CONFIGURATIONS {
        let [here, there] =
            [1, 2].map(|n| configure(CookieSessions::builder(ring(n))).build().unwrap());
        let mut session = visit(&there, NOW);
        session.set("user", "alice");
        let (_, issued) = encode(&there, &session, NOW);
        // Which they are is tested in `attributes.rs`, those of a jar too.
        let mut expected = attributes(&issued);
        expected.retain(|attribute| !attribute.starts_with("Max-Age="));
        expected.insert("Max-Age=0".to_owned());
        assert!(expected.len() > 3, "set, {name}");

        let rejection = Rejection::UnknownKey(there.keys().next().unwrap().1);
        let mut session = arrives(&here, &pair(&issued), rejection);
        session.invalidate();
        let (sent, removed) = encode(&here, &session, NOW);
        assert_eq!(sent, Sent::Removed);
        assert!(pair(&issued).starts_with(&format!("{name}=")), "set, {name}");
        assert_eq!(pair(&removed), format!("{name}="), "removed, {name}");
        assert_eq!(attributes(&removed), expected, "removed, {name}");

        let jar = here.to_cookie(&session, at(NOW)).unwrap().unwrap().to_string();
        assert_eq!(jar.split("; ").next(), Some(format!("{name}=").as_str()));
        assert!(jar.split("; ").any(|attribute| attribute == "Max-Age=0"), "jar, {name}");
    }
}

#[test]
fn a_log_out_removes_a_rejected_cookie_for_every_reason() {
    let sessions = sessions();
    for (rejection, cookie) in refused() {
        for cookie in [cookie.clone(), format!("a=1; {cookie}; b=2")] {
            let mut session = arrives(&sessions, &cookie, rejection);
            session.invalidate();
            let (sent, headers) = encode(&sessions, &session, NOW);
            assert_eq!(sent, Sent::Removed, "{rejection:?}");
            assert!(attributes(&headers).contains("Max-Age=0"), "{rejection:?}");
            assert!(sessions.from_response(&headers).is_none(), "{rejection:?}");
        }
    }
}

#[test]
fn a_log_out_removes_the_cookie_that_did_open() {
    for n in [1, 2, 3] {
        let sessions = CookieSessions::new(ring(1).previous(secret(2)).upcoming(secret(3)));
        let cookie = sealed(&CookieSessions::new(ring(n)), &[("user", "alice")], NOW);
        let mut session = decode(&sessions, &cookie, NOW);
        assert!(!session.is_new());
        session.invalidate();
        assert!(session.is_new() && session.is_empty());
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Removed);
    }
}

#[test]
fn without_a_log_out_a_refused_cookie_is_neither_removed_nor_overwritten() {
    let sessions = sessions();
    for (rejection, cookie) in refused() {
        let session = arrives(&sessions, &cookie, rejection);
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Unchanged, None), "{rejection:?}");
        assert!(sessions.to_cookie(&session, at(NOW)).unwrap().is_none(), "{rejection:?}");
    }
}

#[test]
fn a_log_out_without_a_cookie_of_ours_sends_nothing() {
    for field in [
        "",
        "a=1; b=2",
        "session=AgAA",
        "__Host-session",
        "__Host-session2=AgAA",
        "__host-session=AgAA",
    ] {
        let mut session = decode(&sessions(), field, NOW);
        assert_eq!(session.rejection(), None, "{field}");
        session.invalidate();
        let (sent, headers) = encode(&sessions(), &session, NOW);
        assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Unchanged, None), "{field}");
    }
    let mut session = visit(&sessions(), NOW);
    session.invalidate();
    assert_eq!(encode(&sessions(), &session, NOW).0, Sent::Unchanged, "no field");
}

#[test]
fn a_log_out_over_the_other_transport_is_withheld() {
    let alice = sealed(&sessions(), &[("user", "alice")], NOW);
    for (rejection, cookie) in refused().into_iter().chain([(Rejection::OtherTransport, alice)]) {
        let mut session = sessions().decode_at(&cookies([cookie]), Transport::Http, at(NOW));
        assert_eq!(session.rejection(), Some(&Rejection::OtherTransport));
        session.invalidate();
        let (sent, headers) = encode(&sessions(), &session, NOW);
        assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Withheld, None), "{rejection:?}");
    }
}

#[test]
fn a_session_that_is_written_after_a_log_out_is_set_instead_of_removed() {
    type Act = fn(&mut Session);
    let looked_at: Act = |session| _ = (session.label(), session.expires_at(), session.get("user"));
    let rows: [(&str, Act, Sent); 11] = [
        ("nothing", |_| (), Sent::Removed),
        ("once more", Session::invalidate, Sent::Removed),
        ("renew", Session::renew, Sent::Removed),
        ("timeout", |session| session.set_idle_timeout(secs(60)), Sent::Removed),
        ("looked at", looked_at, Sent::Removed),
        (
            "written and taken back",
            |session| _ = (session.set("a", "b"), session.remove("a")),
            Sent::Removed,
        ),
        (
            "written and logged out",
            |session| (session.set("a", "b"), session.invalidate()).1,
            Sent::Removed,
        ),
        (
            "touched and logged out",
            |session| (session.touch(), session.invalidate()).1,
            Sent::Removed,
        ),
        ("written", |session| session.set("user", "bob"), Sent::Set),
        ("touched", Session::touch, Sent::Set),
        ("asked for the id", |session| _ = session.id(), Sent::Set),
    ];
    for (rejection, cookie) in refused() {
        for (row, act, expected) in &rows {
            let mut session = arrives(&sessions(), &cookie, rejection);
            session.invalidate();
            act(&mut session);
            assert_eq!(encode(&sessions(), &session, NOW).0, *expected, "{row}, {rejection:?}");
        }
    }
}

#[test]
fn an_eager_log_out_sets_a_fresh_session_over_the_cookie() {
    let sessions = CookieSessions::builder(ring(1)).issue(Issue::Eager).build().unwrap();
    for (rejection, cookie) in refused() {
        let mut session = arrives(&sessions, &cookie, rejection);
        session.invalidate();
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!(sent, Sent::Set, "{rejection:?}");
        assert!(decode(&sessions, &pair(&headers), NOW).is_empty(), "{rejection:?}");
    }
}

#[test]
fn a_log_out_does_not_depend_on_the_response() {
    let (_, cookie) = refused().swap_remove(3);
    for status in
        [101, 200, 204, 302, 304, 404, 500, 503].map(|code| StatusCode::from_u16(code).unwrap())
    {
        for cache_control in ["public, max-age=60", "private", "no-store"] {
            let mut session = decode(&sessions(), &cookie, NOW);
            session.invalidate();
            let mut headers = HeaderMap::new();
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
            let sent = sessions().encode_at(&session, &mut headers, status, at(NOW)).unwrap();
            assert_eq!(sent, Sent::Removed, "{status}, {cache_control}");
        }
    }
}

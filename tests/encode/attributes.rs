//! The line that goes out: its attributes, how long it may be, and the same line as a `cookie::Cookie`.

use std::collections::BTreeSet;

use crate::support::*;
use cookie::{Cookie, time};
use http::header::{CACHE_CONTROL, HeaderName, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{
    Builder, CookieSessions, Dict, EncodeError, Issue, SameSite, Sent, Session, Transport,
};
use serde::{Deserialize, Serialize, Serializer, ser::Error};

/// A configuration, the full name and all attributes but `Max-Age`.
type Row = (fn(Builder<Dict>) -> Builder<Dict>, &'static str, &'static str);

const CONFIGURATIONS: [Row; 12] = [
    (|b| b, "__Host-session", "Path=/; Secure; HttpOnly; SameSite=Lax"),
    (|b| b.name("shop"), "__Host-shop", "Path=/; Secure; HttpOnly; SameSite=Lax"),
    (|b| b.path("/a%20b"), "__Secure-session", "Path=/a%20b; Secure; HttpOnly; SameSite=Lax"),
    (
        |b| b.domain("example.com"),
        "__Secure-session",
        "Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax",
    ),
    (
        |b| b.name("s").path("/app").domain("a.example.com").partitioned(true),
        "__Secure-s",
        "Path=/app; Domain=a.example.com; Secure; HttpOnly; SameSite=Lax; Partitioned",
    ),
    (
        |b| b.partitioned(true),
        "__Host-session",
        "Path=/; Secure; HttpOnly; SameSite=Lax; Partitioned",
    ),
    (|b| b.partitioned(false), "__Host-session", "Path=/; Secure; HttpOnly; SameSite=Lax"),
    (
        |b| b.same_site(SameSite::Strict),
        "__Host-session",
        "Path=/; Secure; HttpOnly; SameSite=Strict",
    ),
    (|b| b.same_site(SameSite::None), "__Host-session", "Path=/; Secure; HttpOnly; SameSite=None"),
    (|b| b.padding(64).context("app"), "__Host-session", "Path=/; Secure; HttpOnly; SameSite=Lax"),
    (Builder::insecure_http, "session", "Path=/; HttpOnly; SameSite=Lax"),
    (
        |b| b.insecure_http().path("/app").domain("example.com").same_site(SameSite::Strict),
        "session",
        "Path=/app; Domain=example.com; HttpOnly; SameSite=Strict",
    ),
];

fn build(configure: impl Fn(Builder<Dict>) -> Builder<Dict>) -> CookieSessions {
    configure(CookieSessions::builder(ring(1))).build().unwrap()
}

fn attributes(text: &str) -> BTreeSet<String> {
    text.split(';').map(|attribute| attribute.trim().to_owned()).collect()
}

/// The response to a loaded session that was written, and to one that was invalidated.
fn set_and_removed(sessions: &CookieSessions) -> [HeaderMap; 2] {
    let cookie = sealed(sessions, &[], NOW);
    [(|s| s.set("user", "alice")) as fn(&mut Session), Session::invalidate].map(|change| {
        let mut session = decode(sessions, &cookie, NOW);
        change(&mut session);
        encode(sessions, &session, NOW).1
    })
}

#[test]
fn set_cookie_has_the_configured_attributes_and_no_others() {
    for (configure, name, expected) in CONFIGURATIONS {
        for (headers, max_age) in set_and_removed(&build(configure)).iter().zip([1_209_600, 0]) {
            let line = line(headers);
            let (pair, found) = line.split_once(';').unwrap();
            assert_eq!(pair.split_once('=').unwrap().0, name);
            assert_eq!(
                attributes(found),
                attributes(&format!("{expected}; Max-Age={max_age}")),
                "{name}"
            );
            assert_eq!(found.split(';').count(), attributes(found).len(), "none twice: {line}");
        }
    }
}

#[test]
fn other_software_reads_the_same_attributes() {
    for (configure, name, expected) in CONFIGURATIONS {
        for (headers, max_age) in set_and_removed(&build(configure)).iter().zip([1_209_600, 0]) {
            let line = line(headers);
            let read = Cookie::parse(&line).unwrap();
            assert_eq!(
                (read.name(), read.max_age()),
                (name, Some(time::Duration::seconds(max_age))),
                "{line}"
            );
            assert_eq!((read.http_only(), read.expires()), (Some(true), None), "{line}");
            assert_eq!(read.secure(), expected.contains("Secure").then_some(true), "{line}");
            assert_eq!(
                read.partitioned(),
                expected.contains("Partitioned").then_some(true),
                "{line}"
            );
            let same_site =
                read.same_site().map(|same_site| format!("SameSite={same_site}")).unwrap();
            let path = read.path().map(|path| format!("Path={path}")).unwrap();
            let domain = read.domain().map(|domain| format!("Domain={domain}"));
            let listed = attributes(expected);
            assert!(
                [same_site, path].iter().chain(&domain).all(|text| listed.contains(text)),
                "{line}"
            );
            assert_eq!(domain.is_some(), expected.contains("Domain"), "{line}");
        }
    }
}

#[test]
fn max_age_is_what_is_left_in_whole_seconds() {
    let day = |days: u64| secs(days * DAY);
    let rows: [(&str, CookieSessions, u64, u64); 5] = [
        ("idle timeout", build(|b| b), NOW + 60, 14 * DAY),
        ("absolute timeout", build(move |b| b.idle_timeout(day(30))), NOW + 60, 30 * DAY - 60),
        ("the last second", build(move |b| b.absolute_timeout(day(14))), NOW + 14 * DAY - 1, 1),
        (
            "other timeouts",
            build(move |b| b.idle_timeout(secs(5)).absolute_timeout(day(1))),
            NOW,
            5,
        ),
        ("sealed ahead of this clock", build(|b| b), NOW - 300, 14 * DAY + 300),
    ];
    for (row, sessions, now, expected) in rows {
        let mut session = decode(&sessions, &sealed(&sessions, &[], NOW), NOW);
        session.touch();
        let (mut headers, fraction) = (HeaderMap::new(), std::time::Duration::from_millis(999));
        sessions.encode_at(&session, &mut headers, StatusCode::OK, at(now) + fraction).unwrap();
        let max_age = Cookie::parse(line(&headers)).unwrap().max_age().unwrap();
        assert_eq!(max_age.whole_seconds(), i64::try_from(expected).unwrap(), "{row}");
    }
}

#[test]
fn removes_the_cookie_if_no_whole_second_is_left() {
    for browser_session in [false, true] {
        let sessions =
            build(|b| b.absolute_timeout(secs(14 * DAY)).browser_session(browser_session));
        let mut session = decode(&sessions, &sealed(&sessions, &[], NOW), NOW);
        session.set("user", "alice");
        for (now, expected) in [(NOW + 14 * DAY - 1, Sent::Set), (NOW + 14 * DAY, Sent::Removed)] {
            let (sent, headers) = encode(&sessions, &session, now);
            assert_eq!(
                (sent, sessions.from_response(&headers).is_some()),
                (expected, expected == Sent::Set)
            );
        }
    }
}

#[test]
fn a_browser_session_has_no_max_age_unless_it_has_a_timeout_of_its_own() {
    let sessions = build(|b| b.browser_session(true));
    let [set, removed] = set_and_removed(&sessions);
    assert!(!line(&set).contains("Max-Age"), "{}", line(&set));
    assert!(line(&removed).contains("; Max-Age=0"), "{}", line(&removed));
    let mut session = decode(&sessions, &pair(&set), NOW);
    session.set_idle_timeout(secs(3600));
    let own = encode(&sessions, &session, NOW).1;
    assert!(line(&own).contains("; Max-Age=3600"), "{}", line(&own));
}

#[test]
fn the_value_is_marked_sensitive() {
    let sessions = sessions();
    assert!(set_and_removed(&sessions).iter().all(|headers| headers[SET_COOKIE].is_sensitive()));
    assert!(sessions.request_cookie(&sessions.fresh()).unwrap().is_sensitive());
}

#[test]
fn to_cookie_makes_the_same_decision_with_the_same_attributes() {
    let changes: [fn(&mut Session); 5] = [
        |_| {},
        Session::touch,
        Session::renew,
        Session::invalidate,
        |s| s.set_idle_timeout(secs(60)),
    ];
    let more: [fn(Builder<Dict>) -> Builder<Dict>; 2] =
        [|b| b.browser_session(true), |b| b.issue(Issue::Eager).absolute_timeout(secs(14 * DAY))];
    for configure in CONFIGURATIONS.iter().map(|row| row.0).chain(more) {
        let sessions = build(configure);
        let (mine, junk) =
            (sealed(&sessions, &[("user", "alice")], NOW), "session=x; __Host-session=x");
        for (cookie, change) in
            ["", &mine, junk].iter().flat_map(|cookie| changes.map(|f| (cookie, f)))
        {
            for (transport, now) in
                [Transport::Https, Transport::Http].iter().zip([NOW, NOW + 14 * DAY - 1])
            {
                let mut session = sessions.decode_at(&cookies([cookie]), *transport, at(NOW));
                change(&mut session);
                let (_, headers) = encode(&sessions, &session, now);
                let mut jar = sessions.to_cookie(&session, at(now)).unwrap();
                let line = headers.get(SET_COOKIE).map(|line| line.to_str().unwrap());
                if let (Some(line), Some(jar)) = (line, &mut jar) {
                    let value = Cookie::parse(line).unwrap().value().to_owned();
                    assert_eq!(jar.value().len(), value.len(), "{cookie}, {session:?}");
                    jar.set_value(value);
                }
                let jar = jar.map(|jar| attributes(&jar.to_string()));
                assert_eq!(jar, line.map(attributes), "{cookie}, {session:?}");
            }
        }
    }
}

#[test]
fn to_cookie_seals_the_session() {
    let mut session = visit(&sessions(), NOW);
    session.set("user", "alice");
    let cookie = sessions().to_cookie(&session, at(NOW)).unwrap().unwrap();
    let received = decode(&sessions(), &format!("{NAME}={}", cookie.value()), NOW);
    assert_eq!((received.get("user"), received.label()), (Some("alice"), session.label()));
}

#[test]
fn cookie_is_what_a_client_sends_back() {
    let sessions = sessions();
    let mut session = sessions.fresh();
    session.set("user", "alice");
    let pair = sessions.request_cookie(&session).unwrap();
    let received =
        sessions.decode(&http::Request::builder().header("cookie", pair).body(()).unwrap());
    assert_eq!((received.get("user"), received.label()), (Some("alice"), session.label()));
}

#[test]
fn received_is_none_without_a_session() {
    let sessions = sessions();
    let [set, removed] = set_and_removed(&sessions);
    let foreign =
        HeaderMap::from_iter([(SET_COOKIE, HeaderValue::from_static("__Host-session2=x"))]);
    assert_eq!(sessions.from_response(&set).unwrap().get("user"), Some("alice"));
    for headers in [removed, foreign, HeaderMap::new()] {
        assert!(sessions.from_response(&headers).is_none(), "{headers:?}");
    }
}

#[test]
fn set_cookie_len_is_what_encode_writes() {
    for (configure, ..) in CONFIGURATIONS {
        for (browser_session, own) in
            [(false, None), (false, Some(60)), (true, None), (true, Some(60))]
        {
            let sessions = build(|b| configure(b).browser_session(browser_session));
            let mut session = visit(&sessions, NOW);
            session.set("user", "alice");
            if let Some(own) = own {
                session.set_idle_timeout(secs(own));
            }
            let len = sessions.set_cookie_len(&session).unwrap();
            assert_eq!(session.label().as_str(), "new", "nothing is drawn");
            assert_eq!(len, line(&encode(&sessions, &session, NOW).1).len(), "{session:?}");
        }
    }
}

/// A session with a value of so many bytes.
fn of_size(sessions: &CookieSessions, bytes: usize) -> Session {
    let mut session = visit(sessions, NOW);
    session.set("v", "x".repeat(bytes));
    session
}

#[track_caller]
fn assert_fits(sessions: &CookieSessions, session: &Session, limit: usize) {
    let size = sessions.set_cookie_len(session).unwrap();
    let (mut headers, before) = (busy(), all(&busy()));
    let encoded = sessions.encode_at(session, &mut headers, StatusCode::OK, at(NOW));
    let jar = sessions.to_cookie(session, at(NOW)).map(|cookie| cookie.is_some());
    if size <= limit {
        assert_eq!((encoded.unwrap(), jar.unwrap()), (Sent::Set, true));
        assert_eq!(headers.get_all(SET_COOKIE).iter().next_back().unwrap().len(), size);
    } else {
        for error in
            [encoded.unwrap_err(), jar.unwrap_err(), sessions.request_cookie(session).unwrap_err()]
        {
            let expected = format!("{:?}", EncodeError::TooLarge { size, limit });
            assert_eq!(format!("{error:?}"), expected);
            let said = format!(
                "the Set-Cookie header or sealed value would have {size} bytes; at most {limit} are allowed"
            );
            assert_eq!(error.to_string(), said);
        }
        assert_eq!(all(&headers), before);
    }
}

/// A response that a line would change in every way.
fn busy() -> HeaderMap {
    let fields = [
        (SET_COOKIE, "__Host-session=stale; Path=/; Secure"),
        (SET_COOKIE, "foreign=1"),
        (CACHE_CONTROL, "public"),
        (CACHE_CONTROL, "s-maxage=60"),
        (HeaderName::from_static("cdn-cache-control"), "max-age=60"),
        (VARY, "Accept"),
    ];
    fields.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect()
}

/// Every field, in order.
fn all(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

#[test]
fn set_cookie_is_as_long_as_its_limit_and_no_longer() {
    for bytes in 300..=312 {
        let size = sessions().set_cookie_len(&of_size(&sessions(), bytes)).unwrap();
        for limit in [size, size - 1] {
            let sessions = build(|b| b.max_set_cookie_len(limit));
            assert_fits(&sessions, &of_size(&sessions, bytes), limit);
        }
    }
}

#[test]
fn set_cookie_is_at_most_4096_bytes_by_default() {
    let sessions = sessions();
    let sizes: Vec<usize> = (2900..3000)
        .map(|bytes| sessions.set_cookie_len(&of_size(&sessions, bytes)).unwrap())
        .collect();
    assert!(sizes.contains(&4096) || sizes.contains(&4095), "the boundary is crossed: {sizes:?}");
    (2900..3000).for_each(|bytes| assert_fits(&sessions, &of_size(&sessions, bytes), 4096));
}

#[test]
fn a_full_response_stays_as_it_was() {
    let mut full = HeaderMap::new();
    while let Ok(false) = full.try_append(
        HeaderName::from_bytes(format!("x-{}", full.len()).as_bytes()).unwrap(),
        HeaderValue::from_static(""),
    ) {}
    // `Vary`, `Cache-Control` and `Set-Cookie`: with room for all but one of them none is written.
    let sessions = sessions();
    let mut session = of_size(&sessions, 5);
    for room in 0..=3 {
        let mut headers = full.clone();
        (0..room).for_each(|n| drop(headers.remove(format!("x-{n}"))));
        let before = all(&headers);
        session.set("room", room);
        match sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)) {
            Ok(Sent::Set) if room == 3 => assert_eq!(headers.len(), full.len()),
            Err(error @ EncodeError::Headers(_)) if room < 3 => {
                assert!(all(&headers) == before, "room for {room}");
                let said = "the cookie does not fit into the response: too many header fields";
                assert_eq!(error.to_string(), said);
            }
            other => panic!("room for {room}: {other:?}"),
        }
    }
}

/// A payload that is written only while it is default.
#[derive(Default, Deserialize)]
struct Stubborn(bool);

impl Serialize for Stubborn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 { Err(S::Error::custom("no")) } else { self.0.serialize(serializer) }
    }
}

#[test]
fn a_payload_that_does_not_serialize_leaves_the_response_as_it_was() {
    let sessions = CookieSessions::typed::<Stubborn>(ring(1), "stubborn").build().unwrap();
    let mut session = visit(&sessions, NOW);
    session.data_mut().0 = true;
    let (mut headers, before) = (busy(), all(&busy()));
    let error = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::Payload(_)), "{error:?}");
    assert_eq!(all(&headers), before);
}

//! What went wrong in other software that reads and writes cookies: one fault a test, each public and fixed, and
//! what this library does in its place. Here names, header fields, attributes and responses; in `tokens` what
//! is in a cookie.
#![allow(clippy::doc_markdown, reason = "names of other software are no code")]

use std::collections::BTreeSet;

use crate::support::*;
use allocation_counter::measure;
use base64_simd::URL_SAFE_NO_PAD;
use http::header::{CACHE_CONTROL, HeaderName, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{
    Builder, ConfigError, CookieSessions, Dict, EncodeError, Rejection, Secret, SecretError, Sent,
    Session, Transport,
};

const ALICE: [(&str, &str); 1] = [("user", "alice")];

fn ours(value: &str) -> String {
    format!("{NAME}={value}")
}

fn token(pair: &str) -> &str {
    pair.split_once('=').unwrap().1
}

#[track_caller]
fn opens(sessions: &CookieSessions, cookie: &str, now: u64) -> Session {
    let session = decode(sessions, cookie, now);
    assert!(!session.is_new(), "{cookie}: {session:?}");
    session
}

/// Each row is one `Cookie` field, in which `@` stands for the token of Alice; her session comes of all, or of
/// none.
#[track_caller]
fn check(rows: &[&str], expected: Option<&str>) {
    let sessions = sessions();
    let cookie = sealed(&sessions, &ALICE, NOW);
    for row in rows {
        let session = decode(&sessions, &row.replace('@', token(&cookie)), NOW);
        assert_eq!(session.get("user"), expected, "{row}");
    }
}

/// Everything in a line but the pair and `Max-Age`.
fn attributes(headers: &HeaderMap) -> BTreeSet<String> {
    let line = line(headers);
    let attributes = line.split("; ").skip(1).filter(|attribute| !attribute.starts_with("Max-Age"));
    attributes.map(str::to_owned).collect()
}

/// The line that sets a session, and the one that removes it.
#[track_caller]
fn set_and_removed(configure: impl FnOnce(Builder<Dict>) -> Builder<Dict>) -> [HeaderMap; 2] {
    let sessions = configure(CookieSessions::builder(ring(1))).build().unwrap();
    let mut session = visit(&sessions, NOW);
    session.set("user", "alice");
    let set = encode(&sessions, &session, NOW).1;
    let mut session = opens(&sessions, &pair(&set), NOW);
    session.invalidate();
    let (what, removed) = encode(&sessions, &session, NOW);
    assert_eq!(what, Sent::Removed);
    assert!(line(&removed).contains("; Max-Age=0"));
    [set, removed]
}

// What a cookie is called.

/// PHP and ReactPHP decoded percent signs in names, so that a cookie without prefix became one with:
/// CVE-2020-7070, CVE-2022-36032.
#[test]
fn php_decoded_percent_signs_in_names() {
    check(
        &["__%48ost-session=@", "%5F%5FHost-session=@", "__Host%2Dsession=@", "__Host-sess%69on=@"],
        None,
    );
    check(&["__Host-session%3D@", "__Host-session%00=@", "+__Host-session=@"], None);
}

/// Rack and Ruby's CGI did too, and the cookie so named took the place of the real one: CVE-2020-8184,
/// CVE-2021-41819.
#[test]
fn rack_let_an_encoded_name_replace_the_real_one() {
    let (sessions, mallory) = (sessions(), [("user", "mallory")]);
    let [alice, mallory] = [&ALICE, &mallory].map(|entries| sealed(&sessions, entries, NOW));
    let planted = format!("%5F%5FHost-session={}", token(&mallory));
    for header in [format!("{planted}; {alice}"), format!("{alice}; {planted}")] {
        assert_eq!(opens(&sessions, &header, NOW).get("user"), Some("alice"), "{header}");
    }
}

/// PHP turned dots, brackets and spaces in names into underscores: CVE-2022-31629.
#[test]
fn php_turned_characters_of_names_into_underscores() {
    check(&["..Host-session=@", "_[Host-session=@", "._Host-session=@", "  Host-session=@"], None);
    check(
        &["__Host.session=@", "__Host_session=@", "__Host-session[]=@", "__HOST-session=@"],
        None,
    );
}

/// Werkzeug read `=name=value`, a cookie without name, as one with: CVE-2023-23934.
#[test]
fn werkzeug_gave_a_name_to_nameless_cookies() {
    check(
        &["=__Host-session=@", "==__Host-session=@", " =__Host-session=@", "=; =__Host-session=@"],
        None,
    );
}

// How the header is read.

/// Jetty read on to the closing quote, over semicolons, so that one cookie swallowed the next: CVE-2023-26049.
#[test]
fn jetty_read_over_semicolons_in_quotes() {
    check(
        &[
            "lang=\"b; __Host-session=@; c=d\"",
            "lang=\"; __Host-session=@",
            "a=\\\"; __Host-session=@",
        ],
        Some("alice"),
    );
    check(&["__Host-session=\"@\"", "__Host-session=\"@", "lang=\"__Host-session=@\""], None);
}

/// web2py read no further than to the first invalid cookie, of whomever it was: web2py/web2py#1084.
#[test]
fn web2py_stopped_at_the_first_invalid_cookie() {
    let odd = [
        "=",
        "a",
        "a b=c",
        "{\"a\":[1,2]}",
        "a=\"",
        "ä=ö",
        "a=%",
        "a,b;;=;",
        "$Version=1",
        "(a)=b:c",
    ];
    let before = odd.map(|odd| format!("{odd}; __Host-session=@"));
    let after = odd.map(|odd| format!("__Host-session=@;{odd}"));
    check(&before.each_ref().map(String::as_str), Some("alice"));
    check(&after.each_ref().map(String::as_str), Some("alice"));
    check(&[&odd.join(";"), &odd.join("; ")], None);
}

/// tower-cookies read the first `Cookie` field only, while browsers send several over HTTP/2:
/// imbolc/tower-cookies#8.
#[test]
fn tower_cookies_read_the_first_field_only() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &ALICE, NOW);
    for fields in [["a=1", &cookie, "b=2"], ["a=1", "b=2", &cookie], [&cookie, "a=1", "b=2"]] {
        let session = sessions.decode_at(&cookies(fields), Transport::Https, at(NOW));
        assert_eq!(session.get("user"), Some("alice"), "{fields:?}");
    }
}

/// Jetty 9.4.21 took the first of two session cookies, also where only the second stood; later it answered two that
/// stand with an error: jetty/jetty.project#4158. The like in expressjs/session#881.
#[test]
fn jetty_took_the_first_of_two_session_cookies() {
    let sessions = sessions();
    let alice = sealed(&sessions, &ALICE, NOW);
    let ended = sealed(&sessions, &[("user", "old")], NOW - 14 * DAY);
    let foreign = sealed(&CookieSessions::new(ring(2)), &ALICE, NOW);
    for other in [&ended, &foreign, &ours("1234"), &ours("")] {
        for header in [format!("{other}; {alice}"), format!("{alice}; {other}")] {
            assert_eq!(opens(&sessions, &header, NOW).get("user"), Some("alice"), "{header}");
        }
    }
    let mallory = sealed(&sessions, &[("user", "mallory")], NOW);
    for header in [format!("{mallory}; {alice}"), format!("{alice}; {mallory}")] {
        let session = decode(&sessions, &header, NOW);
        assert_eq!((session.is_new(), session.rejection()), (true, Some(&Rejection::Ambiguous)));
    }
}

/// Apache's mod_session crashed at a crafted `Cookie` field: CVE-2021-26690. Here are all fields of up to five
/// of the pieces that a parser trips over.
#[test]
fn mod_session_crashed_at_a_crafted_cookie() {
    let sessions = sessions();
    let head = token(&sealed(&sessions, &[], NOW))[..4].to_owned();
    let pieces = [NAME, "=", ";", "&", "\"", " ", "\t", "\u{e9}", &head];
    let mut fields = vec![String::new()];
    let mut from = 0;
    for _ in 0..5 {
        let until = fields.len();
        for n in from..until {
            fields.extend(pieces.map(|piece| fields[n].clone() + piece));
        }
        from = until;
    }
    for field in &fields {
        assert!(decode(&sessions, field, NOW).is_new(), "{field:?}");
    }
}

/// Tornado, and Python's own parser, took quadratic time over a crafted field: CVE-2024-52804, CVE-2024-7592.
/// Two million bytes would keep such a reader busy for hours.
#[test]
fn tornado_read_cookies_in_quadratic_time() {
    for piece in ["\\", "\"", "\\\"", "\\134", "a=\"", "=", "; ", ";", " ", "a", "__Host-session"] {
        let filler = piece.repeat(2_000_000 / piece.len());
        check(
            &[&format!("a=\"{filler}; __Host-session=@"), &format!("__Host-session=@;{filler}")],
            Some("alice"),
        );
    }
}

/// Go made a structure for each of any number of cookies: CVE-2025-58186.
#[test]
fn go_allocated_for_every_cookie() {
    let sessions = sessions();
    // With `rotation`, the first key table that a thread loads costs an allocation.
    sessions.decode_at(&cookies(["__Host-session=AcKa"]), Transport::Https, at(NOW));
    for cookie in ["a=;", ";", "__Host-session=;", "__Host-session=AcKa;", "__Host-session;"] {
        let headers = cookies([cookie.repeat(100_000)]);
        let used = measure(|| drop(sessions.decode_at(&headers, Transport::Https, at(NOW))));
        assert_eq!(used.count_total, 0, "allocations for many of {cookie}");
    }
}

// What is set.

/// npm's cookie took names, paths and domains that went on to further attributes, as did Tornado:
/// CVE-2024-47764, GHSA-fqwm-6jpj-5wxc.
#[test]
fn jshttp_cookie_took_attributes_for_names() {
    let builder = || CookieSessions::builder(ring(1));
    for injected in
        ["a; Domain=evil.example", "a;b", "a\r\nSet-Cookie: b=c", "a,b", "a\0", "a=b; c", "é"]
    {
        for (setting, built) in [
            ("name", builder().name(injected).build()),
            ("path", builder().path(format!("/{injected}")).build()),
            ("domain", builder().domain(format!("{injected}.example.com")).build()),
        ] {
            let error = built.map(drop).unwrap_err();
            assert!(
                matches!(error, ConfigError::Setting { setting: s, .. } if s == setting),
                "{error}"
            );
        }
    }
    let entries = [("; Domain", "evil.example; Path=/x"), ("\r\nSet-Cookie", "a=b")];
    let mut session = visit(&sessions(), NOW);
    session.data_mut().extend(entries);
    let headers = encode(&sessions(), &session, NOW).1;
    assert_eq!(attributes(&headers), attributes(&set_and_removed(|builder| builder)[0]));
}

/// Rocket removed the cookie of the path that was asked for, and not the one that it had set for all paths:
/// rwf2/Rocket#295.
#[test]
fn rocket_removed_without_the_path() {
    for path in ["/", "/app", "/a%20b"] {
        let [set, removed] = set_and_removed(|builder| builder.path(path));
        assert!(attributes(&removed).contains(&format!("Path={path}")));
        assert_eq!(attributes(&set), attributes(&removed));
    }
}

/// mod_auth_mellon left the domain out of the line that removes: Uninett/mod_auth_mellon#14.
#[test]
fn mod_auth_mellon_removed_without_the_domain() {
    let [set, removed] = set_and_removed(|builder| builder.domain("example.com").partitioned(true));
    for attribute in ["Domain=example.com", "Secure", "Partitioned", "HttpOnly"] {
        assert!(attributes(&removed).contains(attribute), "{attribute}");
    }
    assert_eq!(attributes(&set), attributes(&removed));
    assert_eq!(pair(&set).split('=').next(), pair(&removed).split('=').next());
}

/// iron-session, as cookie-session before it, set cookies that browsers drop for their length, and the session
/// stayed as it had been: vvo/iron-session#101, expressjs/cookie-session#35. lua-resty-session left the attributes
/// out when it measured: bungle/lua-resty-session#67.
#[test]
fn iron_session_set_cookies_that_are_too_long() {
    let sessions = sessions();
    let (mut longest, mut refused) = (0, 0);
    for length in 2800..3100 {
        let mut session = visit(&sessions, NOW);
        session.set("text", "x".repeat(length));
        let mut headers = HeaderMap::new();
        match sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)) {
            Ok(_) => longest = longest.max(line(&headers).len()),
            Err(EncodeError::TooLarge { size, limit: 4096 }) => {
                assert!(size > 4096 && headers.is_empty(), "{size} bytes");
                refused += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert!((4094..=4096).contains(&longest) && refused > 0, "{longest} bytes, {refused} refused");
}

/// A response that was slow brought back, with Turbo Frames, the session that a log-out had ended:
/// GHSA-qppm-g56g-fpvp; the like in rack-session, CVE-2025-46336. (Here it can only if the session is due for a
/// refresh, as the README says.)
#[test]
fn turbo_brought_back_a_session_after_log_out() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &ALICE, NOW);
    let slow = opens(&sessions, &cookie, NOW + 7 * DAY - 2);
    let mut out = opens(&sessions, &cookie, NOW + 7 * DAY - 2);
    out.invalidate();
    assert_eq!(encode(&sessions, &out, NOW + 7 * DAY - 2).0, Sent::Removed);
    assert_eq!(slow.get("user"), Some("alice"));
    let (sent, headers) = encode(&sessions, &slow, NOW + 7 * DAY - 1);
    assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Unchanged, None));
}

/// Starlette set the cookie with every response, so that a request that only read undid what another had written:
/// Kludex/starlette#2019; the like in auth0/nextjs-auth0#544.
#[test]
fn starlette_sent_the_cookie_with_every_response() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &ALICE, NOW);
    let reads: [fn(&mut Session); 6] = [
        |_| {},
        |session| assert_eq!(session.get("user"), Some("alice")),
        |session| session.set("user", "alice"),
        |session| assert_eq!(session.remove("page"), None),
        |session| drop(session.id().expose_base64url()),
        |session| assert_eq!(session.label().to_string().len(), 12),
    ];
    for (n, read) in reads.iter().enumerate() {
        let mut session = opens(&sessions, &cookie, NOW + 1);
        read(&mut session);
        let (sent, headers) = encode(&sessions, &session, NOW + 1);
        assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Unchanged, None), "row {n}");
    }
}

// What caches keep.

/// Flask refreshed a session that no one had read without `Vary: Cookie`: CVE-2023-30861.
#[test]
fn flask_refreshed_without_vary() {
    let sessions = sessions();
    let session = opens(&sessions, &sealed(&sessions, &ALICE, NOW), NOW + 7 * DAY);
    let (sent, headers) = encode(&sessions, &session, NOW + 7 * DAY);
    assert_eq!(sent, Sent::Set);
    assert_eq!(
        (&headers[VARY], &headers[CACHE_CONTROL]),
        (&"Cookie".parse().unwrap(), &"private".parse().unwrap())
    );
}

/// Flask missed reading that only looked whether there is a key, and left `Vary: Cookie` out: CVE-2026-27205.
#[test]
fn flask_missed_reading_of_keys() {
    let reads: [fn(&Session) -> bool; 6] = [
        |session| session.contains("user"),
        |session| session.len() == 1,
        |session| !session.is_empty(),
        |session| session.iter().next().is_some(),
        |session| !session.is_new(),
        |session| session.data().contains("user"),
    ];
    for read in reads {
        let sessions = sessions();
        let session = opens(&sessions, &sealed(&sessions, &ALICE, NOW), NOW);
        assert!(read(&session));
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!((sent, &headers[VARY]), (Sent::Unchanged, &"Cookie".parse().unwrap()));
        assert_eq!(headers[CACHE_CONTROL], "private");
    }
}

/// The same, where a session is opened on first use: a handler asks the handle.
#[cfg(feature = "tower")]
#[tokio::test]
async fn flask_missed_reading_of_keys_through_a_handle() {
    use sealed_session::{SessionHandle, SessionLayer};
    use tower::{Layer, ServiceExt, service_fn};
    let reads: [fn(&SessionHandle) -> bool; 5] = [
        |session| session.contains("user"),
        |session| session.len() == 1,
        |session| !session.is_empty(),
        |session| !session.is_new(),
        |session| session.rejection().is_none(),
    ];
    for read in reads {
        let sessions = sessions();
        let mut session = sessions.fresh();
        session.set("user", "alice");
        let request =
            http::Request::builder().header("cookie", sessions.request_cookie(&session).unwrap());
        let service = SessionLayer::new(sessions).layer(service_fn(
            move |request: http::Request<()>| async move {
                assert!(read(request.extensions().get::<SessionHandle>().unwrap()));
                Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
            },
        ));
        let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
        assert_eq!(
            (&response.headers()[VARY], &response.headers()[CACHE_CONTROL]),
            (&"Cookie".parse().unwrap(), &"private".parse().unwrap())
        );
    }
}

/// Rails sent the session cookie along with files of Active Storage that were marked `public`: CVE-2024-26144.
#[test]
fn active_storage_sent_the_session_with_public_files() {
    let sessions = sessions();
    let mut session = opens(&sessions, &sealed(&sessions, &ALICE, NOW), NOW + 7 * DAY);
    let public = || {
        HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"))])
    };
    let mut headers = public();
    let now = at(NOW + 7 * DAY);
    let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, now).unwrap();
    assert_eq!((sent, headers.get(SET_COOKIE)), (Sent::Unchanged, None), "due, and not refreshed");
    session.set("user", "bob");
    let mut headers = public();
    assert_eq!(sessions.encode_at(&session, &mut headers, StatusCode::OK, now).unwrap(), Sent::Set);
    assert_eq!(headers[CACHE_CONTROL], "max-age=3600, private");
}

/// nextjs-auth0 set the session without a word to caches, and CDNs kept it: CVE-2025-48947.
#[test]
fn nextjs_auth0_let_a_cdn_keep_the_cookie() {
    let told = ["cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control"];
    let changes: [fn(&mut Session); 2] =
        [|session| session.set("user", "bob"), Session::invalidate];
    for change in changes {
        let sessions = sessions();
        let mut session = opens(&sessions, &sealed(&sessions, &ALICE, NOW), NOW);
        change(&mut session);
        let told = told
            .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("max-age=60")));
        let mut headers = HeaderMap::from_iter(told);
        sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        line(&headers);
        assert_eq!(headers[CACHE_CONTROL], "private");
        assert_eq!(headers.len(), 3, "Set-Cookie, Vary and Cache-Control");
    }
}

// What a secret is.

/// oauth2_proxy took the characters of a secret for its bytes, so that 32 hex digits, 16 bytes, did for 32:
/// bitly/oauth2_proxy#227.
#[test]
fn oauth2_proxy_took_characters_for_bytes() {
    let hex = "8f6c1f0a5d2e4b7993a1c05e7d84b2f6";
    assert_eq!(hex.parse::<Secret>().unwrap_err(), SecretError::TooShort { bytes: 16 });
    let long = hex.repeat(2) + "0b";
    let bytes: Vec<u8> =
        (0..33).map(|n| u8::from_str_radix(&long[2 * n..][..2], 16).unwrap()).collect();
    let of_bytes = Secret::from_bytes(&bytes).unwrap().expose_base64url();
    for text in [&*long, &of_bytes] {
        assert_eq!(text.parse::<Secret>().unwrap().expose_base64url(), of_bytes);
    }
}

/// cookie-rs panicked at a secret that was too short: actix/examples#605.
#[test]
fn cookie_rs_panicked_at_a_short_secret() {
    for length in 0..100 {
        let bytes: Vec<u8> = (0..length).collect();
        assert_eq!(Secret::from_bytes(&bytes).is_ok(), length >= 32, "{length} bytes");
        let text = URL_SAFE_NO_PAD.encode_to_string(&bytes);
        assert!(text.parse::<Secret>().is_err() || length >= 32, "{length} bytes");
    }
}

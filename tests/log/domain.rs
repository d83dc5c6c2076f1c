//! A session in a cookie of a domain that does not cover the host of the request: the browser drops it.

use http::{HeaderMap, HeaderValue, Request, Response};
use sealed_session::{CookieSessions, Issue, Sent, Transport};
use tracing::Level;

use crate::events::{Headers, assert_warned_once_a_minute, build, told, warned_of_request};
use crate::support::{NOW, at, cookies, encode, pair, ring, sealed};

const OUTSIDE_DOMAIN: &str = "the browser will drop it, unless a proxy rewrites Host: a session was sent in a cookie with a \
                              domain that does not cover the host of the request; correct domain, or leave it out";

fn sessions() -> CookieSessions {
    build(ring(1), |b| b.domain("Shop.example"))
}

/// What is logged for the host of a request, in `Host` or else in the URI.
fn warned(uri: &str, headers: &Headers) -> Vec<String> {
    let warned = warned_of_request(&sessions(), uri, headers).into_iter();
    warned
        .map(|told| {
            assert_eq!(told.fields["domain"], "Shop.example");
            told.fields["message"].clone()
        })
        .collect()
}

/// RFC 6265 section 5.1.3.
#[test]
fn a_host_that_the_domain_does_not_cover_is_a_warning_that_says_what_to_do() {
    for host in [
        "localhost",
        "localhost:3000",
        "example",
        "www.example",
        "eshop.example",
        "shop.example.net",
        "shop.example.",
        "shop.example.:443",
        "192.0.2.1",
        "[::1]:3000",
        "[2001:db8::1]",
    ] {
        assert_eq!(warned("/", &[("host", host)]), [OUTSIDE_DOMAIN], "{host}");
        assert_eq!(warned(&format!("https://{host}/"), &[]), [OUTSIDE_DOMAIN], "{host}");
    }
    // Browsers send it to localhost, where they keep a cookie that is `Secure`.
    let from_browser: &Headers = &[("host", "localhost:3000"), ("sec-fetch-site", "same-origin")];
    assert_eq!(warned("/", from_browser), [OUTSIDE_DOMAIN]);
    // Of two reasons one is logged.
    let plain: &Headers = &[("host", "192.0.2.1"), ("origin", "http://192.0.2.1")];
    assert_eq!(warned("/", plain), [OUTSIDE_DOMAIN]);
}

#[test]
fn a_host_that_the_domain_covers_or_that_is_unknown_is_no_warning() {
    for host in
        ["shop.example", "SHOP.Example:8443", "www.shop.example", "a.b.shop.example:443", ""]
    {
        assert_eq!(warned("/", &[("host", host)]), [""; 0], "{host}");
    }
    for uri in ["https://shop.example/", "https://user@www.shop.example:8443/?x"] {
        assert_eq!(warned(uri, &[]), [""; 0], "{uri}");
    }
    assert_eq!(warned("/", &[]), [""; 0]);
    let without = build(ring(1), |b| b);
    assert!(warned_of_request(&without, "/", &[("host", "localhost")]).is_empty());
}

#[test]
fn a_host_outside_the_domain_is_logged_once_a_minute_for_every_entry_point() {
    let sessions = sessions();
    let headers =
        HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("localhost"))]);
    assert_warned_once_a_minute(&sessions, &headers);
}

/// A client that sent the cookie keeps it: it has another host than a proxy names.
#[test]
fn a_host_outside_the_domain_is_logged_only_if_a_new_session_is_set() {
    let sessions = sessions();
    let mut headers = cookies([sealed(&sessions, &[("user", "alice")], NOW)]);
    headers.insert("host", HeaderValue::from_static("localhost"));
    let warned = told(Level::WARN, || {
        let mut session = sessions.decode_at(&headers, Transport::Https, at(NOW));
        session.touch();
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
        headers.remove("cookie");
        let session = sessions.decode_at(&headers, Transport::Https, at(NOW));
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    });
    assert!(warned.is_empty(), "{warned:?}");
    let eager = build(ring(1), |b| b.domain("shop.example").issue(Issue::Eager).insecure_http());
    let request = Request::get("/").header("host", "localhost").body(()).unwrap();
    let messages: Vec<_> = told(Level::WARN, || {
        let sent = eager.encode(&eager.decode(&request), &mut Response::new(()));
        assert_eq!(sent.unwrap(), Sent::Set);
    })
    .into_iter()
    .map(|told| told.fields["message"].clone())
    .collect();
    assert!(messages.contains(&OUTSIDE_DOMAIN.to_owned()), "{messages:?}");
    assert!(pair(&encode(&eager, &eager.decode(&request), NOW).1).starts_with("session="));
}

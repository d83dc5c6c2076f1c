//! Where a request comes from: other hosts of the site, origins that are trusted, and first visits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use http::header::{COOKIE, HeaderMap, HeaderValue};
use http::{Request, StatusCode};
use sealed_session::csrf::ReadForm;
use sealed_session::{CookieSessions, Csrf, CsrfError, SameSite};

use crate::support::{Log, NAME, ring, sessions};
use crate::visitor::{Visitor, lines_of};

const APP: &str = "https://app.example.net";

/// A layer that trusts these origins.
fn trusting(
    origins: &[&str],
) -> Csrf<impl ReadForm<String, String, Inner = String> + Clone + use<>> {
    let mut trusted = origins.iter();
    trusted.try_fold(Csrf::form(lines_of), |csrf, origin| csrf.trust_origin(*origin)).unwrap()
}

#[tokio::test]
async fn refuses_a_sibling_host_that_planted_its_own_session_and_sends_its_token() {
    for builder in [
        CookieSessions::builder(ring(1)).domain("example.com"),
        CookieSessions::builder(ring(1)).path("/transfer"),
        CookieSessions::builder(ring(1)).insecure_http(),
    ] {
        let planted = Visitor::of(builder.build().unwrap());
        let request = planted.send("POST", &[("sec-fetch-site", "same-site")], &planted.token());
        assert_eq!(planted.refuses(request).await, CsrfError::SameSite);
    }
}

#[tokio::test]
async fn lets_the_token_decide_for_a_trusted_origin() {
    let visitor = Visitor::new();
    let (right, wrong) = (visitor.token(), Visitor::new().token());
    let layer = trusting(&["https://other.example", APP, "http://[2001:db8::1]:8080"]);
    for site in ["same-site", "cross-site", "same-site, cross-site"] {
        for origin in ["https://other.example", APP, "http://[2001:db8::1]:8080"] {
            let header = [("sec-fetch-site", site), ("origin", origin)];
            let send = |body: &str| visitor.send("POST", &header, body);
            visitor.passes_through(layer.clone(), send(&right)).await;
            let refused = visitor.refuses_through(layer.clone(), send(&wrong)).await;
            assert_eq!(refused, CsrfError::Mismatch);
            let refused = visitor.refuses_through(layer.clone(), send("-")).await;
            assert_eq!(refused, CsrfError::Missing);
        }
    }
}

#[tokio::test]
async fn trusts_nothing_but_a_single_origin_that_is_listed_byte_for_byte() {
    let visitor = Visitor::new();
    let token = visitor.token();
    for origins in [
        &[][..],
        &["null"],
        &[""],
        &["https://app.example.net/"],
        &["https://app.example.net:443"],
        &["https://app.example.net:8443"],
        &["http://app.example.net"],
        &["https://App.example.net"],
        &["https://app.example.net."],
        &["https://app.example.net, https://app.example.net"],
        &["https://app.example.network"],
        &["https://an.app.example.net"],
        &[APP, APP],
        &[APP, "https://evil.example"],
        &["https://evil.example", APP],
    ] {
        for (site, reason) in
            [("same-site", CsrfError::SameSite), ("cross-site", CsrfError::CrossSite)]
        {
            let mut header = vec![("sec-fetch-site", site), ("referer", APP)];
            header.extend(origins.iter().map(|origin| ("origin", *origin)));
            let request = visitor.send("POST", &header, &token);
            assert_eq!(visitor.refuses_through(trusting(&[APP]), request).await, reason);
        }
    }
}

#[tokio::test]
async fn a_trusted_origin_needs_a_token_also_without_a_cookie() {
    let visitor = Visitor::new();
    for site in ["cross-site", "same-site", "same-origin, cross-site"] {
        let header = [("sec-fetch-site", site), ("origin", APP)];
        let mut request = visitor.send("POST", &header, "-");
        request.headers_mut().remove(COOKIE);
        let refused = visitor.refuses_through(trusting(&[APP]), request).await;
        assert_eq!(refused, CsrfError::Missing);
    }
}

#[tokio::test]
async fn what_on_refused_makes_of_the_settings_trusts_what_they_trusted() {
    let visitor = Visitor::new();
    let header = [("sec-fetch-site", "cross-site"), ("origin", APP)];
    let csrf = trusting(&[APP]).on_refused(|_, _| unreachable!("it is not refused"));
    let csrf = csrf.trust_origin("https://other.example").unwrap();
    let response = visitor.run_through(csrf, visitor.send("POST", &header, &visitor.token())).await;
    assert_eq!(response.status(), StatusCode::OK);
}

#[test]
fn takes_origins_as_browsers_write_them() {
    for origin in [
        "https://example.net",
        "http://example.net",
        "https://app.example.net:8443",
        "http://localhost:3000",
        "http://localhost",
        "https://example.net:80",
        "http://example.net:443",
        "https://example.net:65535",
        "https://xn--bcher-kva.example",
        "https://a_b.example",
        "https://a--b.example",
        "https://3com.example",
        "https://1.2.3.example",
        "http://192.0.2.1",
        "http://192.0.2.1:8080",
        "http://0.0.0.0",
        "http://[::1]:3000",
        "http://[::]",
        "https://[2001:db8::1]",
        "https://[2001:db8:0:1:2:3:4:5]",
        "https://[0:2:3:4:5:6:7:8]",
        "https://[1::4:0:0:7:8]",
        "https://[::ffff:102:304]",
        "https://[::ffff:0:0]",
        "https://[::102:304]",
    ] {
        assert!(Csrf::header_only().trust_origin(origin).is_ok(), "{origin}");
    }
}

#[test]
fn refuses_what_no_browser_sends_as_an_origin_and_says_what_it_would() {
    const SCHEME: &str = "an origin that starts with https:// or http://, in lower case";
    const PATH: &str = "scheme, host and port alone, without a path or a slash at the end";
    const USER: &str = "an origin without a user name";
    const HOST: &str = "a host as browsers send it: lower case, punycode, labels of letters, \
                        digits, - and _, no dot at the end; an address in its shortest form, \
                        IPv6 in brackets";
    const PORT: &str = "a port from 1 to 65535 without leading zeros, and none where it is the \
                        scheme's own (https: 443, http: 80)";
    let long = format!("https://{}.example", "a".repeat(246));
    for (origin, expected) in [
        ("", SCHEME),
        ("null", SCHEME),
        ("*", SCHEME),
        ("app.example.net", SCHEME),
        ("//app.example.net", SCHEME),
        ("HTTPS://app.example.net", SCHEME),
        ("https:app.example.net", SCHEME),
        ("https:/app.example.net", SCHEME),
        (" https://app.example.net", SCHEME),
        ("file://", SCHEME),
        ("ws://app.example.net", SCHEME),
        ("chrome-extension://abcdefgh", SCHEME),
        ("https://app.example.net/", PATH),
        ("https://app.example.net/path", PATH),
        ("https://app.example.net?query", PATH),
        ("https://app.example.net#fragment", PATH),
        ("https:///", PATH),
        ("https:///app.example.net", PATH),
        ("https://app.example.net\\", PATH),
        ("https://user@app.example.net", USER),
        ("https://user:word@app.example.net", USER),
        ("https://@app.example.net", USER),
        ("https://", HOST),
        ("https://:443", HOST),
        ("https://App.example.net", HOST),
        ("https://bücher.example", HOST),
        ("https://b%C3%BCcher.example", HOST),
        ("https://*.example.net", HOST),
        ("https://app.example.net ", HOST),
        ("https://app.example.net,https", HOST),
        ("https://app..example.net", HOST),
        ("https://.example.net", HOST),
        ("https://app.example.net.", HOST),
        (&long, HOST),
        ("http://1", HOST),
        ("http://127.1", HOST),
        ("http://0x7f.0.0.1", HOST),
        ("http://app.0x7f", HOST),
        ("http://app.0x", HOST),
        ("http://127.0.0.01", HOST),
        ("http://256.0.0.1", HOST),
        ("http://app.example.1", HOST),
        ("http://::1", HOST),
        ("http://[::1", HOST),
        ("http://[]", HOST),
        ("http://[::1]a", HOST),
        ("http://[0:0:0:0:0:0:0:1]", HOST),
        ("http://[::0001]", HOST),
        ("http://[2001:DB8::1]", HOST),
        ("http://[2001:db8::1:2:3:4:5]", HOST),
        ("http://[1:0:0:4::7:8]", HOST),
        ("http://[::2:3:4:5:6:7:8]", HOST),
        ("http://[::ffff:1.2.3.4]", HOST),
        ("http://[::1.2.3.4]", HOST),
        ("http://[fe80::1%25eth0]", HOST),
        ("http://[127.0.0.1]", HOST),
        ("https://app.example.net:", PORT),
        ("https://app.example.net:0", PORT),
        ("https://app.example.net:443", PORT),
        ("http://app.example.net:80", PORT),
        ("http://[::1]:80", PORT),
        ("https://app.example.net:08443", PORT),
        ("https://app.example.net:+8443", PORT),
        ("https://app.example.net:65536", PORT),
        ("https://app.example.net:8443:1", PORT),
        ("https://app.example.net:https", PORT),
    ] {
        let error = Csrf::header_only().trust_origin(origin).unwrap_err();
        let said = format!("trust_origin is {origin:?}; expected {expected}");
        assert_eq!(error.to_string(), said);
    }
}

/// A request that says so, with this `Cookie` header and body.
fn first_visit(
    visitor: &Visitor,
    sites: &[&str],
    cookie: Option<&str>,
    body: &str,
) -> Request<String> {
    let header: Vec<_> = sites.iter().map(|site| ("sec-fetch-site", *site)).collect();
    let mut request = visitor.send("POST", &header, body);
    request.headers_mut().remove(COOKIE);
    let cookie = cookie.map(|cookie| (COOKIE, HeaderValue::from_str(cookie).unwrap()));
    request.headers_mut().extend(cookie);
    request
}

#[tokio::test]
async fn lets_a_page_of_our_own_pass_without_a_token_where_there_is_no_cookie() {
    let sessions = CookieSessions::builder(ring(1)).same_site(SameSite::Strict).build().unwrap();
    let visitor = Visitor::of(sessions);
    visitor.passes(first_visit(&visitor, &["same-origin"], None, "-")).await;
    for other in ["theme=dark", "session=junk", "__host-session=junk", "__Host-session", ""] {
        visitor.passes(first_visit(&visitor, &["same-origin"], Some(other), "-")).await;
    }
}

#[tokio::test]
async fn does_not_look_at_the_token_of_a_first_visit_which_cannot_be_right() {
    let visitor = Visitor::new();
    // The form was rendered with one of a session that was never issued.
    let unissued = sessions().fresh().csrf_token();
    for token in [unissued.as_str(), "junk", "one\nand another", "\n"] {
        visitor.passes(first_visit(&visitor, &["same-origin"], None, token)).await;
        let mut request = first_visit(&visitor, &["same-origin"], None, "-");
        let header = token.replace('\n', " ").parse().unwrap();
        request.headers_mut().insert("x-csrf-token", header);
        visitor.passes(request).await;
    }
}

#[tokio::test]
async fn asks_for_a_token_where_a_cookie_or_any_doubt_is() {
    let visitor = Visitor::new();
    let valid = visitor.sessions.request_cookie(&visitor.session).unwrap();
    let valid = valid.to_str().unwrap();
    for cookie in [valid, &format!("{NAME}=junk"), &format!("theme=dark; {NAME}=")] {
        let request = first_visit(&visitor, &["same-origin"], Some(cookie), "-");
        assert_eq!(visitor.refuses(request).await, CsrfError::Missing, "{cookie}");
    }
    for sites in [
        &[][..],
        &["none"],
        &["same-origin", "same-origin"],
        &["same-origin", "none"],
        &["same-origin,same-origin"],
        &["same-origin;a=1"],
        &["Same-Origin"],
        &["\"same-origin\""],
        &["same-origins"],
        &[""],
    ] {
        let request = first_visit(&visitor, sites, None, "-");
        assert_eq!(visitor.refuses(request).await, CsrfError::Missing, "{sites:?}");
    }
}

#[tokio::test]
async fn a_first_visit_costs_neither_the_form_nor_the_session() {
    let visitor = Visitor::new();
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let csrf = Csrf::form(move |request| {
        counted.fetch_add(1, Relaxed);
        lines_of(request)
    });
    let log = Log::default();
    let _listening = log.listen();
    let request = first_visit(&visitor, &["same-origin"], None, "-");
    let response = visitor.run_through(csrf, request).await;
    assert_eq!((response.status(), response.headers()), (StatusCode::OK, &HeaderMap::new()));
    assert_eq!((reads.load(Relaxed), log.all()), (0, String::new()));
}

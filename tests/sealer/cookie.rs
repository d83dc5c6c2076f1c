//! A value in a cookie of its own: attributes, headers for caches, several cookies of one name.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE, VARY};
use proptest::prelude::*;
use sealed_session::{
    CookieSessions, EncodeError, Rejection, SameSite, SealedCookie, Sent, Transport,
};

use crate::support::{NOW, at, cookies, line, pair, ring, secret, secs, sessions};

pub const NAME: &str = "__Host-flow";
const HTTPS: Transport = Transport::Https;

pub fn flow_of(sessions: &CookieSessions, same_site: SameSite) -> SealedCookie<String> {
    let sealer = sessions.sealer("flow", secs(600)).unwrap();
    sealer.in_cookie("flow", same_site).unwrap()
}

fn flow() -> SealedCookie<String> {
    flow_of(&sessions(), SameSite::None)
}

/// The headers of a response that sets this value.
#[track_caller]
fn set(cookie: &SealedCookie<String>, value: &str, now: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let sent = cookie.encode(&value.into(), &mut headers, HTTPS, at(now)).unwrap();
    assert_eq!(sent, Sent::Set);
    headers
}

#[track_caller]
pub fn arrive(fields: &[&str], now: u64) -> Result<Option<String>, Rejection> {
    flow().decode(&cookies(fields), HTTPS, at(now))
}

#[test]
fn a_value_comes_back_until_it_ends() {
    let sent = pair(&set(&flow(), "verifier", NOW));
    for now in [NOW - 300, NOW, NOW + 599] {
        assert_eq!(arrive(&[&sent], now), Ok(Some("verifier".into())));
    }
    assert_eq!(arrive(&[&sent], NOW + 600), Err(Rejection::AbsoluteTimeout));
    assert_eq!(arrive(&[&sent], NOW - 301), Err(Rejection::FromTheFuture));
    assert_eq!(arrive(&[], NOW), Ok(None));
    assert_eq!(arrive(&["other=1; flow=2"], NOW), Ok(None));
    assert_eq!(arrive(&[&format!("{NAME}=!!!!")], NOW), Err(Rejection::Malformed));
    assert_eq!(arrive(&[&format!("{NAME}=")], NOW), Err(Rejection::Malformed));
}

/// The attributes of the session cookie, with its own `SameSite` and `Max-Age`.
#[test]
fn the_cookie_has_the_attributes_of_the_session_cookie() {
    let builder = || CookieSessions::builder(ring(1)).same_site(SameSite::Strict);
    for (sessions, same_site, name, attributes) in [
        (builder(), SameSite::None, NAME, "Path=/; Secure; HttpOnly; SameSite=None"),
        (
            builder().browser_session(true),
            SameSite::Lax,
            NAME,
            "Path=/; Secure; HttpOnly; SameSite=Lax",
        ),
        (
            builder().path("/app").domain("example.com").partitioned(true),
            SameSite::Strict,
            "__Secure-flow",
            "Domain=example.com; HttpOnly; Partitioned; Path=/app; SameSite=Strict; Secure",
        ),
        (builder().insecure_http(), SameSite::Lax, "flow", "Path=/; HttpOnly; SameSite=Lax"),
    ] {
        let sessions = sessions.build().unwrap();
        let cookie = flow_of(&sessions, same_site);
        let parts = |headers: &HeaderMap| -> (String, Vec<String>) {
            let line = line(headers);
            let mut parts = line.split("; ").map(str::to_owned);
            let pair = parts.next().unwrap();
            let mut attributes: Vec<String> = parts.collect();
            attributes.sort();
            (pair.split('=').next().unwrap().to_owned(), attributes)
        };
        let expected = |max_age: &str| -> (String, Vec<String>) {
            let mut all: Vec<String> = attributes.split("; ").map(str::to_owned).collect();
            all.push(format!("Max-Age={max_age}"));
            all.sort();
            (name.to_owned(), all)
        };
        let mut headers = HeaderMap::new();
        cookie.encode(&"a".into(), &mut headers, sessions.transport(), at(NOW)).unwrap();
        assert_eq!(parts(&headers), expected("600"));
        let sent = cookie.remove(&mut headers, sessions.transport()).unwrap();
        assert_eq!((sent, parts(&headers)), (Sent::Removed, expected("0")));
    }
}

#[test]
fn a_removal_is_empty_and_replaces_the_header_of_the_same_response() {
    let mut headers = set(&flow(), "a", NOW);
    headers.append(SET_COOKIE, HeaderValue::from_static("theme=dark"));
    assert_eq!(flow().remove(&mut headers, HTTPS).unwrap(), Sent::Removed);
    let fields: Vec<_> = headers.get_all(SET_COOKIE).iter().collect();
    assert_eq!(fields.len(), 2);
    assert_eq!(fields[0], "theme=dark");
    assert!(fields[1].to_str().unwrap().starts_with("__Host-flow=; "));
}

#[test]
fn a_response_with_the_cookie_is_private_and_varies() {
    for write in [
        |headers: &mut HeaderMap| flow().encode(&"a".into(), headers, HTTPS, at(NOW)),
        |headers: &mut HeaderMap| flow().remove(headers, HTTPS),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        headers.insert("surrogate-control", HeaderValue::from_static("max-age=60"));
        write(&mut headers).unwrap();
        assert_eq!(headers[CACHE_CONTROL], "max-age=60, private");
        assert_eq!(headers[VARY], "Cookie");
        assert!(!headers.contains_key("surrogate-control"));
        assert!(headers[SET_COOKIE].is_sensitive());
    }
}

#[test]
fn over_the_other_transport_nothing_is_read_or_written() {
    let (cookie, sent) = (flow(), pair(&set(&flow(), "a", NOW)));
    let http = Transport::Http;
    assert_eq!(cookie.decode(&cookies([&sent]), http, at(NOW)), Err(Rejection::OtherTransport));
    assert_eq!(cookie.decode(&HeaderMap::new(), http, at(NOW)), Ok(None));
    let mut headers = HeaderMap::new();
    let set = cookie.encode(&"a".into(), &mut headers, http, at(NOW)).unwrap();
    let removed = cookie.remove(&mut headers, http).unwrap();
    assert_eq!((set, removed, headers.len()), (Sent::Withheld, Sent::Withheld, 0));
}

#[test]
fn of_several_cookies_the_newest_that_is_accepted_counts() {
    let old = pair(&set(&flow(), "old", NOW - 10));
    let new = pair(&set(&flow(), "new", NOW));
    let ended = pair(&set(&flow(), "ended", NOW - 600));
    let other = flow_of(&CookieSessions::new(ring(2)), SameSite::None);
    let foreign = pair(&set(&other, "foreign", NOW));
    let junk = format!("{NAME}=junk");
    let fields = [&old, &new, &ended, &foreign, &junk];
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 1, 0, 4, 3]] {
        let fields = order.map(|n| fields[n].as_str());
        assert_eq!(arrive(&fields, NOW), Ok(Some("new".into())));
        assert_eq!(arrive(&[&fields.join("; ")], NOW), Ok(Some("new".into())));
    }
    assert_eq!(arrive(&[&junk, &foreign, &ended], NOW), Err(Rejection::AbsoluteTimeout));
}

#[test]
fn of_several_rejections_that_came_as_far_the_first_counts() {
    let of = |n| pair(&set(&flow_of(&CookieSessions::new(ring(n)), SameSite::None), "a", NOW));
    let (two, three) = (of(2), of(3));
    let [first, second] = [&two, &three].map(|sent| arrive(&[sent], NOW).unwrap_err());
    assert_ne!(first, second, "each names its key");
    assert_eq!(arrive(&[&two, &three], NOW), Err(first));
    assert_eq!(arrive(&[&three, &two], NOW), Err(second));
}

fn forged(count: usize) -> Vec<String> {
    let last = |pair: &str| if pair.ends_with('A') { "Q" } else { "A" };
    let forge = |pair: String| format!("{}{}", &pair[..pair.len() - 1], last(&pair));
    (0..count).map(|_| forge(pair(&set(&flow(), "forged", NOW)))).collect()
}

#[test]
fn eight_cookies_are_opened_and_the_ninth_is_not() {
    let good = pair(&set(&flow(), "good", NOW));
    let fields = |forged: Vec<String>| forged.into_iter().chain([good.clone()]).collect::<Vec<_>>();
    let decode = |fields: Vec<String>| flow().decode(&cookies(fields), HTTPS, at(NOW));
    assert_eq!(decode(fields(forged(7))), Ok(Some("good".into())));
    assert_eq!(decode(fields(forged(8))), Err(Rejection::TooMany));
    assert_eq!(decode(forged(8)), Err(Rejection::Forged));
    let equal = vec![forged(1).remove(0); 20];
    assert_eq!(decode(fields(equal)), Ok(Some("good".into())), "equal values are opened once");
}

#[test]
fn a_header_that_is_too_long_is_an_error_and_changes_nothing() {
    let sessions = CookieSessions::builder(ring(1)).max_set_cookie_len(512).build().unwrap();
    let cookie = flow_of(&sessions, SameSite::Lax);
    let size = |len: usize| {
        let mut headers = HeaderMap::new();
        let sent = cookie.encode(&"x".repeat(len), &mut headers, HTTPS, at(NOW));
        assert_eq!(sent.is_err(), headers.is_empty());
        sent.map(|_| headers[SET_COOKIE].len())
    };
    let longest = (200..400).find(|len| size(len + 1).is_err()).unwrap();
    assert!((509..=512).contains(&size(longest).unwrap()));
    let Err(EncodeError::TooLarge { size, limit }) = size(longest + 1) else { panic!() };
    assert_eq!((size > limit, limit), (true, 512));
}

#[test]
fn headers_that_are_full_are_an_error_and_stay_as_they_are() {
    let mut full = HeaderMap::new();
    let name = |n: usize| http::HeaderName::try_from(format!("x-{n}")).unwrap();
    while full.try_insert(name(full.len()), HeaderValue::from_static("1")).is_ok() {}
    let before = full.len();
    let error = flow().encode(&"a".into(), &mut full, HTTPS, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::Headers(_)));
    assert!(matches!(flow().remove(&mut full, HTTPS).unwrap_err(), EncodeError::Headers(_)));
    assert_eq!(full.len(), before);
}

#[test]
fn a_value_of_a_previous_secret_opens() {
    let sent = pair(&set(&flow(), "a", NOW));
    let rotated = flow_of(&CookieSessions::new(ring(2).previous(secret(1))), SameSite::None);
    assert_eq!(rotated.decode(&cookies([sent]), HTTPS, at(NOW)), Ok(Some("a".into())));
}

/// The way back from another site: a form under `response_mode=form_post`.
#[test]
fn the_cookie_of_a_flow_arrives_where_the_session_is_held_back() {
    let sessions = sessions();
    let sent = pair(&set(&flow(), "verifier", NOW));
    let back = http::Request::post("/callback")
        .header("origin", "https://provider.example")
        .header("sec-fetch-site", "cross-site")
        .header("cookie", sent)
        .body(())
        .unwrap();
    assert_eq!(flow().decode(back.headers(), HTTPS, at(NOW)), Ok(Some("verifier".into())));
    // The session is a pre-session there, and reading the value does not issue it.
    let session = sessions.decode(&back);
    assert!(session.is_new());
    let sent = sessions.encode(&session, &mut http::Response::new(())).unwrap();
    assert_eq!(sent, Sent::Unchanged);
}

proptest! {
    #[test]
    fn every_value_that_fits_comes_back(value in ".{0,400}", age in 0..600_u64) {
        let mut headers = HeaderMap::new();
        flow().encode(&value, &mut headers, HTTPS, at(NOW)).unwrap();
        prop_assert!(arrive(&[&pair(&headers)], NOW + age) == Ok(Some(value)));
    }

    #[test]
    fn no_header_makes_it_panic(bytes in proptest::collection::vec(32_u8..127, 0..300)) {
        let field = [format!("{NAME}=").as_bytes(), &bytes].concat();
        prop_assert!(flow().decode(&cookies([field]), HTTPS, at(NOW)).is_err() || bytes.is_empty());
    }
}

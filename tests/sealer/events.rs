//! What the log says of sealed values, and never shows.

use http::header::HeaderMap;
use sealed_session::{CookieSessions, SameSite, Sent, Transport};

use crate::cookie::{NAME, arrive, flow_of};
use crate::support::{Log, NOW, at, ring, sessions};
use crate::values::{edit, texts};

#[test]
fn a_rejected_value_is_logged_without_a_byte_of_it() {
    let (sealer, log) = (texts(&sessions()), Log::default());
    let sealed = sealer.seal(&"a".into(), at(NOW)).unwrap();
    let guard = log.listen();
    assert!(sealer.open(&edit(&sealed, 50, |byte| byte ^ 1), at(NOW)).is_err());
    drop(guard);
    let expected = "a sealed value was rejected purpose=\"text\" reason=Forged key_id=";
    log.says("DEBUG", expected);
    assert!(!log.all().contains(&sealed[..40]));
}

#[test]
fn the_first_value_without_tls_is_logged() {
    let http = CookieSessions::builder(ring(1)).insecure_http().build().unwrap();
    let log = Log::default();
    let guard = log.listen();
    texts(&http).seal(&"a".into(), at(NOW)).unwrap();
    drop(guard);
    log.says("WARN", "insecure_http() is set");
}

#[test]
fn a_rejected_cookie_is_logged_with_its_length() {
    let log = Log::default();
    let guard = log.listen();
    assert!(arrive(&[&format!("{NAME}=junk")], NOW).is_err());
    drop(guard);
    log.says(
        "DEBUG",
        "a sealed value was rejected purpose=\"flow\" reason=UnknownVersion(142) length=4",
    );
}

#[test]
fn the_first_cookie_without_tls_is_logged() {
    let http = CookieSessions::builder(ring(1)).insecure_http().build().unwrap();
    let (log, mut headers) = (Log::default(), HeaderMap::new());
    let guard = log.listen();
    let flow = flow_of(&http, SameSite::Lax);
    flow.encode(&"a".into(), &mut headers, Transport::Http, at(NOW)).unwrap();
    drop(guard);
    log.says("WARN", "insecure_http() is set");
}

#[test]
fn a_cookie_that_is_withheld_is_a_warning_once_a_minute() {
    let withheld = "WARN sealed_session: a sealed cookie was neither set nor removed: the request came over the other transport \
                    purpose=\"flow\" transport=Https";
    let flow = || {
        let builder = CookieSessions::builder(ring(1)).clock(|| at(NOW + 119));
        flow_of(&builder.build().unwrap(), SameSite::Lax)
    };
    let warned = |write: &dyn Fn(&mut HeaderMap) -> Sent| {
        let (log, mut headers) = (Log::default(), HeaderMap::new());
        let guard = log.listen();
        assert_eq!((write(&mut headers), headers.len()), (Sent::Withheld, 0));
        drop(guard);
        log.all().matches(withheld).count()
    };
    let [first, second] = [flow(), flow()];
    for (seconds, due) in [(0, 1), (59, 0), (60, 1)] {
        let now = at(NOW + seconds);
        let encode = |headers: &mut HeaderMap| {
            first.encode(&"a".into(), headers, Transport::Http, now).unwrap()
        };
        assert_eq!(warned(&encode), due, "after {seconds} s");
    }
    // A removal is at the time of the clock, 59 seconds after the last warning of the first one.
    for (flow, due) in [(&first, 0), (&second, 1)] {
        let remove = |headers: &mut HeaderMap| flow.remove(headers, Transport::Http).unwrap();
        assert_eq!(warned(&remove), due);
    }
}

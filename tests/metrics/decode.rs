//! Cookies that were accepted and that were rejected.

use http::HeaderMap;
use sealed_session::{CookieSessions, Transport};

use crate::recorder::Recorder;
use crate::support::{
    DAY, NAME, NOW, UNKNOWN_EXTENSION, at, cookies, decode, ring, sealed, secret, sessions, visit,
};

fn ours(value: &str) -> String {
    format!("{NAME}={value}")
}

fn alice(now: u64) -> String {
    sealed(&sessions(), &[("user", "alice")], now)
}

/// A forged token, under the key id of the first secret; no two are equal.
fn forged(n: usize) -> String {
    format!("{}{n:060}", &alice(NOW)[..NAME.len() + 5])
}

#[test]
fn an_accepted_session_is_counted_by_the_role_of_its_secret() {
    let recorder = Recorder::default();
    let keyring = ring(1).previous(secret(2)).upcoming(secret(3));
    let sessions = recorder.build(CookieSessions::builder(keyring));
    for (n, role) in [(1, "current"), (2, "previous"), (3, "upcoming")] {
        let cookie = sealed(&CookieSessions::new(ring(n)), &[("user", "alice")], NOW);
        assert!(!decode(&sessions, &cookie, NOW).is_new());
        recorder.counted([(&format!("accepted_total {role}"), 1)]);
    }
}

#[test]
fn a_clone_counts_in_the_same_place() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    decode(&sessions, &alice(NOW), NOW);
    decode(&sessions.clone(), &alice(NOW), NOW);
    drop(sessions);
    recorder.counted([("accepted_total current", 2)]);
}

#[test]
fn a_rejection_is_counted_by_its_reason() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let with_extension = ours(UNKNOWN_EXTENSION);
    let nine: Vec<String> = (0..9).map(forged).collect();
    let bob = sealed(&sessions, &[("user", "bob")], NOW);
    recorder.take();
    let other = sealed(&CookieSessions::new(ring(2)), &[("user", "mallory")], NOW);
    for (reason, cookie) in [
        ("too_long", ours(&"A".repeat(4096 - NAME.len()))),
        ("malformed", ours("!")),
        ("unknown_version", ours("AgAA")),
        ("unknown_key", other),
        ("forged", forged(0)),
        ("unknown_extension", with_extension),
        ("from_the_future", alice(NOW + 301)),
        ("absolute_timeout", alice(NOW - 30 * DAY)),
        ("idle_timeout", alice(NOW - 14 * DAY)),
        ("too_many", nine.join("; ")),
        ("ambiguous", format!("{}; {bob}", alice(NOW))),
    ] {
        assert!(decode(&sessions, &cookie, NOW).rejection().is_some(), "{reason}");
        recorder.counted([(&format!("rejected_total {reason}"), 1)]);
    }
    sessions.decode_at(&cookies([alice(NOW)]), Transport::Http, at(NOW));
    recorder.counted([("rejected_total other_transport", 1)]);
}

#[test]
fn a_session_that_another_type_sealed_is_counted_as_corrupt() {
    let recorder = Recorder::default();
    let numbers = CookieSessions::typed::<u32>(ring(1), "visits").build().unwrap();
    let mut session = visit(&numbers, NOW);
    *session.data_mut() = 7;
    let cookie = crate::support::pair(&crate::support::encode(&numbers, &session, NOW).1);
    let texts = recorder.build(CookieSessions::typed::<String>(ring(1), "visits"));
    decode(&texts, &cookie, NOW);
    recorder.counted([("rejected_total corrupt", 1)]);
}

#[test]
fn a_request_is_counted_once_however_many_tokens_it_has() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let several = [forged(0), ours("!"), forged(1), ours("AgAA")].join("; ");
    decode(&sessions, &several, NOW);
    recorder.counted([("rejected_total forged", 1)]);
    decode(&sessions, &format!("{several}; {}", alice(NOW)), NOW);
    recorder.counted([("accepted_total current", 1)]);
}

#[test]
fn a_request_without_the_cookie_is_not_counted() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    visit(&sessions, NOW);
    decode(&sessions, "theme=dark; session=x", NOW);
    sessions.fresh();
    recorder.counted([]);
}

#[test]
fn what_a_test_reads_from_a_response_is_not_counted() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let mut headers = HeaderMap::new();
    headers.insert("set-cookie", alice(NOW).parse().unwrap());
    sessions.from_response(&headers);
    let mut session = sessions.fresh();
    session.set("user", "alice");
    sessions.request_cookie(&session).unwrap();
    sessions.set_cookie_len(&session).unwrap();
    recorder.counted([]);
}

#[test]
fn sessions_that_were_built_without_a_recorder_count_nothing() {
    let recorder = Recorder::default();
    decode(&sessions(), &alice(NOW), NOW);
    assert!(recorder.all().is_empty());
}

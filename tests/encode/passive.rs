//! Passive requests: no refresh and no re-seal, while everything that was written is sent.

use crate::support::{
    DAY, NOW, at, decode, encode, pair, ring, sealed, secret, secs, sessions, visit,
};
use http::header::{CACHE_CONTROL, VARY};
use sealed_session::Sent::{Removed, Set, Unchanged};
use sealed_session::{CookieSessions, Issue, Sent, Session};

type Change = fn(&mut Session);

/// The first secret seals, the second did, the third will.
fn rotated() -> CookieSessions {
    CookieSessions::new(ring(1).previous(secret(2)).upcoming(secret(3)))
}

fn sealed_under(n: u8) -> String {
    sealed(&CookieSessions::new(ring(n)), &[("user", "alice")], NOW)
}

/// What is sent in response to a request and to a passive one, after this change.
#[track_caller]
fn check(sessions: &CookieSessions, cookie: &str, now: u64, change: Change, expected: [Sent; 2]) {
    for (passive, expected) in [false, true].into_iter().zip(expected) {
        let mut session = decode(sessions, cookie, now);
        if passive {
            session.passive();
        }
        change(&mut session);
        let (sent, headers) = encode(sessions, &session, now);
        assert_eq!(sent, expected, "passive: {passive}");
        assert_eq!(headers[VARY], "Cookie");
        assert!(headers[CACHE_CONTROL].to_str().unwrap().contains("private"));
        let jar = sessions.to_cookie(&session, at(now)).unwrap();
        assert_eq!(jar.is_some(), sent != Unchanged);
    }
}

#[test]
fn a_passive_request_refreshes_nothing_whichever_secret_opened_the_session() {
    let due = NOW + 7 * DAY;
    for (cookie, now, active) in [
        (sealed_under(1), due - 1, Unchanged),
        (sealed_under(1), due, Set),
        (sealed_under(1), NOW + 14 * DAY - 1, Set),
        (sealed_under(2), NOW, Set),
        (sealed_under(2), due, Set),
        (sealed_under(3), NOW, Unchanged),
        (sealed_under(3), due, Set),
    ] {
        check(&rotated(), &cookie, now, |_| {}, [active, Unchanged]);
        check(
            &rotated(),
            &cookie,
            now,
            |session| session.set("user", "alice"),
            [active, Unchanged],
        );
    }
}

#[test]
fn a_session_that_only_polls_reaches_its_idle_timeout() {
    let (sessions, cookie) = (sessions(), sealed_under(1));
    for now in (NOW..NOW + 14 * DAY).step_by(3600) {
        let mut session = decode(&sessions, &cookie, now);
        assert_eq!(session.get("user"), Some("alice"));
        session.passive();
        assert_eq!(encode(&sessions, &session, now).0, Unchanged);
    }
    assert!(decode(&sessions, &cookie, NOW + 14 * DAY).is_new());
}

#[test]
fn what_a_passive_request_writes_is_sent() {
    let changes: [(Change, Sent); 6] = [
        (|session| session.set("lang", "en"), Set),
        (Session::renew, Set),
        (Session::confirm, Set),
        (Session::touch, Set),
        (|session| session.set_idle_timeout(secs(DAY)), Set),
        (Session::invalidate, Removed),
    ];
    for (change, expected) in changes {
        for (n, now) in [(1, NOW), (1, NOW + 7 * DAY), (2, NOW)] {
            check(&rotated(), &sealed_under(n), now, change, [expected; 2]);
        }
    }
}

#[test]
fn what_a_passive_request_writes_begins_the_idle_timeout_again() {
    let sessions = sessions();
    let mut session = decode(&sessions, &sealed_under(1), NOW + DAY);
    session.passive();
    session.set("lang", "en");
    let session = decode(&sessions, &pair(&encode(&sessions, &session, NOW + DAY).1), NOW + DAY);
    assert_eq!(session.expires_at(), at(NOW + 15 * DAY));
}

#[test]
fn a_pre_session_of_a_passive_request_is_issued_as_of_any_other() {
    let eager = CookieSessions::builder(ring(1)).issue(Issue::Eager).build().unwrap();
    let changes: [(&CookieSessions, Change, Sent); 4] = [
        (&sessions(), |_| {}, Unchanged),
        (&eager, |_| {}, Set),
        (&sessions(), |session| drop(session.id().clone()), Set),
        (&sessions(), Session::touch, Set),
    ];
    for (sessions, change, expected) in changes {
        let mut session = visit(sessions, NOW);
        session.passive();
        change(&mut session);
        assert_eq!(encode(sessions, &session, NOW).0, expected);
    }
}

#[test]
fn a_session_that_another_build_decoded_is_set_for_a_passive_request_too() {
    let (decoding, encoding) = (sessions(), sessions());
    let mut session = decode(&decoding, &sealed(&decoding, &[("user", "alice")], NOW), NOW);
    session.passive();
    assert_eq!(encode(&decoding, &session, NOW).0, Sent::Unchanged);
    assert_eq!(encode(&encoding, &session, NOW).0, Sent::Set);
}

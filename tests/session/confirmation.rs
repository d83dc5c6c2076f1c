//! When the user last proved who they are: what records it, what keeps it, what drops it, and clocks.

use std::time::Duration;

use http::{HeaderMap, StatusCode};

use crate::support::{
    DAY, NAME, NOW, at, cookies, decode, encode, line, pair, ring, sealed, secret, secs, sessions,
    visit,
};
use sealed_session::{CookieSessions, KeyRole, Session};

type Change = fn(&mut Session);

/// A session of alice that was confirmed at `now`.
fn confirmed(sessions: &CookieSessions, now: u64) -> String {
    let mut session = visit(sessions, now);
    session.set("user", "alice");
    session.confirm();
    pair(&encode(sessions, &session, now).1)
}

/// The session after a request at `now` that changed it.
#[track_caller]
fn after(sessions: &CookieSessions, cookie: &str, now: u64, change: Change) -> Session {
    let mut session = decode(sessions, cookie, now);
    assert_eq!(session.rejection(), None);
    change(&mut session);
    decode(sessions, &pair(&encode(sessions, &session, now).1), now)
}

#[test]
fn a_confirmation_is_of_the_second_in_which_it_is_sealed() {
    let sessions = sessions();
    let mut session = decode(&sessions, &sealed(&sessions, &[("user", "alice")], NOW), NOW + 60);
    assert_eq!((session.confirmed_at(), session.confirmed_within(secs(DAY))), (None, false));
    let before = session.label();
    session.confirm();
    assert_eq!(session.confirmed_at(), Some(at(NOW + 60)));
    assert!(session.confirmed_within(Duration::ZERO));

    let session = sessions.from_response(&encode(&sessions, &session, NOW + 65).1).unwrap();
    assert_eq!(session.confirmed_at(), Some(at(NOW + 65)));
    assert_eq!(session.created_at(), at(NOW + 65));
    assert_eq!(session.get("user"), Some("alice"));
    assert_ne!(session.label(), before, "it has a new id");
}

#[test]
fn a_session_that_began_just_now_is_not_confirmed() {
    let sessions = sessions();
    let changes: [Change; 3] = [Session::renew, Session::touch, |session| session.set("a", "b")];
    for change in changes {
        let session = after(&sessions, &sealed(&sessions, &[], NOW), NOW, change);
        assert_eq!(
            (session.confirmed_at(), session.confirmed_within(Duration::MAX)),
            (None, false)
        );
    }
}

#[test]
fn the_last_second_of_a_limit_counts() {
    let sessions = sessions();
    let cookie = confirmed(&sessions, NOW);
    let minutes = secs(15 * 60);
    for (seconds, limit, expected) in [
        (0, Duration::ZERO, true),
        (1, Duration::ZERO, false),
        (1, Duration::from_millis(999), false),
        (1, secs(1), true),
        (899, minutes, true),
        (900, minutes, true),
        (901, minutes, false),
        (901, Duration::MAX, true),
    ] {
        let session = decode(&sessions, &cookie, NOW + seconds);
        assert_eq!(session.confirmed_within(limit), expected, "{seconds} s, {limit:?}");
    }
}

#[test]
fn a_refresh_and_every_change_keep_the_instant() {
    let sessions = sessions();
    let changes: [(&str, u64, Change); 5] = [
        ("a refresh", NOW + 7 * DAY, |_| {}),
        ("a write", NOW + 60, |session| session.set("lang", "en")),
        ("touch", NOW + 60, Session::touch),
        ("a timeout", NOW + 60, |session| session.set_idle_timeout(secs(DAY))),
        ("clear", NOW + 60, Session::clear),
    ];
    for (what, now, change) in changes {
        let session = after(&sessions, &confirmed(&sessions, NOW), now, change);
        assert_eq!(session.confirmed_at(), Some(at(NOW)), "{what}");
        assert!(!session.confirmed_within(secs(59)), "{what}");
    }
}

#[test]
fn a_confirmation_is_kept_when_another_secret_seals_the_session() {
    let cookie = confirmed(&CookieSessions::new(ring(2)), NOW);
    let rotated = CookieSessions::new(ring(1).previous(secret(2)));
    let session = after(&rotated, &cookie, NOW + 60, |_| {});
    assert_eq!(session.opened_by(), Some(KeyRole::Current));
    assert_eq!(session.confirmed_at(), Some(at(NOW)));
}

#[test]
fn renew_and_invalidate_drop_it() {
    let sessions = sessions();
    let changes: [(&str, Change); 4] = [
        ("renew", Session::renew),
        ("confirm, then renew", |session| {
            session.confirm();
            session.renew();
        }),
        ("invalidate", |session| {
            session.invalidate();
            session.set("user", "bob");
        }),
        ("confirm, then invalidate", |session| {
            session.confirm();
            session.invalidate();
            session.touch();
        }),
    ];
    for (what, change) in changes {
        let mut session = decode(&sessions, &confirmed(&sessions, NOW), NOW);
        change(&mut session);
        assert_eq!(session.confirmed_at(), None, "{what}");
        let session = after(&sessions, &confirmed(&sessions, NOW), NOW, change);
        assert_eq!(session.confirmed_at(), None, "{what}, sent");
    }
}

#[test]
fn a_second_confirmation_takes_the_place_of_the_first() {
    let sessions = sessions();
    let cookie = confirmed(&sessions, NOW);
    let session = after(&sessions, &cookie, NOW + 3600, Session::confirm);
    assert_eq!(session.confirmed_at(), Some(at(NOW + 3600)));
}

#[test]
fn what_is_changed_after_a_confirmation_keeps_it() {
    let sessions = sessions();
    let session = after(&sessions, &confirmed(&sessions, NOW), NOW + 60, |session| {
        session.invalidate();
        session.confirm();
        session.set("user", "bob");
        session.set_idle_timeout(secs(600));
    });
    assert_eq!(session.confirmed_at(), Some(at(NOW + 60)));
    assert_eq!(session.expires_at(), at(NOW + 60 + 600));
}

/// The clock of the machine that confirmed is ahead of this one.
#[test]
fn a_confirmation_is_never_later_than_the_request() {
    let sessions = sessions();
    let cookie = confirmed(&sessions, NOW + 300);
    let session = decode(&sessions, &cookie, NOW);
    assert_eq!(session.confirmed_at(), Some(at(NOW)));
    assert!(session.confirmed_within(Duration::ZERO));

    // Sealed here it is the same instant: this machine gives it no time, and takes none.
    let mut session = after(&sessions, &cookie, NOW, Session::touch);
    assert_eq!(session.confirmed_at(), Some(at(NOW)));
    session.touch();
    let cookie = pair(&encode(&sessions, &session, NOW).1);
    let session = decode(&sessions, &cookie, NOW + 400);
    assert_eq!(session.confirmed_at(), Some(at(NOW + 300)));
}

/// The clock of the machine that seals it again is behind.
#[test]
fn a_clock_that_is_behind_does_not_move_the_instant() {
    let sessions = sessions();
    let cookie = confirmed(&sessions, NOW);
    for behind in [1, 60, 300] {
        let mut session = decode(&sessions, &cookie, NOW - behind);
        session.set("lang", "en");
        let cookie = pair(&encode(&sessions, &session, NOW - behind).1);
        let session = decode(&sessions, &cookie, NOW + 60);
        assert_eq!(session.confirmed_at(), Some(at(NOW)), "{behind} s behind");
    }
}

/// Decoded by a clock that is ahead, encoded by one that is right.
#[test]
fn a_confirmation_is_never_later_than_its_sealing() {
    let sessions = sessions();
    let mut session = decode(&sessions, &sealed(&sessions, &[], NOW), NOW + 200);
    session.confirm();
    let cookie = pair(&encode(&sessions, &session, NOW).1);
    assert_eq!(decode(&sessions, &cookie, NOW + 500).confirmed_at(), Some(at(NOW)));
}

#[test]
fn no_clock_overflows() {
    let sessions = sessions();
    for now in [at(0) - secs(5), at(0), at(i64::MAX as u64)] {
        let session = |headers: &HeaderMap| sessions.decode_at(headers, sessions.transport(), now);
        let mut begun = session(&HeaderMap::new());
        begun.confirm();
        let mut response = HeaderMap::new();
        sessions.encode_at(&begun, &mut response, StatusCode::OK, now).unwrap();
        let session = session(&cookies([&pair(&response)]));
        assert!(session.confirmed_within(Duration::ZERO), "{now:?}");
        assert_eq!(session.confirmed_at(), Some(session.created_at()));
    }
}

/// What ends the session of a user who does not call `invalidate` keeps the id, and the time with it.
#[test]
fn emptying_the_session_is_no_log_out() {
    let sessions = sessions();
    let cookie = confirmed(&sessions, NOW);
    let emptied = after(&sessions, &cookie, NOW, Session::clear);
    assert!(emptied.is_empty() && emptied.confirmed_within(Duration::ZERO));
    let log_in: Change = |session| {
        session.renew();
        session.set("user", "bob");
    };
    assert_eq!(after(&sessions, &cookie, NOW, log_in).confirmed_at(), None);
}

#[test]
fn a_confirmation_does_not_outlive_the_session() {
    let sessions = sessions();
    let cookie = confirmed(&sessions, NOW);
    assert!(decode(&sessions, &cookie, NOW + 14 * DAY - 1).confirmed_at().is_some());
    let session = decode(&sessions, &cookie, NOW + 14 * DAY);
    assert_eq!((session.is_new(), session.confirmed_at()), (true, None));
}

#[test]
fn the_size_of_a_confirmed_session_is_known_before_it_is_sealed() {
    let clock = || CookieSessions::builder(ring(1)).clock(|| at(NOW + 200));
    for sessions in [clock().build().unwrap(), clock().padding(64).build().unwrap()] {
        let mut session = decode(&sessions, &confirmed(&sessions, NOW), NOW + 200);
        session.touch();
        let expected = sessions.set_cookie_len(&session).unwrap();
        assert_eq!(line(&encode(&sessions, &session, NOW + 200).1).len(), expected);
    }
}

#[test]
fn a_session_that_is_never_confirmed_takes_no_byte_for_it() {
    let sessions = sessions();
    let alice = [("user", "alice")];
    assert_eq!(sealed(&sessions, &alice, NOW).len(), NAME.len() + 1 + 106);
    assert_eq!(confirmed(&sessions, NOW).len(), NAME.len() + 1 + 106 + 5, "four bytes");
}

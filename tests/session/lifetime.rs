//! When a session stands, when it is refreshed and when it ends: every line of the rules, at its boundaries.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{
    DAY, NOW, at, cookies, decode, encode, line, pair, ring, sealed, secs, sessions, visit,
};
use http::{HeaderMap, StatusCode};
use proptest::collection::vec;
use proptest::prelude::*;
use sealed_session::{CookieSessions, Rejection, Sent, Session, Transport};

/// The last second of the year 9999.
const END_OF_9999: u64 = 253_402_300_799;

/// Sessions with these timeouts, in seconds.
fn limits(idle: u64, absolute: u64) -> CookieSessions {
    let builder =
        CookieSessions::builder(ring(1)).idle_timeout(secs(idle)).absolute_timeout(secs(absolute));
    builder.build().unwrap()
}

/// A session that begins at `now`.
fn begun(sessions: &CookieSessions, now: u64) -> String {
    sealed(sessions, &[("user", "alice")], now)
}

/// Decodes `cookie` at `now`, changes the session, and encodes it at the same time.
#[track_caller]
fn change(
    sessions: &CookieSessions,
    cookie: &str,
    now: u64,
    change: impl FnOnce(&mut Session),
) -> (Sent, HeaderMap) {
    let mut session = decode(sessions, cookie, now);
    assert_eq!(session.rejection(), None);
    change(&mut session);
    encode(sessions, &session, now)
}

/// The same session, sealed again.
#[track_caller]
fn resealed(sessions: &CookieSessions, cookie: &str, now: u64) -> String {
    pair(&change(sessions, cookie, now, Session::touch).1)
}

/// What the response to a request does that only reads.
#[track_caller]
fn read(sessions: &CookieSessions, cookie: &str, now: u64) -> Sent {
    change(sessions, cookie, now, |_| ()).0
}

/// A cookie whose session has an idle timeout of its own.
fn own(sessions: &CookieSessions, timeout: Duration, now: u64) -> HeaderMap {
    let mut session = visit(sessions, now);
    session.set("user", "alice");
    session.set_idle_timeout(timeout);
    encode(sessions, &session, now).1
}

fn rejection(sessions: &CookieSessions, cookie: &str, now: u64) -> Option<Rejection> {
    let session = decode(sessions, cookie, now);
    assert_eq!(session.is_new(), session.rejection().is_some());
    session.rejection().copied()
}

#[track_caller]
fn max_age(headers: &HeaderMap) -> Option<u64> {
    line(headers)
        .split("; ")
        .find_map(|part| part.strip_prefix("Max-Age=").map(|age| age.parse().unwrap()))
}

/// The greatest time that there is.
fn end_of_time() -> SystemTime {
    let steps = (0..64).rev().map(|bit| Duration::from_secs(1 << bit));
    let steps = steps.chain((0..30).rev().map(|bit| Duration::from_nanos(1 << bit)));
    steps.fold(UNIX_EPOCH, |time, step| time.checked_add(step).unwrap_or(time))
}

/// The least time that there is.
fn start_of_time() -> SystemTime {
    let steps = (0..64).rev().map(|bit| Duration::from_secs(1 << bit));
    steps.fold(UNIX_EPOCH, |time, step| time.checked_sub(step).unwrap_or(time))
}

// stands

#[test]
fn is_accepted_until_the_boundary_instant_which_is_expired() {
    for (row, idle, absolute, renewed, ends, expected) in [
        ("idle", 100, 1000, 0, 100, Rejection::IdleTimeout),
        ("idle, refreshed", 100, 1000, 60, 160, Rejection::IdleTimeout),
        ("absolute", 100, 150, 60, 150, Rejection::AbsoluteTimeout),
        ("both at once", 100, 160, 60, 160, Rejection::AbsoluteTimeout),
        ("equal timeouts", 100, 100, 0, 100, Rejection::AbsoluteTimeout),
        ("one second", 1, 1, 0, 1, Rejection::AbsoluteTimeout),
        ("defaults", 14 * DAY, 30 * DAY, 0, 14 * DAY, Rejection::IdleTimeout),
    ] {
        let sessions = limits(idle, absolute);
        let cookie = resealed(&sessions, &begun(&sessions, NOW), NOW + renewed);
        assert_eq!(rejection(&sessions, &cookie, NOW + ends - 1), None, "{row}");
        assert_eq!(rejection(&sessions, &cookie, NOW + ends), Some(expected), "{row}");
        let session = decode(&sessions, &cookie, NOW + renewed);
        assert_eq!(session.created_at(), at(NOW), "{row}");
        assert_eq!(session.expires_at(), at(NOW + ends), "{row}");
    }
}

#[test]
fn past_both_limits_is_past_the_absolute_one() {
    let sessions = limits(100, 1000);
    let cookie = begun(&sessions, NOW);
    assert_eq!(rejection(&sessions, &cookie, NOW + 999), Some(Rejection::IdleTimeout));
    assert_eq!(rejection(&sessions, &cookie, NOW + 1000), Some(Rejection::AbsoluteTimeout));
    assert_eq!(rejection(&sessions, &cookie, NOW + 1000 * DAY), Some(Rejection::AbsoluteTimeout));
}

#[test]
fn is_accepted_if_it_was_sealed_up_to_300_seconds_ahead() {
    let cookie = begun(&sessions(), NOW);
    assert_eq!(rejection(&sessions(), &cookie, NOW - 300), None);
    assert_eq!(rejection(&sessions(), &cookie, NOW - 301), Some(Rejection::FromTheFuture));
    let renewed = resealed(&sessions(), &cookie, NOW + DAY);
    assert_eq!(rejection(&sessions(), &renewed, NOW + DAY - 300), None);
    assert_eq!(rejection(&sessions(), &renewed, NOW + DAY - 301), Some(Rejection::FromTheFuture));
}

#[test]
fn the_limits_in_force_reach_cookies_that_are_out() {
    let (then, cookie) = (limits(100, 1000), begun(&limits(100, 1000), NOW));
    let renewed = resealed(&then, &cookie, NOW + 90);
    for (row, cookie, idle, absolute, ends, expected) in [
        ("idle shortened", &cookie, 10, 1000, 10, Rejection::IdleTimeout),
        ("absolute shortened", &renewed, 100, 120, 120, Rejection::AbsoluteTimeout),
        ("both shortened", &cookie, 10, 10, 10, Rejection::AbsoluteTimeout),
        ("idle lengthened", &cookie, 500, 1000, 500, Rejection::IdleTimeout),
        ("both lengthened", &cookie, 5000, 9000, 5000, Rejection::IdleTimeout),
        ("absolute lengthened", &renewed, 100, 9000, 190, Rejection::IdleTimeout),
    ] {
        let now = limits(idle, absolute);
        assert_eq!(rejection(&now, cookie, NOW + ends - 1), None, "{row}");
        assert_eq!(rejection(&now, cookie, NOW + ends), Some(expected), "{row}");
        assert_eq!(decode(&now, cookie, NOW + ends - 1).expires_at(), at(NOW + ends), "{row}");
    }
}

// due

#[test]
fn is_due_once_half_of_its_idle_timeout_rounded_down_has_gone() {
    for (idle, due) in
        [(100, 50), (101, 50), (3, 1), (2, 1), (14 * DAY, 7 * DAY), (14 * DAY - 1, 7 * DAY - 1)]
    {
        let sessions = limits(idle, 2 * idle);
        let cookie = begun(&sessions, NOW);
        assert_eq!(read(&sessions, &cookie, NOW + due - 1), Sent::Unchanged, "idle timeout {idle}");
        assert_eq!(read(&sessions, &cookie, NOW + due), Sent::Set, "idle timeout {idle}");
    }
}

#[test]
fn is_due_by_the_limits_in_force_and_by_its_own() {
    let cookie = begun(&limits(100, 1000), NOW);
    assert_eq!(read(&limits(40, 1000), &cookie, NOW + 20), Sent::Set);
    assert_eq!(read(&limits(200, 1000), &cookie, NOW + 99), Sent::Unchanged);
    let sessions = limits(100, 1000);
    let cookie = pair(&own(&sessions, secs(41), NOW));
    assert_eq!(read(&sessions, &cookie, NOW + 19), Sent::Unchanged);
    assert_eq!(read(&sessions, &cookie, NOW + 20), Sent::Set);
}

#[test]
fn a_refresh_that_extends_nothing_is_not_sent() {
    for (absolute, expected) in [(100, Sent::Unchanged), (101, Sent::Set)] {
        let sessions = limits(100, absolute);
        assert_eq!(
            read(&sessions, &begun(&sessions, NOW), NOW + 99),
            expected,
            "absolute timeout {absolute}"
        );
    }
    for (renewed, expected) in [(60, Sent::Unchanged), (59, Sent::Set)] {
        let sessions = limits(100, 160);
        let cookie = resealed(&sessions, &begun(&sessions, NOW), NOW + renewed);
        assert_eq!(read(&sessions, &cookie, NOW + 159 - 1), expected, "renewed after {renewed}");
    }
}

#[test]
fn a_refresh_keeps_id_and_created_and_own_timeout_and_counts_from_now() {
    let sessions = limits(100, 1000);
    let cookie = pair(&own(&sessions, secs(80), NOW));
    let before = decode(&sessions, &cookie, NOW);
    let (sent, headers) = change(&sessions, &cookie, NOW + 45, |_| ());
    assert_eq!((sent, max_age(&headers)), (Sent::Set, Some(80)));
    let after = decode(&sessions, &pair(&headers), NOW + 45);
    assert_eq!(*after.id().expose_base64url(), *before.id().expose_base64url());
    assert_eq!(after.label(), before.label());
    assert_eq!(after.get("user"), Some("alice"));
    assert_eq!((after.created_at(), after.expires_at()), (at(NOW), at(NOW + 45 + 80)));
}

#[test]
fn no_number_of_refreshes_slides_past_the_absolute_timeout() {
    let sessions = limits(100, 1005);
    let (mut cookie, mut refreshes) = (begun(&sessions, NOW), 0);
    for now in NOW..NOW + 1005 {
        let (sent, headers) = change(&sessions, &cookie, now, |_| ());
        if sent == Sent::Set {
            assert!(now + max_age(&headers).unwrap() <= NOW + 1005);
            (cookie, refreshes) = (pair(&headers), refreshes + 1);
        }
    }
    assert_eq!(refreshes, 19, "every 50 seconds from 50 to 950");
    assert_eq!(rejection(&sessions, &cookie, NOW + 1005), Some(Rejection::AbsoluteTimeout));
}

// on each set

#[test]
fn max_age_is_what_is_left() {
    for (row, idle, absolute, now, expected) in [
        ("idle", 100, 1000, 30, 100),
        ("absolute", 100, 150, 60, 90),
        ("the last second", 100, 150, 99, 51),
    ] {
        let sessions = limits(idle, absolute);
        let (sent, headers) = change(&sessions, &begun(&sessions, NOW), NOW + now, Session::touch);
        assert_eq!((sent, max_age(&headers)), (Sent::Set, Some(expected)), "{row}");
    }
}

#[test]
fn a_clock_that_is_behind_shortens_nothing() {
    let sessions = limits(1000, 5000);
    let (sent, headers) = change(&sessions, &begun(&sessions, NOW), NOW - 200, Session::touch);
    assert_eq!((sent, max_age(&headers)), (Sent::Set, Some(1200)));
    let session = decode(&sessions, &pair(&headers), NOW);
    assert_eq!((session.created_at(), session.expires_at()), (at(NOW), at(NOW + 1000)));
}

#[test]
fn renew_begins_anew_also_on_a_clock_that_is_behind() {
    for now in [NOW - 200, NOW, NOW + 90] {
        let sessions = limits(100, 1000);
        let (sent, headers) = change(&sessions, &begun(&sessions, NOW), now, Session::renew);
        assert_eq!((sent, max_age(&headers)), (Sent::Set, Some(100)));
        let session = decode(&sessions, &pair(&headers), now);
        assert_eq!((session.created_at(), session.expires_at()), (at(now), at(now + 100)));
        assert_eq!(
            rejection(&sessions, &pair(&headers), now - 301),
            Some(Rejection::FromTheFuture)
        );
    }
}

#[test]
fn max_age_counts_from_the_time_of_encode() {
    let sessions = limits(100, 1000);
    let (mut fresh, mut renewed) =
        (visit(&sessions, NOW), decode(&sessions, &begun(&sessions, NOW), NOW));
    fresh.set("user", "alice");
    renewed.renew();
    for (row, session) in [("fresh", fresh), ("renewed", renewed)] {
        let (_, headers) = encode(&sessions, &session, NOW + 7);
        let session = decode(&sessions, &pair(&headers), NOW + 7);
        assert_eq!(max_age(&headers), Some(100), "{row}");
        assert_eq!(
            (session.created_at(), session.expires_at()),
            (at(NOW + 7), at(NOW + 107)),
            "{row}"
        );
    }
}

#[test]
fn a_session_that_expires_in_the_handler_is_removed() {
    type Change = fn(&mut Session);
    let sessions = limits(100, 150);
    let cookie = resealed(&sessions, &begun(&sessions, NOW), NOW + 90);
    let (touch, write): (Change, Change) = (Session::touch, |session| session.set("user", "bob"));
    let time: Change = |session| session.set_idle_timeout(secs(20));
    for (row, change, encoded, sent, age) in [
        ("touched in the last second", touch, 149, Sent::Set, 1),
        ("touched", touch, 150, Sent::Removed, 0),
        ("written", write, 150, Sent::Removed, 0),
        ("written, later", write, 9999, Sent::Removed, 0),
        ("given a timeout", time, 150, Sent::Removed, 0),
        ("renewed", Session::renew, 150, Sent::Set, 100),
    ] {
        let mut session = decode(&sessions, &cookie, NOW + 149);
        change(&mut session);
        let (found, headers) = encode(&sessions, &session, NOW + encoded);
        assert_eq!((found, max_age(&headers)), (sent, Some(age)), "{row}");
        assert_eq!(sessions.from_response(&headers).is_none(), sent == Sent::Removed, "{row}");
    }
    let due = decode(&sessions, &begun(&sessions, NOW), NOW + 99);
    assert_eq!(encode(&sessions, &due, NOW + 150).0, Sent::Removed, "due");
    let read = decode(&sessions, &cookie, NOW + 149);
    assert_eq!(
        encode(&sessions, &read, NOW + 150).0,
        Sent::Unchanged,
        "read, with nothing to extend"
    );
}

#[test]
fn fractions_of_a_second_of_the_clock_are_cut() {
    let (sessions, almost) = (limits(100, 1000), Duration::from_nanos(999_999_999));
    let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Https, at(NOW) + almost);
    session.set("user", "alice");
    let mut headers = HeaderMap::new();
    sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW) + almost).unwrap();
    assert_eq!(max_age(&headers), Some(100));
    let request = cookies([pair(&headers)]);
    let decode = |now: SystemTime| sessions.decode_at(&request, Transport::Https, now);
    assert_eq!(decode(at(NOW)).created_at(), at(NOW));
    assert_eq!(decode(at(NOW)).expires_at(), at(NOW + 100));
    assert_eq!(decode(at(NOW + 99) + almost).rejection(), None);
    assert_eq!(decode(at(NOW - 301) + almost).rejection(), Some(&Rejection::FromTheFuture));
    let read =
        |now| sessions.encode_at(&decode(now), &mut HeaderMap::new(), StatusCode::OK, now).unwrap();
    assert_eq!(read(at(NOW + 49) + almost), Sent::Unchanged);
}

// own timeout

#[test]
fn its_own_idle_timeout_takes_precedence_over_the_configured_one() {
    let sessions = limits(100, 1000);
    for (timeout, effective) in [
        (secs(500), 500),
        (secs(10), 10),
        (secs(1000), 1000),
        (secs(1001), 1000),
        (Duration::MAX, 1000),
        (Duration::ZERO, 1),
        (Duration::from_nanos(1), 1),
        (Duration::from_millis(1500), 2),
        (Duration::from_nanos(499_000_000_001), 500),
        (Duration::new(999, 1), 1000),
        (Duration::new(1000, 1), 1000),
    ] {
        let headers = own(&sessions, timeout, NOW);
        let ended =
            if effective == 1000 { Rejection::AbsoluteTimeout } else { Rejection::IdleTimeout };
        assert_eq!(max_age(&headers), Some(effective), "{timeout:?}");
        assert_eq!(rejection(&sessions, &pair(&headers), NOW + effective - 1), None, "{timeout:?}");
        assert_eq!(
            rejection(&sessions, &pair(&headers), NOW + effective),
            Some(ended),
            "{timeout:?}"
        );
    }
}

#[test]
fn its_own_idle_timeout_is_capped_by_the_absolute_one_in_force() {
    let cookie = pair(&own(&limits(100, 1000), secs(800), NOW));
    let renewed = resealed(&limits(100, 1000), &cookie, NOW + 100);
    let shortened = limits(100, 500);
    assert_eq!(rejection(&shortened, &renewed, NOW + 499), None);
    assert_eq!(rejection(&shortened, &renewed, NOW + 500), Some(Rejection::AbsoluteTimeout));
    assert_eq!(
        read(&shortened, &cookie, NOW + 499),
        Sent::Unchanged,
        "capped, it has nothing to extend"
    );
    let lengthened = limits(900, 2000);
    assert_eq!(rejection(&lengthened, &renewed, NOW + 899), None);
    assert_eq!(rejection(&lengthened, &renewed, NOW + 900), Some(Rejection::IdleTimeout));
}

#[test]
fn renew_keeps_its_own_timeout_and_invalidate_drops_it() {
    let sessions = limits(100, 1000);
    let cookie = pair(&own(&sessions, secs(500), NOW));
    let (_, renewed) = change(&sessions, &cookie, NOW + 1, Session::renew);
    assert_eq!(max_age(&renewed), Some(500));
    assert_eq!(rejection(&sessions, &pair(&renewed), NOW + 500), None);
    let (_, fresh) = change(&sessions, &cookie, NOW + 1, |session| {
        session.invalidate();
        session.set("user", "bob");
    });
    assert_eq!(max_age(&fresh), Some(100));
    assert_eq!(rejection(&sessions, &pair(&fresh), NOW + 101), Some(Rejection::IdleTimeout));
}

#[test]
fn a_change_of_its_own_timeout_counts_and_an_equal_one_does_not() {
    let sessions = limits(100, 1000);
    let (plain, own) = (begun(&sessions, NOW), |seconds| pair(&own(&sessions, secs(seconds), NOW)));
    for (row, cookie, timeout, expected) in [
        ("none before", plain, secs(50), Sent::Set),
        ("longer", own(50), secs(51), Sent::Set),
        ("shorter", own(50), secs(49), Sent::Set),
        ("equal", own(50), secs(50), Sent::Unchanged),
        ("equal once rounded up", own(50), Duration::new(49, 1), Sent::Unchanged),
        ("equal once capped", own(1000), secs(5000), Sent::Unchanged),
    ] {
        let (sent, _) =
            change(&sessions, &cookie, NOW, |session| session.set_idle_timeout(timeout));
        assert_eq!(sent, expected, "{row}");
    }
}

#[test]
fn a_browser_session_has_no_max_age_unless_it_has_a_timeout_of_its_own() {
    let sessions = CookieSessions::builder(ring(1)).browser_session(true).build().unwrap();
    let plain = begun(&sessions, NOW);
    let own = own(&sessions, secs(14 * DAY), NOW);
    assert_eq!(max_age(&own), Some(14 * DAY), "equal to the configured one");
    let answer =
        |cookie: &str, now, act: fn(&mut Session)| max_age(&change(&sessions, cookie, now, act).1);
    assert_eq!(answer(&plain, NOW, Session::touch), None);
    assert_eq!(answer(&plain, NOW + 7 * DAY, |_| ()), None, "refreshed");
    assert_eq!(answer(&plain, NOW, |session| session.set_idle_timeout(secs(DAY))), Some(DAY));
    assert_eq!(answer(&pair(&own), NOW + 7 * DAY, |_| ()), Some(14 * DAY), "refreshed");
    assert_eq!(answer(&pair(&own), NOW, Session::renew), Some(14 * DAY));
    assert_eq!(answer(&pair(&own), NOW, |session| (session.invalidate(), session.touch()).1), None);
    assert_eq!(rejection(&sessions, &plain, NOW + 14 * DAY), Some(Rejection::IdleTimeout));
}

#[test]
fn remember_me_is_reset_by_a_log_in_without_it() {
    for browser_session in [false, true] {
        let builder = CookieSessions::builder(ring(1)).idle_timeout(secs(100));
        let builder = builder.absolute_timeout(secs(1000)).browser_session(browser_session);
        let sessions = builder.build().unwrap();
        let log_in = |cookie: &str, now, remember: Option<Duration>| {
            let (sent, headers) = change(&sessions, cookie, now, |session| {
                session.renew();
                session.set_idle_timeout(remember);
            });
            assert_eq!(sent, Sent::Set);
            headers
        };
        let remembered = log_in(&begun(&sessions, NOW), NOW, Some(secs(500)));
        assert_eq!(max_age(&remembered), Some(500));
        let again = log_in(&pair(&remembered), NOW + 200, None);
        assert_eq!(max_age(&again), (!browser_session).then_some(100));
        let session = decode(&sessions, &pair(&again), NOW + 200);
        assert_eq!(session.expires_at(), at(NOW + 300));
        let ended = rejection(&sessions, &pair(&again), NOW + 300);
        assert_eq!(ended, Some(Rejection::IdleTimeout));
    }
}

#[test]
fn taking_back_a_timeout_is_a_change_where_there_was_one() {
    let sessions = limits(100, 1000);
    let take_back = |cookie: &str, now| {
        let mut session = decode(&sessions, cookie, now);
        session.set_idle_timeout(None);
        let shown = session.expires_at();
        let (sent, headers) = encode(&sessions, &session, now);
        (sent, shown, headers)
    };
    let (sent, shown, _) = take_back(&begun(&sessions, NOW), NOW + 10);
    assert_eq!((sent, shown), (Sent::Unchanged, at(NOW + 100)), "there was none");
    let own = pair(&own(&sessions, secs(500), NOW));
    let (sent, shown, headers) = take_back(&own, NOW + 10);
    assert_eq!((sent, shown, max_age(&headers)), (Sent::Set, at(NOW + 110), Some(100)));
    let (sent, _, _) = take_back(&pair(&headers), NOW + 10);
    assert_eq!(sent, Sent::Unchanged, "it is taken back already");

    let set_and_taken_back = change(&sessions, &begun(&sessions, NOW), NOW, |session| {
        session.set_idle_timeout(secs(500));
        session.set_idle_timeout(None);
    });
    assert_eq!(set_and_taken_back.0, Sent::Unchanged);
    let mut fresh = visit(&sessions, NOW);
    fresh.set_idle_timeout(None);
    assert_eq!(encode(&sessions, &fresh, NOW).0, Sent::Unchanged);
}

// every clock

#[test]
fn a_clock_before_1970_reads_1970() {
    let (sessions, cookie) = (sessions(), |now| begun(&sessions(), now));
    let before = [UNIX_EPOCH - secs(1), UNIX_EPOCH - secs(1 << 40), start_of_time(), UNIX_EPOCH];
    for now in before.into_iter().chain([UNIX_EPOCH - Duration::from_nanos(1)]) {
        let decode = |cookie: String| sessions.decode_at(&cookies([cookie]), Transport::Https, now);
        let mut session = decode(cookie(0));
        assert_eq!((session.rejection(), session.created_at()), (None, UNIX_EPOCH), "{now:?}");
        assert_eq!(decode(cookie(300)).rejection(), None, "{now:?}");
        assert_eq!(decode(cookie(301)).rejection(), Some(&Rejection::FromTheFuture), "{now:?}");
        session.renew();
        let mut headers = HeaderMap::new();
        assert_eq!(
            sessions.encode_at(&session, &mut headers, StatusCode::OK, now).unwrap(),
            Sent::Set
        );
        assert_eq!(max_age(&headers), Some(14 * DAY), "{now:?}");
        assert_eq!(decode(pair(&headers)).expires_at(), at(14 * DAY), "{now:?}");
    }
}

#[test]
fn the_last_clock_overflows_nothing() {
    let (sessions, now) = (sessions(), end_of_time());
    let decode =
        |cookie: String, now| sessions.decode_at(&cookies([cookie]), Transport::Https, now);
    let encode = |session: &Session| {
        let mut headers = HeaderMap::new();
        assert_eq!(
            sessions.encode_at(session, &mut headers, StatusCode::OK, now).unwrap(),
            Sent::Set
        );
        assert_eq!(max_age(&headers), Some(14 * DAY));
        pair(&headers)
    };
    let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Https, now);
    session.touch();
    let mut session = decode(encode(&session), now);
    assert_eq!(session.rejection(), None);
    assert_eq!((session.created_at(), session.expires_at()), (at(END_OF_9999), at(END_OF_9999)));
    session.touch();
    let cookie = encode(&session);
    session.renew();
    assert_eq!(decode(encode(&session), now).rejection(), None);
    assert_eq!(decode(cookie, at(NOW)).rejection(), Some(&Rejection::FromTheFuture));
    assert_eq!(decode(begun(&sessions, NOW), now).rejection(), Some(&Rejection::AbsoluteTimeout));
}

#[test]
fn what_it_shows_of_its_times_saturates_at_the_end_of_9999_and_what_it_does_does_not() {
    let sessions = limits(100, 1000);
    for (sealed_at, created, expires) in [
        (END_OF_9999 - 101, END_OF_9999 - 101, END_OF_9999 - 1),
        (END_OF_9999 - 100, END_OF_9999 - 100, END_OF_9999),
        (END_OF_9999 - 99, END_OF_9999 - 99, END_OF_9999),
        (END_OF_9999, END_OF_9999, END_OF_9999),
        (END_OF_9999 + 1, END_OF_9999, END_OF_9999),
    ] {
        let cookie = begun(&sessions, sealed_at);
        let session = decode(&sessions, &cookie, sealed_at + 99);
        assert_eq!((session.created_at(), session.expires_at()), (at(created), at(expires)));
        assert_eq!(rejection(&sessions, &cookie, sealed_at + 100), Some(Rejection::IdleTimeout));
    }
}

#[test]
fn a_session_that_was_changed_shows_the_times_with_which_it_would_be_sealed() {
    let sessions = sessions();
    let cookie = begun(&sessions, NOW);
    let now = NOW + 100;
    let times = |session: &Session| (session.created_at(), session.expires_at());
    let mut session = decode(&sessions, &cookie, now);
    assert_eq!(times(&session), (at(NOW), at(NOW + 14 * DAY)));
    session.set("user", "bob");
    assert_eq!(times(&session), (at(NOW), at(NOW + 14 * DAY)));
    session.set_idle_timeout(secs(50));
    assert_eq!(times(&session), (at(NOW), at(now + 50)));
    session.renew();
    assert_eq!(times(&session), (at(now), at(now + 50)));

    let mut session = decode(&sessions, &cookie, now);
    session.renew();
    assert_eq!(times(&session), (at(now), at(now + 14 * DAY)));
}

// The rules, written a second time, and any course of requests.

#[derive(Clone, Copy, Debug)]
enum Act {
    Read,
    Touch,
    Renew,
    /// 0 takes it back.
    Own(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let own = prop_oneof![3 => 1..60_u64, 1 => Just(0)].prop_map(Act::Own);
    prop_oneof![4 => Just(Act::Read), 2 => Just(Act::Touch), 1 => Just(Act::Renew), 1 => own]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_course_of_requests_follows_the_rules(
        idle in 1..40_u64, more in 0..60_u64, course in vec((-8..30_i64, act()), 1..16),
    ) {
        let (absolute, mut now) = (idle + more, NOW);
        let sessions = limits(idle, absolute);
        let (mut cookie, mut created, mut renewed, mut own) = (begun(&sessions, NOW), NOW, NOW, 0);
        let idle_of = |own| if own == 0 { idle } else { own }.min(absolute);
        for (step, act) in course {
            now = now.saturating_add_signed(step);
            let expected = match now {
                _ if renewed > now + 300 => Some(Rejection::FromTheFuture),
                _ if now >= created + absolute => Some(Rejection::AbsoluteTimeout),
                _ if now >= renewed + idle_of(own) => Some(Rejection::IdleTimeout),
                _ => None,
            };
            prop_assert_eq!(rejection(&sessions, &cookie, now), expected);
            if expected.is_some() {
                break;
            }
            let end = renewed + idle_of(own);
            let due = now >= renewed + idle_of(own) / 2 && end < created + absolute;
            let (sent, headers) = change(&sessions, &cookie, now, |session| match act {
                Act::Read => (),
                Act::Touch => session.touch(),
                Act::Renew => session.renew(),
                Act::Own(0) => session.set_idle_timeout(None),
                Act::Own(timeout) => session.set_idle_timeout(secs(timeout)),
            });
            let set = match act {
                Act::Read => due,
                Act::Own(timeout) => due || timeout.min(absolute) != own,
                Act::Touch | Act::Renew => true,
            };
            prop_assert_eq!(sent, if set { Sent::Set } else { Sent::Unchanged });
            if set {
                match act {
                    Act::Renew => (created, renewed) = (now, now),
                    Act::Own(timeout) => (own, renewed) = (timeout.min(absolute), renewed.max(now)),
                    _ => renewed = renewed.max(now),
                }
                let expires = (renewed + idle_of(own)).min(created + absolute);
                prop_assert_eq!(max_age(&headers), Some(expires - now));
                cookie = pair(&headers);
                let session = decode(&sessions, &cookie, now);
                prop_assert_eq!((session.created_at(), session.expires_at()), (at(created), at(expires)));
            }
        }
    }
}

//! Each message ends 300 seconds after it was pushed, also if others are pushed later.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Request, Response};
use sealed_session::{CookieSessions, Flash, Level, Sent};

use crate::support::{NOW, at, cookies, line, pair, ring, sessions};

/// The messages of a request with this cookie at `now`.
fn arrive(sessions: &CookieSessions, cookie: &str, now: u64) -> Flash {
    sessions.decode_flash_at(&cookies([cookie]), sessions.transport(), at(now))
}

/// The texts that are shown at `now`.
fn shown(sessions: &CookieSessions, cookie: &str, now: u64) -> Vec<String> {
    let messages = arrive(sessions, cookie, now).take();
    messages.iter().map(|message| message.text().to_owned()).collect()
}

/// The cookie after a request at `now` that brings one, pushes a text and takes nothing.
#[track_caller]
fn push(sessions: &CookieSessions, cookie: &str, text: &str, now: u64) -> String {
    let mut flash = arrive(sessions, cookie, now);
    flash.push(Level::Info, text).unwrap();
    send(sessions, &flash, now)
}

#[track_caller]
fn send(sessions: &CookieSessions, flash: &Flash, now: u64) -> String {
    let mut headers = HeaderMap::new();
    assert_eq!(sessions.encode_flash_at(flash, &mut headers, at(now)).unwrap(), Sent::Set);
    assert!(line(&headers).ends_with("; Max-Age=300"));
    pair(&headers)
}

#[test]
fn each_message_ends_300_seconds_after_its_own_pushing() {
    let sessions = sessions();
    let a = push(&sessions, "", "a", NOW);
    let b = push(&sessions, &a, "b", NOW + 1);
    let c = push(&sessions, &b, "c", NOW + 100);
    let d = push(&sessions, &c, "d", NOW + 299);
    for (after, expected) in [
        (299, &["a", "b", "c", "d"][..]),
        (300, &["b", "c", "d"]),
        (301, &["c", "d"]),
        (399, &["c", "d"]),
        (400, &["d"]),
        (598, &["d"]),
        (599, &[]),
    ] {
        assert_eq!(shown(&sessions, &d, NOW + after), expected, "{after}");
    }
}

#[test]
fn pushing_repeatedly_keeps_no_message_longer_and_drops_none_earlier() {
    let sessions = sessions();
    let mut cookie = String::new();
    for round in 0..20 {
        let now = NOW + round * 60;
        cookie = push(&sessions, &cookie, &round.to_string(), now);
        let first = round.saturating_sub(4);
        let expected: Vec<String> = (first..=round).map(|round| round.to_string()).collect();
        assert_eq!(shown(&sessions, &cookie, now), expected);
        assert_eq!(shown(&sessions, &cookie, now + 59), expected);
    }
}

#[test]
fn a_message_that_ends_while_the_request_is_handled_is_not_sent_again() {
    let sessions = sessions();
    let cookie = push(&sessions, "", "a", NOW);
    let mut flash = arrive(&sessions, &cookie, NOW + 299);
    assert_eq!(flash.len(), 1);
    flash.push(Level::Info, "b").unwrap();
    let later = send(&sessions, &flash, NOW + 300);
    assert_eq!(shown(&sessions, &later, NOW + 300), ["b"]);
    let received = HeaderMap::from_iter([(SET_COOKIE, later.parse().unwrap())]);
    assert_eq!(sessions.received_flash(&received).unwrap().len(), 1);
}

#[test]
fn messages_of_one_response_and_second_are_sealed_as_if_none_had_arrived() {
    let sessions = sessions();
    let once = {
        let mut flash = Flash::new();
        flash.push(Level::Info, "a").unwrap();
        flash.push(Level::Info, "b").unwrap();
        send(&sessions, &flash, NOW)
    };
    let twice = push(&sessions, &push(&sessions, "", "a", NOW), "b", NOW);
    assert_eq!(twice.len(), once.len());
    let later = push(&sessions, &push(&sessions, "", "a", NOW), "b", NOW + 1);
    assert!(later.len() > once.len(), "with the age of the first");
}

#[test]
fn clocks_that_differ_move_no_message() {
    let sessions = sessions();
    // One machine is 300 seconds ahead of the other.
    let ahead = push(&sessions, "", "a", NOW + 300);
    let behind = push(&sessions, &ahead, "b", NOW);
    for (now, expected) in [
        (NOW, &["a", "b"][..]),
        (NOW + 299, &["a", "b"]),
        (NOW + 300, &["a"]),
        (NOW + 599, &["a"]),
        (NOW + 600, &[]),
    ] {
        assert_eq!(shown(&sessions, &behind, now), expected, "{now}");
    }
    let again = push(&sessions, &behind, "c", NOW + 301);
    assert_eq!(shown(&sessions, &again, NOW + 301), ["a", "c"]);
    assert_eq!(shown(&sessions, &again, NOW + 600), ["c"]);
    assert!(shown(&sessions, &again, NOW + 601).is_empty());
}

#[test]
fn clocks_before_1970_and_at_the_end_of_time_do_no_harm() {
    let sessions = sessions();
    let end = 253_402_300_799;
    for (start, next) in [(0, 0), (0, 200), (end, end), (end, end + 200)] {
        let cookie = push(&sessions, &push(&sessions, "", "a", start), "b", next);
        assert_eq!(shown(&sessions, &cookie, next), ["a", "b"]);
        assert_eq!(shown(&sessions, &cookie, start + 299), ["a", "b"]);
        assert_eq!(shown(&sessions, &cookie, start + 300).is_empty(), start == next);
    }
}

#[test]
fn what_was_taken_and_not_shown_keeps_its_time_too() {
    let seconds = Arc::new(AtomicU64::new(NOW));
    let clock = Arc::clone(&seconds);
    let builder = CookieSessions::builder(ring(1)).clock(move || at(clock.load(Relaxed)));
    let sessions = builder.build().unwrap();
    let cookie = push(&sessions, "", "a", NOW);

    seconds.store(NOW + 100, Relaxed);
    let request = Request::head("/").header(COOKIE, HeaderValue::try_from(cookie).unwrap());
    let mut flash = sessions.decode_flash(&request.body(()).unwrap());
    assert_eq!(flash.take().len(), 1);
    flash.push(Level::Info, "b").unwrap();
    let mut response = Response::new(());
    assert_eq!(sessions.encode_flash(&flash, &mut response).unwrap(), Sent::Set);
    let cookie = pair(response.headers());
    assert_eq!(shown(&sessions, &cookie, NOW + 299), ["a", "b"]);
    assert_eq!(shown(&sessions, &cookie, NOW + 300), ["b"]);
    assert_eq!(shown(&sessions, &cookie, NOW + 399), ["b"]);
    assert!(shown(&sessions, &cookie, NOW + 400).is_empty());
}

#[test]
fn messages_that_have_ended_make_no_room_and_cost_nothing() {
    let sessions = sessions();
    let mut cookie = push(&sessions, "", "old", NOW);
    for text in ["a", "b", "c", "d", "e", "f", "g"] {
        cookie = push(&sessions, &cookie, text, NOW + 200);
    }
    assert_eq!(shown(&sessions, &cookie, NOW + 299).len(), 8);
    let mut flash = arrive(&sessions, &cookie, NOW + 300);
    assert_eq!(flash.len(), 7);
    flash.push(Level::Info, "h").unwrap();
    assert_eq!(flash.len(), 8, "nothing has to make room");
    // A message that has ended is not logged, and nothing is removed.
    let mut flash = arrive(&sessions, &push(&sessions, "", "a", NOW), NOW + 300);
    assert!(flash.is_empty() && flash.take().is_empty());
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_flash_at(&flash, &mut headers, at(NOW + 300)).unwrap();
    assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Unchanged, false));
}

//! Nobody gains time: an adopted session ends with the old one, and with the limits in force, however often it is adopted.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use proptest::array;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{Adopted, CookieSessions, Dict, OldCookie};

use crate::library::{Old, open, user};
use crate::support::{DAY, NOW, at, cookies, decode, encode, pair, ring, secs};

const IDLE: u64 = 2 * DAY;
const ABSOLUTE: u64 = 5 * DAY;

fn sessions(until: u64) -> CookieSessions {
    CookieSessions::builder(ring(1))
        .idle_timeout(secs(IDLE))
        .absolute_timeout(secs(ABSOLUTE))
        .adopt(at(until), [OldCookie::new("id")], open)
        .build()
        .unwrap()
}

/// A browser with the old cookie, and perhaps one of ours.
struct Browser {
    old: String,
    ours: Option<(String, u64)>,
}

impl Browser {
    /// A request at `now`, with our cookie unless its `Max-Age` is over or it was `lost`.
    fn request(&mut self, sessions: &CookieSessions, now: u64, lost: bool) -> bool {
        self.ours.take_if(|(_, ends)| lost || now >= *ends);
        let ours = self.ours.as_ref().map(|(pair, _)| pair.as_str());
        let sent: Vec<&str> = ours.into_iter().chain([self.old.as_str()]).collect();
        let mut session = decode(sessions, &sent.join("; "), now);
        if user(&session) != Some("alice") {
            return false;
        }
        let visits = session.parse::<u64>("visits").and_then(Result::ok).unwrap_or(0);
        session.set("visits", visits + 1);
        let (_, headers) = encode(sessions, &session, now);
        let line = headers["set-cookie"].to_str().unwrap();
        let max_age: u64 = line.rsplit_once("Max-Age=").unwrap().1.parse().unwrap();
        self.ours = Some((pair(&headers), now + max_age));
        true
    }
}

/// A second near `NOW`.
fn second() -> impl Strategy<Value = u64> {
    NOW - 8 * DAY..NOW + 8 * DAY
}

proptest! {
    #[test]
    fn an_adopted_session_is_accepted_only_within_the_old_one_and_our_limits(
        created in second(),
        lasts in 0..9 * DAY,
        until in second(),
        mut requests in vec((second(), any::<bool>()), 1..12),
    ) {
        requests.sort_unstable();
        let old = Old { user: "alice", created, ends: created + lasts };
        let sessions = sessions(until);
        let mut browser = Browser { old: old.pair(), ours: None };
        let (mut adopted, mut last) = (false, 0);
        for (now, lost) in requests {
            let had_ours = browser.ours.as_ref().is_some_and(|(_, ends)| !lost && now < *ends);
            let accepted = browser.request(&sessions, now, lost);
            if accepted {
                prop_assert!(now < old.ends, "longer than the old session");
                prop_assert!(now < created + ABSOLUTE, "longer than the absolute timeout");
                prop_assert!(had_ours || now < until, "adopted after the end");
                prop_assert!(!had_ours || now < last + IDLE, "unused for the idle timeout");
                (adopted, last) = (true, now);
            } else {
                // Nothing is lost either: only an end of one of the two refuses it.
                let is_over = now >= old.ends || now >= created + ABSOLUTE || created > now + 300;
                prop_assert!(is_over || now >= until && !had_ours, "lost: {now} {adopted}");
            }
        }
    }
}

#[test]
fn adopting_again_after_our_idle_timeout_gives_no_more_time_than_the_old_session() {
    let sessions = sessions(NOW + 100 * DAY);
    let old = Old { user: "alice", created: NOW, ends: NOW + 4 * DAY };
    let mut browser = Browser { old: old.pair(), ours: None };
    assert!(browser.request(&sessions, NOW, false));
    let first = browser.ours.clone().unwrap();
    assert_eq!(first.1, NOW + IDLE);
    // The browser has dropped ours, and the old cookie is still there.
    let again = NOW + 3 * DAY;
    assert!(browser.request(&sessions, again, false));
    assert_eq!(browser.ours.clone().unwrap().1, old.ends);
    assert!(browser.request(&sessions, old.ends - 1, false));
    assert!(!browser.request(&sessions, old.ends, false));
    // As long as ours is sent, the old cookie does not bring it back.
    let both = format!("{}; {}", first.0, old.pair());
    assert!(decode(&sessions, &both, again).is_new());
}

#[test]
fn an_end_nearer_to_1970_than_the_absolute_timeout_is_past() {
    let sessions = sessions(NOW);
    let old = |ends| Old { user: "alice", created: 0, ends }.pair();
    assert!(decode(&sessions, &old(ABSOLUTE - 1), 10).is_new());
    assert_eq!(user(&decode(&sessions, &old(ABSOLUTE), 10)), Some("alice"));
}

/// The first and the last seconds of clocks, and one between.
fn extreme() -> impl Strategy<Value = SystemTime> {
    select(vec![at(0) - secs(5), at(0), at(1), at(NOW), at(i64::MAX as u64)])
}

proptest! {
    #[test]
    fn no_clock_and_no_time_of_a_hook_overflows(
        [created, ends, used, removed, until, now] in array::uniform6(extreme()),
    ) {
        let hook = move |_: &HeaderMap, _| {
            let adopted = Adopted::new(Dict::default(), created);
            Some(adopted.expires_at(ends).last_used(used))
        };
        let old = OldCookie::new("id").remove_from(removed);
        let sessions = CookieSessions::builder(ring(1)).adopt(until, [old], hook).build().unwrap();
        let session = sessions.decode_at(&cookies(["id=1"]), sessions.transport(), now);
        if !session.is_new() {
            prop_assert!(now < until && now < ends);
            prop_assert!(session.expires_at() <= ends);
        }
        sessions.encode_at(&session, &mut HeaderMap::new(), StatusCode::OK, now).unwrap();
    }
}

#[test]
fn renew_begins_anew_as_a_log_in_does() {
    let sessions = sessions(NOW + DAY);
    let old = Old { user: "alice", created: NOW - DAY, ends: NOW + 60 };
    let mut session = decode(&sessions, &old.pair(), NOW);
    let before = session.id().expose_base64url();
    session.renew();
    assert_eq!((session.created_at(), session.expires_at()), (at(NOW), at(NOW + IDLE)));
    assert_ne!(session.id().expose_base64url(), before);
}

//! The deny list in memory: what it denies, when an entry ends, and what is dropped when it is
//! full.

use crate::support::{self, DAY, NOW, at, decode, encode, pair, ring, secs, visit};
use proptest::prelude::*;
use sealed_session::{
    Builder, CookieSessions, Dict, LocalDenyList, Rejection, Sent, Session, SessionId,
};

fn checked(list: &LocalDenyList, configure: fn(Builder<Dict>) -> Builder<Dict>) -> CookieSessions {
    let builder = configure(CookieSessions::builder(ring(1))).revocation(list.clone());
    builder.subject(|dict| dict.get("user").map(Into::into)).build().unwrap()
}

fn list_of(max: usize) -> (LocalDenyList, CookieSessions) {
    let list = LocalDenyList::new(max);
    let sessions = checked(&list, |builder| builder);
    (list, sessions)
}

/// A session of a user that began at this time, and its cookie.
fn begin(sessions: &CookieSessions, user: &str, now: u64) -> (Session, String) {
    let mut session = visit(sessions, now);
    session.set("user", user);
    let cookie = pair(&encode(sessions, &session, now).1);
    (session, cookie)
}

fn log_out(sessions: &CookieSessions, cookie: &str, now: u64) {
    let mut session = decode(sessions, cookie, now);
    session.revoke();
    encode(sessions, &session, now);
}

fn stands(sessions: &CookieSessions, cookie: &str, now: u64) -> bool {
    match decode(sessions, cookie, now).rejection() {
        None => true,
        Some(Rejection::Revoked) => false,
        other => panic!("{other:?}"),
    }
}

#[test]
fn denies_the_session_that_was_logged_out_and_no_other() {
    let (list, sessions) = list_of(10);
    let [(_, gone), (_, other)] = [(); 2].map(|()| begin(&sessions, "alice", NOW));
    log_out(&sessions, &gone, NOW);
    assert_eq!([&gone, &other].map(|cookie| stands(&sessions, cookie, NOW)), [false, true]);
    assert_eq!((list.entries(), list.dropped()), (1, 0));
}

#[test]
fn a_copy_that_was_refreshed_before_is_denied_as_well() {
    let (_, sessions) = list_of(10);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    let session = decode(&sessions, &cookie, NOW + 8 * DAY);
    let refreshed = pair(&encode(&sessions, &session, NOW + 8 * DAY).1);
    log_out(&sessions, &cookie, NOW + 8 * DAY);
    assert!(!stands(&sessions, &refreshed, NOW + 8 * DAY));
    assert!(!stands(&sessions, &refreshed, NOW + 22 * DAY - 1), "to its last second");
}

#[test]
fn clones_and_other_builds_share_the_list() {
    let (list, sessions) = list_of(10);
    let other = checked(&list.clone(), |builder| builder);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    log_out(&sessions, &cookie, NOW);
    assert!(!stands(&other, &cookie, NOW));
}

#[test]
fn ended_entries_stay_until_their_room_is_needed_and_are_not_counted() {
    let (list, sessions) = list_of(2);
    let later = NOW + 30 * DAY + 300;
    for now in [NOW, NOW, later, later] {
        log_out(&sessions, &begin(&sessions, "alice", now).1, now);
        list.deny_before("carol", at(NOW), None);
    }
    assert_eq!(
        (list.entries(), list.dropped()),
        (2, 2),
        "carol's, whose end is later, pushed alice's off"
    );
}

#[test]
fn an_entry_lasts_300_seconds_longer_than_its_session() {
    let (list, sessions) = list_of(1);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    log_out(&sessions, &cookie, NOW);
    let end = NOW + 30 * DAY + 299;
    log_out(&sessions, &begin(&sessions, "bob", end).1, end);
    assert_eq!(list.dropped(), 1, "a machine whose clock is behind would accept it still");
}

#[test]
fn a_request_with_a_clock_that_is_a_year_ahead_ends_no_entry() {
    let (list, sessions) = list_of(10);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    log_out(&sessions, &cookie, NOW);
    let ahead = NOW + 365 * DAY;
    decode(&sessions, &cookie, ahead);
    let (_, another) = begin(&sessions, "bob", ahead);
    log_out(&sessions, &another, ahead);
    assert!(!stands(&sessions, &cookie, NOW + 1));
    assert_eq!((list.entries(), list.dropped()), (2, 0));
}

#[test]
fn a_cutoff_lasts_as_long_as_a_session_that_it_ends_can() {
    let list = LocalDenyList::new(10);
    let short =
        |builder: Builder<Dict>| builder.idle_timeout(secs(DAY)).absolute_timeout(secs(DAY));
    checked(&list, |builder| builder);
    let sessions = checked(&list, short);
    let long = checked(&list, |builder| builder.idle_timeout(secs(30 * DAY)));
    let (_, cookie) = begin(&long, "alice", NOW);
    list.deny_before("alice", at(NOW), None);
    let (_, another) = begin(&sessions, "bob", NOW + 30 * DAY - 1);
    log_out(&sessions, &another, NOW + 30 * DAY - 1);
    assert!(
        !stands(&long, &cookie, NOW + 30 * DAY - 1),
        "the longest of its configurations counts"
    );
}

#[test]
fn before_it_is_attached_a_cutoff_lasts_as_long_as_any_session_may() {
    let list = LocalDenyList::new(10);
    list.deny_before("alice", at(NOW + 1), None);
    let sessions = checked(&list, |builder| {
        builder.absolute_timeout(secs(400 * DAY)).idle_timeout(secs(400 * DAY))
    });
    let (_, cookie) = begin(&sessions, "alice", NOW);
    let (_, another) = begin(&sessions, "bob", NOW + 400 * DAY - 1);
    log_out(&sessions, &another, NOW + 400 * DAY - 1);
    assert!(!stands(&sessions, &cookie, NOW + 400 * DAY - 1));
}

#[test]
fn a_full_list_drops_and_counts_the_entry_nearest_its_end() {
    let (list, sessions) = list_of(2);
    let began = [NOW, NOW - 2 * DAY, NOW - DAY, NOW - 3 * DAY];
    let cookies = began.map(|began| begin(&sessions, "alice", began).1);
    let standing = || cookies.each_ref().map(|cookie| stands(&sessions, cookie, NOW));
    let rows = [
        (0, 0, [false, true, true, true]),
        (1, 0, [false, false, true, true]),
        (2, 1, [false, true, false, true]),
        (3, 2, [false, true, true, false]),
    ];
    for (next, dropped, expected) in rows {
        log_out(&sessions, &cookies[next], NOW);
        assert_eq!((standing(), list.dropped()), (expected, dropped), "{next}");
        assert!(list.entries() <= 2);
    }
}

#[test]
fn entries_that_have_ended_are_dropped_first() {
    let ends_one: [fn(&LocalDenyList, &CookieSessions); 2] = [
        |_, sessions| log_out(sessions, &begin(sessions, "alice", NOW).1, NOW),
        |list, _| list.deny_before("alice", at(NOW), None),
    ];
    for end in ends_one {
        let (list, sessions) = list_of(1);
        end(&list, &sessions);
        list.deny_before("carol", at(NOW + 30 * DAY + 300), None);
        assert_eq!((list.entries(), list.dropped()), (1, 0));
    }
}

#[test]
fn logging_out_twice_takes_one_entry() {
    let (list, sessions) = list_of(1);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    let [mut one, mut other] = [(); 2].map(|()| decode(&sessions, &cookie, NOW));
    for session in [&mut one, &mut other] {
        session.revoke();
        encode(&sessions, session, NOW);
    }
    assert_eq!((list.entries(), list.dropped()), (1, 0));
    assert!(!stands(&sessions, &cookie, NOW));
}

#[test]
fn a_list_without_room_has_room_for_one() {
    let (list, sessions) = list_of(0);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    log_out(&sessions, &cookie, NOW);
    assert!(!stands(&sessions, &cookie, NOW));
    assert_eq!(list.entries(), 1);
}

#[test]
fn log_out_everywhere_ends_the_sessions_of_one_subject_that_began_before() {
    let (list, sessions) = list_of(10);
    let (_, before) = begin(&sessions, "alice", NOW - 1);
    let (_, bob) = begin(&sessions, "bob", NOW - 1);
    let (_, nobody) =
        (visit(&sessions, NOW), support::sealed(&sessions, &[("lang", "en")], NOW - 1));
    list.deny_before("alice", at(NOW), None);
    let (_, after) = begin(&sessions, "alice", NOW + 1);
    let standing = [before, bob, nobody, after].map(|cookie| stands(&sessions, &cookie, NOW + 1));
    assert_eq!(standing, [false, true, true, true]);
}

/// The user stays the same, and was confirmed.
#[test]
fn logging_out_other_devices_keeps_the_confirmation_of_this_one() {
    for (confirmed_at, now, expected) in
        [(NOW, NOW + 60, NOW), (NOW, NOW, NOW), (NOW + 300, NOW, NOW)]
    {
        let (list, sessions) = list_of(9);
        let (mut session, _) = begin(&sessions, "alice", confirmed_at);
        session.confirm();
        let cookie = pair(&encode(&sessions, &session, confirmed_at).1);
        let mut session = decode(&sessions, &cookie, now);
        list.log_out_others("alice", &mut session, at(now));
        assert_eq!(session.confirmed_at(), Some(at(expected)));

        let cookie = pair(&encode(&sessions, &session, now).1);
        let session = decode(&sessions, &cookie, now + 400);
        assert_eq!(session.confirmed_at(), Some(at(expected)), "never later than it was sealed");
    }
}

/// Without a subject the list cannot end the other sessions, but copies of this one end.
#[test]
fn logging_out_other_devices_ends_the_old_id_of_a_session_without_a_subject() {
    type Configure = fn(Builder<Dict>) -> Builder<Dict>;
    let rows: [(&str, Configure); 2] = [
        ("no subject is configured", |builder| builder),
        ("the session has none", |builder| {
            builder.subject(|dict| dict.get("user").map(Into::into))
        }),
    ];
    for (row, configure) in rows {
        let list = LocalDenyList::new(9);
        let builder = CookieSessions::builder(ring(1)).revocation(list.clone());
        let sessions = configure(builder).build().unwrap();
        let stolen = support::sealed(&sessions, &[("cart", "3 apples")], NOW - 60);
        let mut session = decode(&sessions, &stolen, NOW);
        list.log_out_others("alice", &mut session, at(NOW));
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!((sent, list.entries()), (Sent::Set, 2), "{row}");
        assert!(!stands(&sessions, &stolen, NOW + 10), "{row}: the copy");
        assert!(stands(&sessions, &pair(&headers), NOW + 10), "{row}: this session");
    }
}

/// A copy of the cookie from before the password was given is not confirmed by it, and ends.
#[test]
fn a_confirmation_ends_the_old_id_as_renew_does() {
    let (_, sessions) = list_of(9);
    let (_, before) = begin(&sessions, "alice", NOW);
    let mut session = decode(&sessions, &before, NOW + 60);
    session.confirm();
    let after = pair(&encode(&sessions, &session, NOW + 60).1);
    assert_eq!(decode(&sessions, &before, NOW + 69).confirmed_at(), None);
    assert!(!stands(&sessions, &before, NOW + 70));
    assert_eq!(decode(&sessions, &after, NOW + 70).confirmed_at(), Some(at(NOW + 60)));
}

#[test]
fn log_out_elsewhere_is_right_within_one_second() {
    let (list, sessions) = list_of(10);
    let (_, elsewhere) = begin(&sessions, "alice", NOW);
    let (mut here, old) = begin(&sessions, "alice", NOW - DAY);
    here.renew();
    list.deny_before("alice", at(NOW) + secs(1) / 2, Some(here.id()));
    let here = pair(&encode(&sessions, &here, NOW).1);
    let (_, within) = begin(&sessions, "alice", NOW);
    let (_, later) = begin(&sessions, "alice", NOW + 1);
    assert!(!stands(&sessions, &elsewhere, NOW), "in the same second, before");
    assert!(!stands(&sessions, &old, NOW), "this session, before it was renewed");
    assert!(stands(&sessions, &here, NOW), "this session");
    assert!(stands(&sessions, &within, NOW), "a log-in in the same second, after it");
    assert!(stands(&sessions, &later, NOW + 1), "a second later");
}

#[test]
fn an_instant_far_ahead_takes_no_entry_away() {
    let (list, sessions) = list_of(10);
    let (_, cookie) = begin(&sessions, "alice", NOW);
    log_out(&sessions, &cookie, NOW);
    for instant in [at(u64::MAX >> 1), at(0) - secs(DAY)] {
        list.deny_before("bob", instant, None);
    }
    assert!(!stands(&sessions, &cookie, NOW));
    assert!(!stands(&sessions, &begin(&sessions, "bob", NOW).1, NOW));
}

#[test]
fn debug_shows_only_counts() {
    let list = LocalDenyList::new(10);
    list.deny_before("alice", at(NOW), None);
    assert_eq!(format!("{list:?}"), "LocalDenyList { entries: 1, dropped: 0, .. }");
}

proptest! {
    /// For any calls in any order: a session is accepted if no call ends it.
    #[test]
    fn every_call_holds(calls in prop::collection::vec((0..6_u64, prop::option::of(0..4_usize)), 0..7)) {
        let (list, sessions) = list_of(10);
        let began: Vec<u64> = (0..4).map(|n| NOW + n).collect();
        let all: Vec<(Session, String)> = began.iter().map(|began| begin(&sessions, "alice", *began)).collect();
        for (instant, except) in &calls {
            list.deny_before("alice", at(NOW + instant), except.map(|n| all[n].0.id()));
        }
        for (n, (_, cookie)) in all.iter().enumerate() {
            let ended = calls.iter().any(|(instant, except)| began[n] <= NOW + instant && *except != Some(n));
            prop_assert_eq!(stands(&sessions, cookie, NOW + 6), !ended, "session {} of {:?}", n, calls);
        }
    }
}

/// A session that is renewed in a request during which others of its subject are ended: the denial,
/// given the id that was opened and the id under which the session continues; and the response.
#[test]
fn a_session_that_a_denial_excepts_under_either_id_is_accepted_when_it_is_renewed() {
    type Deny = fn(&LocalDenyList, [&SessionId; 2]);
    let rows: [(&str, Deny, Sent); 6] = [
        ("none", |_, _| (), Sent::Set),
        (
            "spares the old id",
            |list, [old, _]| list.deny_before("alice", at(NOW), Some(old)),
            Sent::Set,
        ),
        (
            "spares the new id",
            |list, [_, new]| list.deny_before("alice", at(NOW), Some(new)),
            Sent::Set,
        ),
        ("spares none", |list, _| list.deny_before("alice", at(NOW), None), Sent::Withheld),
        (
            "two, of which each spares another",
            |list, [old, new]| {
                list.deny_before("alice", at(NOW), Some(old));
                list.deny_before("alice", at(NOW), Some(new));
            },
            Sent::Withheld,
        ),
        ("of somebody else", |list, _| list.deny_before("bob", at(NOW), None), Sent::Set),
    ];
    for (row, deny, expected) in rows {
        for began in [NOW - DAY, NOW] {
            let (list, sessions) = list_of(10);
            let (old, cookie) = begin(&sessions, "alice", began);
            let mut session = decode(&sessions, &cookie, NOW);
            session.renew();
            deny(&list, [old.id(), session.id()]);
            let (sent, headers) = encode(&sessions, &session, NOW);
            assert_eq!(sent, expected, "{row}");
            if sent == Sent::Set {
                assert!(stands(&sessions, &pair(&headers), NOW), "{row}");
                assert!(!stands(&sessions, &cookie, NOW + 10), "{row}: the old id ends");
            }
        }
    }
}

#[test]
fn a_denial_that_excepts_an_id_does_not_accept_a_session_that_was_logged_out_by_it() {
    let (list, sessions) = list_of(10);
    let (old, cookie) = begin(&sessions, "alice", NOW);
    let mut session = decode(&sessions, &cookie, NOW);
    session.renew();
    list.deny_before("alice", at(NOW), Some(old.id()));
    log_out(&sessions, &cookie, NOW);
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Withheld);
}

//! What the response sets, and when it removes the old cookies.

use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, StatusCode};
use sealed_session::{Adopted, CookieSessions, Dict, EncodeError, Issue, OldCookie, Sent, Session};

use crate::library::{ALICE, Old, UNTIL, adopting, adopting_with, decode_with, lines, open, user};
use crate::support::{DAY, NAME, NOW, at, decode, encode, line, pair, ring, sealed};

const REMOVAL: &str = "id=; HttpOnly; Secure; Path=/; Max-Age=0";

#[test]
fn the_response_sets_ours_whatever_the_handler_did_and_whatever_it_is() {
    let sessions = adopting().build().unwrap();
    for status in [200, 204, 301, 304, 404, 500, 503] {
        let session = decode(&sessions, &ALICE.pair(), NOW);
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, "public, max-age=60".parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        let sent = sessions.encode_at(&session, &mut headers, status, at(NOW)).unwrap();
        assert_eq!(sent, Sent::Set, "{status}");
        assert!(line(&headers).starts_with(&format!("{NAME}=")), "{status}");
        assert_eq!(headers[CACHE_CONTROL], "max-age=60, private");
        assert_eq!(headers[VARY], "Cookie");
    }
}

#[test]
fn old_cookies_stay_until_remove_from() {
    let removed_later = ["id", "cart"].map(|name| OldCookie::new(name).remove_from(at(NOW + DAY)));
    let sessions = adopting_with(removed_later).build().unwrap();
    for (now, removed) in [(NOW, false), (NOW + DAY - 1, false), (NOW + DAY, true)] {
        let session = decode(&sessions, &format!("{}; cart=1", ALICE.pair()), now);
        let headers = encode(&sessions, &session, now).1;
        let lines = lines(&headers);
        assert!(lines[0].starts_with(&format!("{NAME}=")), "{lines:?}");
        let removals = [REMOVAL, "cart=; HttpOnly; Secure; Path=/; Max-Age=0"];
        assert_eq!(lines[1..], if removed { &removals[..] } else { &[] }[..], "{now}");
    }
}

#[test]
fn a_session_of_ours_removes_the_old_cookie_when_it_is_sent() {
    let sessions = adopting_with([OldCookie::new("id").remove_from(at(NOW))]).build().unwrap();
    let ours = sealed(&sessions, &[("user", "alice")], NOW - DAY);
    let both = format!("{ours}; {}", ALICE.pair());
    let mut session = decode(&sessions, &both, NOW);
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    assert_eq!(lines(&encode(&sessions, &session, NOW).1), [""; 0]);
    session.set("step", "2");
    assert_eq!(lines(&encode(&sessions, &session, NOW).1)[1..], [REMOVAL]);
    // It did not come with this request.
    let mut session = decode(&sessions, &ours, NOW);
    session.set("step", "2");
    assert_eq!(lines(&encode(&sessions, &session, NOW).1).len(), 1);
}

#[test]
fn a_log_out_removes_the_old_cookie_at_any_time() {
    let sessions = adopting().build().unwrap();
    let ours = sealed(&sessions, &[("user", "alice")], NOW);
    for (cookie, now) in [
        (ALICE.pair(), NOW),                             // adopted with this request
        (format!("{ours}; {}", ALICE.pair()), NOW),      // adopted before
        (format!("{NAME}=junk; {}", ALICE.pair()), NOW), // ours was rejected
        ("id=junk".to_owned(), NOW),                     // the hook declined
        (ALICE.pair(), UNTIL),                           // after the end
    ] {
        let mut session = decode(&sessions, &cookie, now);
        session.invalidate();
        let (sent, headers) = encode(&sessions, &session, now);
        assert_eq!(sent, Sent::Removed, "{cookie}");
        let lines = lines(&headers);
        assert!(lines[0].starts_with(&format!("{NAME}=;")), "{lines:?}");
        assert_eq!(lines[1..], [REMOVAL], "{cookie}");
    }
}

#[test]
fn a_log_out_that_is_written_to_removes_the_old_cookie_too() {
    for issue in [Issue::Lazy, Issue::Eager] {
        let sessions = adopting().issue(issue).build().unwrap();
        let mut session = decode(&sessions, &ALICE.pair(), NOW);
        session.invalidate();
        if issue == Issue::Lazy {
            session.set("theme", "dark");
        }
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!((sent, &lines(&headers)[1..]), (Sent::Set, &[REMOVAL][..]));
        assert_eq!(user(&decode(&sessions, &lines(&headers)[0].replace(';', "; x="), NOW)), None);
    }
}

#[test]
fn a_log_out_of_a_request_that_is_held_back_removes_both() {
    let sessions = adopting().build().unwrap();
    let others = [("sec-fetch-site", "cross-site"), ("origin", "https://pay.example")];
    let mut session = decode_with(&sessions, &[&ALICE.pair()], &others, NOW);
    session.invalidate();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Removed);
}

#[test]
fn a_log_in_removes_the_old_cookie_at_any_time() {
    let sessions = adopting().build().unwrap();
    let expired = sealed(&sessions, &[("user", "eve")], NOW - 20 * DAY);
    let log_in = |session: &mut Session| {
        session.renew();
        session.set("user", "bob");
    };
    // Alice's old cookie would bring her back when Bob's session has ended.
    for cookie in [ALICE.pair(), format!("{expired}; {}", ALICE.pair())] {
        let mut session = decode(&sessions, &cookie, NOW);
        log_in(&mut session);
        assert_eq!(lines(&encode(&sessions, &session, NOW).1)[1..], [REMOVAL], "{cookie}");
    }
}

#[test]
fn a_new_session_in_the_place_of_a_rejected_one_removes_the_old_cookie_at_any_time() {
    let sessions = adopting().build().unwrap();
    let expired = sealed(&sessions, &[("user", "alice")], NOW - 20 * DAY);
    let mut session = decode(&sessions, &format!("{expired}; {}", ALICE.pair()), NOW);
    session.set("theme", "dark");
    assert_eq!(lines(&encode(&sessions, &session, NOW).1)[1..], [REMOVAL]);
}

#[test]
fn what_a_visitor_had_in_the_old_cookie_stays() {
    let sessions = adopting().build().unwrap();
    let mut session = decode(&sessions, "id=visitor", NOW);
    session.set("theme", "dark");
    assert_eq!(lines(&encode(&sessions, &session, NOW).1).len(), 1);
}

#[test]
fn each_old_cookie_that_came_is_removed_by_name_path_and_domain() {
    let cookies = || {
        [
            OldCookie::new("id").path("/app").domain("example.com"),
            OldCookie::new("cart").path("/a%20b"),
            OldCookie::new("seen"),
        ]
    };
    let sessions = adopting_with(cookies()).build().unwrap();
    let mut session = decode(&sessions, &format!("{}; cart=1", ALICE.pair()), NOW);
    session.invalidate();
    let headers = encode(&sessions, &session, NOW).1;
    let removals = [
        "id=; HttpOnly; Secure; Path=/app; Domain=example.com; Max-Age=0",
        "cart=; HttpOnly; Secure; Path=/a%20b; Max-Age=0",
    ];
    assert_eq!(lines(&headers)[1..], removals);
    let jar = sessions.old_cookie_removals(&session, at(NOW)).map(|cookie| cookie.to_string());
    assert_eq!(jar.collect::<Vec<_>>(), removals);
    let http = adopting_with(cookies()).insecure_http().build().unwrap();
    let mut session = decode(&http, &format!("{}; cart=1", ALICE.pair()), NOW);
    session.invalidate();
    let without_secure = removals.map(|removal| removal.replace(" Secure;", ""));
    assert_eq!(lines(&encode(&http, &session, NOW).1)[1..], without_secure);
}

#[test]
fn a_removal_replaces_what_the_handler_set_for_that_cookie_and_no_other() {
    let sessions = adopting().build().unwrap();
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    session.invalidate();
    let mut headers = HeaderMap::new();
    for set in ["id=new; Path=/", "id=new; Path=/app", "theme=dark; Path=/"] {
        headers.append(SET_COOKIE, set.parse().unwrap());
    }
    for _ in 0..2 {
        sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
    }
    let kept = ["id=new; Path=/app", "theme=dark; Path=/"];
    let lines = lines(&headers);
    assert_eq!((&lines[..2], lines.len(), lines[3]), (&kept[..], 4, REMOVAL));
}

#[test]
fn a_log_out_on_an_old_process_leaves_our_session() {
    let sessions = adopting().build().unwrap();
    let session = decode(&sessions, &ALICE.pair(), NOW);
    let ours = pair(&encode(&sessions, &session, NOW).1);
    // The old process has removed its cookie, and does not know ours.
    assert_eq!(user(&decode(&sessions, &ours, NOW + 1)), Some("alice"));
}

#[test]
fn what_an_old_process_writes_after_the_adoption_is_not_seen() {
    let sessions = adopting().build().unwrap();
    let ours = pair(&encode(&sessions, &decode(&sessions, &ALICE.pair(), NOW), NOW).1);
    let bob = Old { user: "bob", ..ALICE }.pair();
    assert_eq!(user(&decode(&sessions, &format!("{ours}; {bob}"), NOW)), Some("alice"));
}

#[test]
fn sessions_without_the_hook_leave_old_cookies_alone() {
    let sessions = CookieSessions::new(ring(1));
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    session.invalidate();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    assert_eq!(sessions.old_cookie_removals(&session, at(NOW)).count(), 0);
}

#[test]
fn a_log_out_or_log_in_elsewhere_removes_a_cookie_that_only_comes_to_its_own_path() {
    let cookies = || [OldCookie::new("id").path("/app"), OldCookie::new("seen")];
    let sessions = adopting_with(cookies()).build().unwrap();
    let ours = sealed(&sessions, &[("user", "alice")], NOW);
    let removal = REMOVAL.replace("Path=/", "Path=/app");
    for (change, sent) in [
        (Session::invalidate as fn(&mut Session), Sent::Removed),
        (Session::renew, Sent::Set),
        (Session::confirm, Sent::Set),
    ] {
        // The browser has `id` too: with a request to `/app` it would bring Alice back.
        let mut session = decode(&sessions, &ours, NOW);
        change(&mut session);
        let (did, headers) = encode(&sessions, &session, NOW);
        assert_eq!(did, sent);
        assert_eq!(lines(&headers)[1..], [removal.as_str()]);
        assert_eq!(sessions.old_cookie_removals(&session, at(NOW)).count(), 1);
    }
    // Cookies of one path come together.
    let sessions = adopting_with(cookies()).path("/app").build().unwrap();
    let mut session = decode(&sessions, "__Secure-session=x", NOW);
    session.invalidate();
    assert_eq!(lines(&encode(&sessions, &session, NOW).1).len(), 1);
    // What only changes, or begins, ends nobody's session.
    let sessions = adopting_with(cookies()).build().unwrap();
    for cookie in [ours.as_str(), "theme=dark"] {
        let mut session = decode(&sessions, cookie, NOW);
        session.set("step", "2");
        assert_eq!(lines(&encode(&sessions, &session, NOW).1).len(), 1);
    }
    // From the end on, there is nothing that it could bring back.
    let mut session = decode(&sessions, &sealed(&sessions, &[("user", "alice")], UNTIL), UNTIL);
    session.invalidate();
    assert_eq!(lines(&encode(&sessions, &session, UNTIL).1).len(), 1);
}

#[test]
fn a_passive_request_seals_no_adopted_session() {
    let used = NOW - 7 * DAY;
    let sessions = CookieSessions::builder(ring(1))
        .adopt(at(UNTIL), [OldCookie::new("id")], move |headers, now| {
            Some(open(headers, now)?.last_used(at(used)))
        })
        .build()
        .unwrap();
    let old = Old { created: NOW - 10 * DAY, ends: NOW + 15 * DAY, ..ALICE }.pair();
    // A page that polls must not move the end of an idle session, as with a cookie of ours.
    let end = used + 14 * DAY;
    for (now, is_alive) in [(NOW, true), (end - 1, true), (end, false)] {
        let mut session = decode(&sessions, &old, now);
        session.passive();
        assert_eq!(user(&session).is_some(), is_alive, "{now}");
        assert_eq!(encode(&sessions, &session, now).0, Sent::Unchanged, "{now}");
    }
    let mut session = decode(&sessions, &old, NOW);
    session.passive();
    session.set("step", "2");
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
}

#[test]
fn a_session_that_does_not_fit_is_read_and_the_old_cookie_stays() {
    let sessions = CookieSessions::builder(ring(1))
        .adopt(at(UNTIL), [OldCookie::new("id").remove_from(at(0))], |headers, now| {
            _ = open(headers, now)?;
            let mut data = Dict::default();
            data.set("notes", "x".repeat(4096));
            Some(Adopted::new(data, at(NOW - DAY)))
        })
        .build()
        .unwrap();
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    assert_eq!(session.get("notes").map(str::len), Some(4096));
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW));
    assert_eq!(sent.unwrap(), Sent::Unchanged);
    assert_eq!(lines(&headers), [""; 0]);
    assert_eq!(headers[CACHE_CONTROL], "private");
    // What was written would be lost, so that is an error.
    session.set("step", "2");
    let mut headers = HeaderMap::new();
    let error = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::TooLarge { .. }), "{error}");
    assert!(headers.is_empty());
    // Also what was marked without a change of the payload, and what still fits in the end.
    let mut session = decode(&sessions, &ALICE.pair(), NOW);
    session.renew();
    assert!(sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).is_err());
    session.remove("notes");
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
}

#[test]
fn a_request_without_the_cookie_removes_none() {
    let sessions = CookieSessions::builder(ring(1))
        .adopt(at(UNTIL), [OldCookie::new("id").remove_from(at(0))], open)
        .build()
        .unwrap();
    let mut session = decode(&sessions, "theme=dark", NOW);
    session.set("user", "bob");
    assert_eq!(lines(&encode(&sessions, &session, NOW).1).len(), 1);
    session.invalidate();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
}

//! When the hook is asked, what it gets, and what becomes of what it returns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method, Request, StatusCode};
use sealed_session::{
    Adopted, CookieSessions, Dict, Issue, KeyRole, Keyring, OldCookie, Rejection, SameSite, Sent,
    Transport,
};

use crate::library::{ALICE, Old, UNTIL, adopting, adopting_with, counting, decode_with, user};
use crate::support::{DAY, NAME, NOW, at, cookies, decode, encode, pair, ring, sealed, secret};

#[test]
fn an_old_cookie_becomes_a_session_with_its_data_and_times() {
    let sessions = adopting().build().unwrap();
    let session = decode(&sessions, &ALICE.pair(), NOW);
    assert_eq!(
        (user(&session), session.is_new(), session.rejection()),
        (Some("alice"), false, None)
    );
    assert_eq!(session.opened_by(), Some(KeyRole::Previous));
    assert_eq!(session.expires_at(), at(ALICE.ends));
    assert_eq!(session.created_at(), at(ALICE.ends - 30 * DAY));
    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!(sent, Sent::Set);
    let ours = decode(&sessions, &pair(&headers), NOW);
    assert_eq!((user(&ours), ours.opened_by()), (Some("alice"), Some(KeyRole::Current)));
    assert_eq!(ours.id().expose_base64url(), session.id().expose_base64url());
    assert_eq!(ours.expires_at(), at(ALICE.ends));
    assert_eq!(encode(&sessions, &ours, NOW).0, Sent::Unchanged);
}

#[test]
fn without_the_hook_or_the_cookie_nothing_is_adopted() {
    let (builder, asked) = counting();
    let sessions = builder.build().unwrap();
    for cookie in ["", "theme=dark", "ID=|alice|1|2|", "xid=1", "id", "%69d=1"] {
        let session = decode(&sessions, cookie, NOW);
        assert!(session.is_new() && session.rejection().is_none(), "{cookie}");
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged, "{cookie}");
    }
    assert_eq!(asked.load(Relaxed), 0);
    assert!(decode(&CookieSessions::new(ring(1)), &ALICE.pair(), NOW).is_new());
}

#[test]
fn the_hook_is_not_asked_with_a_cookie_of_ours_accepted_or_not() {
    let (builder, asked) = counting();
    let sessions = builder.build().unwrap();
    let ours = sealed(&sessions, &[("user", "bob")], NOW - 20 * DAY);
    let accepted = sealed(&sessions, &[("user", "bob")], NOW);
    let foreign = sealed(&CookieSessions::new(ring(2)), &[("user", "eve")], NOW);
    let forged = format!("{}AAAA", &accepted[..accepted.len() - 4]);
    let empty = format!("{NAME}=");
    for (cookie, rejected) in [
        (&accepted, false),
        (&ours, true), // past its idle timeout
        (&foreign, true),
        (&forged, true),
        (&empty, true),
    ] {
        for fields in [[cookie.as_str(), &ALICE.pair()], [&ALICE.pair(), cookie]] {
            let session = decode_with(&sessions, &fields, &[], NOW);
            assert_eq!(session.rejection().is_some(), rejected, "{cookie}");
            assert_eq!(user(&session), (!rejected).then_some("bob"), "{cookie}");
        }
    }
    assert_eq!(asked.load(Relaxed), 0);
}

#[test]
fn the_hook_is_asked_until_the_end_and_not_at_it() {
    let (builder, asked) = counting();
    let sessions = builder.build().unwrap();
    let old = Old { created: UNTIL - DAY, ends: UNTIL + DAY, ..ALICE };
    assert_eq!(user(&decode(&sessions, &old.pair(), UNTIL - 1)), Some("alice"));
    for now in [UNTIL, UNTIL + 1, u64::MAX / 2_000_000_000] {
        let session = decode(&sessions, &old.pair(), now);
        assert_eq!(session.is_new(), now >= UNTIL);
    }
    let asked_before = asked.load(Relaxed);
    assert!(decode(&sessions, &old.pair(), UNTIL).is_new());
    assert_eq!(asked.load(Relaxed), asked_before);
}

#[test]
fn the_hook_is_not_asked_about_a_request_that_is_held_back() {
    let cross = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")];
    let post = [cross[0], cross[1], ("origin", "https://evil.example")];
    for (same_site, others, asked_for) in [
        (SameSite::Lax, &cross[..], 1),
        (SameSite::Lax, &post[..], 0),
        (SameSite::Strict, &cross[..], 0),
        (SameSite::None, &post[..], 1),
        (SameSite::Strict, &[("sec-fetch-site", "same-origin")][..], 1),
    ] {
        let (builder, asked) = counting();
        let sessions = builder.same_site(same_site).build().unwrap();
        let session = decode_with(&sessions, &[&ALICE.pair()], others, NOW);
        assert_eq!(asked.load(Relaxed), asked_for, "{same_site:?} {others:?}");
        assert_eq!(session.is_new(), asked_for == 0);
        assert_eq!(encode(&sessions, &session, NOW).0 == Sent::Set, asked_for == 1);
    }
}

#[test]
fn the_method_of_a_request_counts_for_held_back() {
    let (builder, asked) = counting();
    let sessions = builder.clock(|| at(NOW)).build().unwrap();
    for (method, is_new) in [(Method::GET, false), (Method::POST, true)] {
        let request = Request::builder().method(method).header("cookie", ALICE.pair());
        let request = request.header("sec-fetch-site", "cross-site");
        let request = request.header("sec-fetch-mode", "navigate").body(()).unwrap();
        assert_eq!(sessions.decode(&request).is_new(), is_new);
        assert_eq!(sessions.decode_parts(&request.into_parts().0).is_new(), is_new);
    }
    assert_eq!(asked.load(Relaxed), 2);
}

#[test]
fn nothing_is_adopted_over_the_other_transport() {
    let (builder, asked) = counting();
    let sessions = builder.build().unwrap();
    let session = sessions.decode_at(&cookies([ALICE.pair()]), Transport::Http, at(NOW));
    assert!(session.is_new() && session.rejection().is_none());
    assert_eq!((asked.load(Relaxed), encode(&sessions, &session, NOW).0), (0, Sent::Withheld));
}

#[test]
fn the_hook_gets_the_old_cookies_only_and_all_other_headers() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_by_hook = Arc::clone(&seen);
    let hook = move |headers: &HeaderMap, now| {
        seen_by_hook.lock().unwrap().push((headers.clone(), now));
        None::<Adopted<Dict>>
    };
    let old = [OldCookie::new("id"), OldCookie::new("cart")];
    let sessions = CookieSessions::builder(ring(1)).adopt(at(UNTIL), old, hook).build().unwrap();
    let fields = ["a=1; cart=2; %69d=evil", "\tid= 7 ;id=7; b=3"];
    let session = decode_with(&sessions, &fields, &[("host", "shop.example")], NOW);
    assert!(session.is_new() && session.rejection().is_none());
    let (headers, now) = seen.lock().unwrap().pop().unwrap();
    assert_eq!((headers["cookie"].as_bytes(), now), (&b"id=7; cart=2"[..], at(NOW)));
    assert_eq!((headers.len(), headers["host"].to_str().unwrap()), (2, "shop.example"));
    assert!(headers["cookie"].is_sensitive());
}

#[test]
fn two_values_of_an_old_cookie_are_ambiguous() {
    let (builder, asked) = counting();
    let sessions = builder.build().unwrap();
    let bob = Old { user: "bob", ..ALICE }.pair();
    let after_two = [ALICE.pair(), ALICE.pair(), bob.clone()];
    for fields in [
        &[ALICE.pair(), bob.clone()][..],
        &[bob, ALICE.pair()],
        &[ALICE.pair(), "id=x".into()],
        &after_two,
    ] {
        let session = decode_with(&sessions, &[&fields.join("; ")], &[], NOW);
        assert_eq!((user(&session), session.rejection()), (None, Some(&Rejection::Ambiguous)));
    }
    assert_eq!(asked.load(Relaxed), 0);
    let twice = [ALICE.pair(), ALICE.pair()].join(";");
    assert_eq!(user(&decode(&sessions, &twice, NOW)), Some("alice"));
}

#[test]
fn a_value_that_no_library_writes_is_rejected_unasked() {
    let (builder, asked) = counting();
    let sessions = builder.build().unwrap();
    let long = |value: usize| format!("id={}", "x".repeat(value));
    for (cookie, rejection) in [
        (long(4094), Some(Rejection::TooLong)),
        (long(4093), None),
        (format!("{}\u{a0}", ALICE.pair()), Some(Rejection::Malformed)),
        (format!("{}\u{2003}", ALICE.pair()), Some(Rejection::Malformed)),
        ("id=a\tb".into(), Some(Rejection::Malformed)),
        ("id=a b~".into(), None),
        ("id=".into(), None),
    ] {
        let session = decode(&sessions, &cookie, NOW);
        assert_eq!((user(&session), session.rejection()), (None, rejection.as_ref()), "{cookie}");
    }
    assert_eq!(asked.load(Relaxed), 3);
}

#[test]
fn a_session_past_its_limits_is_rejected_like_a_token() {
    let sessions = adopting().build().unwrap();
    let old = |created, ends| Old { created, ends, ..ALICE }.pair();
    for (cookie, rejection) in [
        (old(NOW - 30 * DAY, NOW + DAY), Some(Rejection::AbsoluteTimeout)),
        (old(NOW - 30 * DAY + 1, NOW + DAY), None),
        (old(NOW, NOW + DAY), None),
        (old(NOW + 300, NOW + DAY), None), // its end holds, whatever it says of its beginning
        (old(NOW + 301, NOW + 400 * DAY), Some(Rejection::FromTheFuture)),
        (old(NOW + 300, NOW + 400 * DAY), None),
    ] {
        let session = decode(&sessions, &cookie, NOW);
        assert_eq!(session.rejection(), rejection.as_ref(), "{cookie}");
        assert_eq!(user(&session).is_some(), rejection.is_none(), "{cookie}");
        if rejection.is_some() {
            assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
        }
    }
    let last = old(NOW, NOW + 1);
    assert_eq!(user(&decode(&sessions, &last, NOW)), Some("alice"));
    assert!(decode(&sessions, &last, NOW + 1).is_new());
}

#[test]
fn a_session_that_was_not_used_for_the_idle_timeout_is_rejected() {
    let used = |last: u64| {
        CookieSessions::builder(ring(1))
            .adopt(at(UNTIL), [OldCookie::new("id")], move |_, _| {
                Some(Adopted::new(Dict::default(), at(NOW - 20 * DAY)).last_used(at(last)))
            })
            .build()
            .unwrap()
    };
    for (last, rejection) in [
        (NOW - 14 * DAY, Some(Rejection::IdleTimeout)),
        (NOW - 14 * DAY + 1, None),
        (NOW + 300, None),
        (NOW + 301, Some(Rejection::FromTheFuture)),
        (0, None), // before it began: it was used when it began at the latest
    ] {
        let session = decode(&used(last), "id=1", NOW);
        let rejection = if last == 0 { Some(Rejection::IdleTimeout) } else { rejection };
        assert_eq!(session.rejection(), rejection.as_ref(), "{last}");
        if rejection.is_none() {
            assert_eq!(session.expires_at(), at((NOW + 10 * DAY).min(last.max(NOW) + 14 * DAY)));
        }
    }
}

#[test]
fn a_secret_that_is_removed_meanwhile_withholds_no_adopted_session() {
    let sessions = adopting().build().unwrap();
    let session = decode(&sessions, &ALICE.pair(), NOW);
    #[cfg(feature = "rotation")]
    sessions.rotate(Keyring::new(secret(9)));
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
    let _: (fn(_) -> Keyring, _) = (Keyring::new, secret(9));
}

#[test]
fn under_eager_a_session_is_adopted_and_a_visitor_gets_one() {
    let sessions = adopting().issue(Issue::Eager).build().unwrap();
    for (cookie, found) in [(ALICE.pair(), Some("alice")), ("id=junk".into(), None)] {
        let session = decode(&sessions, &cookie, NOW);
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!((sent, user(&session)), (Sent::Set, found));
        assert_eq!(user(&decode(&sessions, &pair(&headers), NOW)), found);
    }
}

#[test]
fn a_typed_session_is_adopted_and_checked_before_it_is_sealed() {
    let build = |value: Option<Option<u8>>| {
        CookieSessions::typed::<Option<Option<u8>>>(ring(1), "nested-1")
            .adopt(at(UNTIL), [OldCookie::new("id")], move |_, _| {
                Some(Adopted::new(value, at(NOW - DAY)))
            })
            .build()
            .unwrap()
    };
    let sessions = build(Some(Some(7)));
    let session = decode(&sessions, "id=1", NOW);
    assert_eq!(session.data(), &Some(Some(7)));
    let headers = encode(&sessions, &session, NOW).1;
    assert_eq!(decode(&sessions, &pair(&headers), NOW).data(), &Some(Some(7)));
    // It would read back as `None`. So it stays in the old cookie, and a change of it is an error.
    let sessions = build(Some(None));
    let mut session = decode(&sessions, "id=1", NOW);
    assert_eq!(encode(&sessions, &session, NOW).0, sealed_session::Sent::Unchanged);
    session.renew();
    let mut headers = HeaderMap::new();
    let refused = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW));
    assert!(matches!(refused, Err(sealed_session::EncodeError::Payload(_))), "{refused:?}");
    assert!(headers.is_empty());
}

#[test]
fn a_panic_of_the_hook_is_passed_on() {
    let sessions = CookieSessions::builder(ring(1))
        .adopt(at(UNTIL), [OldCookie::new("id")], |_, _| panic!("in the hook"))
        .build()
        .unwrap();
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(&sessions, "id=1", NOW)));
    assert_eq!(decoded.unwrap_err().downcast_ref(), Some(&"in the hook"));
    assert!(decode(&sessions, "", NOW).is_new());
}

#[test]
fn the_first_old_cookie_holds_the_session() {
    let sessions = adopting_with([OldCookie::new("cart"), OldCookie::new("id")]).build().unwrap();
    assert!(decode(&sessions, &ALICE.pair(), NOW).is_new());
    let both = format!("{}; cart=1", ALICE.pair());
    assert_eq!(user(&decode(&sessions, &both, NOW)), Some("alice"));
}

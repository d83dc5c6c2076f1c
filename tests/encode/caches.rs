//! What a response has to do with caches: when it carries a refresh, and what it then tells them.

use std::collections::BTreeSet;

use crate::support::*;
use http::header::{CACHE_CONTROL, HeaderName, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::Sent::{Removed, Set, Unchanged, Withheld};
use sealed_session::{CookieSessions, KeyRole, Sent, Session, Transport};

type Change = fn(&mut Session);

fn write(session: &mut Session) {
    session.set("lang", "en");
}

/// Halfway to the expiry of what was sealed at `NOW`.
const DUE: u64 = NOW + 7 * DAY;

/// The first secret seals, the second did, the third will.
fn rotated() -> CookieSessions {
    CookieSessions::new(ring(1).previous(secret(2)).upcoming(secret(3)))
}

fn sealed_under(n: u8) -> String {
    sealed(&CookieSessions::new(ring(n)), &[("user", "alice")], NOW)
}

/// Status and `Cache-Control` of responses that carry a refresh.
fn fit() -> Vec<(u16, &'static str)> {
    // The last two do not parse, so they say nothing.
    let controls = [
        "",
        "max-age=60",
        "community=\"public\"",
        "publicity, x-s-maxage=1",
        "public; max-age=60",
        "s-maxage = 60",
    ]
    .map(|text| (200, text));
    [200, 204, 302, 404].map(|status| (status, "private")).into_iter().chain(controls).collect()
}

/// The same of responses that do not.
fn unfit() -> Vec<(u16, &'static str)> {
    let controls = [
        "public",
        "max-age=60, public",
        "PUBLIC",
        "no-cache, Public ,max-age=1",
        "s-maxage=60",
        "no-cache, s-maxage=60",
        "S-MaxAge",
        "private, s-maxage=0",
    ]
    .map(|text| (200, text));
    let statuses = [100, 101, 103, 199, 304, 500, 503, 599].map(|status| (status, "private"));
    statuses.into_iter().chain(controls).collect()
}

#[track_caller]
fn answer(
    sessions: &CookieSessions,
    session: &Session,
    (status, control): (u16, &str),
    now: u64,
) -> Sent {
    let mut headers: HeaderMap = [(CACHE_CONTROL, control.parse().unwrap())].into_iter().collect();
    let status = StatusCode::from_u16(status).unwrap();
    let sent = sessions.encode_at(session, &mut headers, status, at(now)).unwrap();
    assert_eq!(headers.contains_key(SET_COOKIE), sent != Unchanged);
    sent
}

#[test]
fn refreshes_what_is_due_or_opened_by_a_previous_secret_on_fit_responses_only() {
    let sessions = rotated();
    for (cookie, now) in [(sealed_under(1), DUE), (sealed_under(2), NOW), (sealed_under(2), DUE)] {
        let session = decode(&sessions, &cookie, now);
        for row in fit() {
            assert_eq!(answer(&sessions, &session, row, now), Set, "{row:?}, {session:?}");
        }
        for row in unfit() {
            assert_eq!(answer(&sessions, &session, row, now), Unchanged, "{row:?}, {session:?}");
        }
    }
}

#[test]
fn one_of_several_cache_control_fields_makes_a_response_unfit_for_a_refresh() {
    let sessions = sessions();
    let session = decode(&sessions, &sealed_under(1), DUE);
    let rows: [(&[&str], Sent); 5] = [
        (&["max-age=60", "no-cache"], Set),
        (&["max-age=60", "public"], Unchanged),
        (&["s-maxage=60", "max-age=60"], Unchanged),
        (&["public; x", "max-age=60, s-maxage=60"], Unchanged),
        (&["public; x", "s-maxage = 60"], Set),
    ];
    for (before, expected) in rows {
        let mut headers = fields(&CACHE_CONTROL, before);
        let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(DUE)).unwrap();
        assert_eq!(sent, expected, "{before:?}");
    }
}

#[test]
fn sends_what_was_written_on_every_response() {
    let sessions = rotated();
    let rows: [(&str, Change, Sent); 7] = [
        ("", write, Set),
        (&sealed_under(1), write, Set),
        (&sealed_under(1), Session::touch, Set),
        (&sealed_under(1), Session::renew, Set),
        (&sealed_under(2), |s| s.set_idle_timeout(secs(3600)), Set),
        (&sealed_under(3), write, Set),
        (&sealed_under(1), Session::invalidate, Removed),
    ];
    for (cookie, change, expected) in rows {
        for row in fit().into_iter().chain(unfit()) {
            let mut session = decode(&sessions, cookie, NOW);
            change(&mut session);
            assert_eq!(answer(&sessions, &session, row, NOW), expected, "{row:?}, {session:?}");
        }
    }
}

#[test]
fn a_refresh_keeps_id_and_beginning_under_the_current_secret() {
    let sessions = rotated();
    for (cookie, now) in [(sealed_under(1), DUE), (sealed_under(2), NOW + 1)] {
        let before = decode(&sessions, &cookie, now);
        let after = decode(&sessions, &pair(&encode(&sessions, &before, now).1), now);
        assert_eq!((after.label(), after.created_at()), (before.label(), at(NOW)));
        assert_eq!(
            (after.opened_by(), after.expires_at()),
            (Some(KeyRole::Current), at(now + 14 * DAY))
        );
    }
}

#[test]
fn a_session_of_an_upcoming_secret_is_sealed_again_only_when_it_is_due() {
    let sessions = rotated();
    for (now, expected) in [(NOW, Unchanged), (DUE - 1, Unchanged), (DUE, Set)] {
        let session = decode(&sessions, &sealed_under(3), now);
        assert_eq!(session.opened_by(), Some(KeyRole::Upcoming));
        assert_eq!(encode(&sessions, &session, now).0, expected, "at {now}");
    }
}

#[test]
fn a_loaded_session_of_another_coder_is_sealed_and_always_set() {
    let (theirs, ours) =
        (sessions(), CookieSessions::builder(ring(2)).name("other").build().unwrap());
    let session = decode(&theirs, &sealed_under(1), NOW);
    for row in fit().into_iter().chain(unfit()) {
        assert_eq!(answer(&ours, &session, row, NOW), Set, "{row:?}");
    }
    let received = decode(&ours, &pair(&encode(&ours, &session, NOW).1), NOW);
    assert_eq!((received.label(), received.get("user")), (session.label(), Some("alice")));
    assert_eq!(encode(&theirs.clone(), &session, NOW).0, Unchanged, "a clone is the same coder");
    assert_eq!(
        encode(&ours, &visit(&theirs, NOW), NOW).0,
        Unchanged,
        "a pre-session is not loaded"
    );
}

/// Fields of one name, each character a byte.
fn fields(name: &HeaderName, values: &[&str]) -> HeaderMap {
    let bytes = |text: &str| text.chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<u8>>();
    values
        .iter()
        .map(|text| (name.clone(), HeaderValue::from_bytes(&bytes(text)).unwrap()))
        .collect()
}

fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let text =
        |value: &HeaderValue| value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    headers.get_all(name).iter().map(text).collect()
}

/// The members of a list, split at commas outside of quoted strings.
fn members(list: &str) -> BTreeSet<String> {
    let (mut members, mut quoted, mut escaped) = (vec![String::new()], false, false);
    for c in list.chars() {
        match c {
            ',' if !quoted => members.push(String::new()),
            _ => members.last_mut().unwrap().push(c),
        }
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
    }
    assert!(!quoted, "an open string in {list}");
    members
        .iter()
        .map(|member| member.trim().to_owned())
        .filter(|member| !member.is_empty())
        .collect()
}

/// `Cache-Control` of the handler, and its members when a line is written.
const CONTROLS: [(&[&str], &str); 58] = [
    (&[], "private"),
    (&["public"], "private"),
    (&["public, max-age=60"], "max-age=60, private"),
    (&["max-age=60,public"], "max-age=60, private"),
    (&["PUBLIC, Max-Age=60"], "Max-Age=60, private"),
    (&["public=\"x\""], "private"),
    (&["s-maxage=60"], "private"),
    (&["s-maxage"], "private"),
    (&["S-MaxAge=\"60\", must-revalidate"], "must-revalidate, private"),
    (&["publicity, x-public, s-maxage-x=1"], "publicity, x-public, s-maxage-x=1, private"),
    (&["max-age=60"], "max-age=60, private"),
    (&["private"], "private"),
    (&["Private, max-age=60"], "Private, max-age=60"),
    (&["private=\"x\""], "private=\"x\", private"),
    (&["private=x"], "private=x, private"),
    (&["private=\"x\", private"], "private=\"x\", private"),
    (&["no-store"], "no-store"),
    (&["No-Store, max-age=0"], "No-Store, max-age=0"),
    (&["public, no-store"], "no-store"),
    (&["no-cache"], "no-cache, private"),
    (&["no-cache=\"set-cookie, age\""], "no-cache=\"set-cookie, age\", private"),
    (&["public", "max-age=60"], "max-age=60, private"),
    (&["max-age=60", "public, s-maxage=1", "no-cache"], "max-age=60, no-cache, private"),
    (&["max-age=60", "private"], "max-age=60, private"),
    (&["no-store", "public"], "no-store"),
    (&["ext=\"a, public, s-maxage=1\", public"], "ext=\"a, public, s-maxage=1\", private"),
    (&["ext=\"no-store, private\""], "ext=\"no-store, private\", private"),
    (&["ext=\"a\\\", public, \", max-age=1"], "ext=\"a\\\", public, \", max-age=1, private"),
    (&["ext=\"a\\\\\", public"], "ext=\"a\\\\\", private"),
    (&["ext=\"\", public"], "ext=\"\", private"),
    (&["ext=\"caf\u{e9}\", public"], "ext=\"caf\u{e9}\", private"),
    (&[", ,public,, max-age=60 ,"], "max-age=60, private"),
    (&["\tpublic\t,\tmax-age=60\t"], "max-age=60, private"),
    (&[""], "private"),
    (&[","], "private"),
    (&["max-age=60 public"], "private"),
    (&["max-age="], "private"),
    (&["=60, max-age=60"], "private"),
    (&["max-age=60; public"], "private"),
    (&["max-age=60, ext=\"open"], "private"),
    (&["max-age=60, ext=\"open\\\""], "private"),
    (&["max-age=60, ext=\"a\"b"], "private"),
    (&["max-age=60, caf\u{e9}"], "private"),
    (&["max-age=60", "public x", "no-cache"], "max-age=60, no-cache, private"),
    (&["no-store", "public x"], "no-store, private"),
    (&["public x", "public y"], "private"),
    (&["no-store, max-age =0"], "no-store"),
    (&["no-cache, no-store; must-revalidate"], "no-store"),
    (&["No-STORE;max-age=60"], "no-store"),
    (&["max-age=60 no-store"], "no-store"),
    (&["no-store=x y"], "no-store"),
    (&["max-age=60, ext=\"no-store"], "no-store"),
    (&["caf\u{e9}no-store\u{e9}"], "no-store"),
    (&["x-no-store no-store-x; no-stores nono-store"], "private"),
    (&["max-age=60", "no-store; public", "no-cache"], "max-age=60, no-store, no-cache"),
    (&["public, no-store x", "s-maxage=60, private"], "no-store, private"),
    (&["no-store x", "public y"], "no-store, private"),
    (&["private x"], "private"),
];

#[test]
fn set_cookie_keeps_the_response_out_of_shared_caches() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[], NOW);
    for (change, expected) in [(write as Change, Set), (Session::invalidate, Removed)] {
        for (before, after) in CONTROLS {
            let mut session = decode(&sessions, &cookie, NOW);
            change(&mut session);
            let mut headers = fields(&CACHE_CONTROL, before);
            let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
            let control = values(&headers, &CACHE_CONTROL).join(",");
            assert_eq!(
                (sent, members(&control)),
                (expected, members(after)),
                "{before:?} became {control}"
            );
        }
    }
}

#[test]
fn the_header_that_replaces_them_has_no_empty_members() {
    let sessions = sessions();
    let mut session = decode(&sessions, &sealed(&sessions, &[], NOW), NOW);
    session.touch();
    let mut headers = fields(&CACHE_CONTROL, &[", ,public,, max-age=60 ,", "", "no-cache,"]);
    sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
    assert_eq!(values(&headers, &CACHE_CONTROL), ["max-age=60, no-cache, private"]);
}

/// Fields for shared caches, and fields that are something else.
const TARGETED: [&str; 10] = [
    "surrogate-control",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "akamai-cdn-cache-control",
    "vercel-cdn-cache-control",
    "anycdn-cache-control",
    "x-accel-expires",
    "edge-control",
    "edge-cache-control",
    "x-litespeed-cache-control",
];
const OTHERS: [&str; 14] = [
    "age",
    "cache-status",
    "cdn-cache-control-x",
    "edge-cache-tag",
    "etag",
    "expires",
    "pragma",
    "surrogate-capability",
    "surrogate-key",
    "x-accel-buffering",
    "x-accel-expires-x",
    "x-cache-control",
    "x-edge-control",
    "x-litespeed-tag",
];

/// Each of these fields twice.
fn for_caches() -> HeaderMap {
    let names = TARGETED.iter().chain(&OTHERS).flat_map(|name| [name, name]);
    names
        .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("max-age=60, public")))
        .collect()
}

#[test]
fn set_cookie_removes_the_fields_for_shared_caches_and_no_others() {
    let sessions = sessions();
    for (change, expected) in [(write as Change, Set), (Session::invalidate, Removed)] {
        let (mut session, mut headers) =
            (decode(&sessions, &sealed(&sessions, &[], NOW), NOW), for_caches());
        change(&mut session);
        assert_eq!(
            sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap(),
            expected
        );
        for (names, count) in [(&TARGETED[..], 0), (&OTHERS[..], 2)] {
            for name in names {
                assert_eq!(headers.get_all(*name).iter().count(), count, "{name}, {expected:?}");
            }
        }
    }
}

#[test]
fn without_set_cookie_fields_for_shared_caches_stay() {
    let sessions = sessions();
    let session = decode(&sessions, &sealed(&sessions, &[], NOW), NOW);
    for status in STATUSES {
        let (mut headers, status) = (for_caches(), StatusCode::from_u16(status).unwrap());
        assert_eq!(sessions.encode_at(&session, &mut headers, status, at(NOW)).unwrap(), Unchanged);
        assert_eq!(values(&headers, &CACHE_CONTROL), ["private"], "{status}");
        for (name, value) in &for_caches() {
            assert_eq!(
                (headers.get(name), headers.get_all(name).iter().count()),
                (Some(value), 2),
                "{name}"
            );
        }
    }
}

const STATUSES: [u16; 4] = [200, 304, 404, 500];

/// `Cache-Control` of the handler, and of the response to a loaded session that is not sent.
const GAINS: [(&[&str], &[&str]); 22] = [
    (&[], &["private"]),
    (&[""], &["private"]),
    (&[", ,"], &["private"]),
    (&["max-age=60"], &["max-age=60, private"]),
    (&["no-cache"], &["no-cache, private"]),
    (&["Max-Age=60 ,must-revalidate"], &["Max-Age=60, must-revalidate, private"]),
    (&["max-age=60", "", "no-cache,"], &["max-age=60, no-cache, private"]),
    (&["private=\"set-cookie\""], &["private=\"set-cookie\", private"]),
    (&["no-store=x"], &["no-store=x, private"]),
    (&["publicity, x-s-maxage=1"], &["publicity, x-s-maxage=1, private"]),
    (&["ext=\"public, no-store\""], &["ext=\"public, no-store\", private"]),
    // What does not parse says nothing, and stays as it is: `no-store` is not lost.
    (&["no-store, max-age =0"], &["private", "no-store, max-age =0"]),
    (&["no-cache, no-store; must-revalidate"], &["private", "no-cache, no-store; must-revalidate"]),
    (&["public; max-age=60"], &["private", "public; max-age=60"]),
    (&["private; max-age=60"], &["private", "private; max-age=60"]),
    (&["s-maxage = 60"], &["private", "s-maxage = 60"]),
    (&["max-age=60, ext=\"open"], &["private", "max-age=60, ext=\"open"]),
    (&["max-age="], &["private", "max-age="]),
    (&["max-age=60, caf\u{e9}"], &["private", "max-age=60, caf\u{e9}"]),
    (&["public x", "max-age=60", "s-maxage y"], &["max-age=60, private", "public x", "s-maxage y"]),
    (&["max-age=60", "no-store x", "no-cache"], &["max-age=60, no-cache, private", "no-store x"]),
    (&["private x", "private=x"], &["private=x, private", "private x"]),
];

/// `Cache-Control` fields that say who may keep the response.
const SAID: [&[&str]; 20] = [
    &["public"],
    &["PUBLIC, max-age=60"],
    &["max-age=60 ,public"],
    &["public=\"x\""],
    &["s-maxage=60"],
    &["S-MaxAge"],
    &["no-cache, s-maxage=\"60\""],
    &["private"],
    &["Private, max-age=60"],
    &["max-age=60,PRIVATE"],
    &["no-store"],
    &["max-age=0 ,No-Store"],
    &["public, private, no-store"],
    &["max-age=60", "private"],
    &["no-store", "max-age=60"],
    &["max-age=60", "s-maxage=60"],
    &["public", "max-age =60"],
    &["public; max-age=60", "private"],
    &["max-age =60", "s-maxage=60"],
    &["x y", "no-store"],
];

#[test]
fn without_set_cookie_a_response_to_a_loaded_session_gains_private_unless_it_says_who_may_keep_it()
{
    let sessions = sessions();
    let session = decode(&sessions, &sealed(&sessions, &[], NOW), NOW);
    let said = SAID.iter().map(|fields| (fields, fields));
    for (before, after) in GAINS.iter().map(|(before, after)| (before, after)).chain(said) {
        for status in STATUSES {
            let mut headers = fields(&CACHE_CONTROL, before);
            for _ in 0..2 {
                let status = StatusCode::from_u16(status).unwrap();
                let sent = sessions.encode_at(&session, &mut headers, status, at(NOW)).unwrap();
                assert_eq!(sent, Unchanged);
                assert_eq!(values(&headers, &CACHE_CONTROL), *after, "{before:?}, {status}");
            }
        }
    }
}

#[test]
fn without_set_cookie_a_response_to_a_pre_session_keeps_its_cache_control() {
    let sessions = sessions();
    let session = decode(&sessions, "", NOW);
    for (before, _) in GAINS {
        let mut headers = fields(&CACHE_CONTROL, before);
        sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        assert_eq!(values(&headers, &CACHE_CONTROL), *before);
    }
}

#[test]
fn a_pre_session_that_is_not_sent_leaves_caches_alone() {
    let sessions = sessions();
    let mine = cookies([sealed(&sessions, &[], NOW)]);
    for (row, request, transport, expected) in [
        ("no cookie", HeaderMap::new(), Transport::Https, Unchanged),
        ("a rejected cookie", cookies([format!("{NAME}=x")]), Transport::Https, Unchanged),
        ("the other transport", mine, Transport::Http, Withheld),
    ] {
        let session = sessions.decode_at(&request, transport, at(NOW));
        let mut headers = for_caches();
        assert_eq!(
            sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap(),
            expected
        );
        headers.remove(VARY);
        assert_eq!(headers, for_caches(), "{row}");
    }
}

/// `Vary` of the handler, and whether `Cookie` is to be added.
const VARIES: [(&[&str], bool); 12] = [
    (&[], true),
    (&[""], true),
    (&["Accept"], true),
    (&["Accept", "Accept-Encoding"], true),
    (&["Cookie2, X-Cookie", "Set-Cookie"], true),
    (&["Cookie"], false),
    (&["cookie"], false),
    (&["COOKIE"], false),
    (&["Accept, Cookie"], false),
    (&["Accept,\tcookie ,Origin"], false),
    (&["Accept", "cookie"], false),
    (&["*"], false),
];

#[test]
fn a_decoded_session_varies_by_cookie_once() {
    let sessions = sessions();
    let mine = cookies([sealed(&sessions, &[], NOW)]);
    let states: [(&HeaderMap, Transport, Change, Sent); 5] = [
        (&HeaderMap::new(), Transport::Https, |_| {}, Unchanged),
        (&mine, Transport::Https, |_| {}, Unchanged),
        (&mine, Transport::Https, write, Set),
        (&mine, Transport::Https, Session::invalidate, Removed),
        (&mine, Transport::Http, write, Withheld),
    ];
    for (request, transport, change, expected) in states {
        for (before, adds) in VARIES {
            let mut session = sessions.decode_at(request, transport, at(NOW));
            change(&mut session);
            let mut headers = fields(&VARY, before);
            for _ in 0..2 {
                let sent =
                    sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
                assert_eq!(sent, expected);
                let expected =
                    members(&[before, &["Cookie"][..usize::from(adds)]].concat().join(","));
                let found = values(&headers, &VARY).join(",");
                assert_eq!(members(&found), expected, "{before:?}, {sent:?}");
                assert!(
                    found.to_lowercase().split(',').filter(|name| name.trim() == "cookie").count()
                        < 2
                );
            }
        }
    }
}

#[test]
fn a_session_without_a_request_does_not_vary() {
    for change in [|_: &mut Session| {}, write] {
        let mut session = sessions().fresh();
        change(&mut session);
        assert!(!encode(&sessions(), &session, NOW).1.contains_key(VARY));
    }
}

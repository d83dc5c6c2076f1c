//! What holds for every session, name, keyring, clock and request, not only for the examples elsewhere.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::support::{
    DAY, NAME, NOW, at, cookies, decode, encode, line, pair, ring, sealed, secret, sessions, visit,
};
use http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE};
use http::{Response, StatusCode};
use proptest::collection::{SizeRange, btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{
    CookieSessions, Dict, EncodeError, KeyRole, Keyring, Payload, Rejection, Sent, Session,
    Transport,
};
use serde::{Deserialize, Serialize};

/// The last second of the year 9999.
const END_OF_9999: u64 = 253_402_300_799;

type Map = BTreeMap<String, String>;

/// As many as a few seconds allow.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Any Unicode, the empty string and control characters included.
fn text(chars: impl Into<SizeRange>) -> impl Strategy<Value = String> {
    vec(any::<char>(), chars).prop_map(String::from_iter)
}

fn map() -> impl Strategy<Value = Map> {
    prop_oneof![
        4 => btree_map(text(0..8), text(0..24), 0..12),
        1 => btree_map(text(0..3), text(0..3), 100..250),
        1 => btree_map(text(0..2), text(0..900), 0..3),
    ]
}

fn name() -> impl Strategy<Value = String> {
    let token: Vec<u8> =
        (b'!'..=b'~').filter(|byte| !b"()<>@,;:\\\"/[]?={}".contains(byte)).collect();
    let name = vec(select(token), 1..40).prop_map(|bytes| String::from_utf8(bytes).unwrap());
    name.prop_filter("a reserved prefix", |name| !name.starts_with("__"))
}

fn entries(session: &Session) -> Map {
    session.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn session_of(sessions: &CookieSessions, entries: &Map) -> Session {
    let mut session = visit(sessions, NOW);
    session.data_mut().extend(entries);
    session.touch();
    session
}

/// The `name=token` of a session, or `None` if it is too large.
fn seal<T: Payload>(sessions: &CookieSessions<T>, session: &Session<T>) -> Option<String> {
    let mut headers = HeaderMap::new();
    match sessions.encode_at(session, &mut headers, StatusCode::OK, at(NOW)) {
        Ok(sent) => assert_eq!(sent, Sent::Set),
        Err(EncodeError::TooLarge { .. }) => return None,
        Err(error) => panic!("{error}"),
    }
    Some(pair(&headers))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_dictionary_comes_back_as_it_was(map in map()) {
        let sessions = sessions();
        if let Some(pair) = seal(&sessions, &session_of(&sessions, &map)) {
            let again = decode(&sessions, &pair, NOW);
            prop_assert_eq!(again.rejection(), None);
            prop_assert!(!again.is_new());
            prop_assert_eq!(entries(&again), map);
        } else {
            let bytes: usize = map.iter().map(|(key, value)| key.len() + value.len() + 4).sum();
            prop_assert!(bytes > 2800, "{} bytes are refused, where a line holds some 2900", bytes);
        }
    }

    #[test]
    fn every_token_of_rfc_6265_is_a_name(name in name(), map in btree_map(text(0..4), text(0..9), 0..4)) {
        let sessions = CookieSessions::builder(ring(1)).name(name.as_str()).build().unwrap();
        let pair = seal(&sessions, &session_of(&sessions, &map)).unwrap();
        let full = format!("__Host-{name}=");
        prop_assert!(pair.starts_with(&full), "{}", pair);
        let again = decode(&sessions, &pair, NOW);
        prop_assert!(!again.is_new());
        prop_assert_eq!(entries(&again), map);
    }

    #[test]
    fn a_cookie_is_not_found_under_another_name(names in [name(), name()]) {
        prop_assume!(names[0] != names[1]);
        let [one, other] = names.map(|name| CookieSessions::builder(ring(1)).name(name).build().unwrap());
        let session = decode(&other, &sealed(&one, &[("user", "alice")], NOW), NOW);
        prop_assert!(session.is_new());
        prop_assert_eq!(session.rejection(), None, "no cookie with the session cookie's name was sent");
    }
}

/// A keyring of some of the secrets 1 to 6, and what each of them is in it.
fn keyring() -> impl Strategy<Value = (Keyring, BTreeMap<u8, KeyRole>)> {
    let other = (1..=6_u8, select(vec![KeyRole::Previous, KeyRole::Upcoming]));
    (1..=6_u8, vec(other, 0..10)).prop_map(|(current, others)| {
        let mut roles = BTreeMap::from([(current, KeyRole::Current)]);
        for strongest in [KeyRole::Previous, KeyRole::Upcoming] {
            for (n, _) in others.iter().filter(|(_, role)| *role == strongest) {
                roles.entry(*n).or_insert(strongest);
            }
        }
        let ring = others.into_iter().fold(ring(current), |ring, (n, role)| match role {
            KeyRole::Previous => ring.previous(secret(n)),
            _ => ring.upcoming(secret(n)),
        });
        (ring, roles)
    })
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn every_secret_of_a_ring_opens_in_its_strongest_role((keyring, roles) in keyring()) {
        let sessions = CookieSessions::new(keyring);
        for n in 1..=6 {
            let sealer = CookieSessions::new(ring(n));
            let session = decode(&sessions, &sealed(&sealer, &[("n", &n.to_string())], NOW), NOW);
            prop_assert_eq!(session.opened_by(), roles.get(&n).copied(), "secret {}", n);
            if roles.contains_key(&n) {
                prop_assert_eq!(session.get("n"), Some(&*n.to_string()));
            } else {
                let (_, id) = sealer.keys().next().unwrap();
                prop_assert_eq!(session.rejection(), Some(&Rejection::UnknownKey(id)));
            }
        }
    }

    #[test]
    fn a_ring_counts_each_secret_once_and_seals_under_its_current_one((keyring, roles) in keyring()) {
        let sessions = CookieSessions::new(keyring);
        let pair = sealed(&sessions, &[("user", "alice")], NOW);
        let mut expected = Vec::new();
        for (n, role) in roles {
            let alone = CookieSessions::new(ring(n));
            expected.push((role, alone.keys().next().unwrap().1));
            prop_assert_eq!(!decode(&alone, &pair, NOW).is_new(), role == KeyRole::Current, "secret {}", n);
        }
        let mut found: Vec<_> = sessions.keys().collect();
        prop_assert_eq!(found[0].0, KeyRole::Current);
        expected.sort_unstable();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    user: Option<String>,
    numbers: (u64, i128, u8, char, bool),
    groups: Vec<String>,
    plan: Plan,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Plan {
    #[default]
    None,
    Trial(i16),
    Paid {
        until: Duration,
        seats: Option<u32>,
    },
}

fn account() -> impl Strategy<Value = Account> {
    let paid =
        any::<(Duration, Option<u32>)>().prop_map(|(until, seats)| Plan::Paid { until, seats });
    let plan = prop_oneof![Just(Plan::None), any::<i16>().prop_map(Plan::Trial), paid];
    let fields = (
        option::of(text(0..20)),
        any::<(u64, i128, u8, char, bool)>(),
        vec(text(0..9), 0..6),
        plan,
    );
    fields.prop_map(|(user, numbers, groups, plan)| Account { user, numbers, groups, plan })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_type_of_the_application_comes_back_and_is_sent_again_if_it_changed(
        before in account(),
        after in account(),
    ) {
        let sessions = CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap();
        let mut session = visit(&sessions, NOW);
        *session.data_mut() = before.clone();
        session.touch();
        let mut again = decode(&sessions, &seal(&sessions, &session).unwrap(), NOW);
        prop_assert!(!again.is_new());
        prop_assert_eq!(again.data(), &before);

        *again.data_mut() = before.clone();
        prop_assert_eq!(encode(&sessions, &again, NOW).0, Sent::Unchanged);
        *again.data_mut() = after.clone();
        let changed = if before == after { Sent::Unchanged } else { Sent::Set };
        prop_assert_eq!(encode(&sessions, &again, NOW).0, changed);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Set(String, String),
    Remove(String),
    Clear,
    Extend(Vec<(String, String)>),
}

const KEYS: [&str; 9] = ["", "a", "aa", "ab", "b", "\0", "\u{e9}", "\u{1f511}", "\u{fffd}"];

/// Few keys, so that they meet again.
fn step() -> impl Strategy<Value = Step> {
    let key = || select(&KEYS[..]).prop_map(str::to_owned);
    prop_oneof![
        8 => (key(), text(0..12)).prop_map(|(key, value)| Step::Set(key, value)),
        4 => key().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        2 => vec((key(), text(0..300)), 0..5).prop_map(Step::Extend),
    ]
}

/// Takes the step with both, and returns what each of them removed.
fn take(step: Step, dict: &mut Dict, map: &mut Map) -> [Option<String>; 2] {
    match step {
        Step::Set(key, value) => {
            dict.set(&key, &value);
            map.insert(key, value);
        }
        Step::Remove(key) => return [dict.remove(&key), map.remove(&key)],
        Step::Clear => {
            dict.clear();
            map.clear();
        }
        Step::Extend(entries) => {
            dict.extend(entries.clone());
            map.extend(entries);
        }
    }
    [None, None]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_dict_is_a_sorted_map_of_strings(steps in vec(step(), 0..60)) {
        let (mut dict, mut map) = (Dict::new(), Map::new());
        for step in steps {
            let [removed, expected] = take(step, &mut dict, &mut map);
            prop_assert_eq!(removed, expected);
            let pairs = map.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            prop_assert!(dict.iter().eq(pairs), "{:?} instead of {:?}", dict.iter().collect::<Vec<_>>(), map);
            prop_assert_eq!((dict.len(), dict.is_empty()), (map.len(), map.is_empty()));
            for key in KEYS {
                prop_assert_eq!(dict.get(key), map.get(key).map(String::as_str), "{:?}", key);
                prop_assert_eq!(dict.contains(key), map.contains_key(key), "{:?}", key);
            }
        }
        let mut more = Dict::from_iter(map);
        prop_assert_eq!(&more, &dict);
        more.set("more", "");
        prop_assert_ne!(&more, &dict);
    }

    #[test]
    fn set_cookie_is_as_long_as_foretold_or_refused(
        padding in option::of(2..=512_usize),
        slack in prop_oneof![-3..=3_isize, -2000..=2000_isize],
        map in btree_map(text(0..9), text(0..300), 0..9),
    ) {
        let builder = || match padding {
            Some(bytes) => CookieSessions::builder(ring(1)).padding(bytes),
            None => CookieSessions::builder(ring(1)),
        };
        let wide = builder().build().unwrap();
        let size = wide.set_cookie_len(&session_of(&wide, &map)).unwrap();
        let limit = size.saturating_add_signed(slack).clamp(512, 4096);
        let narrow = builder().max_set_cookie_len(limit).build();
        prop_assume!(narrow.is_ok(), "a short line and much padding may leave no room");
        let sessions = narrow.unwrap();
        let session = session_of(&sessions, &map);
        // A pre-session has age 0 and its whole idle timeout at any time, so the clock plays no part.
        let foretold = sessions.set_cookie_len(&session).unwrap();
        let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("public"))]);
        headers.append(SET_COOKIE, HeaderValue::from_static("theme=dark"));
        let before = headers.clone();
        match sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)) {
            Ok(_) => {
                prop_assert_eq!(headers.get_all(SET_COOKIE).iter().nth(1).unwrap().len(), foretold);
                prop_assert!(foretold <= limit);
            }
            Err(EncodeError::TooLarge { size, limit: stated }) => {
                prop_assert_eq!((size, stated), (foretold, limit));
                prop_assert!(size > limit);
                prop_assert_eq!(headers, before, "the response is as it was");
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_padded_frame_is_a_multiple_and_opens_with_and_without_padding(
        multiple in 2..=512_usize,
        map in btree_map(text(0..9), text(0..200), 0..4),
    ) {
        let plain = sessions();
        let padded = CookieSessions::builder(ring(1)).padding(multiple).build().unwrap();
        let short = seal(&plain, &session_of(&plain, &map)).unwrap();
        let Some(long) = seal(&padded, &session_of(&padded, &map)) else { return Ok(()) };
        let frame_len = |pair: &str| (pair.len() - NAME.len() - 1) * 3 / 4;
        prop_assert!(frame_len(&long).is_multiple_of(multiple), "{} bytes", frame_len(&long));
        // 128 bytes more cannot be: with 128 zeros, the length of the padding itself takes another byte.
        let next = frame_len(&short).next_multiple_of(multiple);
        let out_of_reach = if next - frame_len(&short) == 128 { multiple } else { 0 };
        prop_assert_eq!(frame_len(&long), next + out_of_reach);
        for (opener, pair) in [(&plain, &long), (&padded, &long), (&padded, &short)] {
            let session = decode(opener, pair, NOW);
            prop_assert!(!session.is_new());
            prop_assert_eq!(&entries(&session), &map);
        }
    }
}

#[test]
fn set_cookie_of_a_loaded_session_is_as_long_as_foretold() {
    let (sessions, now) = (sessions(), SystemTime::now());
    // `set_cookie_len` and `encode` read the clock; for hours after either age, a token has the same length.
    for age in [1_000, 1_000_000] {
        let (mut session, mut headers) = (visit(&sessions, NOW), HeaderMap::new());
        session.touch();
        let then = now - Duration::from_secs(age);
        sessions.encode_at(&session, &mut headers, StatusCode::OK, then).unwrap();
        let mut session = sessions.decode_at(&cookies([pair(&headers)]), Transport::Https, now);
        session.set("user", "alice");
        let mut response = Response::new(());
        sessions.encode(&session, &mut response).unwrap();
        assert!(!session.is_new(), "a loaded session, aged {age} s");
        assert_eq!(
            line(response.headers()).len(),
            sessions.set_cookie_len(&session).unwrap(),
            "aged {age} s"
        );
    }
}

/// Bytes that a `Cookie` field may hold.
fn field(bytes: impl Into<SizeRange>) -> impl Strategy<Value = Vec<u8>> {
    let legal: Vec<u8> =
        (0..=u8::MAX).filter(|byte| HeaderValue::from_bytes(&[*byte]).is_ok()).collect();
    vec(select(legal), bytes)
}

/// A cookie whose name is nearly ours, or that has none, with arbitrary bytes or a token that would be accepted.
fn neighbour() -> impl Strategy<Value = Vec<u8>> {
    let names = [
        "",
        "=",
        "__host-session=",
        "__Host-session =",
        "__Host-sessions=",
        "\"__Host-session=",
        "\u{a0}__Host-session=",
    ];
    let token =
        sealed(&sessions(), &[("user", "carol")], NOW).split_off(NAME.len() + 1).into_bytes();
    let value = prop_oneof![field(0..40), Just(token)];
    (select(names.to_vec()), value).prop_map(|(name, value)| [name.as_bytes(), &value].concat())
}

/// Every clock that there is: from long before 1970 to the end of `SystemTime`.
fn clock() -> impl Strategy<Value = SystemTime> {
    let seconds = prop_oneof![any::<i64>(), -9..3_000_000_000_i64];
    seconds.prop_map(|seconds| {
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        time.unwrap_or(UNIX_EPOCH)
    })
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn bytes_that_are_no_token_give_no_session(
        // Nothing, our name, version and key, or a good part of a real token before them.
        fields in vec((select(vec![0, 15, 19, 60, 100]), field(0..90), any::<bool>()), 1..4),
        now in clock(),
    ) {
        let real = sealed(&sessions(), &[("user", "alice")], NOW);
        let fields = fields.into_iter().map(|(start, mut bytes, letters)| {
            if letters {
                bytes = bytes.iter().map(|byte| b"Aa0-_zZ9"[usize::from(*byte % 8)]).collect();
            }
            [&real.as_bytes()[..start], &bytes].concat()
        });
        let headers = cookies(fields);
        for transport in [Transport::Https, Transport::Http] {
            let session = sessions().decode_at(&headers, transport, now);
            prop_assert!(session.is_new() && session.is_empty() && session.opened_by().is_none());
        }
    }

    #[test]
    fn a_session_is_accepted_between_its_limits_at_every_clock(
        sealed_at in clock(),
        later in prop_oneof![-302..-297_i64, -400..400_i64, 1_209_597..1_209_603_i64],
    ) {
        let offset = Duration::from_secs(later.unsigned_abs());
        let now = if later < 0 { sealed_at.checked_sub(offset) } else { sealed_at.checked_add(offset) };
        let now = now.unwrap_or(sealed_at);
        let seconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let (renewed, expires) = (seconds(sealed_at), seconds(sealed_at).saturating_add(14 * DAY));
        let stands = renewed <= seconds(now).saturating_add(300) && seconds(now) < expires;

        let (sessions, mut headers) = (sessions(), HeaderMap::new());
        let mut session = visit(&sessions, NOW);
        session.touch();
        sessions.encode_at(&session, &mut headers, StatusCode::OK, sealed_at).unwrap();
        let session = sessions.decode_at(&cookies([pair(&headers)]), Transport::Https, now);
        prop_assert_eq!(!session.is_new(), stands, "{:?}", session.rejection());
        if stands {
            prop_assert_eq!(seconds(session.created_at()), renewed.min(END_OF_9999));
            prop_assert_eq!(seconds(session.expires_at()), expires.min(END_OF_9999));
        }
    }

    #[test]
    fn bytes_beside_our_cookie_change_nothing(
        before in vec(neighbour(), 0..4),
        after in vec(neighbour(), 0..4),
        one_field in any::<bool>(),
    ) {
        let sessions = sessions();
        let ours = sealed(&sessions, &[("user", "alice")], NOW);
        let alone = decode(&sessions, &ours, NOW);
        let fields = [before, vec![ours.into_bytes()], after].concat();
        let headers = if one_field { cookies([fields.join(&b';')]) } else { cookies(fields) };
        let session = sessions.decode_at(&headers, Transport::Https, at(NOW));
        prop_assert_eq!(session.rejection(), None);
        prop_assert_eq!(session.label(), alone.label());
        prop_assert_eq!(entries(&session), entries(&alone));
    }
}

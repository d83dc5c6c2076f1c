//! Arbitrary `Cookie` headers, with old cookies in every spelling: no panic, no time gained, one id for one session.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sealed_session::{Adopted, CookieSessions, Dict, OldCookie, Transport};

use crate::support::{DAY, NAME, NOW, at, encode, ring, secs};

const UNTIL: u64 = NOW + 4 * DAY;
const ABSOLUTE: u64 = 5 * DAY;

/// When the session in a value began, and when it ends: `|user|created|ends|`.
fn times(value: &str) -> Option<(u64, u64)> {
    let parts: Vec<&str> = value.strip_prefix('|')?.strip_suffix('|')?.split('|').collect();
    let [_, created, ends] = parts[..] else { return None };
    Some((created.parse().ok()?, ends.parse().ok()?))
}

/// The cookies called `id`, as they were sent, without white space around them.
fn sent(headers: &HeaderMap) -> HashSet<Vec<u8>> {
    let fields = headers.get_all(COOKIE).into_iter().map(HeaderValue::as_bytes);
    let pairs = fields.flat_map(|field| field.split(|byte| *byte == b';')).map(trim);
    pairs.filter_map(|pair| pair.strip_prefix(b"id=")).map(|value| trim(value).to_vec()).collect()
}

fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// A value as libraries read it: without quotes, and percent-decoded.
fn decoded(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?;
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let mut parts = unquoted.unwrap_or(value).split('%');
    let mut decoded = parts.next()?.as_bytes().to_vec();
    for part in parts {
        match part.as_bytes() {
            [high, low, rest @ ..] if [high, low].iter().all(|digit| digit.is_ascii_hexdigit()) => {
                decoded.push(u8::from_str_radix(&part[..2], 16).ok()?);
                decoded.extend(rest);
            }
            rest => decoded.extend([b"%", rest].concat()),
        }
    }
    String::from_utf8(decoded).ok()
}

fn open(headers: &HeaderMap, now: SystemTime) -> Option<Adopted<Dict>> {
    let value = decoded(sent(headers).iter().next()?)?;
    let (created, ends) = times(&value)?;
    let mut data = Dict::default();
    data.set("old", value);
    (now < at(ends)).then(|| Adopted::new(data, at(created)).expires_at(at(ends)))
}

fn sessions() -> CookieSessions {
    CookieSessions::builder(ring(1))
        .idle_timeout(secs(2 * DAY))
        .absolute_timeout(secs(ABSOLUTE))
        .adopt(at(UNTIL), ["id", "cart"].map(OldCookie::new), open)
        .build()
        .unwrap()
}

/// A session of the other library in one of its spellings.
fn value() -> impl Strategy<Value = Vec<u8>> {
    // Few sessions, so that requests often bring the same one.
    let day = |days: [u64; 2]| select(days.map(|day| NOW - 6 * DAY + day * DAY).to_vec());
    let old = (select(vec!["alice", "%61lice"]), day([1, 5]), day([7, 11]))
        .prop_map(|(user, created, ends)| format!("|{user}|{created}|{ends}|"));
    let edit = prop_oneof![
        4 => Just(None),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(Some),
    ];
    let spelling = select(vec![("|", ""), ("%7C", ""), ("%7c", ""), ("|", "\""), ("%7C", "\"")]);
    (old, spelling, select(vec!["", " ", "\t "]), edit).prop_map(
        |(old, (bar, quote), space, edit)| {
            let value = format!("{space}{quote}{}{quote}{space}", old.replace('|', bar));
            let mut value = value.into_bytes();
            if let Some((place, byte)) = edit {
                let place = place.index(value.len());
                value[place] = byte;
            }
            value
        },
    )
}

/// A `Cookie` header; sometimes no HTTP client could send it.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        6 => Just("id"),
        2 => select(vec!["ID", "%69d", "xid", "cart", "theme", "", NAME]),
    ];
    let any_value =
        prop_oneof![6 => value(), 1 => vec(any::<u8>(), 0..12), 1 => Just(vec![b'x'; 4100])];
    let pair = (name, any_value).prop_map(|(name, value)| [name.as_bytes(), b"=", &value].concat());
    let separator = select(vec!["; ", ";", " ; ", ";;"]);
    (vec(pair, 0..3), separator).prop_map(|(pairs, separator)| pairs.join(separator.as_bytes()))
}

proptest! {
    #[test]
    fn no_header_panics_gains_time_or_makes_two_sessions_of_one(
        requests in vec((vec(field(), 0..3), 0..12_u64), 1..8),
    ) {
        let sessions = sessions();
        let mut ids: HashMap<String, String> = HashMap::new();
        for (fields, day) in requests {
            let fields = fields.iter().filter_map(|field| HeaderValue::from_bytes(field).ok());
            let headers: HeaderMap = fields.map(|field| (COOKIE, field)).collect();
            let now = NOW - 3 * DAY + day * DAY;
            let session = sessions.decode_at(&headers, Transport::Https, at(now));
            let (_, response) = encode(&sessions, &session, now);
            if session.is_new() {
                prop_assert!(!response.contains_key(SET_COOKIE));
                continue;
            }
            let old = session.get("old").unwrap();
            let sent: Vec<_> = sent(&headers).into_iter().collect();
            prop_assert_eq!(sent.len(), 1, "one of several values");
            prop_assert_eq!(decoded(&sent[0]), Some(old.to_owned()), "a value that was not sent");

            let (created, ends) = times(old).unwrap();
            let ends = ends.min(created + ABSOLUTE);
            prop_assert!(now < ends && now < UNTIL, "after the end");
            prop_assert!(session.expires_at() <= at(ends), "longer than the old session");
            let line = response[SET_COOKIE].to_str().unwrap();
            let max_age: u64 = line.rsplit_once("Max-Age=").unwrap().1.parse().unwrap();
            prop_assert!(now + max_age <= ends, "the cookie is kept for longer");

            let id = session.id().expose_base64url().to_string();
            let known = ids.entry(old.to_owned()).or_insert_with(|| id.clone());
            prop_assert_eq!(&*known, &id, "a second id");
        }
        let different: HashSet<_> = ids.values().collect();
        prop_assert_eq!(different.len(), ids.len(), "one id for two sessions");
    }
}

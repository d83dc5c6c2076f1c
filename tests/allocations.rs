//! How often the library allocates: the counter stands for this thread alone and counts a reallocation too.

mod support;

use std::collections::HashMap;
use std::hint::black_box;

use allocation_counter::measure;
use http::header::COOKIE;
use http::{HeaderMap, StatusCode};
use sealed_session::{CookieSessions, Dict, KeyRole, Rejection, Sent, Session, Transport};
use serde::{Serialize, de::DeserializeOwned};
use support::{DAY, NAME, NOW, at, cookies, pair, ring, sealed, secret, sessions};

/// The dictionary. (The design allows three.)
const AT_MOST_TO_READ: u64 = 1;
/// The dictionary, the frame, the line. (The design allows five.)
const AT_MOST_TO_WRITE: u64 = 3;
const FOUR: [(&str, &str); 4] = [
    ("csrf", "Zk3vQ0yT9bXhR7uLmW2cPs5aEfGd8JnA"),
    ("lang", "en-US"),
    ("role", "admin"),
    ("user", "alice"),
];

/// What the reason of a rejection has to be.
type Expected = fn(&Rejection) -> bool;

/// How often `run` allocates, dropping what it returns included.
fn allocations<R>(run: impl FnOnce() -> R) -> u64 {
    // With `rotation`, a thread gets a place at which it says what it reads, once.
    let _ = sessions().keys().count();
    measure(|| drop(run())).count_total
}

/// Header fields of a response, with room, so that none of them makes the map grow.
fn response() -> HeaderMap {
    HeaderMap::with_capacity(16)
}

/// The cookie of a session with so many entries, `key000` and so on.
fn cookie_of(sessions: &CookieSessions, entries: usize) -> HeaderMap {
    let keys: Vec<String> = (0..entries).map(|n| format!("key{n:03}")).collect();
    let entries: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "value")).collect();
    cookies([sealed(sessions, &entries, NOW)])
}

/// Decodes a request with these cookies, without an allocation, and expects to be refused.
#[track_caller]
fn refuses_for_free(label: &str, headers: &HeaderMap, transport: Transport, expected: Expected) {
    let sessions = sessions();
    let session = sessions.decode_at(headers, transport, at(NOW));
    assert!(session.is_new() && session.rejection().is_some_and(expected), "{label}: {session:?}");
    let count = allocations(|| sessions.decode_at(headers, transport, at(NOW)));
    assert_eq!(count, 0, "allocations to refuse a token: {label}");
}

/// The cookie with one character of its token changed, counted from its end.
fn forged(cookie: &str, from_end: usize) -> String {
    let mut bytes = cookie.as_bytes().to_vec();
    let at = bytes.len() - 1 - from_end;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| ()), 0);
    assert_eq!(allocations(|| black_box(Box::new(1_u8))), 1);
    assert_eq!(
        allocations(|| black_box(vec![black_box(Box::new(1_u8)), black_box(Box::new(2))])),
        3
    );
}

#[test]
fn reading_allocates_at_most_three_times_whatever_the_number_of_entries() {
    let sessions = sessions();
    for entries in [0, 1, 4, 50, 200] {
        let request = cookie_of(&sessions, entries);
        let mut headers = response();
        let count = allocations(|| {
            let session = sessions.decode_at(&request, Transport::Https, at(NOW + 1));
            assert_eq!(session.len(), entries);
            assert_eq!(session.get("key000").is_some(), entries > 0);
            assert_eq!(session.get("nothing"), None);
            let sent =
                sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW + 1)).unwrap();
            assert_eq!(sent, Sent::Unchanged);
            session
        });
        assert!(count <= AT_MOST_TO_READ, "{count} allocations to read {entries} entries");
    }
}

#[test]
fn reading_under_another_secret_of_the_ring_allocates_no_more() {
    let sealer = CookieSessions::new(ring(2));
    let reader = CookieSessions::new(ring(1).upcoming(secret(2)));
    let request = cookie_of(&sealer, 50);
    let mut headers = response();
    let count = allocations(|| {
        let session = reader.decode_at(&request, Transport::Https, at(NOW));
        assert_eq!(session.opened_by(), Some(KeyRole::Upcoming));
        assert_eq!(session.get("key049"), Some("value"));
        let sent = reader.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        assert_eq!(sent, Sent::Unchanged);
        session
    });
    assert!(count <= AT_MOST_TO_READ, "{count} allocations to read");
}

#[test]
fn a_read_beside_seven_forged_tokens_allocates_no_more() {
    let sessions = sessions();
    let good = sealed(&sessions, &FOUR, NOW);
    let mut fields: Vec<String> = (0..7).map(|n| forged(&good, 10 + n)).collect();
    fields.push(good);
    let request = cookies(fields);
    let count = allocations(|| {
        let session = sessions.decode_at(&request, Transport::Https, at(NOW));
        assert_eq!(session.get("user"), Some("alice"));
        session
    });
    assert!(count <= AT_MOST_TO_READ, "{count} allocations to read");
}

#[test]
fn a_visit_that_writes_nothing_allocates_nothing() {
    let sessions = sessions();
    let (request, mut headers) = (HeaderMap::new(), response());
    let count = allocations(|| {
        let session = sessions.decode_at(&request, Transport::Https, at(NOW));
        let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        assert_eq!(sent, Sent::Unchanged);
    });
    assert_eq!(count, 0);
}

#[test]
fn writing_a_new_session_of_four_entries_allocates_at_most_five_times() {
    let sessions = sessions();
    let (request, mut headers) = (HeaderMap::new(), response());
    let count = allocations(|| {
        let mut session = sessions.decode_at(&request, Transport::Https, at(NOW));
        for (key, value) in FOUR {
            session.set(key, value);
        }
        let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        assert_eq!(sent, Sent::Set);
        session
    });
    assert!(pair(&headers).starts_with(NAME));
    assert!(count <= AT_MOST_TO_WRITE, "{count} allocations to write");
}

#[test]
fn removing_the_cookie_allocates_at_most_twice() {
    let sessions = sessions();
    let request = cookie_of(&sessions, 4);
    let mut session = sessions.decode_at(&request, Transport::Https, at(NOW));
    session.invalidate();
    let mut headers = response();
    let count = allocations(|| {
        let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap();
        assert_eq!(sent, Sent::Removed);
    });
    assert!(count <= 2, "{count} allocations to remove");
}

#[test]
fn each_kind_of_refused_token_allocates_nothing() {
    let good = sealed(&sessions(), &FOUR, NOW);
    let token = good.split_once('=').unwrap().1;
    let unknown = sealed(&CookieSessions::new(ring(9)), &FOUR, NOW);
    let forged = forged(&good, 30);
    let rows: [(&str, &str, Expected); 10] = [
        ("too long", &"A".repeat(4096), |r| *r == Rejection::TooLong),
        ("64 KiB", &"A".repeat(64 * 1024), |r| *r == Rejection::TooLong),
        ("empty", "", |r| *r == Rejection::Malformed),
        ("three characters", &token[..3], |r| *r == Rejection::Malformed),
        ("malformed at its start", &format!("!{token}"), |r| *r == Rejection::Malformed),
        ("malformed at its end", &format!("{token}!"), |r| *r == Rejection::Malformed),
        ("no room for a frame", &token[..20], |r| *r == Rejection::Malformed),
        ("unknown version", &format!("Ag{}", &token[2..]), |r| *r == Rejection::UnknownVersion(2)),
        ("unknown key", unknown.split_once('=').unwrap().1, |r| {
            matches!(r, Rejection::UnknownKey(_))
        }),
        ("forged", forged.split_once('=').unwrap().1, |r| *r == Rejection::Forged),
    ];
    for (label, token, expected) in rows {
        refuses_for_free(label, &cookies([format!("{NAME}={token}")]), Transport::Https, expected);
    }
}

#[test]
fn a_token_refused_for_its_times_allocates_no_more_than_one_that_is_read() {
    let sessions = sessions();
    for sealed_at in [NOW + 301, NOW - 14 * DAY, NOW - 30 * DAY] {
        let request = cookies([sealed(&sessions, &FOUR, sealed_at)]);
        let count = allocations(|| {
            let session = sessions.decode_at(&request, Transport::Https, at(NOW));
            assert!(session.is_new());
            session
        });
        assert!(
            count <= AT_MOST_TO_READ,
            "{count} allocations to refuse a token sealed at {sealed_at}"
        );
    }
}

#[test]
fn a_token_over_the_other_transport_is_refused_without_an_allocation() {
    let request = cookies([sealed(&sessions(), &FOUR, NOW)]);
    refuses_for_free("other transport", &request, Transport::Http, |r| {
        *r == Rejection::OtherTransport
    });
}

#[test]
fn many_refused_tokens_allocate_nothing() {
    let good = sealed(&sessions(), &FOUR, NOW);
    let eight: Vec<String> = (0..8).map(|n| forged(&good, 10 + n)).collect();
    refuses_for_free("eight forged", &cookies([eight.join("; ")]), Transport::Https, |r| {
        *r == Rejection::Forged
    });
    refuses_for_free("eight forged fields", &cookies(&eight), Transport::Https, |r| {
        *r == Rejection::Forged
    });

    let nine = [eight.as_slice(), &[good]].concat();
    refuses_for_free("eight forged before a good one", &cookies(nine), Transport::Https, |r| {
        *r == Rejection::TooMany
    });
}

#[test]
fn a_header_of_64_kib_allocates_nothing() {
    let neighbours = "theme=dark; ".repeat(64 * 1024 / 12);
    let forged = forged(&sealed(&sessions(), &FOUR, NOW), 10);
    let short = format!("{NAME}=AAAA; ").repeat(64 * 1024 / 21);
    let rows: [(&str, String, Expected); 2] = [
        ("64 KiB of neighbours", format!("{neighbours}{forged}"), |r| *r == Rejection::Forged),
        ("64 KiB of junk of our name", short, |r| matches!(r, Rejection::UnknownVersion(0))),
    ];
    for (label, field, expected) in rows {
        refuses_for_free(label, &cookies([field]), Transport::Https, expected);
    }
}

#[test]
fn a_padded_token_allocates_no_more() {
    let sessions = CookieSessions::builder(ring(1)).padding(512).build().unwrap();
    let request = cookie_of(&sessions, 4);
    let count = allocations(|| sessions.decode_at(&request, Transport::Https, at(NOW)));
    assert!(count <= AT_MOST_TO_READ, "{count} allocations to decode a padded token");
}

#[test]
fn the_text_of_a_dictionary_moves_only_when_it_no_longer_fits() {
    // The first entry takes room for 256 bytes. Before a value is written, its length has one byte and room for ten.
    let first = "x".repeat(30);
    let (before, most) = (1 + (2 + 31) + (2 + 1), 256 - 10);
    let count = |second: usize| {
        let second = "y".repeat(second);
        allocations(|| Dict::from_iter([("a", &first), ("b", &second)]))
    };
    let moves = count(most - before + 1) - count(1);
    assert_eq!((count(most - before), moves), (count(1), 1));
}

#[test]
fn a_dictionary_takes_room_for_what_is_put_in_and_not_much_more() {
    // As much as a cookie holds. How long a value is shows when it is written, so the room may grow once more.
    for (key, value) in [(1, 2900), (1450, 1450), (2900, 1)] {
        let (key, value) = ("k".repeat(key), "v".repeat(value));
        let info = measure(|| drop(black_box(Dict::from_iter([(&key, &value)]))));
        assert!(info.bytes_total < 6_200, "{} bytes for 2,901", info.bytes_total);
    }
}

/// Sessions with a payload of this type: with names, and compact.
fn typed<T: Serialize + DeserializeOwned + Default>() -> [CookieSessions<T>; 2] {
    let builder = || CookieSessions::typed(ring(1), "items");
    [builder().build().unwrap(), builder().compact().build().unwrap()]
}

/// A session of so many pairs of numbers.
fn pairs<T>(sessions: &CookieSessions<T>, count: u8) -> Session<T>
where
    T: Serialize + DeserializeOwned + Default + FromIterator<(u8, u8)>,
{
    let mut session = sessions.fresh();
    *session.data_mut() = (0..count).map(|n| (n, n)).collect();
    session
}

/// How often reading so many pairs allocates: the payload as it was sealed is one, the collection another.
fn to_read_pairs<T>(count: u8) -> [u64; 2]
where
    T: Serialize + DeserializeOwned + Default + FromIterator<(u8, u8)>,
{
    typed::<T>().map(|sessions| {
        let cookie = sessions.request_cookie(&pairs(&sessions, count)).unwrap();
        let request = HeaderMap::from_iter([(COOKIE, cookie)]);
        allocations(|| sessions.decode_at(&request, Transport::Https, at(NOW)))
    })
}

#[test]
fn a_typed_list_or_map_of_sixteen_is_read_into_room_that_is_made_once() {
    for count in [1, 16] {
        assert_eq!(to_read_pairs::<Vec<_>>(count), [2; 2], "a list of {count}");
        assert_eq!(to_read_pairs::<HashMap<_, _>>(count), [2; 2], "a map of {count}");
    }
    assert_eq!(to_read_pairs::<Vec<_>>(17), [3; 2], "a list of 17");
}

/// The payload, the frame, the header, what is read back; and for each of the two times that it is written the kinds of
/// its values, a list that doubles from 8 on: 4 kinds, and 49.
#[test]
fn writing_a_typed_list_allocates_for_what_it_writes_and_reads_back_only() {
    for (count, expected) in [(1, 4 + 2), (16, 4 + 2 * 4)] {
        let to_write = typed::<Vec<_>>().map(|sessions| {
            let (session, mut headers) = (pairs(&sessions, count), response());
            allocations(|| {
                sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap()
            })
        });
        assert_eq!(to_write, [expected; 2], "a list of {count}");
    }
}

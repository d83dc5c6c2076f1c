//! How long a token is: figures that the documentation may state.

use crate::support::{DAY, at, decode, encode, pair, ring, sealed, secs, sessions};
use sealed_session::{CookieSessions, Sent};

/// The first second of the year 2026.
const CREATED: u64 = 1_767_225_600;
const LONGEST: u64 = 400 * DAY;

type Entries = &'static [(&'static str, &'static str)];

/// The entries of a session, the characters of its token at age 0, and the most that it has at any age.
const SIZES: [(Entries, usize, usize); 2] = [
    (&[("user", "alice")], 106, 110),
    (
        &[
            ("user_id", "3f2a9c1e-77b4-4d0e-9a55-0c6de1f0b812"),
            ("role", "admin"),
            ("lang", "en-US"),
            ("csrf", "Zk3vQ0yT9bXhR7uLmW2cPs5aEfGd8JnA"),
        ],
        231,
        235,
    ),
];

fn token_len(pair: &str) -> usize {
    pair.split_once('=').unwrap().1.len()
}

/// Sessions that stand as long as sessions can.
fn long_lived() -> CookieSessions {
    CookieSessions::builder(ring(1))
        .idle_timeout(secs(LONGEST))
        .absolute_timeout(secs(LONGEST))
        .build()
        .unwrap()
}

#[test]
fn the_examples_have_the_sizes_that_they_are_measured_by() {
    let value = |row: usize, key: &str| SIZES[row].0.iter().find(|(k, _)| *k == key).unwrap().1;
    assert_eq!(value(1, "user_id").len(), 36);
    assert_eq!(value(1, "csrf").len(), 32);
}

#[test]
fn a_token_of_age_0_has_the_stated_length() {
    for (entries, characters, _) in SIZES {
        assert_eq!(token_len(&sealed(&sessions(), entries, CREATED)), characters, "{entries:?}");
    }
}

#[test]
fn the_length_does_not_depend_on_the_day_of_sealing() {
    for (entries, characters, _) in SIZES {
        for years in [0, 1, 10, 100] {
            let created = CREATED + years * 365 * DAY;
            assert_eq!(
                token_len(&sealed(&sessions(), entries, created)),
                characters,
                "{years} years later"
            );
        }
    }
}

#[test]
fn a_token_has_at_most_the_stated_length_at_any_age() {
    let sessions = long_lived();
    for (entries, at_first, at_most) in SIZES {
        let first = sealed(&sessions, entries, CREATED);
        let mut longest = at_first;
        // The ages at which a varint grows, both sides of each, and the last second of the session.
        for age in [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, LONGEST - 1] {
            let mut session = decode(&sessions, &first, CREATED + age);
            assert_eq!(
                session.created_at(),
                at(CREATED),
                "aged {age} s and still the same session"
            );
            session.touch();
            let (sent, headers) = encode(&sessions, &session, CREATED + age);
            assert_eq!(sent, Sent::Set);
            let characters = token_len(&pair(&headers));
            assert!(
                characters <= at_most,
                "{characters} characters at an age of {age} s, of {entries:?}"
            );
            longest = longest.max(characters);
        }
        assert_eq!(
            longest, at_most,
            "the bound is reached, so it is the least one that can be stated"
        );
    }
}

//! Payload types that change: cookies of older and newer schemas, across a rolling deploy in both directions.

use std::collections::{HashMap, HashSet};

use crate::support::{DAY, NAME, NOW, at, decode, encode, pair, ring, sealed, secret, visit};
use http::{HeaderMap, StatusCode};
use sealed_session::{
    Builder, ConfigError, CookieSessions, Dict, KeyRole, Keyring, Payload, Rejection, Sent, Session,
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Old {
    visits: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct New {
    theme: String,
    visits: u32,
}

fn upgrade(old: Old) -> New {
    New { theme: "light".into(), visits: old.visits }
}

/// Not the inverse: the theme is lost.
#[allow(clippy::needless_pass_by_value, reason = "the builder asks for it")]
fn downgrade(new: New) -> Old {
    Old { visits: new.visits }
}

fn build<T: Payload>(builder: Builder<T>) -> CookieSessions<T> {
    builder.build().unwrap()
}

/// The releases of a rolling deploy.
fn release_0(keyring: Keyring) -> CookieSessions<Old> {
    build(CookieSessions::typed(keyring, "account-1"))
}

fn release_1(keyring: Keyring) -> CookieSessions<Old> {
    build(CookieSessions::typed(keyring, "account-1").downgrade_from("account-2", downgrade))
}

fn release_2(keyring: Keyring) -> CookieSessions<New> {
    build(CookieSessions::typed(keyring, "account-2").upgrade_from("account-1", upgrade))
}

fn release_3(keyring: Keyring) -> CookieSessions<New> {
    build(CookieSessions::typed(keyring, "account-2"))
}

/// `name=token` of a session with this payload.
#[track_caller]
fn seal<T: Payload>(sessions: &CookieSessions<T>, data: T) -> String {
    let mut session = visit(sessions, NOW);
    *session.data_mut() = data;
    session.touch();
    pair(&encode(sessions, &session, NOW).1)
}

fn old(visits: u32) -> Old {
    Old { visits }
}

fn new(theme: &str, visits: u32) -> New {
    New { theme: theme.into(), visits }
}

#[test]
fn a_session_of_an_older_schema_is_opened_as_the_new_type_and_sealed_again() {
    let two = release_2(ring(1));
    let cookie = seal(&release_0(ring(1)), old(3));
    let session = decode(&two, &cookie, NOW + 1);
    assert_eq!((session.data(), session.opened_by()), (&new("light", 3), Some(KeyRole::Previous)));
    let (sent, headers) = encode(&two, &session, NOW + 1);
    assert_eq!(sent, Sent::Set);
    for later in [two, release_3(ring(1))] {
        let after = decode(&later, &pair(&headers), NOW + 1);
        assert_eq!((after.data(), after.opened_by()), (&new("light", 3), Some(KeyRole::Current)));
        let name = |session: &Session<New>| (session.label(), session.created_at());
        assert_eq!(name(&after), name(&session), "the same session");
        assert_eq!(encode(&later, &after, NOW + 1).0, Sent::Unchanged, "once");
    }
}

/// What a response that is not fit for a refresh does with a session.
#[track_caller]
fn sent_with_a_500<T: Payload>(sessions: &CookieSessions<T>, session: &Session<T>) -> Sent {
    sessions
        .encode_at(session, &mut HeaderMap::new(), StatusCode::INTERNAL_SERVER_ERROR, at(NOW))
        .unwrap()
}

#[test]
fn an_upgraded_session_that_did_not_change_waits_for_a_response_that_is_fit_and_a_changed_one_does_not()
 {
    let two = release_2(ring(1));
    let mut session = decode(&two, &seal(&release_0(ring(1)), old(3)), NOW);
    assert_eq!(sent_with_a_500(&two, &session), Sent::Unchanged, "read");
    session.data_mut().visits = 3;
    assert_eq!(sent_with_a_500(&two, &session), Sent::Unchanged, "an equal value");
    assert_eq!(encode(&two, &session, NOW).0, Sent::Set, "an equal value, in a fit response");
    session.data_mut().theme = "dark".into();
    assert_eq!(sent_with_a_500(&two, &session), Sent::Set, "another value");
}

#[test]
fn a_session_of_a_newer_schema_stays_as_it_is_until_it_is_written_or_due() {
    let one = release_1(ring(1));
    let cookie = seal(&release_2(ring(1)), new("dark", 3));
    let mut session = decode(&one, &cookie, NOW);
    assert_eq!((session.data(), session.opened_by()), (&old(3), Some(KeyRole::Upcoming)));
    assert_eq!(encode(&one, &session, NOW).0, Sent::Unchanged, "read");
    assert_eq!(encode(&one, &session, NOW + 7 * DAY - 1).0, Sent::Unchanged, "not yet due");
    assert_eq!(encode(&one, &session, NOW + 7 * DAY).0, Sent::Set, "due");
    session.data_mut().visits = 3;
    assert_eq!(encode(&one, &session, NOW).0, Sent::Unchanged, "an equal value");
    session.data_mut().visits = 4;
    let (sent, headers) = encode(&one, &session, NOW);
    assert_eq!(sent, Sent::Set, "another value");
    assert_eq!(
        decode(&release_0(ring(1)), &pair(&headers), NOW).data(),
        &old(4),
        "of the old type"
    );
}

/// One visit that counts itself: returns what it found, and whether the response was sent.
#[track_caller]
fn count<T: Payload>(
    sessions: &CookieSessions<T>,
    cookie: &mut String,
    writes: bool,
    visits: fn(&mut T) -> &mut u32,
) -> (u32, Sent) {
    let mut session = decode(sessions, cookie, NOW);
    let found = *visits(session.data_mut());
    if writes {
        *visits(session.data_mut()) += 1;
    }
    let (sent, headers) = encode(sessions, &session, NOW);
    if sent == Sent::Set {
        *cookie = pair(&headers);
    }
    (found, sent)
}

/// A client of two machines, which finds on each visit what it left: every sequence of three visits, on the one or
/// the other, to read or to write.
fn survives<T: Payload, U: Payload>(
    (one, visits): (&CookieSessions<T>, fn(&mut T) -> &mut u32),
    (other, other_visits): (&CookieSessions<U>, fn(&mut U) -> &mut u32),
) -> bool {
    let first = seal(one, T::default());
    (0..64_u32).all(|sequence| {
        let (mut cookie, mut expected) = (first.clone(), 0);
        (0..3).map(|visit| sequence >> (2 * visit)).all(|choice| {
            let writes = choice & 1 == 1;
            let (found, _) = if choice & 2 == 0 {
                count(one, &mut cookie, writes, visits)
            } else {
                count(other, &mut cookie, writes, other_visits)
            };
            expected += u32::from(writes);
            found + u32::from(writes) == expected
        })
    })
}

#[test]
fn between_any_two_adjacent_releases_no_session_is_lost_in_either_direction() {
    let of_old: fn(&mut Old) -> &mut u32 = |old| &mut old.visits;
    let of_new: fn(&mut New) -> &mut u32 = |new| &mut new.visits;
    let (zero, one) = (release_0(ring(1)), release_1(ring(1)));
    let (two, three) = (release_2(ring(1)), release_3(ring(1)));
    assert!(
        survives((&zero, of_old), (&one, of_old)) && survives((&one, of_old), (&zero, of_old)),
        "0 and 1"
    );
    assert!(
        survives((&one, of_old), (&two, of_new)) && survives((&two, of_new), (&one, of_old)),
        "1 and 2"
    );
    assert!(
        survives((&two, of_new), (&three, of_new)) && survives((&three, of_new), (&two, of_new)),
        "2 and 3"
    );
    // What the recipe is there for.
    assert!(
        !survives((&zero, of_old), (&two, of_new)) && !survives((&two, of_new), (&zero, of_old)),
        "0 and 2"
    );
}

/// Key rings of two machines in the middle of a rotation.
fn behind() -> Keyring {
    ring(1).upcoming(secret(2))
}

fn ahead() -> Keyring {
    ring(2).previous(secret(1))
}

#[test]
fn a_key_is_as_strong_as_the_weaker_of_its_secret_and_its_schema() {
    use KeyRole::{Current, Previous, Upcoming};
    let keyring = || ring(1).previous(secret(2)).upcoming(secret(3));
    let (one, two) = (release_1(keyring()), release_2(keyring()));
    for (n, of_secret) in [(1, Current), (2, Previous), (3, Upcoming)] {
        let [of_old, of_new] =
            [seal(&release_0(ring(n)), old(1)), seal(&release_3(ring(n)), new("", 1))];
        assert_eq!(decode(&one, &of_old, NOW).opened_by(), Some(of_secret));
        assert_eq!(decode(&two, &of_new, NOW).opened_by(), Some(of_secret));
        assert_eq!(
            decode(&one, &of_new, NOW).opened_by(),
            Some(Upcoming),
            "newer, under secret {n}"
        );
        let upgraded = if n == 3 { Upcoming } else { Previous };
        assert_eq!(
            decode(&two, &of_old, NOW).opened_by(),
            Some(upgraded),
            "older, under secret {n}"
        );
    }
}

#[test]
fn a_rotation_and_a_deploy_at_the_same_time_do_not_seal_a_session_to_and_fro() {
    let of_old: fn(&mut Old) -> &mut u32 = |old| &mut old.visits;
    let of_new: fn(&mut New) -> &mut u32 = |new| &mut new.visits;
    let rows = [
        ("behind in both", release_1(behind()), release_2(ahead())),
        ("behind in one each", release_1(ahead()), release_2(behind())),
    ];
    for (row, one, two) in rows {
        assert!(survives((&one, of_old), (&two, of_new)), "{row}");
        let mut cookie = seal(&one, old(0));
        let read: Vec<Sent> = (0..10)
            .flat_map(|_| {
                [
                    count(&two, &mut cookie, false, of_new).1,
                    count(&one, &mut cookie, false, of_old).1,
                ]
            })
            .collect();
        assert!(read.iter().filter(|sent| **sent == Sent::Set).count() <= 1, "{row}: {read:?}");
    }
}

#[test]
fn a_dictionary_becomes_a_type_and_a_type_a_dictionary() {
    let dict = CookieSessions::new(ring(1));
    let to_type = |dict: Dict| new(dict.get("theme").unwrap_or("light"), 7);
    let typed =
        build(CookieSessions::typed(ring(1), "account-2").upgrade_from::<Dict>("dict", to_type));
    let cookie = sealed(&dict, &[("theme", "dark")], NOW);
    assert_eq!(decode(&typed, &cookie, NOW).data(), &new("dark", 7));

    let to_dict = |new: New| Dict::from_iter([("theme", new.theme)]);
    let both = build(CookieSessions::builder(ring(1)).downgrade_from::<New>("account-2", to_dict));
    let mut session = decode(&both, &seal(&typed, new("dark", 1)), NOW);
    assert_eq!(
        (session.get("theme"), encode(&both, &session, NOW).0),
        (Some("dark"), Sent::Unchanged)
    );
    session.set("theme", "dark");
    assert_eq!(encode(&both, &session, NOW).0, Sent::Unchanged, "an equal value");
    session.set("theme", "light");
    assert_eq!(encode(&both, &session, NOW).0, Sent::Set);
    assert_eq!(decode(&both, &cookie, NOW).get("theme"), Some("dark"), "its own");
}

#[test]
fn each_of_several_schemas_is_read_as_its_own_type() {
    let sessions = build(
        CookieSessions::typed::<New>(ring(1), "account-2")
            .upgrade_from::<Old>("account-1", upgrade)
            .upgrade_from::<Dict>("dict", |dict| new("dict", dict.len().try_into().unwrap()))
            .downgrade_from::<u8>("account-3", |number| new("number", number.into()))
            .upgrade_from::<String>("account-0", |theme| New { theme, visits: 0 }),
    );
    let typed_3 = build(CookieSessions::typed::<u8>(ring(1), "account-3"));
    let typed_0 = build(CookieSessions::typed::<String>(ring(1), "account-0"));
    let dict = sealed(&CookieSessions::new(ring(1)), &[("a", "1"), ("b", "2")], NOW);
    for (cookie, expected) in [
        (seal(&release_3(ring(1)), new("own", 1)), new("own", 1)),
        (seal(&release_0(ring(1)), old(9)), new("light", 9)),
        (dict, new("dict", 2)),
        (seal(&typed_3, 200), new("number", 200)),
        (seal(&typed_0, "text".into()), new("text", 0)),
    ] {
        assert_eq!(decode(&sessions, &cookie, NOW).data(), &expected);
    }
}

#[test]
fn the_keys_of_other_schemas_are_listed_behind_the_own_ones_with_their_roles() {
    let ids = |sessions: &CookieSessions<New>| sessions.keys().collect::<Vec<_>>();
    let keyring = || ring(1).previous(secret(2)).upcoming(secret(3));
    let (two, three) = (ids(&release_2(keyring())), ids(&release_3(keyring())));
    let zero: Vec<_> = release_0(keyring()).keys().collect();
    assert_eq!(two[..3], three);
    let roles = [KeyRole::Previous, KeyRole::Previous, KeyRole::Upcoming];
    assert!(two[3..].iter().copied().eq(roles.into_iter().zip(zero.iter().map(|(_, id)| *id))));
    assert_eq!(two.iter().map(|(_, id)| id).collect::<HashSet<_>>().len(), 6);
}

#[test]
fn what_an_older_schema_does_not_read_is_corrupt() {
    let shorter = build(CookieSessions::typed::<()>(ring(1), "account-1"));
    let longer = build(CookieSessions::typed::<(u32, u8)>(ring(1), "account-1"));
    for cookie in [seal(&shorter, ()), seal(&longer, (1, 2))] {
        let session = decode(&release_2(ring(1)), &cookie, NOW);
        assert_eq!(session.rejection(), Some(&Rejection::Corrupt));
        assert_eq!(session.data(), &New::default());
    }
}

/// The cookies of so many distinct tokens, the last character of each changed.
fn forged(sessions: &CookieSessions<Old>, count: u32) -> String {
    let forge = |n| {
        let mut cookie = seal(sessions, old(n));
        let last = cookie.pop();
        cookie.push(if last == Some('A') { 'Q' } else { 'A' });
        cookie
    };
    (0..count).map(forge).collect::<Vec<_>>().join("; ")
}

#[test]
fn keys_of_other_schemas_count_among_the_eight_openings() {
    let (zero, two) = (release_0(ring(1)), release_2(ring(1)));
    for (count, rejection) in [(8, Rejection::Forged), (9, Rejection::TooMany)] {
        assert_eq!(decode(&two, &forged(&zero, count), NOW).rejection(), Some(&rejection));
    }
    let good = seal(&zero, old(1));
    let [shadowed, found] =
        [8, 7].map(|count| decode(&two, &format!("{}; {good}", forged(&zero, count)), NOW));
    assert_eq!((shadowed.is_new(), found.data()), (true, &new("light", 1)));
}

#[test]
fn schemas_that_share_a_key_id_are_told_apart_by_their_keys() {
    let (one, other) = colliding_schemas();
    let sealed_by = |schema: &str, text: &str| {
        seal(&build(CookieSessions::typed::<String>(ring(1), schema)), text.into())
    };
    let sessions = build(
        CookieSessions::typed::<String>(ring(1), one.as_str())
            .upgrade_from::<String>(other.as_str(), |text| format!("upgraded {text}")),
    );
    for (schema, expected, role) in
        [(&one, "text", KeyRole::Current), (&other, "upgraded text", KeyRole::Previous)]
    {
        let session = decode(&sessions, &sealed_by(schema, "text"), NOW);
        assert_eq!((session.data().as_str(), session.opened_by()), (expected, Some(role)));
    }
}

/// Two schemas of one key id, the first that there are by counting.
fn colliding_schemas() -> (String, String) {
    let mut seen = HashMap::new();
    for n in 0_u32.. {
        let schema = format!("schema-{n}");
        let sessions = build(CookieSessions::typed::<String>(ring(1), schema.as_str()));
        if let Some(other) = seen.insert(sessions.keys().next().unwrap().1, schema.clone()) {
            return (other, schema);
        }
    }
    unreachable!("there are 65,536 key ids")
}

#[test]
fn what_is_bound_to_the_rest_of_the_scope_stays_so() {
    let named =
        |name| CookieSessions::typed::<Old>(ring(1), "account-1").name(name).build().unwrap();
    let cookie = seal(&named("other"), old(1)).replace("__Host-other", NAME);
    let session = decode(&release_2(ring(1)), &cookie, NOW);
    assert!(
        matches!(session.rejection(), Some(Rejection::UnknownKey(_))),
        "{:?}",
        session.rejection()
    );
}

#[derive(Default, Serialize, Deserialize)]
struct Flattened {
    #[serde(flatten)]
    inner: Old,
}

#[test]
fn schemas_and_types_that_cannot_be_told_apart_or_read_are_refused() {
    let typed = || CookieSessions::typed::<New>(ring(1), "account-2");
    let to_new = |_: Dict| New::default();
    let long = "x".repeat(65);
    let rows = [
        ("empty", typed().upgrade_from("", upgrade), r#"upgrade_from is ""; expected a schema of 1 to 64 bytes"#.into()),
        (
            "long",
            typed().upgrade_from(long.as_str(), upgrade),
            format!(r#"upgrade_from is "{long}"; expected a schema of 1 to 64 bytes"#),
        ),
        (
            "its own",
            typed().upgrade_from("account-2", upgrade),
            r#"upgrade_from is "account-2"; expected a schema other than that of these sessions"#.into(),
        ),
        (
            "twice",
            typed().upgrade_from("account-1", upgrade).downgrade_from("account-1", upgrade),
            r#"downgrade_from is "account-1"; expected a schema that is not named twice"#.into(),
        ),
        (
            "a type under the dictionary's name",
            typed().upgrade_from("dict", upgrade),
            r#"upgrade_from is "dict"; expected dict for a Dict, and another schema for any other type"#.into(),
        ),
        (
            "a dictionary under another name",
            typed().downgrade_from("account-1", to_new),
            r#"downgrade_from is "account-1"; expected dict for a Dict, and another schema for any other type"#.into(),
        ),
        (
            "a type that cannot be kept",
            typed().upgrade_from_compact("account-1", |old: Flattened| upgrade(old.inner)),
            "upgrade_from_compact has a payload type that cannot be kept in a session: it does not serialize; see the documentation of \
             sealed_session::Payload"
                .into(),
        ),
        (
            "its own, compact",
            typed().compact().upgrade_from_compact("account-2", |new: New| new),
            r#"upgrade_from_compact is "account-2"; expected a schema other than that of these sessions"#.into(),
        ),
        (
            "one shape twice",
            typed().upgrade_from_compact("account-1", upgrade).downgrade_from_compact("account-1", upgrade),
            r#"downgrade_from_compact is "account-1"; expected a schema that is not named twice"#.into(),
        ),
        (
            "a compact type under the dictionary's name",
            typed().upgrade_from_compact("dict", upgrade),
            r#"upgrade_from_compact is "dict"; expected dict for a Dict, and another schema for any other type"#.into(),
        ),
    ];
    for (row, builder, message) in rows {
        let error: ConfigError = builder.build().unwrap_err();
        assert_eq!(error.to_string(), message, "{row}");
    }
    let own = CookieSessions::builder(ring(1)).upgrade_from::<Dict>("dict", |dict| dict).build();
    let message = r#"upgrade_from is "dict"; expected a schema other than that of these sessions"#;
    assert_eq!(own.unwrap_err().to_string(), message, "a dictionary's own");
    assert!(typed().upgrade_from("x".repeat(64), upgrade).build().is_ok());
    let one_name = typed()
        .upgrade_from_compact("account-2", |new: New| new)
        .upgrade_from_compact("account-2", upgrade)
        .upgrade_from("account-1", upgrade);
    assert!(one_name.build().is_ok(), "another encoding or another shape");
}

#[cfg(feature = "rotation")]
#[test]
fn after_a_rotation_other_schemas_are_opened_with_the_secrets_of_then() {
    let two = release_2(ring(1));
    let sealed_by = |n| seal(&release_0(ring(n)), old(1));
    let opened_by = |n| decode(&two, &sealed_by(n), NOW).opened_by();
    assert_eq!([1, 2].map(opened_by), [Some(KeyRole::Previous), None]);
    two.rotate(behind());
    assert_eq!([1, 2].map(opened_by), [Some(KeyRole::Previous), Some(KeyRole::Upcoming)]);
    two.rotate(ring(2));
    assert_eq!([1, 2].map(opened_by), [None, Some(KeyRole::Previous)]);
    assert_eq!(two.keys().collect::<Vec<_>>(), release_2(ring(2)).keys().collect::<Vec<_>>());
    assert_eq!(decode(&two, &sealed_by(2), NOW).data(), &new("light", 1));
}

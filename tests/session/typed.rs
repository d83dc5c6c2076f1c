//! Payloads of the application's own type: what they may be, how they may change, when they are written.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use crate::support::{self, NOW, at, decode, encode, pair, ring, sealed, visit};
use http::{HeaderMap, StatusCode};
use sealed_session::{ConfigError, CookieSessions, EncodeError, Keyring, Rejection, Sent, Session};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    user: Option<String>,
    visits: u32,
    roles: Vec<Role>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Role {
    Guest,
    Member { since: u64 },
    Admin(String, bool),
}

fn typed<T: Serialize + DeserializeOwned + Default>(schema: &str) -> CookieSessions<T> {
    CookieSessions::typed(ring(1), schema).build().unwrap()
}

/// `name=token` of a fresh session with this payload.
#[track_caller]
fn seal<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    data: T,
) -> String {
    let mut session = visit(sessions, NOW);
    *session.data_mut() = data;
    session.touch();
    pair(&encode(sessions, &session, NOW).1)
}

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + Default + PartialEq + Debug + Clone>(data: &T) {
    let sessions = typed::<T>("any");
    let session = decode(&sessions, &seal(&sessions, data.clone()), NOW);
    assert_eq!(session.rejection(), None, "{data:?}");
    assert_eq!(session.data(), data);
}

/// What the response does when the payload was borrowed mutably, and is as before.
fn borrowed<T: Serialize + DeserializeOwned + Default + FromIterator<(u8, char)>>() -> Sent {
    let sessions = typed::<T>("map");
    let entries = (0..20).map(|n| (n, 'x'));
    let mut session = decode(&sessions, &seal(&sessions, entries.collect::<T>()), NOW);
    session.data_mut();
    encode(&sessions, &session, NOW).0
}

#[test]
fn a_hash_map_counts_as_changed_when_it_was_borrowed_and_a_b_tree_map_does_not() {
    assert_eq!(borrowed::<HashMap<_, _>>(), Sent::Set, "in another order, but once in 20!");
    assert_eq!(borrowed::<BTreeMap<_, _>>(), Sent::Unchanged);
}

#[test]
fn a_payload_comes_back_as_it_was() {
    let roles =
        vec![Role::Guest, Role::Member { since: u64::MAX }, Role::Admin("é\0".into(), true)];
    survives(&Account { user: Some("alice".into()), visits: u32::MAX, roles });
    survives(&Account::default());
    survives(&());
    survives(&(i64::MIN, -1.5_f64, 'ß', [1_u8, 2, 255]));
    survives(&Some(String::new()));
    survives(&String::from("plain text"));
    survives(&vec![vec![0_u8; 300], vec![]]);
    survives(&BTreeMap::from([("a".to_owned(), Some(1_u128)), (String::new(), None)]));
    survives(&HashMap::from([(1_u8, 'a'), (2, 'b'), (3, 'c')]));
}

#[test]
fn a_pre_session_has_the_default_payload_and_is_not_sent() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Settings {
        theme: u8,
    }
    impl Default for Settings {
        fn default() -> Self {
            Self { theme: 7 }
        }
    }
    let sessions = typed::<Settings>("settings");
    let mut session = visit(&sessions, NOW);
    assert_eq!(*session.data(), Settings { theme: 7 });
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    session.data_mut().theme = 7;
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged, "an equal value");
    session.data_mut().theme = 0;
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
    session.invalidate();
    assert_eq!(*session.data(), Settings { theme: 7 }, "after invalidate");
}

#[test]
fn a_loaded_payload_is_sent_when_it_differs_and_only_then() {
    let sessions = typed::<Account>("account");
    let cookie = seal(&sessions, Account { visits: 1, ..Account::default() });
    let mut session = decode(&sessions, &cookie, NOW);
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged, "read only");
    session.data_mut().visits += 1;
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set, "another value");
    session.data_mut().visits -= 1;
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged, "the value that was loaded");
    *session.data_mut() = Account::default();
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set, "the default");
}

thread_local! {
    static WRITTEN: Cell<u32> = const { Cell::new(0) };
}

/// Counts how often it is serialized.
#[derive(Default, Deserialize)]
struct Counted(Cell<u8>);

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        WRITTEN.set(WRITTEN.get() + 1);
        serializer.serialize_newtype_struct("Counted", &self.0.get())
    }
}

#[test]
fn a_payload_that_was_never_borrowed_mutably_is_not_serialized() {
    let sessions = typed::<Counted>("counted");
    let cookie = seal(&sessions, Counted(Cell::new(1)));
    WRITTEN.set(0);
    for session in [decode(&sessions, &cookie, NOW), visit(&sessions, NOW)] {
        session.data().0.set(9);
        assert_eq!(encode(&sessions, &session, NOW).0, Sent::Unchanged);
    }
    assert_eq!(WRITTEN.get(), 0);
}

#[test]
fn interior_mutability_is_saved_once_it_is_borrowed_mutably() {
    let sessions = typed::<Counted>("counted");
    let mut session = decode(&sessions, &seal(&sessions, Counted(Cell::new(1))), NOW);
    session.data().0.set(2);
    session.data_mut();
    let (sent, headers) = encode(&sessions, &session, NOW);
    assert_eq!(sent, Sent::Set);
    assert_eq!(decode(&sessions, &pair(&headers), NOW).data().0.get(), 2);
}

#[test]
fn another_schema_ends_the_session() {
    let dict = support::sessions();
    let (one, two) = (typed::<Account>("account-1"), typed::<Account>("account-2"));
    let cookie = seal(&one, Account::default());
    for (row, rejection) in [
        ("another type or version", decode(&two, &cookie, NOW).rejection().copied()),
        ("a dictionary", decode(&dict, &cookie, NOW).rejection().copied()),
        (
            "no dictionary any more",
            decode(&one, &sealed(&dict, &[], NOW), NOW).rejection().copied(),
        ),
    ] {
        assert!(matches!(rejection, Some(Rejection::UnknownKey(_))), "{row}: {rejection:?}");
    }
}

#[test]
fn another_schema_ends_the_session_also_when_the_key_ids_are_the_same() {
    let (one, other) = colliding_schemas();
    assert_eq!(one.keys().next(), other.keys().next());
    let session = decode(&other, &seal(&one, 7), NOW);
    assert_eq!(session.rejection(), Some(&Rejection::Forged));
    assert_eq!(*session.data(), 0);
}

/// Two schemas of one key id, the first that there are by counting.
fn colliding_schemas() -> (CookieSessions<u8>, CookieSessions<u8>) {
    let mut seen = HashMap::new();
    for n in 0_u32.. {
        let sessions = typed::<u8>(&format!("schema-{n}"));
        let id = sessions.keys().next().unwrap().1.to_string();
        if let Some(other) = seen.insert(id, sessions.clone()) {
            return (other, sessions);
        }
    }
    unreachable!("there are 65,536 key ids")
}

/// What the first release knows.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Before {
    V1 { user: String },
}

/// What the later ones know: the second still writes `V1`, the third writes `V2`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum After {
    V1 { user: String },
    V2 { user: String, theme: u8 },
}

impl Default for Before {
    fn default() -> Self {
        Self::V1 { user: String::new() }
    }
}

impl Default for After {
    fn default() -> Self {
        Self::V1 { user: String::new() }
    }
}

fn alice() -> String {
    "alice".into()
}

/// The payload as a release with this type reads it.
#[track_caller]
fn visit_of<T: Serialize + DeserializeOwned + Default>(cookie: &str) -> T {
    let mut session = decode(&typed::<T>("visit"), cookie, NOW);
    assert_eq!(session.rejection(), None);
    std::mem::take(session.data_mut())
}

#[test]
fn a_type_with_one_more_variant_reads_what_the_one_before_it_wrote() {
    let cookie = seal(&typed("visit"), Before::V1 { user: alice() });
    assert_eq!(visit_of::<After>(&cookie), After::V1 { user: alice() });
}

#[test]
fn a_type_with_one_variant_fewer_reads_what_stays_in_the_old_one() {
    let cookie = seal(&typed("visit"), After::V1 { user: alice() });
    assert_eq!(visit_of::<Before>(&cookie), Before::V1 { user: alice() });
}

#[test]
fn a_new_variant_is_read_by_all_that_know_it() {
    let cookie = seal(&typed("visit"), After::V2 { user: alice(), theme: 3 });
    assert_eq!(visit_of::<After>(&cookie), After::V2 { user: alice(), theme: 3 });
}

#[test]
fn a_new_variant_is_corrupt_to_those_that_do_not_know_it_and_stays_with_the_client() {
    let cookie = seal(&typed("visit"), After::V2 { user: alice(), theme: 3 });
    let old = typed::<Before>("visit");
    let session = decode(&old, &cookie, NOW);
    assert_eq!(session.rejection(), Some(&Rejection::Corrupt));
    assert_eq!(*session.data(), Before::default());
    assert_eq!(encode(&old, &session, NOW).0, Sent::Unchanged);
}

/// Code of an application that knows serde's bounds and nothing of ours.
fn count_visit<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    cookie: &HeaderMap,
    change: impl FnOnce(&mut T),
) -> Result<(Session<T>, Sent), EncodeError> {
    let mut session = sessions.decode_at(cookie, sessions.transport(), at(NOW));
    change(session.data_mut());
    session.renew();
    let _: (&T, bool) = (session.data(), session.is_new());
    let mut response = HeaderMap::new();
    let sent = sessions.encode_at(&session, &mut response, StatusCode::OK, at(NOW))?;
    let received = sessions.from_response(&response).map_or(session, |received| received);
    Ok((received, sent))
}

fn configure<T: Serialize + DeserializeOwned + Default>(
    ring: Keyring,
) -> Result<CookieSessions<T>, ConfigError> {
    CookieSessions::typed::<T>(ring, "generic").name("app").build()
}

#[test]
fn generic_code_needs_no_bounds_but_those_of_serde() {
    let sessions = configure::<Account>(ring(1)).unwrap();
    let (session, sent) =
        count_visit(&sessions, &HeaderMap::new(), |account| account.visits += 1).unwrap();
    assert_eq!((session.data().visits, sent), (1, Sent::Set));
    let sessions = configure::<Vec<u8>>(ring(1)).unwrap();
    let (session, sent) = count_visit(&sessions, &HeaderMap::new(), |bytes| bytes.push(9)).unwrap();
    assert_eq!((session.data().as_slice(), sent), ([9].as_slice(), Sent::Set));
}

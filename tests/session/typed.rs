//! Payloads of the application's own type: what they may be, how they may change, when they are written.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use crate::support::{self, NOW, at, decode, encode, pair, ring, sealed, visit};
use http::{HeaderMap, HeaderValue, StatusCode};
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

/// What a JSON value is to serde.
#[derive(Default, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    #[default]
    Null,
    Bool(bool),
    Text(String),
    List(Vec<Value>),
}

#[derive(Default, Serialize, Deserialize)]
struct Inner {
    a: u8,
    b: u8,
}

#[derive(Default, Serialize, Deserialize)]
struct Flattened {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Default, Serialize, Deserialize)]
struct FlattenedMap {
    #[serde(flatten)]
    rest: BTreeMap<String, String>,
}

#[derive(Default, Serialize, Deserialize)]
struct Skipping {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    visits: u8,
}

#[derive(Default, Serialize, Deserialize)]
struct SkippingLast {
    visits: u8,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct HoldsValue {
    id: u8,
    value: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Guest { id: u8 },
}

impl Default for Tagged {
    fn default() -> Self {
        Self::Guest { id: 1 }
    }
}

/// Writes something else than it read.
#[derive(Default, Deserialize)]
struct Drifting(u8);

impl Serialize for Drifting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("Drifting", &(self.0 + 1))
    }
}

#[test]
fn a_type_that_does_not_read_back_what_it_wrote_is_refused_when_it_is_built() {
    fn refused<T: Serialize + DeserializeOwned + Default>() -> String {
        let error = CookieSessions::typed::<T>(ring(1), "any").build().unwrap_err();
        assert!(matches!(error, ConfigError::Payload(_)), "{error:?}");
        error.to_string()
    }
    let unwritten = "the payload type cannot be kept in a session: it does not serialize (flatten, serde_json::Value?)";
    let unread = "the payload type cannot be kept in a session: it does not read back what it wrote \
                  (skip_serializing_if, untagged, serde_json::Value?)";
    for (row, error, message) in [
        ("flatten", refused::<Flattened>(), unwritten),
        ("flatten, a map", refused::<FlattenedMap>(), unwritten),
        ("skip_serializing_if", refused::<Skipping>(), unread),
        ("skip_serializing_if, last", refused::<SkippingLast>(), unread),
        ("another value at each turn", refused::<Drifting>(), unread),
        ("tag", refused::<Tagged>(), unread),
        ("untagged, like a JSON value", refused::<Value>(), unread),
        ("untagged, inside", refused::<HoldsValue>(), unread),
    ] {
        assert_eq!(error, message, "{row}");
    }
}

/// Types whose default value is harmless.
#[derive(Default, Serialize, Deserialize)]
struct Late {
    value: Option<Value>,
}

#[derive(Serialize, Deserialize)]
struct SkippingLate {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

impl Default for SkippingLate {
    fn default() -> Self {
        Self { user: Some(String::new()) }
    }
}

#[derive(Default, Serialize, Deserialize)]
struct FlattenedLate {
    flattened: Option<Flattened>,
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(
    expected = "the payload type does not read back what it wrote; see the table at `sealed_session::Payload`"
)]
fn an_untagged_value_that_comes_later_panics_in_debug_builds() {
    seal(&typed::<Late>("late"), Late { value: Some(Value::Text("alice".into())) });
}

#[cfg(debug_assertions)]
#[test]
#[should_panic(
    expected = "the payload type does not read back what it wrote; see the table at `sealed_session::Payload`"
)]
fn a_field_that_is_skipped_later_panics_in_debug_builds() {
    seal(&typed::<SkippingLate>("late"), SkippingLate { user: None });
}

#[cfg(not(debug_assertions))]
#[test]
fn what_panics_in_debug_builds_is_corrupt_in_release_builds() {
    let (late, skipping) = (typed::<Late>("late"), typed::<SkippingLate>("skipping"));
    let untagged = seal(&late, Late { value: Some(Value::Text("alice".into())) });
    assert_eq!(decode(&late, &untagged, NOW).rejection(), Some(&Rejection::Corrupt));
    let skipped = seal(&skipping, SkippingLate { user: None });
    assert_eq!(decode(&skipping, &skipped, NOW).rejection(), Some(&Rejection::Corrupt));
}

#[test]
fn a_payload_that_does_not_serialize_leaves_the_response_untouched() {
    let sessions = typed::<FlattenedLate>("flattened");
    let cookie = seal(&sessions, FlattenedLate::default());
    for (row, mut session) in
        [("fresh", visit(&sessions, NOW)), ("loaded", decode(&sessions, &cookie, NOW))]
    {
        session.data_mut().flattened = Some(Flattened::default());
        session.renew();
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("set-cookie", "theme=dark"), ("cache-control", "public"), ("cdn-cache-control", "x")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        let before = headers.clone();
        let error =
            sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
        assert!(matches!(error, EncodeError::Payload(_)), "{row}: {error:?}");
        let message =
            "the session cannot be serialized: it does not serialize (flatten, serde_json::Value?)";
        assert_eq!(error.to_string(), message, "{row}");
        assert_eq!(headers, before, "{row}");
        assert!(matches!(sessions.request_cookie(&session), Err(EncodeError::Payload(_))), "{row}");
        assert!(matches!(sessions.set_cookie_len(&session), Err(EncodeError::Payload(_))), "{row}");
        assert!(
            matches!(sessions.to_cookie(&session, at(NOW)), Err(EncodeError::Payload(_))),
            "{row}"
        );
    }
}

#[test]
fn bytes_behind_the_payload_are_corrupt() {
    let cookie = seal(&typed::<(String, u8)>("pair"), ("alice".into(), 1));
    let session = decode(&typed::<String>("pair"), &cookie, NOW);
    assert_eq!(session.rejection(), Some(&Rejection::Corrupt));
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

//! Whatever is sealed can be opened: a payload that does not come back as it was is refused, in every build.
#![allow(clippy::option_option, reason = "it is what does not survive")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Debug;

use crate::support::{self, NOW, at, decode, encode, pair, ring, visit};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{ConfigError, CookieSessions, EncodeError, Sent};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn named<T: Serialize + DeserializeOwned + Default>() -> CookieSessions<T> {
    CookieSessions::typed(ring(1), "any").build().unwrap()
}

fn compact<T: Serialize + DeserializeOwned + Default>() -> CookieSessions<T> {
    CookieSessions::typed(ring(1), "any").compact().build().unwrap()
}

/// What became of a payload: the cookie, or the words of the error.
fn seal<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    data: T,
) -> Result<String, String> {
    let mut session = visit(sessions, NOW);
    *session.data_mut() = data;
    session.touch();
    let mut headers = HeaderMap::new();
    match sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)) {
        Ok(sent) => {
            assert_eq!(sent, Sent::Set);
            Ok(pair(&headers))
        }
        Err(error) => {
            assert!(matches!(error, EncodeError::Payload(_)), "{error:?}");
            assert!(headers.is_empty());
            Err(error.to_string())
        }
    }
}

#[track_caller]
fn survives<T: Serialize + DeserializeOwned + Default + PartialEq + Debug + Clone>(
    sessions: &CookieSessions<T>,
    data: &T,
) {
    let cookie = seal(sessions, data.clone()).unwrap();
    let session = decode(sessions, &cookie, NOW);
    assert_eq!(session.rejection(), None, "{data:?}");
    assert_eq!(session.data(), data);
}

const SEE: &str = "see the documentation of sealed_session::Payload";

/// Refused, with this path to what does not survive.
#[track_caller]
fn is_lost<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    data: T,
    path: &str,
) {
    let error = seal(sessions, data).unwrap_err();
    let expected =
        format!("the payload cannot be sealed: {path} does not read back as it was written; {SEE}");
    assert_eq!(error, expected);
}

/// What a JSON value is to serde.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Value {
    #[default]
    Null,
    Bool(bool),
    Text(String),
    List(Vec<Value>),
    Object(BTreeMap<String, Value>),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Inner {
    a: u8,
    b: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Flattened {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    count: u8,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Guest { id: u8 },
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Late {
    value: Option<Value>,
    items: Vec<Item>,
    tagged: Option<Tagged>,
    flattened: Option<Flattened>,
}

fn late() -> Late {
    let list = Value::List(vec![Value::Bool(true), Value::Text("alice".into()), Value::Null]);
    Late {
        value: Some(Value::Object(BTreeMap::from([("k".to_owned(), list)]))),
        items: vec![Item { note: None, count: 1 }, Item { note: Some("x".into()), count: 2 }],
        tagged: Some(Tagged::Guest { id: 3 }),
        flattened: Some(Flattened { id: 4, inner: Inner { a: 5, b: 6 } }),
    }
}

#[test]
fn what_needs_names_survives_in_the_named_encoding() {
    survives(&named(), &late());
}

/// The default shows none of it, so that `build()` passes: a release build sealed what nobody could open.
#[test]
fn what_needs_names_is_refused_in_the_compact_encoding_when_it_is_sealed() {
    let sessions = compact::<Late>();
    let value = Late { value: late().value, ..Late::default() };
    let items = Late { items: late().items, ..Late::default() };
    let tagged = Late { tagged: late().tagged, ..Late::default() };
    let flattened = Late { flattened: late().flattened, ..Late::default() };
    is_lost(&sessions, value, "value");
    // Where it shows: a byte of the next field is read as the field that was skipped.
    is_lost(&sessions, items, "items[1].note");
    is_lost(&sessions, tagged, "tagged");
    let error = seal(&sessions, flattened).unwrap_err();
    assert_eq!(error, format!("the payload cannot be sealed: it does not serialize; {SEE}"));
}

#[test]
fn what_needs_names_is_refused_in_the_compact_encoding_when_it_is_built() {
    fn refused<T: Serialize + DeserializeOwned + Default>() -> String {
        let builder = CookieSessions::typed::<T>(ring(1), "any").compact();
        let error = builder.build().unwrap_err();
        assert!(matches!(error, ConfigError::Payload { .. }), "{error:?}");
        error.to_string()
    }
    let start = "typed has a payload type that cannot be kept in a session: ";
    let unwritten = format!("{start}it does not serialize; {SEE}");
    let unread = |path| format!("{start}{path} does not read back as it was written; {SEE}");
    assert_eq!(refused::<Flattened>(), unwritten);
    assert_eq!(refused::<Item>(), unread("count"));
    assert_eq!(refused::<Value>(), unread("it"));
}

#[test]
fn a_none_inside_some_differs_from_none() {
    type Nested = Vec<Option<Option<u8>>>;
    survives::<Nested>(&named(), &vec![None, Some(Some(1))]);
    is_lost::<Nested>(&named(), vec![None, Some(None)], "[1]");
    survives::<Nested>(&compact(), &vec![None, Some(None), Some(Some(1))]);
    is_lost::<Option<()>>(&named(), Some(()), "it");
}

#[test]
fn the_error_says_where_and_no_value() {
    #[derive(Default, Serialize, Deserialize)]
    struct Account {
        user: User,
    }
    #[derive(Default, Serialize, Deserialize)]
    struct User {
        roles: Vec<Role>,
        limits: BTreeMap<String, Option<Option<u8>>>,
    }
    #[derive(Serialize, Deserialize)]
    enum Role {
        Guest,
        Member { until: Option<Option<u8>> },
        Pair(u8, Option<()>),
    }
    let account = |roles| Account { user: User { roles, limits: BTreeMap::new() } };
    let member = Role::Member { until: Some(None) };
    is_lost(&named(), account(vec![Role::Guest, member]), "user.roles[1].Member.until");
    is_lost(&named(), account(vec![Role::Pair(1, Some(()))]), "user.roles[0].Pair[1]");
    let limits = BTreeMap::from([("alice@example.com".to_owned(), Some(None))]);
    is_lost(&named(), Account { user: User { roles: Vec::new(), limits } }, "user.limits[…]");
}

#[test]
fn maps_and_sets_may_come_back_in_any_order() {
    let words: Vec<String> = (0..40).map(|n| format!("word {n}")).collect();
    survives::<HashSet<String>>(&named(), &words.iter().cloned().collect());
    survives::<HashSet<String>>(&compact(), &words.iter().cloned().collect());
    let map: HashMap<String, HashSet<u8>> =
        words.iter().map(|word| (word.clone(), (0..4).collect())).collect();
    survives(&named(), &map);
    survives(&compact(), &map);
    let lost: HashMap<u8, Option<Option<u8>>> =
        (0..40).map(|n| (n, if n == 7 { Some(None) } else { Some(Some(n)) })).collect();
    let error = seal(&named(), lost).unwrap_err();
    assert!(error.contains("does not read back as it was written"), "{error}");
    survives::<BTreeSet<u8>>(&named(), &(0..40).collect());
}

#[test]
fn numbers_come_back_to_the_bit() {
    survives(&named(), &(u64::MAX, i64::MIN, u128::MAX, i128::MIN, -0.0_f64, f32::MIN_POSITIVE));
    for bits in [f64::NAN.to_bits(), (-f64::NAN).to_bits(), 0x7ff8_0000_0000_0001] {
        for sessions in [named::<f64>(), compact()] {
            let cookie = seal(&sessions, f64::from_bits(bits)).unwrap();
            assert_eq!(decode(&sessions, &cookie, NOW).data().to_bits(), bits);
        }
    }
    let cookie = seal(&named::<f32>(), f32::NAN).unwrap();
    assert!(decode(&named::<f32>(), &cookie, NOW).data().is_nan());
}

/// Reads another value than was written, of the same bytes as far as the first goes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Drifting(u8);

impl<'de> Deserialize<'de> for Drifting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u8::deserialize(deserializer)? {
            13 => Err(D::Error::custom("an unlucky value: 13")),
            number => Ok(Self(number / 2)),
        }
    }
}

#[test]
fn a_type_that_reads_something_else_than_it_wrote_is_refused() {
    for sessions in [named::<(u8, Drifting)>(), compact()] {
        assert!(seal(&sessions, (1, Drifting(0))).is_ok());
        is_lost(&sessions, (1, Drifting(2)), "[1]");
        let error = seal(&sessions, (1, Drifting(13))).unwrap_err();
        assert!(!error.contains("13"), "{error}");
    }
}

/// Keeps only the low byte when it is read: 385 becomes 129, whose byte under `compact` is the first of those of 385.
#[derive(Clone, Debug, Default, PartialEq)]
struct Narrowing(u16);

impl Serialize for Narrowing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match u8::try_from(self.0) {
            Ok(byte) => serializer.serialize_u8(byte),
            Err(_) => serializer.serialize_u16(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Narrowing {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(u16::deserialize(deserializer)? & 0xff))
    }
}

#[test]
fn a_value_that_is_written_again_to_the_first_of_its_bytes_is_refused() {
    for sessions in [named::<Narrowing>(), compact()] {
        survives(&sessions, &Narrowing(127));
        is_lost(&sessions, Narrowing(385), "it");
    }
}

/// For people it is whole euros. In a session it has its cents, which are not read back.
#[derive(Default)]
struct Price {
    euros: u32,
    cents: u32,
}

impl Serialize for Price {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_u32(self.euros)
        } else {
            (self.euros, self.cents).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Price {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let euros = if deserializer.is_human_readable() {
            u32::deserialize(deserializer)?
        } else {
            <(u32, u32)>::deserialize(deserializer)?.0
        };
        Ok(Self { euros, cents: 0 })
    }
}

#[test]
fn what_is_compared_is_the_form_that_is_sealed() {
    for sessions in [named::<Price>(), compact()] {
        assert!(seal(&sessions, Price { euros: 3, cents: 0 }).is_ok());
        is_lost(&sessions, Price { euros: 3, cents: 50 }, "[1]");
    }
}

#[test]
fn a_payload_that_is_too_large_is_not_read_back() {
    thread_local! { static READ: std::cell::Cell<u32> = const { std::cell::Cell::new(0) }; }
    #[derive(Default, Serialize)]
    struct Counted(String);
    impl<'de> Deserialize<'de> for Counted {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            READ.set(READ.get() + 1);
            String::deserialize(deserializer).map(Self)
        }
    }
    let sessions = named::<Counted>();
    let mut session = visit(&sessions, NOW);
    session.data_mut().0 = "x".repeat(4000);
    READ.set(0);
    let mut headers = HeaderMap::new();
    let error = sessions.encode_at(&session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::TooLarge { .. }), "{error:?}");
    assert_eq!(READ.get(), 0);
    session.data_mut().0.truncate(40);
    encode(&sessions, &session, NOW);
    assert_eq!(READ.get(), 1);
}

#[test]
fn a_payload_from_upgrade_is_read_back_too() {
    let old = CookieSessions::typed::<u8>(ring(1), "old").build().unwrap();
    let new = CookieSessions::typed::<Option<Option<u8>>>(ring(1), "new")
        .upgrade_from::<u8>("old", |_| Some(None))
        .build()
        .unwrap();
    let mut session = decode(&new, &seal(&old, 1).unwrap(), NOW);
    session.renew();
    let error = sessions_error(&new, &session);
    assert!(matches!(error, EncodeError::Payload(_)), "{error:?}");
}

#[track_caller]
fn sessions_error<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    session: &sealed_session::Session<T>,
) -> EncodeError {
    let mut headers = HeaderMap::new();
    sessions.encode_at(session, &mut headers, StatusCode::OK, at(NOW)).unwrap_err()
}

#[test]
fn a_payload_that_does_not_survive_leaves_the_response_untouched() {
    let sessions = named::<Option<Option<u8>>>();
    let cookie = seal(&sessions, None).unwrap();
    for (row, mut session) in
        [("fresh", visit(&sessions, NOW)), ("loaded", decode(&sessions, &cookie, NOW))]
    {
        *session.data_mut() = Some(None);
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
        assert_eq!(headers, before, "{row}");
        assert!(matches!(sessions.request_cookie(&session), Err(EncodeError::Payload(_))), "{row}");
        let jar = sessions.to_cookie(&session, at(NOW));
        assert!(matches!(jar, Err(EncodeError::Payload(_))), "{row}");
    }
}

#[test]
fn a_payload_that_does_not_serialize_is_refused_without_the_words_of_its_type() {
    use std::error::Error;
    #[derive(Default, Deserialize)]
    struct Refusing(u8);
    impl Serialize for Refusing {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self.0 {
                0 => serializer.serialize_newtype_struct("Refusing", &0),
                _ => Err(serde::ser::Error::custom(format!("{} is not zero", self.0))),
            }
        }
    }
    let sessions = named::<Refusing>();
    let mut session = visit(&sessions, NOW);
    session.data_mut().0 = 1;
    let error = sessions_error(&sessions, &session);
    assert_eq!(
        error.to_string(),
        format!("the payload cannot be sealed: it does not serialize; {SEE}")
    );
    assert_eq!(error.source().unwrap().to_string(), "its own serializer refuses a value");
    assert!(matches!(sessions.set_cookie_len(&session), Err(EncodeError::Payload(_))));
}

/// A comment with replies.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Nested(Vec<Nested>);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Tower {
    #[default]
    Ground,
    Newtype(Box<Tower>),
    Tuple(u8, Box<Tower>),
    Struct {
        on: Box<Tower>,
    },
}

fn nested(levels: usize) -> Nested {
    (1..levels).fold(Nested::default(), |inner, _| Nested(vec![inner]))
}

fn tower(levels: usize, put: fn(Box<Tower>) -> Tower) -> Tower {
    (0..levels).fold(Tower::Ground, |on, _| put(Box::new(on)))
}

/// The first level too many, of a value that can be dropped and compared by recursion itself.
#[test]
fn sixty_four_levels_are_sealed_and_opened_and_one_more_is_refused() {
    let too_deep = format!(
        "the payload cannot be sealed: it nests more than 64 levels; limit what a client can nest, {SEE}"
    );
    for sessions in [named::<Nested>(), compact()] {
        survives(&sessions, &nested(64));
        for levels in [65, 1000] {
            assert_eq!(seal(&sessions, nested(levels)).unwrap_err(), too_deep);
        }
    }
    let puts: [fn(Box<Tower>) -> Tower; 3] =
        [Tower::Newtype, |on| Tower::Tuple(1, on), |on| Tower::Struct { on }];
    for sessions in [named::<Tower>(), compact()] {
        for put in puts {
            survives(&sessions, &tower(64, put));
            assert_eq!(seal(&sessions, tower(65, put)).unwrap_err(), too_deep);
        }
    }
    let options: Option<Option<Option<Vec<u8>>>> = Some(Some(Some(vec![1])));
    survives(&named(), &options);
}

/// Tests run in threads of 2 MiB: a value that nests without an end ends in an error there.
#[test]
fn a_value_without_an_end_is_an_error_and_no_abort() {
    #[derive(Deserialize)]
    struct Endless;
    impl Serialize for Endless {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq([Self])
        }
    }
    #[derive(Default, Serialize, Deserialize)]
    struct Holder(Option<Box<Endless>>);
    for sessions in [named::<Holder>(), compact()] {
        let run = move || seal(&sessions, Holder(Some(Box::new(Endless)))).unwrap_err();
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).unwrap();
        let error = thread.join().unwrap();
        assert!(error.contains("more than 64 levels"), "{error}");
    }
    support::sessions();
}

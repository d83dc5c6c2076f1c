//! A row of the table, from a value to a cookie and back.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{
    Builder, ConfigError, CookieSessions, EncodeError, Keyring, Secret, Sent, Session, Transport,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What becomes of every sample of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// It is read back as it was, and written again to the same bytes.
    Survives,
    /// It is read back as it was, and may be written in another order.
    Reordered,
    /// It is read back as another value, which serde cannot tell from it: it is written again to the same bytes.
    Alike,
    /// `build()` refuses a default of it, and `encode` any other value.
    Refused,
}

use Outcome::{Alike, Refused, Reordered, Survives};

/// A row of the table.
pub(crate) trait Row {
    type Type: Clone + Debug + PartialEq + Serialize + DeserializeOwned;

    fn samples() -> Vec<Self::Type>;
}

/// The type itself, with the first sample as its default. To serde it is what it holds.
struct Shown<R: Row>(R::Type);

impl<R: Row> Default for Shown<R> {
    fn default() -> Self {
        Self(R::samples().remove(0))
    }
}

impl<R: Row> Serialize for Shown<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, R: Row> Deserialize<'de> for Shown<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        R::Type::deserialize(deserializer).map(Self)
    }
}

fn typed<T: Serialize + DeserializeOwned + Default>() -> Builder<T> {
    CookieSessions::typed(Keyring::new(Secret::generate()), "row")
}

#[track_caller]
pub(crate) fn row<R: Row>(named: Outcome, compact: Outcome) {
    for (encoding, expected) in [("named", named), ("compact", compact)] {
        let what = |how| format!("{encoding}, {how}, of {:?}", R::samples());
        let built = match encoding {
            "named" => (typed().build(), typed().build()),
            _ => (typed().compact().build(), typed().compact().build()),
        };
        assert_eq!(shown::<R>(built.0, expected), expected, "{}", what("shown"));
        let late = built.1.expect("the default is an empty list");
        // Each alone, so that it is not another one that is refused.
        for sample in R::samples() {
            assert_eq!(sealed(&late, vec![sample], expected), expected, "{}", what("late"));
        }
        assert_eq!(sealed(&late, R::samples(), expected), expected, "{}", what("late, all"));
    }
}

/// What becomes of the samples where the first is the default.
fn shown<R: Row>(
    built: Result<CookieSessions<Shown<R>>, ConfigError>,
    expected: Outcome,
) -> Outcome {
    let sessions = match built {
        Ok(sessions) => sessions,
        Err(ConfigError::Payload { .. }) => return Refused,
        Err(error) => panic!("{error}"),
    };
    for sample in R::samples() {
        let outcome = sealed_as(&sessions, Shown(sample), expected, |one, other| one.0 == other.0);
        if outcome != expected {
            return outcome;
        }
    }
    expected
}

fn sealed<T>(sessions: &CookieSessions<Vec<T>>, data: Vec<T>, expected: Outcome) -> Outcome
where
    T: Clone + Debug + PartialEq + Serialize + DeserializeOwned,
{
    sealed_as(sessions, data, expected, PartialEq::eq)
}

/// What becomes of a value: it is sealed, opened, compared, and sealed again.
fn sealed_as<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    data: T,
    expected: Outcome,
    is_same: impl Fn(&T, &T) -> bool,
) -> Outcome {
    let mut session = sessions.fresh();
    *session.data_mut() = data;
    session.touch();
    let mut headers = HeaderMap::new();
    match encode(sessions, &session, &mut headers) {
        Ok(sent) => assert_eq!(sent, Sent::Set),
        Err(EncodeError::Payload(_)) => {
            assert!(headers.is_empty());
            return Refused;
        }
        Err(error) => panic!("{error}"),
    }
    let mut opened = decode(sessions, &headers);
    assert_eq!(opened.rejection(), None);
    assert!(!opened.is_new(), "a cookie was set, and there is no session");
    let is_same = is_same(opened.data(), session.data());
    assert!(is_same || expected == Alike, "a cookie holds another value");
    // Now it counts as changed if a byte of it is written differently.
    opened.data_mut();
    match encode(sessions, &opened, &mut HeaderMap::new()).expect("it was sealed once") {
        Sent::Unchanged if !is_same => Alike,
        // By chance the order may be the same.
        Sent::Unchanged if expected != Reordered => Survives,
        Sent::Unchanged | Sent::Set if is_same => Reordered,
        sent => panic!("{sent:?}"),
    }
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_001)
}

fn encode<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    session: &Session<T>,
    headers: &mut HeaderMap,
) -> Result<Sent, EncodeError> {
    sessions.encode_at(session, headers, StatusCode::OK, now())
}

/// What the browser that got this response sends with its next request.
fn decode<T: Serialize + DeserializeOwned + Default>(
    sessions: &CookieSessions<T>,
    response: &HeaderMap,
) -> Session<T> {
    let line = response[SET_COOKIE].to_str().expect("it is ASCII");
    let (pair, _) = line.split_once(';').expect("it has attributes");
    let mut request = HeaderMap::new();
    request.insert(COOKIE, HeaderValue::from_str(pair).expect("it was one"));
    sessions.decode_at(&request, Transport::Https, now())
}

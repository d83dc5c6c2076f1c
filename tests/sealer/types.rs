//! What a value may be: what a typed session may hold, and no default value.

use std::collections::BTreeMap;
use std::error::Error;

use sealed_session::{EncodeError, Rejection, SameSite};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::support::{NOW, at, secs, sessions};

#[track_caller]
fn survives<V: Serialize + DeserializeOwned + PartialEq>(value: &V) {
    let sealer = sessions().sealer::<V>("a", secs(60)).unwrap();
    let sealed = sealer.seal(value, at(NOW)).unwrap();
    assert!(sealer.open(&sealed, at(NOW)).is_ok_and(|opened| opened == *value));
}

#[derive(PartialEq, Serialize, Deserialize)]
enum Next {
    Page(String),
    Home,
}

#[test]
fn a_value_of_every_kind_survives_without_a_default() {
    survives(&());
    survives(&String::new());
    survives(&"a".repeat(2000));
    survives(&(1_u8, -1_i64, true, 'é'));
    survives(&u128::MAX);
    survives(&Some(7_u8));
    survives(&Next::Page("/cart".into()));
    survives(&Next::Home);
    survives(&BTreeMap::from([(1, vec!["a".to_owned()])]));
}

#[test]
fn a_value_that_would_not_open_is_not_sealed() {
    let sealer = sessions().sealer::<Option<Option<u8>>>("a", secs(60)).unwrap();
    let error = sealer.seal(&Some(None), at(NOW)).unwrap_err();
    assert!(matches!(error, EncodeError::Payload(_)), "{error}");
    let cookie = sealer.in_cookie("a", SameSite::Lax).unwrap();
    let mut headers = http::HeaderMap::new();
    let error = cookie.encode(&Some(None), &mut headers, sessions().transport(), at(NOW));
    assert!(matches!(error, Err(EncodeError::Payload(_))));
    assert!(headers.is_empty());
}

struct Failing;

impl Serialize for Failing {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("no"))
    }
}

impl<'de> Deserialize<'de> for Failing {
    fn deserialize<D: serde::Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

#[test]
fn a_value_that_does_not_serialize_is_an_error_with_its_source() {
    let sealer = sessions().sealer::<Failing>("a", secs(60)).unwrap();
    let error = sealer.seal(&Failing, at(NOW)).unwrap_err();
    assert!(error.to_string().starts_with("the payload cannot be sealed: it does not serialize"));
    assert!(error.source().is_some());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Old {
    user: u8,
    gone: String,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct New {
    user: u64,
    #[serde(default)]
    added: bool,
}

#[test]
fn a_type_may_change_as_that_of_a_session() {
    let sessions = sessions();
    let old = sessions.sealer::<Old>("a", secs(60)).unwrap();
    let new = sessions.sealer::<New>("a", secs(60)).unwrap();
    let sealed = old.seal(&Old { user: 7, gone: "x".into() }, at(NOW)).unwrap();
    assert_eq!(new.open(&sealed, at(NOW)), Ok(New { user: 7, added: false }));
    let sealed = new.seal(&New { user: 7, added: true }, at(NOW)).unwrap();
    assert_eq!(old.open(&sealed, at(NOW)), Err(Rejection::Corrupt), "a field is missing");
}

#[test]
fn reading_is_as_strict_as_that_of_a_session() {
    let sessions = sessions();
    let list = sessions.sealer::<(u8, String)>("a", secs(60)).unwrap();
    let sealed = list.seal(&(7, "x".into()), at(NOW)).unwrap();
    let opened = sessions.sealer::<Old>("a", secs(60)).unwrap().open(&sealed, at(NOW));
    assert_eq!(opened, Err(Rejection::Corrupt), "an array for a struct");
}

//! The types of typed payloads in `tests/vectors`; `tests/vectors/named.py` has them a second time.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// `type: account`: each field has to be there.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    user: String,
    visits: u32,
    admin: bool,
}

/// `type: tree`: a sequence of itself, for levels.
#[derive(Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree(Vec<Self>);

/// A struct none of whose fields has to be there; what has its default is not written.
macro_rules! sparse {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub(super) struct $name {
            $(#[serde(skip_serializing_if = "is_default")] $field: $kind,)*
        }
    };
}

sparse! {
    /// `type: kinds`: one field of each kind.
    Kinds {
        nothing: (),
        empty: Empty,
        flag: bool,
        unsigned: u64,
        signed: i64,
        wide: u128,
        float: f64,
        text: String,
        bytes: Bytes,
        option: Option<u32>,
        nested: Option<Option<u32>>,
        list: Vec<u32>,
        pair: (u32, String),
        map: BTreeMap<String, u32>,
        numbers: BTreeMap<u32, u32>,
        card: Option<Card>,
        role: Role,
        tree: Tree,
        inner: Option<Box<Kinds>>,
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
struct Empty;

/// Its option may be missing, its number may not.
#[derive(PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    number: u32,
    note: Option<String>,
}

/// A variant of each kind.
#[derive(Default, PartialEq, Serialize, Deserialize)]
enum Role {
    #[default]
    Guest,
    User(u32),
    Pair(u32, String),
    Rect {
        width: u32,
        height: u32,
    },
    Deputy(Box<Role>),
}

/// Bytes that are written as bytes, not as a sequence of integers.
#[derive(Default, PartialEq)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor)
    }
}

struct BytesVisitor;

impl de::Visitor<'_> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(bytes.to_vec()))
    }
}

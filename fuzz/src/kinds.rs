//! The type `kinds` of `tests/vectors`, and what it reads from a payload.
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "the compiler does not take a method of `At` for every lifetime"
)]

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::messagepack::At;
use crate::typed::{Tree, Typed};

/// A struct none of whose fields has to be there; what has its default is not written.
macro_rules! sparse {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(#[serde(skip_serializing_if = "is_default")] $field: $kind,)*
        }
    };
}

sparse! {
    /// A field of each kind.
    Kinds {
        nothing: (),
        empty: Empty,
        flag: bool,
        unsigned: u64,
        signed: i64,
        wide: u128,
        float: Float,
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

impl Typed for Kinds {
    fn of(at: At<'_, '_>) -> Option<Self> {
        let [
            nothing,
            empty,
            flag,
            unsigned,
            signed,
            wide,
            float,
            text,
            bytes,
            option,
            nested,
            list,
            pair,
            map,
            numbers,
            card,
            role,
            tree,
            inner,
        ] = at.fields([
            "nothing", "empty", "flag", "unsigned", "signed", "wide", "float", "text", "bytes",
            "option", "nested", "list", "pair", "map", "numbers", "card", "role", "tree", "inner",
        ])?;
        Some(Self {
            nothing: or_default(nothing, At::nil)?,
            empty: or_default(empty, |at| at.empty().map(|()| Empty))?,
            flag: or_default(flag, At::bool)?,
            unsigned: or_default(unsigned, At::integer)?,
            signed: or_default(signed, At::integer)?,
            wide: or_default(wide, At::wide)?,
            float: or_default(float, |at| at.float().map(Float))?,
            text: or_default(text, At::text)?,
            bytes: or_default(bytes, |at| at.bytes().map(Bytes))?,
            option: or_default(option, |at| at.option(At::integer))?,
            nested: or_default(nested, |at| at.option(|at| at.option(At::integer)))?,
            list: or_default(list, |at| at.sequence(|one| one.integer()))?,
            pair: or_default(pair, pair_of)?,
            map: or_default(map, |at| at.map(At::text, At::integer))?,
            numbers: or_default(numbers, |at| at.map(At::integer, At::integer))?,
            card: or_default(card, |at| at.option(Card::of))?,
            role: or_default(role, Role::of)?,
            tree: or_default(tree, Tree::of)?,
            inner: or_default(inner, |at| at.option(|at| Self::of(at).map(Box::new)))?,
        })
    }

    fn example() -> Self {
        Self { text: "x".into(), role: Role::User(17), ..Self::default() }
    }
}

/// What a field holds that may be missing.
fn or_default<'f, 'p, T: Default>(
    field: Option<At<'f, 'p>>,
    read: impl FnOnce(At<'f, 'p>) -> Option<T>,
) -> Option<T> {
    field.map_or_else(|| Some(T::default()), read)
}

fn pair_of(at: At<'_, '_>) -> Option<(u32, String)> {
    let [number, text] = at.tuple()?;
    Some((number.integer()?, text.text()?))
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Empty;

/// A number that is equal to itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Float(f64);

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// It takes no other field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    number: u32,
    note: Option<String>,
}

impl Card {
    fn of(at: At<'_, '_>) -> Option<Self> {
        let [number, note] = at.only_fields(["number", "note"])?;
        let note = note.map_or(Some(None), |note| note.option(At::text))?;
        Some(Self { number: number?.integer()?, note })
    }
}

/// A variant of each kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
enum Role {
    #[default]
    Guest,
    User(u32),
    Pair(u32, String),
    Rect {
        width: u32,
        height: u32,
    },
    Deputy(Box<Self>),
}

impl Role {
    fn of(at: At<'_, '_>) -> Option<Self> {
        match at.variant()? {
            ("Guest", content) => content.map_or(Some(()), At::nil).map(|()| Self::Guest),
            ("User", Some(content)) => content.newtype()?.integer().map(Self::User),
            ("Pair", Some(content)) => {
                pair_of(content).map(|(number, text)| Self::Pair(number, text))
            }
            ("Rect", Some(content)) => {
                let [width, height] = content.fields(["width", "height"])?;
                Some(Self::Rect { width: width?.integer()?, height: height?.integer()? })
            }
            ("Deputy", Some(content)) => {
                Self::of(content.newtype()?).map(Box::new).map(Self::Deputy)
            }
            _ => None,
        }
    }
}

/// Bytes that are written as bytes.
#[derive(Clone, Debug, Default, PartialEq)]
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

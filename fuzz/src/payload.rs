//! The payloads of the targets, and what is known of their bytes without the library.

use std::collections::BTreeMap;
use std::fmt::Debug;

use sealed_session::{Builder, CookieSessions, Dict, Keyring, Payload};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::format::length_prefixed;
use crate::input::Input;
use crate::msgpack::{self, Value};
use crate::parts::{take_varint, varint};

pub type Map = BTreeMap<String, String>;

/// A payload whose bytes are known without the library.
pub trait Known: Payload {
    /// The schema in the scope, of this name in the plan.
    fn schema(name: Option<&str>) -> String;

    /// A builder of sessions with these payloads.
    fn builder(keyring: Keyring, name: Option<&str>) -> Builder<Self>
    where
        Self: Sized;

    /// Whether these are the bytes of one.
    fn is(payload: &[u8]) -> bool;

    /// Whether these bytes, which are a payload, are read as this one.
    fn is_read_from(&self, payload: &[u8]) -> bool;

    /// The bytes that it is written as.
    fn bytes(&self) -> Vec<u8>;

    /// Takes arbitrary data.
    fn fill(&mut self, input: &mut Input<'_>);
}

impl Known for Dict {
    fn schema(_: Option<&str>) -> String {
        "dict".into()
    }

    fn builder(keyring: Keyring, _: Option<&str>) -> Builder<Self> {
        CookieSessions::builder(keyring)
    }

    fn is(payload: &[u8]) -> bool {
        parse(payload).is_some()
    }

    fn is_read_from(&self, payload: &[u8]) -> bool {
        parse(payload).is_some_and(|map| self.iter().eq(entries(&map)))
    }

    fn bytes(&self) -> Vec<u8> {
        // In the order of `iter`, which `parse` then has to agree with.
        let entries: Vec<(&str, &str)> = self.iter().collect();
        render(entries.len(), entries)
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        for _ in 0..input.below(5) {
            self.set(input.text(8), input.text(255).repeat(input.pick(&[1, 1, 6])));
        }
    }
}

/// The payload of the schema `account-1` in `tests/vectors`: compact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub user: String,
    pub visits: u32,
    pub admin: bool,
}

impl Known for Account {
    fn schema(name: Option<&str>) -> String {
        let names = ["user", "visits", "admin"];
        let asked =
            [asked("struct", &names), asked("str", &[]), asked("u32", &[]), asked("bool", &[])];
        let shape: String = Sha256::digest(asked.concat())[..4].iter().copied().map(hex).collect();
        format!("postcard/{}/{shape}", name.unwrap())
    }

    fn builder(keyring: Keyring, name: Option<&str>) -> Builder<Self> {
        CookieSessions::typed(keyring, name.unwrap()).compact()
    }

    fn is(payload: &[u8]) -> bool {
        is_postcard::<Self>(payload)
    }

    fn is_read_from(&self, payload: &[u8]) -> bool {
        postcard::from_bytes(payload).is_ok_and(|read: Self| read == *self)
    }

    fn bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap()
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        self.user = input.text(20).into();
        self.visits = input.take();
        self.admin = input.rarely(2);
    }
}

/// What a type asks for, as the shape has it; all counts here are of names.
fn asked(kind: &str, names: &[&str]) -> Vec<u8> {
    let count = u16::try_from(names.len()).unwrap().to_be_bytes().to_vec();
    let names = names.iter().flat_map(|name| length_prefixed(name)).collect();
    [length_prefixed(kind), count, names].concat()
}

fn hex(byte: u8) -> String {
    format!("{byte:02x}")
}

/// One field of each kind: named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub user: String,
    pub visits: u32,
    pub admin: bool,
    pub email: Option<String>,
    pub roles: Vec<u16>,
}

impl Known for Profile {
    fn schema(name: Option<&str>) -> String {
        format!("named/{}", name.unwrap())
    }

    fn builder(keyring: Keyring, name: Option<&str>) -> Builder<Self> {
        CookieSessions::typed(keyring, name.unwrap())
    }

    fn is(payload: &[u8]) -> bool {
        Self::read(payload).is_some()
    }

    fn is_read_from(&self, payload: &[u8]) -> bool {
        Self::read(payload).is_some_and(|read| read == *self)
    }

    fn bytes(&self) -> Vec<u8> {
        let text = |text: &str| Value::Text(text.into());
        let roles = self.roles.iter().map(|role| Value::Int((*role).into())).collect();
        let fields = [
            ("user", text(&self.user)),
            ("visits", Value::Int(self.visits.into())),
            ("admin", Value::Bool(self.admin)),
            ("email", self.email.as_deref().map_or(Value::Nil, text)),
            ("roles", Value::List(roles)),
        ];
        msgpack::render(&Value::Map(fields.map(|(name, value)| (text(name), value)).into()))
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        self.user = input.text(20).into();
        self.visits = input.take();
        self.admin = input.rarely(2);
        self.email = input.rarely(2).then(|| input.text(20).into());
        self.roles = (0..input.below(5)).map(|_| input.take()).collect();
    }
}

impl Profile {
    /// Fields in any order, each once, those that it does not know skipped; a missing option is `None`.
    fn read(payload: &[u8]) -> Option<Self> {
        let Some(Value::Map(entries)) = msgpack::parse(payload) else { return None };
        let mut fields = BTreeMap::new();
        for (name, value) in entries {
            let Value::Text(name) = name else { return None };
            if fields.insert(String::from_utf8(name).ok()?, value).is_some() {
                return None;
            }
        }
        Some(Self {
            user: text(fields.get("user")?)?,
            visits: int(fields.get("visits")?)?,
            admin: bool(fields.get("admin")?)?,
            email: match fields.get("email") {
                None | Some(Value::Nil) => None,
                Some(value) => Some(text(value)?),
            },
            roles: match fields.get("roles")? {
                Value::List(values) => values.iter().map(int).collect::<Option<_>>()?,
                // Serde takes bytes for a list of small numbers, and for a text if they are one.
                Value::Bytes(bytes) => bytes.iter().map(|byte| (*byte).into()).collect(),
                _ => return None,
            },
        })
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(bytes) | Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
        _ => None,
    }
}

fn bool(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        _ => None,
    }
}

fn int<N: TryFrom<i128>>(value: &Value) -> Option<N> {
    match value {
        Value::Int(value) => N::try_from(*value).ok(),
        _ => None,
    }
}

/// Whether postcard takes it to the last byte.
fn is_postcard<'p, T: Deserialize<'p>>(payload: &'p [u8]) -> bool {
    postcard::take_from_bytes::<T>(payload).is_ok_and(|(_, rest)| rest.is_empty())
}

/// The dictionary of a payload: read leniently, and well-formed if its entries render to the same
/// bytes.
pub fn parse(payload: &[u8]) -> Option<Map> {
    let mut rest = payload;
    let mut map = Map::new();
    for _ in 0..take_varint(&mut rest)? {
        let (key, value) = (take_text(&mut rest)?, take_text(&mut rest)?);
        map.insert(key, value);
    }
    (of_map(&map) == payload).then_some(map)
}

/// The payload of a dictionary.
pub fn of_map(map: &Map) -> Vec<u8> {
    render(map.len(), entries(map))
}

fn entries(map: &Map) -> impl Iterator<Item = (&str, &str)> {
    map.iter().map(|(key, value)| (key.as_str(), value.as_str()))
}

fn render<'e>(count: usize, entries: impl IntoIterator<Item = (&'e str, &'e str)>) -> Vec<u8> {
    let len = |len: usize| varint(len as u64);
    let text = |text: &str| [&len(text.len()), text.as_bytes()].concat();
    let entries = entries.into_iter().flat_map(|(key, value)| [text(key), text(value)]);
    std::iter::once(len(count)).chain(entries).flatten().collect()
}

fn take_text(bytes: &mut &[u8]) -> Option<String> {
    let len = usize::try_from(take_varint(bytes)?).ok()?;
    let text = bytes.get(..len)?;
    *bytes = &bytes[len..];
    String::from_utf8(text.to_vec()).ok()
}

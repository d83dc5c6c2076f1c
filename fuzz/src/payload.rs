//! The payloads of the targets, and what is known of their bytes without the library.

use std::collections::BTreeMap;
use std::fmt::Debug;

use sealed_session::{Dict, Payload};
use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::parts::{take_varint, varint};

pub type Map = BTreeMap<String, String>;

/// A payload whose bytes are known without the library.
pub trait Known: Payload {
    /// Whether each value has one form only, and no other is read.
    const IS_CANONICAL: bool;

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
    const IS_CANONICAL: bool = true;

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

/// The payload of the schema `account-1` in `tests/vectors`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub user: String,
    pub visits: u32,
    pub admin: bool,
}

/// One field of each kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub user: String,
    pub visits: u32,
    pub admin: bool,
    pub email: Option<String>,
    pub roles: Vec<u16>,
}

impl Known for Account {
    const IS_CANONICAL: bool = false;

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

impl Known for Profile {
    const IS_CANONICAL: bool = false;

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
        self.email = input.rarely(2).then(|| input.text(20).into());
        self.roles = (0..input.below(5)).map(|_| input.take()).collect();
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

//! The payloads of the targets, and what is known of their bytes without the library.

use std::collections::BTreeMap;
use std::fmt::Debug;

use sealed_session::{Builder, CookieSessions, Dict, Keyring, Payload};
use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::messagepack::{At, parse as parse_named};
use crate::parts::{take_varint, varint};
use crate::typed::Typed;

pub type Map = BTreeMap<String, String>;

/// What the scope says of a payload, beside the name that it was given.
#[derive(Clone, Copy, Debug)]
pub enum Encoding {
    Dict,
    Named,
    /// With this shape.
    Compact(&'static str),
}

/// A payload whose bytes are known without the library.
pub trait Known: Payload {
    const ENCODING: Encoding;

    /// The builder of its sessions; a dictionary has no schema.
    fn builder(keyring: Keyring, schema: &str) -> Builder<Self>;

    /// Whether these are the bytes of one.
    fn is(payload: &[u8]) -> bool;

    /// Whether these bytes, which are a payload, are read as this one.
    fn is_read_from(&self, payload: &[u8]) -> bool;

    /// One that is not the default.
    fn example() -> Self;

    /// The bytes that it is written as.
    fn bytes(&self) -> Vec<u8>;

    /// Takes arbitrary data.
    fn fill(&mut self, input: &mut Input<'_>);
}

impl Known for Dict {
    const ENCODING: Encoding = Encoding::Dict;

    fn builder(keyring: Keyring, _: &str) -> Builder<Self> {
        CookieSessions::builder(keyring)
    }

    fn is(payload: &[u8]) -> bool {
        parse(payload).is_some()
    }

    fn is_read_from(&self, payload: &[u8]) -> bool {
        parse(payload).is_some_and(|map| self.iter().eq(entries(&map)))
    }

    fn example() -> Self {
        Self::from_iter([("user", "alice")])
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

/// A type in the compact encoding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Compact<T>(T);

impl<T: Typed> Known for T {
    const ENCODING: Encoding = Encoding::Named;

    fn builder(keyring: Keyring, schema: &str) -> Builder<Self> {
        CookieSessions::typed(keyring, schema)
    }

    fn is(payload: &[u8]) -> bool {
        read_named::<T>(payload).is_some()
    }

    fn is_read_from(&self, payload: &[u8]) -> bool {
        read_named::<T>(payload).is_some_and(|read| read == *self)
    }

    fn example() -> Self {
        T::example()
    }

    fn bytes(&self) -> Vec<u8> {
        rmp_serde::to_vec_named(self).unwrap()
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        Typed::fill(self, input);
    }
}

impl<T: Typed> Known for Compact<T> {
    const ENCODING: Encoding = Encoding::Compact(T::SHAPE);

    fn builder(keyring: Keyring, schema: &str) -> Builder<Self> {
        CookieSessions::typed::<Self>(keyring, schema).compact()
    }

    fn is(payload: &[u8]) -> bool {
        read_compact::<T>(payload).is_some()
    }

    fn is_read_from(&self, payload: &[u8]) -> bool {
        read_compact::<T>(payload).is_some_and(|read| read == self.0)
    }

    fn example() -> Self {
        Self(T::example())
    }

    fn bytes(&self) -> Vec<u8> {
        postcard::to_allocvec(self).unwrap()
    }

    fn fill(&mut self, input: &mut Input<'_>) {
        self.0.fill(input);
    }
}

fn read_named<T: Typed>(payload: &[u8]) -> Option<T> {
    parse_named(payload).and_then(|found| T::of(At::top(&found)))
}

/// What postcard takes to the last byte, if it may look at it.
fn read_compact<T: Typed>(payload: &[u8]) -> Option<T> {
    let payload = Some(payload).filter(|payload| T::is_bounded(payload))?;
    let (read, rest) = postcard::take_from_bytes::<T>(payload).ok()?;
    rest.is_empty().then_some(read)
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

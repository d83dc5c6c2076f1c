//! What is read next inside a value: a value of the type, or a name.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};

use crate::session::typed::reading::{Reading, Strict};
use crate::session::typed::shape::Observer;

/// What is read next.
pub(super) struct Seed<S, O> {
    pub(super) inner: S,
    pub(super) reading: Reading<O>,
}

impl<'de, S: DeserializeSeed<'de>, O: Observer> DeserializeSeed<'de> for Seed<S, O> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict::new(inner, self.reading))
    }
}

/// A name, and nothing that a type might accept as one.
pub(super) struct NameSeed;

impl<'de> DeserializeSeed<'de> for NameSeed {
    type Value = &'de str;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<&'de str, D::Error> {
        inner.deserialize_identifier(self)
    }
}

impl<'de> Visitor<'de> for NameSeed {
    type Value = &'de str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<&'de str, E> {
        Ok(name)
    }
}

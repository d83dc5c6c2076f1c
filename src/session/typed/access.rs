//! What stands between a format and a type that reads what is inside a value: elements, entries, variants.
//!
//! A type may ask for the next value only through these, so that a rule which holds here holds at every level.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use crate::session::typed::reading::{Expected, Reading, Strict};
use crate::session::typed::shape::{Observer, Step};
use crate::session::typed::visitor::Watched;

/// Elements for which room is made before they are read: a length that is claimed costs nothing.
const MAX_RESERVED: usize = 16;

/// Elements of one sequence. A cookie has room for fewer, unless they take no byte at all.
const MAX_ELEMENTS: usize = 4096;

/// What is read next.
struct Seed<S, O> {
    inner: S,
    reading: Reading<O>,
}

impl<'de, S: DeserializeSeed<'de>, O: Observer> DeserializeSeed<'de> for Seed<S, O> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(Strict::new(inner, self.reading))
    }
}

/// A name, and nothing that a type might take for one.
struct NameSeed;

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

/// The elements of a sequence.
pub(super) struct Elements<A, O> {
    inner: A,
    reading: Reading<O>,
    /// Of a struct whose fields stand by position.
    fields: &'static [&'static str],
    at: usize,
}

impl<A, O> Elements<A, O> {
    pub(super) fn new(inner: A, reading: Reading<O>, fields: &'static [&'static str]) -> Self {
        Self { inner, reading, fields, at: 0 }
    }
}

impl<'de, A: SeqAccess<'de>, O: Observer> SeqAccess<'de> for Elements<A, O> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        // Only elements that take no byte can be more: the end of the payload does not end those.
        if self.at > MAX_ELEMENTS {
            return Err(Error::custom("too many elements"));
        }
        let step =
            self.fields.get(self.at).map_or(Step::Element(self.at), |name| Step::Field(name));
        self.at += 1;
        let (inner, reading) = (&mut self.inner, self.reading);
        reading.at(step, || inner.next_element_seed(Seed { inner: seed, reading }))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|hint| hint.min(MAX_RESERVED))
    }
}

/// The entries of a map.
pub(super) struct MapEntries<A, O> {
    pub(super) inner: A,
    pub(super) reading: Reading<O>,
}

impl<'de, A: MapAccess<'de>, O: Observer> MapAccess<'de> for MapEntries<A, O> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let (inner, reading) = (&mut self.inner, self.reading);
        reading.at(Step::Entry, || inner.next_key_seed(Seed { inner: seed, reading }))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let (inner, reading) = (&mut self.inner, self.reading);
        reading.at(Step::Entry, || inner.next_value_seed(Seed { inner: seed, reading }))
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint().map(|hint| hint.min(MAX_RESERVED))
    }
}

/// The fields of a struct, each by its name.
pub(super) struct FieldEntries<'de, A, O> {
    inner: A,
    reading: Reading<O>,
    /// The type itself refuses one of these that comes twice.
    known: &'static [&'static str],
    /// Names that it will skip.
    unknown: Vec<&'de str>,
    /// The field whose value is next, if it is known.
    next: Option<&'static str>,
}

impl<A, O> FieldEntries<'_, A, O> {
    pub(super) fn new(inner: A, reading: Reading<O>, known: &'static [&'static str]) -> Self {
        Self { inner, reading, known, unknown: Vec::new(), next: None }
    }
}

impl<'de, A: MapAccess<'de>, O: Observer> MapAccess<'de> for FieldEntries<'de, A, O> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let Some(name) = self.inner.next_key_seed(NameSeed)? else { return Ok(None) };
        self.next = self.known.iter().copied().find(|known| *known == name);
        if self.next.is_none() {
            if self.unknown.contains(&name) {
                return Err(Error::custom("a field twice"));
            }
            self.unknown.push(name);
        }
        seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let (inner, reading) = (&mut self.inner, self.reading);
        let read = || inner.next_value_seed(Seed { inner: seed, reading });
        match self.next {
            Some(name) => reading.at(Step::Field(name), read),
            None => read(),
        }
    }
}

/// A variant of an enum.
pub(super) struct Variants<A, O> {
    pub(super) inner: A,
    pub(super) reading: Reading<O>,
}

impl<'de, A: EnumAccess<'de>, O: Observer> EnumAccess<'de> for Variants<A, O> {
    type Error = A::Error;
    type Variant = VariantContent<A::Variant, O>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let Self { inner, reading } = self;
        let (value, inner) = if reading.names {
            let (name, content) = inner.variant_seed(NameSeed)?;
            (seed.deserialize(BorrowedStrDeserializer::new(name))?, content)
        } else {
            inner.variant_seed(Seed { inner: seed, reading })?
        };
        Ok((value, VariantContent { inner, reading }))
    }
}

/// What a variant holds.
pub(super) struct VariantContent<A, O> {
    inner: A,
    reading: Reading<O>,
}

impl<'de, A: VariantAccess<'de>, O: Observer> VariantAccess<'de> for VariantContent<A, O> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.reading.observer.asked("unit variant", 0, &[]);
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.reading.observer.asked("newtype variant", 0, &[]);
        let reading = self.reading.enter()?;
        self.inner.newtype_variant_seed(Seed { inner: seed, reading })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.reading.observer.asked("tuple variant", len, &[]);
        let visitor = Watched::new(visitor, self.reading, Expected::Anything);
        self.inner.tuple_variant(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.reading.observer.asked("struct variant", fields.len(), fields);
        let visitor = Watched::new(visitor, self.reading, Expected::Fields(fields));
        self.inner.struct_variant(fields, visitor)
    }
}

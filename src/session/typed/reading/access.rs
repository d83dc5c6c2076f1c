//! The wrappers between a format and a type that reads it: visitor, elements, entries, variants.
//!
//! A type asks for the next value only through these, so that a rule that is checked here is
//! checked at every level.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use crate::session::typed::reading::seeds::{NameSeed, Seed};
use crate::session::typed::reading::{Expected, Reading, Strict, numbers};
use crate::session::typed::shape::{Observer, Step};

/// Elements for which room is made before they are read: a large claimed length costs nothing.
const MAX_RESERVED: usize = 16;

/// Elements of one sequence. A cookie has room for fewer, unless they take no byte at all.
const MAX_ELEMENTS: usize = 4096;

/// A visitor that is watched.
pub(super) struct Watched<V, O> {
    inner: V,
    reading: Reading<O>,
    expected: Expected,
}

impl<V, O: Observer> Watched<V, O> {
    pub(super) fn new(inner: V, reading: Reading<O>, expected: Expected) -> Self {
        Self { inner, reading, expected }
    }

    /// The visitor, unless it expects a name and this is none.
    fn unless_name<E: Error>(self, found: Unexpected<'_>) -> Result<V, E> {
        match self.expected {
            Expected::Name if self.reading.names => Err(E::invalid_type(found, &"a name")),
            _ => Ok(self.inner),
        }
    }

    /// The visitor, unless it would round an integer of this size.
    fn unless_rounded<E: Error>(self, magnitude: u64) -> Result<V, E> {
        match self.expected {
            Expected::Float { digits } if !numbers::fits(magnitude, digits) => {
                Err(E::invalid_value(NUMBER, &"a number of fewer digits"))
            }
            _ => self.unless_name(NUMBER),
        }
    }
}

macro_rules! visits {
    ($($method:ident($type:ty) $found:expr;)*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.unless_name($found)?.$method(value)
        })*
    };
}

macro_rules! visits_integers {
    ($($method:ident($value:ident: $type:ty) $magnitude:expr;)*) => {
        $(fn $method<E: Error>(self, $value: $type) -> Result<V::Value, E> {
            self.unless_rounded($magnitude.into())?.$method($value)
        })*
    };
}

impl<'de, V: Visitor<'de>, O: Observer> Visitor<'de> for Watched<V, O> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    visits! {
        visit_bool(bool) Unexpected::Other("a bool");
        visit_i128(i128) NUMBER; visit_u128(u128) NUMBER; visit_f32(f32) NUMBER;
        visit_bytes(&[u8]) BYTES; visit_borrowed_bytes(&'de [u8]) BYTES; visit_byte_buf(Vec<u8>) BYTES;
    }

    visits_integers! {
        visit_i8(value: i8) value.unsigned_abs(); visit_i16(value: i16) value.unsigned_abs();
        visit_i32(value: i32) value.unsigned_abs(); visit_i64(value: i64) value.unsigned_abs();
        visit_u8(value: u8) value; visit_u16(value: u16) value; visit_u32(value: u32) value; visit_u64(value: u64) value;
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        match self.expected {
            Expected::Float { digits } if numbers::overflows(value, digits) => {
                Err(E::invalid_value(Unexpected::Float(value), &self.inner))
            }
            _ => self.unless_name(NUMBER)?.visit_f64(value),
        }
    }

    fn visit_char<E: Error>(self, value: char) -> Result<V::Value, E> {
        self.inner.visit_char(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.inner.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.inner.visit_borrowed_str(value)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        self.inner.visit_string(value)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(Strict::new(inner, self.reading))
    }

    /// If none is expected, it is an extension of MessagePack, which is never written here and
    /// which `rmp-serde` does not skip.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        match self.expected {
            Expected::Newtype => self.inner.visit_newtype_struct(Strict::new(inner, self.reading)),
            _ => Err(Error::invalid_type(Unexpected::NewtypeStruct, &self.inner)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        if self.reading.names && matches!(self.expected, Expected::Fields(_)) {
            return Err(Error::invalid_type(Unexpected::Seq, &"fields by name"));
        }
        let reading = self.reading.enter()?;
        let fields = match self.expected {
            Expected::Fields(fields) => fields,
            _ => &[],
        };
        self.inner.visit_seq(Elements { inner, reading, fields, at: 0 })
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let reading = self.reading.enter()?;
        match self.expected {
            Expected::Fields(known) => {
                self.inner.visit_map(FieldEntries::new(inner, reading, known))
            }
            _ => self.inner.visit_map(MapEntries { inner, reading }),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(Variants { inner, reading: self.reading })
    }
}

const NUMBER: Unexpected<'static> = Unexpected::Other("a number");
const BYTES: Unexpected<'static> = Unexpected::Other("bytes");

/// The elements of a sequence.
struct Elements<A, O> {
    inner: A,
    reading: Reading<O>,
    /// Of a struct whose fields are in order, without names.
    fields: &'static [&'static str],
    at: usize,
}

impl<'de, A: SeqAccess<'de>, O: Observer> SeqAccess<'de> for Elements<A, O> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        // Only elements without bytes can be more, because the end of the payload does not end
        // them.
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
struct MapEntries<A, O> {
    inner: A,
    reading: Reading<O>,
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
struct FieldEntries<'de, A, O> {
    inner: A,
    reading: Reading<O>,
    /// The type itself refuses one of these that is there twice.
    known: &'static [&'static str],
    /// Names that it will skip.
    unknown: Vec<&'de str>,
    /// The field whose value is next, if it is known.
    next: Option<&'static str>,
}

impl<A, O> FieldEntries<'_, A, O> {
    fn new(inner: A, reading: Reading<O>, known: &'static [&'static str]) -> Self {
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
struct Variants<A, O> {
    inner: A,
    reading: Reading<O>,
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

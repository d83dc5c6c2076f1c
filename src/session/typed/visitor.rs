//! A visitor around that of a type: sees each value before the type does.

use std::fmt;

use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use crate::session::typed::access::{Elements, FieldEntries, MapEntries, Variants};
use crate::session::typed::numbers;
use crate::session::typed::reading::{Expected, Reading, Strict};
use crate::session::typed::shape::Observer;

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

    /// The visitor, unless it waits for a name and this is none.
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

    /// Where nobody expects one it is an extension of MessagePack, which nothing here writes and `rmp-serde` does not skip.
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
        self.inner.visit_seq(Elements::new(inner, reading, fields))
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

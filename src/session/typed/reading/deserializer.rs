//! A deserializer around another one: counts levels, accepts names only where names belong, and
//! records what was asked for.

use serde::de::{Deserializer, Visitor};

use crate::session::typed::reading::access::Watched;
use crate::session::typed::reading::numbers::Wide;
use crate::session::typed::reading::{Expected, Strict};
use crate::session::typed::shape::Observer;

impl<D, O: Observer> Strict<D, O> {
    fn ask<V>(self, kind: &str, visitor: V) -> (D, Watched<V, O>) {
        self.ask_for(kind, 0, &[], Expected::Anything, visitor)
    }

    fn ask_for<V>(
        self,
        kind: &str,
        count: usize,
        names: &[&str],
        expected: Expected,
        visitor: V,
    ) -> (D, Watched<V, O>) {
        self.reading.observer.asked(kind, count, names);
        self.watch(expected, visitor)
    }

    fn watch<V>(self, expected: Expected, visitor: V) -> (D, Watched<V, O>) {
        (self.inner, Watched::new(visitor, self.reading, expected))
    }
}

macro_rules! asks {
    ($($method:ident $kind:literal)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            let (inner, visitor) = self.ask($kind, visitor);
            inner.$method(visitor)
        })*
    };
}

/// The kinds: see [`shape`](crate::session::typed::shape).
impl<'de, D: Deserializer<'de>, O: Observer> Deserializer<'de> for Strict<D, O> {
    type Error = D::Error;

    asks! {
        deserialize_any "any" deserialize_bool "bool"
        deserialize_i8 "i8" deserialize_i16 "i16" deserialize_i32 "i32" deserialize_i64 "i64" deserialize_i128 "i128"
        deserialize_u8 "u8" deserialize_u16 "u16" deserialize_u32 "u32" deserialize_u64 "u64" deserialize_char "char"
        deserialize_str "str" deserialize_string "str" deserialize_bytes "bytes" deserialize_byte_buf "bytes"
        deserialize_option "option" deserialize_unit "unit" deserialize_seq "seq" deserialize_map "map"
    }

    /// MessagePack has no such integers: they are bytes, or integers if they have 64 bits or fewer.
    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let names = self.reading.names;
        let (inner, visitor) = self.ask("u128", visitor);
        if names { inner.deserialize_any(Wide(visitor)) } else { inner.deserialize_u128(visitor) }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let expected = Expected::Float { digits: f32::MANTISSA_DIGITS };
        let (inner, visitor) = self.ask_for("f32", 0, &[], expected, visitor);
        inner.deserialize_f32(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let expected = Expected::Float { digits: f64::MANTISSA_DIGITS };
        let (inner, visitor) = self.ask_for("f64", 0, &[], expected, visitor);
        inner.deserialize_f64(visitor)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.ask("unit", visitor);
        inner.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.watch(Expected::Newtype, visitor);
        inner.deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.ask_for("tuple", len, &[], Expected::Anything, visitor);
        inner.deserialize_tuple(len, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.ask_for("tuple", len, &[], Expected::Anything, visitor);
        inner.deserialize_tuple_struct(name, len, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let expected = Expected::Fields(fields);
        let (inner, visitor) = self.ask_for("struct", fields.len(), fields, expected, visitor);
        inner.deserialize_struct(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let anything = Expected::Anything;
        let (inner, visitor) = self.ask_for("enum", variants.len(), variants, anything, visitor);
        inner.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.watch(Expected::Name, visitor);
        inner.deserialize_identifier(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let (inner, visitor) = self.watch(Expected::Anything, visitor);
        inner.deserialize_ignored_any(visitor)
    }

    /// Both encodings are binary.
    fn is_human_readable(&self) -> bool {
        false
    }
}

//! A serializer around another one: counts levels, and records the kind of each value.

use std::cell::{Cell, RefCell};

use serde::Serialize;
use serde::ser::{self, Error, Serializer};

use crate::session::typed::shape::MAX_LEVELS;

/// What is recorded of a value while it is written.
#[derive(Default)]
pub(super) struct Trace {
    kinds: RefCell<Vec<u8>>,
    too_deep: Cell<bool>,
}

impl Trace {
    pub(super) fn into_kinds(self) -> Vec<u8> {
        self.kinds.into_inner()
    }

    pub(super) fn is_too_deep(&self) -> bool {
        self.too_deep.get()
    }
}

/// A serializer that is watched.
pub(super) struct Traced<'t, S> {
    inner: S,
    trace: &'t Trace,
    levels_left: usize,
}

impl<'t, S: Serializer> Traced<'t, S> {
    pub(super) fn new(inner: S, trace: &'t Trace) -> Self {
        Self { inner, trace, levels_left: MAX_LEVELS }
    }

    fn is(self, kind: u8) -> S {
        self.trace.kinds.borrow_mut().push(kind);
        self.inner
    }

    /// The serializer, and the wrapper for the values one level below.
    fn enter(self, kind: u8) -> Result<(S, Below<'t>), S::Error> {
        let (trace, levels_left) = (self.trace, self.levels_left.checked_sub(1));
        let Some(levels_left) = levels_left else {
            trace.too_deep.set(true);
            return Err(S::Error::custom("too many levels"));
        };
        Ok((self.is(kind), Below { trace, levels_left }))
    }
}

/// Where a value is.
#[derive(Clone, Copy)]
struct Below<'t> {
    trace: &'t Trace,
    levels_left: usize,
}

impl<'t> Below<'t> {
    fn value<'v, T: ?Sized>(self, value: &'v T) -> Inside<'v, 't, T> {
        Inside { value, below: self }
    }
}

/// A value that is inside another one.
struct Inside<'v, 't, T: ?Sized> {
    value: &'v T,
    below: Below<'t>,
}

impl<T: Serialize + ?Sized> Serialize for Inside<'_, '_, T> {
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let Below { trace, levels_left } = self.below;
        self.value.serialize(Traced { inner, trace, levels_left })
    }
}

/// A value of several parts.
pub(super) struct Parts<'t, C> {
    inner: C,
    below: Below<'t>,
}

macro_rules! scalars {
    ($($method:ident($type:ty) $kind:literal)*) => {
        $(fn $method(self, value: $type) -> Result<S::Ok, S::Error> {
            self.is($kind).$method(value)
        })*
    };
}

/// The kinds: one for all integers up to 64 bits, which are compared by value.
impl<'t, S: Serializer> Serializer for Traced<'t, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Parts<'t, S::SerializeSeq>;
    type SerializeTuple = Parts<'t, S::SerializeTuple>;
    type SerializeTupleStruct = Parts<'t, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Parts<'t, S::SerializeTupleVariant>;
    type SerializeMap = Parts<'t, S::SerializeMap>;
    type SerializeStruct = Parts<'t, S::SerializeStruct>;
    type SerializeStructVariant = Parts<'t, S::SerializeStructVariant>;

    scalars! {
        serialize_bool(bool) b'b'
        serialize_i8(i8) b'i' serialize_i16(i16) b'i' serialize_i32(i32) b'i' serialize_i64(i64) b'i'
        serialize_u8(u8) b'i' serialize_u16(u16) b'i' serialize_u32(u32) b'i' serialize_u64(u64) b'i'
        serialize_i128(i128) b'I' serialize_u128(u128) b'U'
        serialize_f32(f32) b'f' serialize_f64(f64) b'F'
        serialize_char(char) b'c' serialize_str(&str) b's' serialize_bytes(&[u8]) b'B'
    }

    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.is(b'n').serialize_none()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        let below = Below { trace: self.trace, levels_left: self.levels_left };
        self.is(b'o').serialize_some(&below.value(value))
    }

    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.is(b'u').serialize_unit()
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.is(b'u').serialize_unit_struct(name)
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.is(b'v').serialize_unit_variant(name, index, variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let below = Below { trace: self.trace, levels_left: self.levels_left };
        self.inner.serialize_newtype_struct(name, &below.value(value))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        let (inner, below) = self.enter(b'w')?;
        inner.serialize_newtype_variant(name, index, variant, &below.value(value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let (inner, below) = self.enter(b'[')?;
        Ok(Parts { inner: inner.serialize_seq(len)?, below })
    }

    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let (inner, below) = self.enter(b'(')?;
        Ok(Parts { inner: inner.serialize_tuple(len)?, below })
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        let (inner, below) = self.enter(b'(')?;
        Ok(Parts { inner: inner.serialize_tuple_struct(name, len)?, below })
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        let (inner, below) = self.enter(b'<')?;
        Ok(Parts { inner: inner.serialize_tuple_variant(name, index, variant, len)?, below })
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let (inner, below) = self.enter(b'{')?;
        Ok(Parts { inner: inner.serialize_map(len)?, below })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        let (inner, below) = self.enter(b'S')?;
        Ok(Parts { inner: inner.serialize_struct(name, len)?, below })
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        let (inner, below) = self.enter(b'V')?;
        Ok(Parts { inner: inner.serialize_struct_variant(name, index, variant, len)?, below })
    }

    /// Both encodings are binary.
    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! parts {
    ($($part:ident::$method:ident)*) => {
        $(impl<C: ser::$part> ser::$part for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
                self.inner.$method(&self.below.value(value))
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        })*
    };
}

parts! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! fields {
    ($($part:ident)*) => {
        $(impl<C: ser::$part> ser::$part for Parts<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), C::Error> {
                self.inner.serialize_field(name, &self.below.value(value))
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl<C: ser::SerializeMap> ser::SerializeMap for Parts<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), C::Error> {
        self.inner.serialize_key(&self.below.value(key))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), C::Error> {
        self.inner.serialize_value(&self.below.value(value))
    }

    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}

//! Two values compared by what each hands to a serializer: serde's data model.
//!
//! Integers compare by value, floating-point numbers by their bits. `Some` differs from the value
//! in it, and no other kinds are equal. The entries of a map and the elements of a sequence may
//! come in any order, since a set is a sequence to serde.

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Serializer};

use crate::session::typed::node::{Kind, Node};

/// What a value lost.
pub(super) enum Lost {
    Nothing,
    /// Its path: fields, variants and indexes of elements. Never a value, and never the key of a
    /// map, which is a value too.
    At(String),
}

/// Compares two values that can both be written.
pub(super) fn lost<T: Serialize>(one: &T, other: &T) -> Lost {
    let nodes = one.serialize(Modeller).and_then(|one| Ok((one, other.serialize(Modeller)?)));
    match nodes {
        Ok((one, other)) if one.sorted() == other.sorted() => Lost::Nothing,
        Ok((one, other)) => Lost::At(one.path_to_difference(&other)),
        Err(_) => Lost::At(String::new()),
    }
}

/// Makes a node of a value. It does not count levels, because the value was written before.
#[derive(Clone, Copy)]
struct Modeller;

macro_rules! scalars {
    ($($method:ident($value:ident: $type:ty) $kind:literal $bytes:expr;)*) => {
        $(fn $method(self, $value: $type) -> Modelled {
            Ok(Node::scalar($kind, $bytes))
        })*
    };
}

type Modelled = Result<Node, fmt::Error>;

impl Serializer for Modeller {
    type Ok = Node;
    /// An error without words, because nobody sees it.
    type Error = fmt::Error;
    type SerializeSeq = Children;
    type SerializeTuple = Children;
    type SerializeTupleStruct = Children;
    type SerializeTupleVariant = Children;
    type SerializeMap = Children;
    type SerializeStruct = Children;
    type SerializeStructVariant = Children;

    scalars! {
        serialize_bool(value: bool) 'b' &[u8::from(value)];
        serialize_i8(value: i8) 'i' &i128::from(value).to_be_bytes();
        serialize_i16(value: i16) 'i' &i128::from(value).to_be_bytes();
        serialize_i32(value: i32) 'i' &i128::from(value).to_be_bytes();
        serialize_i64(value: i64) 'i' &i128::from(value).to_be_bytes();
        serialize_i128(value: i128) 'i' &value.to_be_bytes();
        serialize_u8(value: u8) 'i' &i128::from(value).to_be_bytes();
        serialize_u16(value: u16) 'i' &i128::from(value).to_be_bytes();
        serialize_u32(value: u32) 'i' &i128::from(value).to_be_bytes();
        serialize_u64(value: u64) 'i' &i128::from(value).to_be_bytes();
        serialize_f32(value: f32) 'f' &value.to_be_bytes();
        serialize_f64(value: f64) 'F' &value.to_be_bytes();
        serialize_char(value: char) 'c' &u32::from(value).to_be_bytes();
        serialize_str(value: &str) 's' value.as_bytes();
        serialize_bytes(value: &[u8]) 'B' value;
    }

    fn serialize_u128(self, value: u128) -> Modelled {
        // A value above the range of `i128` is equal to none of those.
        let kind = if i128::try_from(value).is_ok() { 'i' } else { 'I' };
        Ok(Node::scalar(kind, &value.to_be_bytes()))
    }

    fn serialize_none(self) -> Modelled {
        Ok(Node::scalar('n', &[]))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Modelled {
        Ok(Node::new(Kind::Some, vec![value.serialize(self)?]))
    }

    fn serialize_unit(self) -> Modelled {
        Ok(Node::scalar('u', &[]))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Modelled {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, name: &'static str) -> Modelled {
        Ok(Node::new(Kind::Variant, Vec::new()).named(name))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Modelled {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Modelled {
        Ok(Node::new(Kind::Variant, vec![value.serialize(self)?]).named(name))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Children, fmt::Error> {
        Ok(Children::new(Kind::Sequence))
    }

    fn serialize_tuple(self, _: usize) -> Result<Children, fmt::Error> {
        Ok(Children::new(Kind::Tuple))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Children, fmt::Error> {
        Ok(Children::new(Kind::Tuple))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Children, fmt::Error> {
        Ok(Children { variant: Some(name), ..Children::new(Kind::Tuple) })
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Children, fmt::Error> {
        Ok(Children::new(Kind::Map))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Children, fmt::Error> {
        Ok(Children::new(Kind::Struct))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Children, fmt::Error> {
        Ok(Children { variant: Some(name), ..Children::new(Kind::Struct) })
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The values inside a value, so far.
struct Children {
    kind: Kind,
    variant: Option<&'static str>,
    nodes: Vec<Node>,
}

impl Children {
    fn new(kind: Kind) -> Self {
        Self { kind, variant: None, nodes: Vec::new() }
    }

    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.nodes.push(value.serialize(Modeller)?);
        Ok(())
    }

    fn into_node(self) -> Node {
        let content = Node::new(self.kind, self.nodes);
        match self.variant {
            Some(name) => Node::new(Kind::Variant, vec![content]).named(name),
            None => content,
        }
    }
}

macro_rules! parts {
    ($($part:ident::$method:ident)*) => {
        $(impl ser::$part for Children {
            type Ok = Node;
            type Error = fmt::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
                self.add(value)
            }

            fn end(self) -> Modelled {
                Ok(self.into_node())
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
        $(impl ser::$part for Children {
            type Ok = Node;
            type Error = fmt::Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), fmt::Error> {
                let value = value.serialize(Modeller)?;
                self.nodes.push(Node::new(Kind::Field, vec![value]).named(name));
                Ok(())
            }

            fn end(self) -> Modelled {
                Ok(self.into_node())
            }
        })*
    };
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Children {
    type Ok = Node;
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.nodes.push(Node::new(Kind::Entry, vec![key.serialize(Modeller)?]));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        let value = value.serialize(Modeller)?;
        self.nodes.last_mut().ok_or(fmt::Error)?.children.push(value);
        Ok(())
    }

    fn end(self) -> Modelled {
        Ok(self.into_node())
    }
}

//! A value of serde's data model, and where two of them differ.

use std::fmt::{self, Write};

use zeroize::Zeroize;

/// A value, and the values inside it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    kind: Kind,
    /// Of a variant or a field.
    name: &'static str,
    /// Of a scalar.
    bytes: Vec<u8>,
    pub(super) children: Vec<Node>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Scalar(char),
    Some,
    Variant,
    Sequence,
    Tuple,
    Struct,
    Field,
    Map,
    Entry,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl Node {
    pub(super) fn new(kind: Kind, children: Vec<Node>) -> Self {
        Self { kind, name: "", bytes: Vec::new(), children }
    }

    pub(super) fn scalar(kind: char, bytes: &[u8]) -> Self {
        let mut node = Self::new(Kind::Scalar(kind), Vec::new());
        node.bytes = bytes.to_vec();
        node
    }

    pub(super) fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// A copy in a fixed order.
    pub(super) fn sorted(&self) -> Self {
        let mut sorted = Self::new(self.kind, self.children.iter().map(Self::sorted).collect());
        sorted.name = self.name;
        sorted.bytes.clone_from(&self.bytes);
        if matches!(self.kind, Kind::Sequence | Kind::Map) {
            sorted.children.sort_unstable();
        }
        sorted
    }

    /// The innermost value that has the whole difference in it.
    pub(super) fn path_to_difference(&self, other: &Self) -> String {
        let (mut one, mut other, mut path) = (self, other, String::new());
        while let Some((at, next)) = one.first_difference(other) {
            _ = one.step(at, &mut path);
            (one, other) = next;
        }
        path
    }

    /// The first value inside that differs, if nothing else differs.
    fn first_difference<'n>(&'n self, other: &'n Self) -> Option<(usize, (&'n Self, &'n Self))> {
        let is_same = (self.kind, self.name, self.children.len())
            == (other.kind, other.name, other.children.len());
        let mut pairs = self.children.iter().zip(&other.children).enumerate();
        pairs.find(|(_, (one, other))| one.sorted() != other.sorted()).filter(|_| is_same)
    }

    /// Appends the path to a value inside.
    fn step(&self, at: usize, path: &mut String) -> fmt::Result {
        let dot = if path.is_empty() { "" } else { "." };
        match self.kind {
            Kind::Field | Kind::Variant => write!(path, "{dot}{}", self.name),
            Kind::Sequence | Kind::Tuple => write!(path, "[{at}]"),
            Kind::Map => write!(path, "[…]"),
            Kind::Scalar(_) | Kind::Some | Kind::Struct | Kind::Entry => Ok(()),
        }
    }
}

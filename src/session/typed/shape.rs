//! The shape of a type: what it asks of a deserializer while it reads one of its values.
//!
//! ```text
//! shape  = first 4 bytes of SHA-256( asked … )
//! asked  = lp(kind) ‖ count (u16, big-endian) ‖ count times lp(name)     lp(x) = length of x (u16, big-endian) ‖ x
//! kind   = bool i8 … i128 u8 … u128 f32 f64 char str bytes unit option seq map: count 0, no name
//!          tuple, "tuple variant": how many values, no name      struct, "struct variant": all fields
//!          enum: all variants; then for the one that is read "unit variant", "newtype variant", or one of the above
//! ```
//!
//! Each value is followed by those inside it. Strings are `str`, owned or not, byte buffers
//! `bytes`, unit structs `unit`, tuple structs `tuple`; a newtype struct is what it holds: postcard
//! writes the same bytes. No name of a Rust type goes in.

use std::cell::RefCell;
use std::fmt;

use crate::crypto::kdf::{length_prefixed, sha256};

/// How deep a value may nest: a map, a sequence, a tuple, a struct and what a variant holds are a
/// level each.
///
/// Reading and writing recurse, and the stack of a thread is finite: 64 levels fit into 2 MiB also
/// without optimization.
pub(super) const MAX_LEVELS: usize = 64;

/// Receives what a type asks for, and where.
pub(super) trait Observer: Copy {
    fn asked(self, kind: &str, count: usize, names: &[&str]);

    /// A value inside begins.
    fn entered(self, step: Step);

    /// It was read. If one cannot be read, all that began stays.
    fn left(self);
}

/// From a value to one inside it.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Field(&'static str),
    Element(usize),
    /// An entry of a map, whose keys are values.
    Entry,
}

/// Records nothing.
impl Observer for () {
    #[inline]
    fn asked(self, _: &str, _: usize, _: &[&str]) {}

    #[inline]
    fn entered(self, _: Step) {}

    #[inline]
    fn left(self) {}
}

/// What was asked for so far, and where the last value is.
#[derive(Default)]
pub(super) struct Asked {
    records: RefCell<Vec<u8>>,
    path: RefCell<Vec<Step>>,
}

impl Observer for &Asked {
    fn asked(self, kind: &str, count: usize, names: &[&str]) {
        let mut asked = self.records.borrow_mut();
        length_prefixed(kind.as_bytes(), &mut asked);
        asked.extend(u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
        for name in names {
            length_prefixed(name.as_bytes(), &mut asked);
        }
    }

    fn entered(self, step: Step) {
        self.path.borrow_mut().push(step);
    }

    fn left(self) {
        self.path.borrow_mut().pop();
    }
}

impl Asked {
    pub(super) fn into_shape(self) -> Shape {
        let [a, b, c, d, ..] = sha256(&self.records.into_inner());
        Shape(format!("{:08x}", u32::from_be_bytes([a, b, c, d])))
    }
}

/// The path of the value that could not be read, without a value in it.
impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.path.borrow().iter().enumerate() {
            match step {
                Step::Field(name) if at == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Element(at) => write!(f, "[{at}]")?,
                Step::Entry => f.write_str("[…]")?,
            }
        }
        Ok(())
    }
}

/// The shape of a type, as eight hex digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape(String);

impl Shape {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

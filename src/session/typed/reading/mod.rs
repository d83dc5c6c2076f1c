//! How a value is read, and the wrapper of the deserializer that reads it.

mod access;
mod deserializer;
mod numbers;
mod seeds;

use serde::de;

use crate::session::typed::shape::{MAX_LEVELS, Observer, Step};

/// How a value is read, down to the levels that are left.
#[derive(Clone, Copy)]
pub(super) struct Reading<O> {
    levels_left: usize,
    /// Whether fields and variants are names, and never positions.
    pub(super) names: bool,
    pub(super) observer: O,
}

impl<O: Observer> Reading<O> {
    pub(super) fn named(observer: O) -> Self {
        Self { levels_left: MAX_LEVELS, names: true, observer }
    }

    pub(super) fn compact(observer: O) -> Self {
        Self { levels_left: MAX_LEVELS, names: false, observer }
    }

    /// Reads a value inside.
    #[inline]
    pub(super) fn at<T, E>(self, step: Step, read: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.observer.entered(step);
        let value = read()?;
        self.observer.left();
        Ok(value)
    }

    /// One level below.
    pub(super) fn enter<E: de::Error>(self) -> Result<Self, E> {
        let levels_left = self.levels_left.checked_sub(1);
        let levels_left = levels_left.ok_or_else(|| E::custom("too many levels"))?;
        Ok(Self { levels_left, ..self })
    }
}

/// What a type expects, if it makes a difference.
#[derive(Clone, Copy)]
pub(super) enum Expected {
    Anything,
    /// A field or a variant.
    Name,
    Newtype,
    /// A floating-point number with so many binary digits.
    Float {
        digits: u32,
    },
    /// These fields by name.
    Fields(&'static [&'static str]),
}

/// A deserializer that is watched. What it does is in
/// [`deserializer`](crate::session::typed::reading::deserializer).
pub(super) struct Strict<D, O> {
    pub(super) inner: D,
    pub(super) reading: Reading<O>,
}

impl<D, O> Strict<D, O> {
    pub(super) fn new(inner: D, reading: Reading<O>) -> Self {
        Self { inner, reading }
    }
}

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

#[cfg(test)]
mod tests {
    use std::marker::PhantomData;

    use serde::{Deserialize, Deserializer};

    use crate::session::typed::{Encoding, read};

    /// What a type of the application can log when a value cannot be read.
    struct Logged<T>(Option<String>, PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Deserialize<'de> for Logged<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let error = T::deserialize(deserializer).err();
            Ok(Self(error.map(|error| error.to_string()), PhantomData))
        }
    }

    #[derive(Deserialize)]
    enum Role {
        Guest,
    }

    #[test]
    fn an_error_that_a_type_sees_says_what_was_found_and_what_was_expected() {
        fn logged<T: for<'de> Deserialize<'de>>(payload: &[u8]) -> Option<String> {
            read::<Logged<T>>(Encoding::Named, payload)?.0
        }
        let text = logged::<u128>(b"\xa3old");
        assert_eq!(text.unwrap(), "invalid type: string \"old\", expected u128");
        let integer = logged::<Role>(&[7]);
        assert_eq!(integer.unwrap(), "invalid type: integer `7`, expected a name");
        assert_eq!(logged::<Role>(b"\xa5Guest"), None);
    }
}

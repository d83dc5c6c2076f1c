//! Numbers that were written as one type and are read as another: accepted only if the number is
//! the same.
//!
//! A type of the application may change, and nothing in the bytes says what it was. Between
//! integers serde itself refuses what does not fit. But it rounds integers to floating-point
//! numbers, so that one id may become another, and `rmp-serde` reads every integer as a `u128`, so
//! that -1 becomes the greatest.
//!
//! The 16 bytes of an `i128` may be those of a `u128`: these two cannot be told apart.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};

/// Whether an integer is one of a floating-point type with so many binary digits.
pub(super) fn fits(magnitude: u64, digits: u32) -> bool {
    let beside = magnitude.leading_zeros() + magnitude.trailing_zeros();
    u64::BITS.saturating_sub(beside) <= digits
}

/// Whether a number would be infinite in a floating-point type with so many binary digits.
pub(super) fn overflows(value: f64, digits: u32) -> bool {
    digits == f32::MANTISSA_DIGITS && value.is_finite() && value.abs() > f64::from(f32::MAX)
}

/// A visitor of a `u128`: 16 bytes, or an integer that is not negative.
pub(super) struct Wide<V>(pub(super) V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Wide<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        let negative = |_| E::invalid_value(Unexpected::Signed(value), &self);
        let value = u128::try_from(value).map_err(negative)?;
        self.0.visit_u128(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.0.visit_u128(value.into())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<V::Value, E> {
        let length = |_| E::invalid_length(bytes.len(), &self);
        let bytes = bytes.try_into().map_err(length)?;
        self.0.visit_u128(u128::from_be_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use crate::session::typed::{Encoding, read, write};

    /// What was written as one type, read as another.
    fn changed<T: DeserializeOwned>(value: &impl Serialize) -> Option<T> {
        let written = write(Encoding::Named, value).unwrap();
        read(Encoding::Named, &written.bytes)
    }

    #[track_caller]
    fn becomes<T: DeserializeOwned + PartialEq + Debug>(value: &impl Serialize, other: T) {
        assert_eq!(changed(value), Some(other));
    }

    #[test]
    fn a_negative_integer_is_no_unsigned_one() {
        for value in [-1, -32, -33, i64::from(i8::MIN) - 1, i64::from(i32::MIN) - 1, i64::MIN] {
            assert_eq!(changed::<u128>(&value), None, "{value}");
            assert_eq!(changed::<u64>(&value), None, "{value}");
            assert_eq!(changed::<Option<u128>>(&Some(value)), None, "{value}");
            becomes(&value, i128::from(value));
        }
    }

    #[test]
    fn an_integer_of_any_length_becomes_a_wider_one() {
        for value in [0, 127, 128, 1 << 8, 1 << 16, 1 << 32, u64::MAX] {
            becomes(&value, u128::from(value));
            becomes(&value, Some(u128::from(value)));
            becomes(&value, i128::from(value));
        }
        becomes(&i64::MAX, u128::try_from(i64::MAX).unwrap());
        for value in [0, 1, u128::MAX] {
            becomes(&value, value);
        }
    }

    #[test]
    fn only_an_integer_is_read_as_a_128_bit_one() {
        assert_eq!(changed::<u128>(&1.0), None);
        assert_eq!(changed::<u128>(&true), None);
        assert_eq!(changed::<u128>(&"7"), None);
        assert_eq!(changed::<u128>(&'7'), None);
        assert_eq!(changed::<u128>(&()), None);
        assert_eq!(changed::<u128>(&[7]), None);
        assert_eq!(changed::<u128>(&[0_u8; 16]), None, "a list of integers");
        assert_eq!(changed::<u64>(&7_u128), None, "16 bytes");
    }

    #[test]
    fn an_integer_is_a_floating_point_number_where_that_is_exact() {
        becomes(&(1_u64 << 53), 9_007_199_254_740_992.0);
        becomes(&-(1_i64 << 53), -9_007_199_254_740_992.0);
        becomes(&(1_u64 << 63), 9_223_372_036_854_775_808.0);
        becomes(&i64::MIN, -9_223_372_036_854_775_808.0);
        becomes(&0, 0.0);
        for value in [(1 << 53) + 1, (1 << 62) + 1, i64::MAX, -(1 << 53) - 1] {
            assert_eq!(changed::<f64>(&value), None, "{value}");
        }
        assert_eq!(changed::<f64>(&u64::MAX), None);
        becomes(&(1 << 24), 16_777_216.0_f32);
        assert_eq!(changed::<f32>(&((1 << 24) + 1)), None);
        assert_eq!(changed::<Option<f32>>(&Some(-(1 << 24) - 1)), None);
    }

    #[test]
    fn a_floating_point_number_is_rounded_and_never_infinite() {
        becomes(&0.1_f64, 0.1_f32);
        becomes(&1.5_f32, 1.5_f64);
        becomes(&f64::INFINITY, f32::INFINITY);
        becomes(&f64::from(f32::MIN), f32::MIN);
        assert!(changed::<f32>(&f64::NAN).is_some_and(f32::is_nan));
        for value in [1e39, -1e300, f64::MAX] {
            assert_eq!(changed::<f32>(&value), None, "{value}");
        }
        assert_eq!(changed::<u8>(&1.0), None);
    }
}

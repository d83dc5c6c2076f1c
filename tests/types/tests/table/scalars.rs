//! What serde itself calls a primitive, and what holds nothing else.

use std::marker::PhantomData;
use std::num::{NonZeroI8, NonZeroU64, NonZeroU128, Saturating, Wrapping};

use serde::{Deserialize, Serialize};

use crate::table;

/// A number that is equal to itself, to the bit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Bits(f64);

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct ShortBits(f32);

impl PartialEq for ShortBits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NoFields {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct NoPlaces();

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Newtype(u32);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct TupleStruct(u32, String);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Marked<T> {
    id: u32,
    of: PhantomData<T>,
}

table! {
    boolean: bool => Survives, Survives; [false, true]
    i8_: i8 => Survives, Survives; [0, -1, i8::MIN, i8::MAX]
    i16_: i16 => Survives, Survives; [0, -129, i16::MIN, i16::MAX]
    i32_: i32 => Survives, Survives; [0, -32769, i32::MIN, i32::MAX]
    i64_: i64 => Survives, Survives; [0, -1, i64::MIN, i64::MAX]
    i128_: i128 => Survives, Survives; [0, -1, i128::MIN, i128::MAX]
    u8_: u8 => Survives, Survives; [0, 127, 128, u8::MAX]
    u16_: u16 => Survives, Survives; [0, 256, u16::MAX]
    u32_: u32 => Survives, Survives; [0, 65536, u32::MAX]
    u64_: u64 => Survives, Survives; [0, 1 << 53, u64::MAX]
    u128_: u128 => Survives, Survives; [0, 1, 1 << 127, u128::MAX]
    usize_: usize => Survives, Survives; [0, usize::MAX]
    isize_: isize => Survives, Survives; [0, isize::MIN, isize::MAX]
    f32_: ShortBits => Survives, Survives; [
        ShortBits(-0.0), ShortBits(0.1), ShortBits(f32::MIN_POSITIVE), ShortBits(f32::INFINITY), ShortBits(f32::NAN),
    ]
    f64_: Bits => Survives, Survives; [
        Bits(-0.0), Bits(0.1), Bits(f64::MAX), Bits(f64::NEG_INFINITY), Bits(f64::NAN), Bits(-f64::NAN),
        Bits(f64::from_bits(0x7ff8_0000_0000_0001)),
    ]
    /// It is no number that is equal to itself, and comes back nevertheless.
    signaling_nan: Bits => Survives, Survives; [Bits(f64::from_bits(0x7ff0_0000_0000_0001))]
    character: char => Survives, Survives; ['a', '\0', 'é', '\u{10ffff}']
    unit: () => Survives, Survives; [()]
    unit_struct: Unit => Survives, Survives; [Unit]
    struct_without_fields: NoFields => Survives, Survives; [NoFields {}]
    tuple_struct_without_places: NoPlaces => Survives, Survives; [NoPlaces()]
    newtype: Newtype => Survives, Survives; [Newtype(0), Newtype(70_000)]
    tuple_struct: TupleStruct => Survives, Survives; [TupleStruct(0, String::new()), TupleStruct(1, "x".into())]
    phantom_data: PhantomData<String> => Survives, Survives; [PhantomData]
    phantom_data_in_a_struct: Marked<Unit> => Survives, Survives; [Marked { id: 7, of: PhantomData }]
    non_zero_u64: NonZeroU64 => Survives, Survives; [NonZeroU64::MIN, NonZeroU64::MAX]
    non_zero_i8: NonZeroI8 => Survives, Survives; [NonZeroI8::MIN, NonZeroI8::MAX]
    non_zero_u128: NonZeroU128 => Survives, Survives; [NonZeroU128::MIN, NonZeroU128::MAX]
    option_of_non_zero: Option<NonZeroU64> => Survives, Survives; [None, Some(NonZeroU64::MIN)]
    wrapping: Wrapping<u32> => Survives, Survives; [Wrapping(0), Wrapping(u32::MAX)]
    saturating: Saturating<i16> => Survives, Survives; [Saturating(0), Saturating(i16::MIN)]
}

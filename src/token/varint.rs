//! Variable-length integers, as postcard writes them.
//!
//! LEB128 of at most ten bytes: seven bits a byte, the lowest first, the top bit says that more
//! follow. Reading is stricter than postcard: only the shortest form of a number is one.

/// Takes a number off the front of `bytes`; `None` if it is cut short, not the shortest form or
/// above `u64::MAX`.
#[inline]
pub(crate) fn read(bytes: &mut &[u8]) -> Option<u64> {
    if let [byte @ ..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return Some(u64::from(*byte));
    }
    read_long(bytes)
}

fn read_long(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has one bit of the 64; what is above it would be lost.
        if bits << shift >> shift != bits {
            return None;
        }
        value |= bits << shift;
        // A zero at the end adds nothing: `80 00` would be `00`, and postcard reads it so. Only the
        // shortest form is accepted, as in deterministic CBOR (RFC 8949 section 4.2.1): a number
        // has one spelling, and other implementations can be compared with this one byte for byte.
        if byte < 0x80 {
            return (byte != 0 || shift == 0).then_some(value);
        }
    }
    None
}

/// Appends `value` in its shortest form.
#[inline]
pub(crate) fn write(value: u64, out: &mut Vec<u8>) {
    if value < 0x80 {
        out.push((value & 0x7f) as u8);
    } else {
        write_long(value, out);
    }
}

fn write_long(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

/// Bytes of the shortest form of `value`: 1 to 10.
pub(crate) const fn len(value: u64) -> usize {
    // The usual case, without the division.
    if value < 0x80 { 1 } else { (64 - value.leading_zeros()).div_ceil(7) as usize }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_postcard_and_reads_back(value: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            super::write(value, &mut bytes);
            prop_assert_eq!(&bytes, &postcard::to_allocvec(&value).unwrap());
            prop_assert_eq!(super::len(value), bytes.len());
            bytes.extend(&tail);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(super::read(&mut rest), Some(value));
            prop_assert_eq!(rest, tail);
        }

        #[test]
        fn reads_only_what_it_would_write(bytes: Vec<u8>) {
            let mut rest = bytes.as_slice();
            if let Some(value) = super::read(&mut rest) {
                let mut again = Vec::new();
                super::write(value, &mut again);
                prop_assert_eq!(&again, &bytes[..bytes.len() - rest.len()]);
            }
        }
    }

    #[test]
    fn refuses_more_than_64_bits() {
        let mut max: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(super::read(&mut max), Some(u64::MAX));
        let mut above: &[u8] = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(super::read(&mut above), None);
    }
}

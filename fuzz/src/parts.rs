//! The body of a token, written a second time: read leniently, and well-formed if its parts render
//! to the same bytes.

use crate::common::Id;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub id: Id,
    pub created: u64,
    pub age: u64,
    pub idle_override: u64,
    pub pad: u64,
    pub payload: Vec<u8>,
}

impl Parts {
    pub fn render(&self) -> Vec<u8> {
        let mut body = self.id.to_vec();
        for number in [self.created, self.age, self.idle_override, self.pad] {
            body.extend(varint(number));
        }
        body.extend(&self.payload);
        body.resize(body.len() + usize::try_from(self.pad).unwrap(), 0);
        body
    }

    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut rest = body.get(16..)?;
        let id = body[..16].try_into().unwrap();
        let [created, age, idle_override, pad] = [(); 4].map(|()| take_varint(&mut rest));
        let (created, age, idle_override, pad) = (created?, age?, idle_override?, pad?);
        let end = rest.len().checked_sub(usize::try_from(pad).ok()?)?;
        let parts = Self { id, created, age, idle_override, pad, payload: rest[..end].to_vec() };
        (parts.render() == body).then_some(parts)
    }

    /// When it was sealed. The sum of two u64 may lie after every clock.
    pub fn sealed_at(&self) -> u128 {
        u128::from(self.created) + u128::from(self.age)
    }

    /// Bytes of a frame.
    fn frame_len(&self) -> usize {
        let head: usize = [self.created, self.age, self.idle_override, self.pad]
            .map(|number| varint(number).len())
            .iter()
            .sum();
        3 + 24 + (16 + head + self.payload.len() + usize::try_from(self.pad).unwrap()) + 16
    }

    /// Characters of a token.
    pub fn token_len(&self) -> usize {
        (4 * self.frame_len()).div_ceil(3)
    }

    /// Adds the least padding that makes the frame a multiple of `multiple` bytes.
    #[must_use]
    pub fn padded(self, multiple: usize) -> Self {
        let unpadded = Self { pad: 0, ..self };
        let missing = unpadded.frame_len().next_multiple_of(multiple) - unpadded.frame_len();
        // The length of the padding may itself take one byte more.
        let fits = |pad: &usize| {
            let number = varint(*pad as u64).len() - varint(0).len();
            (unpadded.frame_len() + number + pad).is_multiple_of(multiple)
        };
        let pad = (missing.saturating_sub(1)..2048).find(fits).unwrap();
        Self { pad: pad as u64, ..unpadded }
    }
}

/// The shortest LEB128 of a number.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(10);
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
    bytes
}

/// Any LEB128 of a number, the shortest or not.
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let len = 1 + bytes.iter().take(10).position(|byte| *byte < 0x80)?;
    let (groups, rest) = bytes.split_at(len);
    *bytes = rest;
    let number =
        groups.iter().rev().fold(0_u128, |number, byte| number << 7 | u128::from(byte & 0x7f));
    u64::try_from(number).ok()
}

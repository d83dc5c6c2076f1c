//! The body of a token, written a second time: read leniently, and well-formed if its parts render
//! to the same bytes.

use std::collections::BTreeMap;

use crate::common::Id;

/// The tag of a confirmation, the only extension that is known.
const CONFIRMED: u8 = 1;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub id: Id,
    pub created: u64,
    pub age: u64,
    pub idle_override: u64,
    pub extensions: BTreeMap<u8, Vec<u8>>,
    pub pad: u64,
    pub payload: Vec<u8>,
}

impl Parts {
    pub fn render(&self) -> Vec<u8> {
        let own = self.idle_override << 1 | u64::from(!self.extensions.is_empty());
        let mut body = self.id.to_vec();
        for number in [self.created, self.age, own] {
            body.extend(varint(number));
        }
        if !self.extensions.is_empty() {
            let extension = |(tag, content): (&u8, &Vec<u8>)| {
                [&[*tag, u8::try_from(content.len()).unwrap()], &content[..]].concat()
            };
            let block: Vec<u8> = self.extensions.iter().flat_map(extension).collect();
            body.extend(varint(block.len() as u64));
            body.extend(block);
        }
        body.extend(varint(self.pad));
        body.extend(&self.payload);
        body.resize(body.len() + usize::try_from(self.pad).unwrap(), 0);
        body
    }

    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut rest = body.get(16..)?;
        let id = body[..16].try_into().unwrap();
        let [created, age, own] = [(); 3].map(|()| take_varint(&mut rest));
        let (created, age, own) = (created?, age?, own?);
        let mut extensions = BTreeMap::new();
        if own % 2 == 1 {
            let len = usize::try_from(take_varint(&mut rest)?).ok()?;
            let mut block = rest.split_off(..len)?;
            while let Some(tag) = block.split_off_first() {
                let len = usize::from(*block.split_off_first()?);
                extensions.insert(*tag, block.split_off(..len)?.to_vec());
            }
        }
        let pad = take_varint(&mut rest)?;
        let end = rest.len().checked_sub(usize::try_from(pad).ok()?)?;
        let (idle_override, payload) = (own / 2, rest[..end].to_vec());
        let parts = Self { id, created, age, idle_override, extensions, pad, payload };
        (parts.render() == body && parts.has_valid_confirmation()).then_some(parts)
    }

    fn has_valid_confirmation(&self) -> bool {
        let Some(content) = self.extensions.get(&CONFIRMED) else { return true };
        let is_shortest = |seconds: u64| varint(seconds) == *content;
        take_varint(&mut &content[..]).is_some_and(is_shortest) && self.confirmed_at().is_some()
    }

    /// When the user was confirmed.
    pub fn confirmed_at(&self) -> Option<u64> {
        let seconds = take_varint(&mut &self.extensions.get(&CONFIRMED)?[..])?;
        self.sealed_at_capped().checked_sub(seconds)
    }

    /// The same with a confirmation at that time, or none.
    #[must_use]
    pub fn confirmed(mut self, at: Option<u64>) -> Self {
        self.extensions.remove(&CONFIRMED);
        let seconds = at.map(|at| self.sealed_at_capped() - at);
        self.extensions.extend(seconds.map(|seconds| (CONFIRMED, varint(seconds))));
        self
    }

    /// Whether it has no id, and no time but its creation.
    pub fn has_only_created(&self) -> bool {
        let has_other_time =
            self.age != 0 || self.idle_override != 0 || self.confirmed_at().is_some();
        self.id == [0; 16] && !has_other_time
    }

    /// The lowest tag of an extension that is not known.
    pub fn unknown_extension(&self) -> Option<u8> {
        self.extensions.keys().find(|tag| **tag != CONFIRMED).copied()
    }

    fn sealed_at_capped(&self) -> u64 {
        self.created.saturating_add(self.age)
    }

    /// When it was sealed. The sum of two u64 may lie after every clock.
    pub fn sealed_at(&self) -> u128 {
        u128::from(self.created) + u128::from(self.age)
    }

    /// Bytes of a frame.
    fn frame_len(&self) -> usize {
        3 + 24 + self.render().len() + 16
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

//! The entries of a payload, read in place.

use std::ops::Range;

use crate::token::varint;

/// The entries of a payload, as far as they are well-formed.
#[derive(Default)]
pub(super) struct Entries<'p> {
    payload: &'p [u8],
    pub(super) count: usize,
    pub(super) rest: &'p [u8],
}

/// An entry, and where it is in the payload.
pub(super) struct Entry<'p> {
    pub(super) place: Range<usize>,
    pub(super) key: &'p [u8],
    value: &'p [u8],
}

impl<'p> Entries<'p> {
    #[inline]
    pub(super) fn of(payload: &'p [u8]) -> Option<Self> {
        let mut rest = payload;
        let count = usize::try_from(varint::read(&mut rest)?).ok()?;
        Some(Self { payload, count, rest })
    }

    #[inline]
    fn text(&mut self) -> Option<&'p [u8]> {
        let len = usize::try_from(varint::read(&mut self.rest)?).ok()?;
        let (text, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(text)
    }

    /// The entry if it is UTF-8, in a payload that may be UTF-8 as a `whole`: then it is, if no
    /// character continues after it. No character begins before it, because the last byte of a
    /// length is there.
    #[inline]
    pub(super) fn checked_text(&mut self, whole: Option<&str>) -> Option<&'p [u8]> {
        let text = self.text()?;
        let is_text = match whole {
            Some(whole) => whole.is_char_boundary(self.read_so_far()),
            None => str::from_utf8(text).is_ok(),
        };
        is_text.then_some(text)
    }

    fn read_so_far(&self) -> usize {
        self.payload.len() - self.rest.len()
    }
}

impl<'p> Iterator for Entries<'p> {
    type Item = Entry<'p>;

    #[inline]
    fn next(&mut self) -> Option<Entry<'p>> {
        let start = self.read_so_far();
        let (key, value) = (self.text()?, self.text()?);
        Some(Entry { place: start..self.read_so_far(), key, value })
    }
}

impl<'p> Entry<'p> {
    pub(super) fn key(&self) -> Option<&'p str> {
        str::from_utf8(self.key).ok()
    }

    pub(super) fn value(&self) -> Option<&'p str> {
        str::from_utf8(self.value).ok()
    }
}

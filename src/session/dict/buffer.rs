//! The buffer of a dictionary: the payload of a token, wiped wherever it was.

use std::mem;

use crate::crypto::secret_bytes::SecretBytes;
use crate::session::dict::entries::Entries;
use crate::token::varint;

/// Bytes that the first entry makes room for.
pub(super) const MIN_CAPACITY: usize = 256;

/// Bytes of the longest count or length.
pub(super) const MAX_NUMBER_LEN: usize = varint::len(u64::MAX);

/// `varint count ‖ count times: varint length ‖ key ‖ varint length ‖ value`, as postcard writes a
/// map; nothing before the first entry.
#[derive(Clone, Default)]
pub(super) struct Buffer(SecretBytes);

impl From<&[u8]> for Buffer {
    fn from(payload: &[u8]) -> Self {
        Self(SecretBytes(payload.to_vec()))
    }
}

impl Buffer {
    /// The payload of a token.
    pub(super) fn bytes(&self) -> &[u8] {
        if self.0.is_empty() { &[0] } else { &self.0 }
    }

    pub(super) fn entries(&self) -> Entries<'_> {
        Entries::of(self.bytes()).unwrap_or_default()
    }

    /// Bytes are only written after room was made for them.
    pub(super) fn as_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0.0
    }

    /// Changes the number of entries from `old` to `new`.
    pub(super) fn set_count(&mut self, old: usize, new: usize) {
        self.set_number(0, varint::len(old as u64), new);
    }

    /// Writes a number in place of the one at `at`, which takes `old` bytes.
    #[inline]
    pub(super) fn set_number(&mut self, at: usize, old: usize, number: usize) {
        // The usual case: a count or length of one byte, before and after.
        if let (1, Ok(byte @ ..0x80)) = (old, u8::try_from(number)) {
            self.as_mut()[at] = byte;
            return;
        }
        self.replace_number(at, old, number);
    }

    fn replace_number(&mut self, at: usize, old: usize, number: usize) {
        self.reserve(0);
        let payload = self.as_mut();
        let end = payload.len();
        varint::write(number as u64, payload);
        let new = payload.len() - end;
        payload[at..].rotate_right(new);
        payload.drain(at + new..at + new + old);
    }

    /// Makes room for `more` bytes and a number; what has to move is wiped where it was.
    #[inline]
    pub(super) fn reserve(&mut self, more: usize) {
        let len = self.0.len().max(1) + more + MAX_NUMBER_LEN;
        if len > self.0.0.capacity() {
            self.grow(len);
        }
    }

    fn grow(&mut self, len: usize) {
        let mut payload = Vec::with_capacity(len.next_power_of_two().max(MIN_CAPACITY));
        payload.extend(self.bytes());
        drop(mem::replace(&mut self.0, SecretBytes(payload)));
    }
}

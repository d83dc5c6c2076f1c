//! The buffer of a dictionary: the payload of a token, wiped wherever it was.

use std::mem;

use crate::crypto::secret_bytes::SecretBytes;
use crate::session::dict::entries::Entries;
use crate::token::varint;

/// Bytes that the first entry makes room for.
pub(super) const MIN_CAPACITY: usize = 256;

/// `varint count ‖ count times: varint length ‖ key ‖ varint length ‖ value`, as postcard writes a map; nothing before
/// the first entry.
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

    /// What is written is in the buffer only once there was room for it.
    pub(super) fn as_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0.0
    }

    /// Says how many entries there are.
    pub(super) fn set_count(&mut self, count: usize) {
        self.reserve(0);
        let old = varint::len(self.entries().count as u64);
        let payload = self.as_mut();
        let end = payload.len();
        varint::write(count as u64, payload);
        let new = payload.len() - end;
        if new == old {
            payload.copy_within(end.., 0);
            payload.truncate(end);
        } else {
            payload.rotate_right(new);
            payload.drain(new..new + old);
        }
    }

    /// Makes room for `more` bytes and a count; what has to move is wiped where it was.
    pub(super) fn reserve(&mut self, more: usize) {
        let len = self.bytes().len() + more + varint::len(self.entries().count as u64 + 1);
        if len > self.0.0.capacity() {
            let mut payload = Vec::with_capacity(len.next_power_of_two().max(MIN_CAPACITY));
            payload.extend(self.bytes());
            drop(mem::replace(&mut self.0, SecretBytes(payload)));
        }
    }
}

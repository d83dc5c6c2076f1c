//! An entry while it is written: complete at the end, or removed.

use std::fmt::{self, Display, Write as _};
use std::mem;

use crate::session::dict::buffer::Buffer;
use crate::token::varint;

/// Bytes that are kept free beside a key, for its length and for a value whose length is known only
/// when it is written.
const ROOM_FOR_VALUE: usize = 128;

/// An entry after the last one, while it is written: taken back unless it is finished, since the
/// value is written by code of the application, which may panic.
pub(super) struct UnfinishedEntry<'d> {
    buffer: &'d mut Buffer,
    start: usize,
}

impl<'d> UnfinishedEntry<'d> {
    /// Writes an entry after the last one.
    pub(super) fn write(buffer: &'d mut Buffer, key: &str, value: impl Display) -> Self {
        buffer.reserve(key.len() + ROOM_FOR_VALUE);
        let mut entry = Self { start: buffer.bytes().len(), buffer };
        let payload = entry.buffer.as_mut();
        varint::write(key.len() as u64, payload);
        payload.extend(key.as_bytes());
        entry.write_value(value);
        entry
    }

    /// Writes the value, and then its length, for which one byte is kept.
    #[allow(clippy::expect_used, reason = "documented, as in `to_string`")]
    fn write_value(&mut self, value: impl Display) {
        let at = self.buffer.bytes().len();
        self.buffer.as_mut().push(0);
        write!(self, "{value}").expect("a `Display` implementation returned an error");
        self.buffer.set_number(at, 1, self.buffer.bytes().len() - at - 1);
    }

    /// Keeps the entry at the end, and returns its size in bytes.
    pub(super) fn finish(mut self) -> usize {
        let start = mem::replace(&mut self.start, self.buffer.bytes().len());
        self.start - start
    }
}

impl fmt::Write for UnfinishedEntry<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.buffer.reserve(text.len());
        self.buffer.as_mut().extend(text.as_bytes());
        Ok(())
    }
}

impl Drop for UnfinishedEntry<'_> {
    fn drop(&mut self) {
        self.buffer.as_mut().truncate(self.start);
    }
}

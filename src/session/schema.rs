//! Payloads by schema: the configuration's own, and those of older and newer types that become it.

use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::crypto::secret_bytes::SecretBytes;
use crate::session::payload::Payload;

/// Reads a payload of another schema.
pub(crate) type Reader<T> =
    Box<dyn Fn(&[u8]) -> Option<T> + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// The readers of other schemas, in the order in which the key table counts them.
pub(crate) struct Schemas<T>(pub(crate) Vec<Reader<T>>);

impl<T: Payload> Schemas<T> {
    /// Reads a payload of the n-th schema, 0 for the configuration's own, with a copy of what was read where it takes one
    /// to tell later whether it changed.
    pub(crate) fn read(&self, schema: usize, payload: &[u8]) -> Option<(T, Option<SecretBytes>)> {
        match schema.checked_sub(1) {
            None => Some((T::read(payload)?, T::original(payload))),
            Some(other) => Some((self.0.get(other)?(payload)?, None)),
        }
    }
}

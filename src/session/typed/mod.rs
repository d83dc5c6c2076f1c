//! A payload of the application's own type: written through serde, read back, compared.
//!
//! ```text
//! T ─► Traced ─► MessagePack or postcard ─► bytes ─► Strict ─► T
//!      levels                                        levels, names, shape
//! ```
//!
//! Two encodings. [`Encoding::Named`] is MessagePack with the names of fields and variants, so that a type may change as it
//! may with JSON. [`Encoding::Compact`] is postcard, which has no names: there the *shape* of the type goes into the keys.
//! Both are wrapped, for what neither crate checks: how deep a value nests, and in MessagePack that names stand where names
//! belong. A value is authentic when it is read here, and still not trusted: another build may have sealed it.

mod access;
mod bytes;
mod deserializer;
mod model;
mod serializer;
mod shape;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::crypto::secret_bytes::SecretBytes;
use crate::error::PayloadError;
use crate::session::typed::model::Lost;
use crate::session::typed::serializer::Trace;
use crate::session::typed::shape::Asked;

pub(crate) use bytes::Encoding;
pub(crate) use shape::Shape;

/// A value that was written.
pub(crate) struct Encoded {
    pub(super) bytes: SecretBytes,
    /// What kind each value had, in the order of the bytes: what the bytes alone do not say.
    pub(super) kinds: Vec<u8>,
}

/// Writes a value.
pub(super) fn write<T: Serialize>(encoding: Encoding, value: &T) -> Result<Encoded, PayloadError> {
    let trace = Trace::default();
    match bytes::write(encoding, value, &trace) {
        Ok(bytes) => Ok(Encoded { bytes, kinds: trace.into_kinds() }),
        Err(_) if trace.is_too_deep() => Err(PayloadError::too_deep()),
        Err(error) => Err(PayloadError::refused(error)),
    }
}

/// Reads a value to the last byte; `None` if it is not one.
pub(super) fn read<T: DeserializeOwned>(encoding: Encoding, payload: &[u8]) -> Option<T> {
    bytes::read(encoding, payload, ())
}

/// Reads back what was written of a value, and compares.
pub(super) fn check_survival<T: Serialize + DeserializeOwned>(
    encoding: Encoding,
    value: &T,
    written: &Encoded,
) -> Result<(), PayloadError> {
    let again: T =
        read(encoding, &written.bytes).ok_or_else(|| PayloadError::lost(String::new()))?;
    let rewritten = write(encoding, &again)?;
    // Nearly always: the same bytes, of values of the same kinds.
    if *rewritten.bytes == *written.bytes && rewritten.kinds == written.kinds {
        return Ok(());
    }
    // A `HashMap` comes back in another order. Only the values themselves tell.
    match model::lost(value, &again) {
        Lost::Nothing => Ok(()),
        Lost::At(path) => Err(PayloadError::lost(path)),
    }
}

/// What the type asks for when it reads this value of its own.
pub(super) fn shape<T: DeserializeOwned>(encoding: Encoding, payload: &[u8]) -> Option<Shape> {
    let asked = Asked::default();
    bytes::read::<T, _>(encoding, payload, &asked)?;
    Some(asked.into_shape())
}

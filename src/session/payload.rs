//! What a session carries: a [`Dict`], or a type of the application through serde and postcard; and payloads of older and
//! newer types that become it.

use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

use serde::{Serialize, de::DeserializeOwned};

use crate::crypto::secret_bytes::SecretBytes;
use crate::error::PayloadError;
use crate::session::dict::Dict;

/// What a session can carry: [`Dict`], and every `T: Serialize + DeserializeOwned + Default`.
///
/// It is implemented for these and cannot be implemented otherwise.
///
/// # What a type may not use
///
/// Postcard writes no field names and no types, so a type must read back what it wrote without them:
///
/// | in a `T` | why not | found |
/// |---|---|---|
/// | `#[serde(flatten)]` | becomes a map whose length is not known beforehand | by `build()` |
/// | `#[serde(skip_serializing_if = …)]` | the reader waits for a field that was not written | by `build()`, or in debug builds when it is sealed |
/// | `#[serde(untagged)]`, `#[serde(tag = …)]` | the reader has to be told which type comes | by `build()`, or in debug builds when it is sealed |
/// | `serde_json::Value` and its like | the same | the same |
///
/// # How a type may change
///
/// Fields cannot be added, removed or reordered: old cookies would no longer read, or read wrongly. Either
/// change the schema, which ends every session once unless
/// [`upgrade_from`](crate::Builder::upgrade_from) opens the old ones, or begin with an enum whose new variants
/// come last:
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// #[derive(Serialize, Deserialize)]
/// enum Visit {
///     V1 { user: String },
///     V2 { user: String, theme: u8 }, // added later
/// }
/// # impl Default for Visit { fn default() -> Self { Visit::V1 { user: String::new() } } }
/// # let keyring = sealed_session::Keyring::ephemeral();
/// let sessions = sealed_session::CookieSessions::typed::<Visit>(keyring, "visit").build()?;
/// # Ok::<(), sealed_session::ConfigError>(())
/// ```
///
/// First deploy everywhere what can read the new variant, then what writes it.
pub trait Payload: sealed::Payload {}

impl Payload for Dict {}

impl<T: Serialize + DeserializeOwned + Default> Payload for T {}

/// The bytes of a payload.
#[derive(Debug)]
pub enum Written<'p> {
    /// As the payload itself holds them.
    Held(&'p [u8]),
    /// Made for the purpose.
    Made(SecretBytes),
}

impl Written<'_> {
    pub(super) fn into_secret_bytes(self) -> SecretBytes {
        match self {
            Self::Held(bytes) => SecretBytes(bytes.to_vec()),
            Self::Made(bytes) => bytes,
        }
    }
}

impl Deref for Written<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Made(bytes) => bytes,
        }
    }
}

pub(crate) mod sealed {
    use crate::crypto::secret_bytes::SecretBytes;
    use crate::error::PayloadError;
    use crate::session::payload::Written;

    pub trait Payload: Default {
        /// Whether it is a `Dict`, which has a schema of its own.
        const IS_DICT: bool;

        /// Reads a payload to its last byte; `None` if it is not one.
        fn read(payload: &[u8]) -> Option<Self>;

        /// Writes the payload.
        fn write(&self) -> Result<Written<'_>, PayloadError>;

        /// A copy of the payload that was read, for a type that might not write the same bytes again.
        fn original(payload: &[u8]) -> Option<SecretBytes>;
    }
}

impl sealed::Payload for Dict {
    const IS_DICT: bool = true;

    fn read(payload: &[u8]) -> Option<Self> {
        Dict::read(payload)
    }

    fn write(&self) -> Result<Written<'_>, PayloadError> {
        Ok(Written::Held(self.payload()))
    }

    fn original(_: &[u8]) -> Option<SecretBytes> {
        None
    }
}

impl<T: Serialize + DeserializeOwned + Default> sealed::Payload for T {
    const IS_DICT: bool = false;

    fn read(payload: &[u8]) -> Option<Self> {
        let (value, rest) = postcard::take_from_bytes(payload).ok()?;
        rest.is_empty().then_some(value)
    }

    fn write(&self) -> Result<Written<'_>, PayloadError> {
        let written = postcard::to_extend(self, Vec::new()).map_err(PayloadError::refused)?;
        Ok(Written::Made(SecretBytes(written)))
    }

    fn original(payload: &[u8]) -> Option<SecretBytes> {
        Some(SecretBytes(payload.to_vec()))
    }
}

/// Writes the default value, having seen that it survives: written, read and written again.
pub(crate) fn surviving_default<T: Payload>() -> Result<SecretBytes, PayloadError> {
    let default = T::default();
    let written = default.write()?;
    let again = T::read(&written).ok_or(PayloadError::lost())?;
    if *again.write()? == *written {
        Ok(written.into_secret_bytes())
    } else {
        Err(PayloadError::lost())
    }
}

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

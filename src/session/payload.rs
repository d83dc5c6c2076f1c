//! What a session carries: a [`Dict`], or a type of the application; and payloads of older and newer types that become it.

use std::fmt;
use std::ops::Deref;
use std::panic::{RefUnwindSafe, UnwindSafe};

use serde::{Serialize, de::DeserializeOwned};

use crate::crypto::secret_bytes::SecretBytes;
use crate::error::PayloadError;
use crate::session::dict::Dict;
use crate::session::typed::{self, Encoded, Encoding, Shape};

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
/// # What a type should not use
///
/// A `HashMap` or `HashSet` may be written in another order each time. So it counts as changed, and
/// a cookie is sent, whenever [`data_mut`](crate::Session::data_mut) was called. A `BTreeMap` is
/// sent if it differs:
///
/// ```
/// use std::collections::BTreeMap;
/// use sealed_session::{CookieSessions, Keyring, Sent};
///
/// type Cart = BTreeMap<String, u32>;
/// let sessions = CookieSessions::typed::<Cart>(Keyring::ephemeral(), "cart-1").build()?;
/// let mut session = sessions.fresh();
/// session.data_mut().extend([("apples".to_owned(), 3), ("pears".to_owned(), 1)]);
/// let cookie = sessions.request_cookie(&session)?;
///
/// let request = http::Request::builder().header("cookie", cookie).body(())?;
/// let mut session = sessions.decode(&request);
/// session.data_mut().insert("apples".to_owned(), 3); // as before
/// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Unchanged);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A type that contains itself, such as a comment with replies, is read and written by recursion. A
/// cookie has room for some 2,900 levels, which can overflow the stack of a thread and abort the
/// process. Refuse what a client nests deeper than you need, before you put it into the session.
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

/// The bytes of a payload. It has no `Debug`, since they are what the session holds.
pub(crate) enum Written<'p> {
    /// As the payload itself holds them, or as they were opened.
    Held(&'p [u8]),
    /// Made for the purpose.
    Made(Encoded),
}

impl Written<'_> {
    pub(super) fn into_secret_bytes(self) -> SecretBytes {
        match self {
            Self::Held(bytes) => SecretBytes(bytes.to_vec()),
            Self::Made(encoded) => encoded.bytes,
        }
    }
}

impl Deref for Written<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Made(encoded) => &encoded.bytes,
        }
    }
}

pub(crate) mod sealed {
    use crate::session::payload::Codec;

    /// What the crate does with a payload, and nobody else can.
    ///
    /// A method of this trait could be called through the bound `T: Payload`, although the trait
    /// cannot be named: there it is in scope. It would give away the bytes, and be ambiguous where
    /// `T` has another method of that name, such as `std::io::Write::write`. So there is one
    /// constant, whose fields are private.
    ///
    /// ```
    /// fn written<T: sealed_session::Payload + std::io::Write>() -> T {
    ///     let mut fresh = T::default();
    ///     fresh.write(b"hello").unwrap();
    ///     fresh
    /// }
    /// assert_eq!(written::<Vec<u8>>(), b"hello");
    /// ```
    ///
    /// ```compile_fail,E0599
    /// fn fresh<T: sealed_session::Payload>() -> T {
    ///     T::default().write();
    ///     T::default()
    /// }
    /// assert_eq!(fresh::<u8>(), 0);
    /// ```
    ///
    /// ```compile_fail,E0599
    /// fn fresh<T: sealed_session::Payload>() -> T {
    ///     T::read(&[0]).unwrap()
    /// }
    /// assert_eq!(fresh::<u8>(), 0);
    /// ```
    ///
    /// ```compile_fail,E0616
    /// fn fresh<T: sealed_session::Payload>() -> T {
    ///     (T::CODEC.read)(&[0]).unwrap()
    /// }
    /// assert_eq!(fresh::<u8>(), 0);
    /// ```
    pub trait Payload: Default {
        const CODEC: Codec<Self>;
    }
}

/// How a payload is read and written. A `Dict` has one encoding, whichever is asked for.
pub struct Codec<T> {
    /// Whether it is a `Dict`, which has a schema of its own.
    is_dict: bool,
    read: fn(Encoding, &[u8]) -> Option<T>,
    write: fn(Encoding, &T) -> Result<Written<'_>, PayloadError>,
    check_survival: fn(Encoding, &T, &Written<'_>) -> Result<(), PayloadError>,
    shape: fn(Encoding, &[u8]) -> Option<Shape>,
    original: fn(&[u8]) -> Option<SecretBytes>,
}

impl<T> fmt::Debug for Codec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec(..)")
    }
}

impl sealed::Payload for Dict {
    const CODEC: Codec<Self> = Codec {
        is_dict: true,
        read: |_, payload| Self::read(payload),
        write: |_, dict| Ok(Written::Held(dict.payload())),
        check_survival: |_, _, _| Ok(()),
        shape: |_, _| None,
        original: |_| None,
    };
}

impl<T: Serialize + DeserializeOwned + Default> sealed::Payload for T {
    const CODEC: Codec<Self> = Codec {
        is_dict: false,
        read: typed::read,
        write: |encoding, value| typed::write(encoding, value).map(Written::Made),
        check_survival: |encoding, value, written| match written {
            Written::Held(_) => Ok(()),
            Written::Made(encoded) => typed::check_survival(encoding, value, encoded),
        },
        shape: typed::shape::<T>,
        original: |payload| Some(SecretBytes(payload.to_vec())),
    };
}

pub(crate) fn is_dict<T: Payload>() -> bool {
    T::CODEC.is_dict
}

/// Reads a payload to its last byte; `None` if it is not one.
pub(crate) fn read<T: Payload>(encoding: Encoding, payload: &[u8]) -> Option<T> {
    (T::CODEC.read)(encoding, payload)
}

/// Writes a payload.
pub(crate) fn write<T: Payload>(
    encoding: Encoding,
    payload: &T,
) -> Result<Written<'_>, PayloadError> {
    (T::CODEC.write)(encoding, payload)
}

/// Reads back what was written of a payload, and compares; what was opened has been read already.
pub(crate) fn check_survival<T: Payload>(
    encoding: Encoding,
    payload: &T,
    written: &Written<'_>,
) -> Result<(), PayloadError> {
    (T::CODEC.check_survival)(encoding, payload, written)
}

/// A copy of the payload that was read, for a type that might not write the same bytes again.
fn original<T: Payload>(payload: &[u8]) -> Option<SecretBytes> {
    (T::CODEC.original)(payload)
}

/// The default value of a type, written.
pub(crate) struct DefaultPayload {
    pub(crate) bytes: SecretBytes,
    /// What the type asks for when it reads that; none of a `Dict`.
    pub(crate) shape: Option<Shape>,
}

impl DefaultPayload {
    /// Writes the default value, having seen that it survives.
    pub(crate) fn of<T: Payload>(encoding: Encoding) -> Result<Self, PayloadError> {
        let default = T::default();
        let written = write(encoding, &default)?;
        check_survival(encoding, &default, &written)?;
        let shape = (T::CODEC.shape)(encoding, &written);
        Ok(Self { bytes: written.into_secret_bytes(), shape })
    }
}

/// Reads a payload of another schema.
pub(crate) type Reader<T> =
    Box<dyn Fn(&[u8]) -> Option<T> + Send + Sync + UnwindSafe + RefUnwindSafe>;

/// The schemas that are opened, in the order in which the key table counts them.
pub(crate) struct Schemas<T> {
    pub(crate) encoding: Encoding,
    /// The name of each in the scope, and what reads it; first the configuration's own.
    pub(crate) own: String,
    pub(crate) others: Vec<(String, Reader<T>)>,
}

impl<T: Payload> Schemas<T> {
    /// Reads a payload of the n-th schema, 0 for the configuration's own, with a copy of what was read where it takes one
    /// to tell later whether it changed.
    pub(crate) fn read(&self, schema: usize, payload: &[u8]) -> Option<(T, Option<SecretBytes>)> {
        match schema.checked_sub(1) {
            None => Some((read(self.encoding, payload)?, original::<T>(payload))),
            Some(other) => Some((self.others.get(other)?.1(payload)?, None)),
        }
    }
}

impl<T> Schemas<T> {
    /// The n-th schema by its name in the scope.
    pub(crate) fn name(&self, schema: usize) -> &str {
        let other = schema.checked_sub(1).and_then(|other| self.others.get(other));
        other.map_or(&self.own, |(name, _)| name)
    }
}

//! The payload of a session: a [`Dict`] or a type of the application, read also from older and
//! newer types.

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
/// It is implemented for these types, and cannot be implemented for others.
///
/// # What a type may not use
///
/// A payload is read back before it is sealed, and compared with the original as serde sees both.
/// If they differ, [`encode`](crate::CookieSessions::encode) fails with
/// [`EncodeError::Payload`](crate::EncodeError::Payload), which says where. `build()` checks
/// `T::default()` in the same way. So nothing is lost silently.
///
/// | in a `T` | named, the default | [`compact`](crate::Builder::compact) |
/// |---|---|---|
/// | `Some(None)`, `Some(())` | reads back as `None`: refused | works |
/// | `#[serde(flatten)]` | works | refused by `build()` |
/// | `#[serde(skip_serializing_if = …)]` | works with `default` | refused |
/// | `#[serde(untagged)]`, `#[serde(tag = …)]` | works | refused |
/// | an `IpAddr`, a `u128`, or another type with a binary form of its own, inside of these three | refused; works beside `content` | refused |
/// | `serde_json::Value` | works; `Some(Value::Null)`: refused | refused |
/// | `rust_decimal::Decimal` | works | refused; works as text (`rust_decimal::serde::str`) |
/// | a name that is written differently than it is read | refused | works |
/// | more than 64 levels of lists, maps, structs and variants with content | refused | refused |
///
/// What serde does not see is not compared: a field with `#[serde(skip)]` gets its default value,
/// an untagged enum becomes the first variant that fits, and the scope of a `SocketAddrV6` is lost.
/// `tests/types` in the repository lists more than 200 types and attributes, each with its result.
///
/// Neither encoding is human-readable for serde, so a UUID takes 18 bytes and not 38.
/// [`guide::types`](crate::guide::types) says which encoding to choose.
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
/// # How a type may change
///
/// With names a field may be added with `#[serde(default)]`, removed or renamed, and a variant may
/// be added, in the right order of releases. [`guide::types`](crate::guide::types) has each change
/// as an example, and when to change the schema instead. Under `compact` every change of the type
/// acts as a change of the schema.
///
/// The type of a number may change. A session whose number the new type cannot represent is
/// rejected as `Corrupt`; only a float is rounded to a shorter one. For a change between `i128` and
/// `u128`, change the schema: their bytes are the same.
pub trait Payload: sealed::Payload {}

impl Payload for Dict {}

impl<T: Serialize + DeserializeOwned + Default> Payload for T {}

/// The bytes of a payload. It has no `Debug`, since they are what the session holds.
pub(crate) enum Written<'p> {
    /// As the payload itself holds them, or as they were opened.
    Held(&'p [u8]),
    /// A copy.
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

    /// What the crate does with a payload; applications cannot.
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
pub(super) fn check_survival<T: Payload>(
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
    /// Reads a payload of the n-th schema, 0 for the configuration's own, with a copy of what was
    /// read where it takes one to tell later whether it changed.
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

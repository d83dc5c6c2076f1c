//! What a session carries: a [`Dict`], or a type of the application through serde and postcard; and payloads of older and
//! newer types that become it.

use std::fmt;
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

/// How a payload is read and written.
pub struct Codec<T> {
    /// Whether it is a `Dict`, which has a schema of its own.
    is_dict: bool,
    read: fn(&[u8]) -> Option<T>,
    write: fn(&T) -> Result<Written<'_>, PayloadError>,
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
        read: Self::read,
        write: |dict| Ok(Written::Held(dict.payload())),
        original: |_| None,
    };
}

impl<T: Serialize + DeserializeOwned + Default> sealed::Payload for T {
    const CODEC: Codec<Self> = Codec {
        is_dict: false,
        read: |payload| {
            let (value, rest) = postcard::take_from_bytes(payload).ok()?;
            rest.is_empty().then_some(value)
        },
        write: |value| {
            let written = postcard::to_extend(value, Vec::new()).map_err(PayloadError::refused)?;
            Ok(Written::Made(SecretBytes(written)))
        },
        original: |payload| Some(SecretBytes(payload.to_vec())),
    };
}

pub(crate) fn is_dict<T: Payload>() -> bool {
    T::CODEC.is_dict
}

/// Reads a payload to its last byte; `None` if it is not one.
pub(crate) fn read<T: Payload>(payload: &[u8]) -> Option<T> {
    (T::CODEC.read)(payload)
}

/// Writes a payload.
pub(super) fn write<T: Payload>(payload: &T) -> Result<Written<'_>, PayloadError> {
    (T::CODEC.write)(payload)
}

/// A copy of the payload that was read, for a type that might not write the same bytes again.
fn original<T: Payload>(payload: &[u8]) -> Option<SecretBytes> {
    (T::CODEC.original)(payload)
}

/// Writes the default value, having seen that it survives: written, read and written again.
pub(crate) fn surviving_default<T: Payload>() -> Result<SecretBytes, PayloadError> {
    let default = T::default();
    let written = write(&default)?;
    let again = read::<T>(&written).ok_or(PayloadError::lost())?;
    if *write(&again)? == *written {
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
            None => Some((read(payload)?, original::<T>(payload))),
            Some(other) => Some((self.0.get(other)?(payload)?, None)),
        }
    }
}

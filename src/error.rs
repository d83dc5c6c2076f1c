//! Errors of the developer. Those of the operator, about secrets, are in `keys`. A bad token is no
//! error but a [`Rejection`](crate::Rejection).

use std::panic::AssertUnwindSafe;
use std::{error::Error, fmt};

/// A setting that is refused: what is there and what may be.
///
/// [`Builder::build`](crate::Builder::build) returns it, and so do settings of layers that are
/// checked at once.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting has a value that it may not have.
    Setting {
        /// The method that was given it.
        setting: &'static str,
        /// What was found.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// Not even an empty session fits into `Set-Cookie`: name, path, domain or padding is too long.
    NoRoom {
        /// Bytes that the `Set-Cookie` header value of an empty session may have.
        size: usize,
        /// Bytes that are allowed.
        limit: usize,
    },
    /// The default value of the payload type does not survive writing and reading.
    Payload(PayloadError),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { setting, found, expected } => {
                write!(f, "{setting} is {found}; expected {expected}")
            }
            Self::NoRoom { size, limit } => write!(
                f,
                "name, path, domain and padding leave no room for a session: an empty one makes a Set-Cookie header of up to \
                 {size} bytes; expected at most {limit}"
            ),
            Self::Payload(error) => {
                write!(f, "the payload type cannot be kept in a session: {error}")
            }
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The message has the wrapper's own text already.
            Self::Payload(error) => error.source(),
            _ => None,
        }
    }
}

/// Why a session, or flash messages, were not written.
///
/// The response is as it was, and the client's cookie is still valid.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The `Set-Cookie` header value would be too long.
    TooLarge {
        /// Bytes of the whole value.
        size: usize,
        /// Bytes that are allowed,
        /// [`Builder::max_set_cookie_len`](crate::Builder::max_set_cookie_len).
        limit: usize,
    },
    /// The payload does not serialize, or does not read back as it was written.
    Payload(PayloadError),
    /// The response has more header fields than `http` holds.
    Headers(HeadersError),
    /// The operating system gave no randomness.
    Rng(RngError),
    /// The session was revoked, and that is recorded nowhere (feature `revocation`).
    RevocationFailed(Unavailable),
    /// Two [`SessionLayer`](crate::SessionLayer)s around one service have one payload type and one cookie (feature
    /// `tower`).
    ///
    /// The inner service was not called. Remove one of them, or give one another cookie with
    /// [`Builder::name`](crate::Builder::name) or another payload type.
    TwoLayers,
}

impl EncodeError {
    /// Bytes of what is too large, and bytes that are allowed.
    pub(super) fn size_and_limit(&self) -> Option<(usize, usize)> {
        match self {
            Self::TooLarge { size, limit } => Some((*size, *limit)),
            _ => None,
        }
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size, limit } => {
                write!(
                    f,
                    "the cookie makes a Set-Cookie header of {size} bytes; at most {limit} are allowed"
                )
            }
            Self::Payload(error) => write!(f, "the payload cannot be sealed: {error}"),
            Self::Headers(error) => write!(f, "the cookie does not fit into the response: {error}"),
            Self::Rng(error) => error.fmt(f),
            Self::RevocationFailed(error) => write!(f, "the session was not revoked: {error}"),
            Self::TwoLayers => f.write_str(
                "two SessionLayers have one payload type and one cookie; remove one of them, or give one another cookie \
                 with Builder::name or another payload type",
            ),
        }
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The message has the wrapper's own text already.
            Self::TooLarge { .. } | Self::TwoLayers => None,
            Self::Payload(error) => error.source(),
            Self::Headers(error) => error.source(),
            Self::Rng(error) => error.source(),
            Self::RevocationFailed(error) => error.source(),
        }
    }
}

impl From<PayloadError> for EncodeError {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

impl From<RngError> for EncodeError {
    fn from(error: RngError) -> Self {
        Self::Rng(error)
    }
}

/// A payload that cannot be kept in a session.
#[derive(Debug)]
pub struct PayloadError {
    why: UnfitPayload,
    source: Option<AssertUnwindSafe<Box<dyn Error + Send + Sync>>>,
}

#[derive(Debug)]
enum UnfitPayload {
    Refused,
    TooDeep,
    /// Where, if that is known.
    Lost(String),
}

impl PayloadError {
    pub(super) fn refused(error: Box<dyn Error + Send + Sync>) -> Self {
        Self { why: UnfitPayload::Refused, source: Some(AssertUnwindSafe(error)) }
    }

    pub(super) fn too_deep() -> Self {
        Self { why: UnfitPayload::TooDeep, source: None }
    }

    /// The path of what did not survive, empty for all of it. It has no source: what a type says that refuses a value may
    /// quote it.
    pub(super) fn lost(path: String) -> Self {
        Self { why: UnfitPayload::Lost(path), source: None }
    }
}

/// Where it says what a payload may be.
const SEE_PAYLOAD: &str = "see the documentation of sealed_session::Payload";

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
            UnfitPayload::Refused => write!(f, "it does not serialize; {SEE_PAYLOAD}"),
            UnfitPayload::TooDeep => {
                write!(
                    f,
                    "it nests more than 64 levels; limit what a client can nest, {SEE_PAYLOAD}"
                )
            }
            UnfitPayload::Lost(path) if path.is_empty() => {
                write!(f, "it does not read back as it was written; {SEE_PAYLOAD}")
            }
            UnfitPayload::Lost(path) => {
                write!(f, "{path} does not read back as it was written; {SEE_PAYLOAD}")
            }
        }
    }
}

impl Error for PayloadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &***source as _)
    }
}

/// A response with too many header fields.
#[derive(Debug)]
pub struct HeadersError(http::header::MaxSizeReached);

impl HeadersError {
    pub(super) fn new(error: http::header::MaxSizeReached) -> Self {
        Self(error)
    }
}

impl fmt::Display for HeadersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many header fields")
    }
}

impl Error for HeadersError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// The operating system out of randomness.
#[derive(Debug)]
pub struct RngError(getrandom::Error);

impl RngError {
    pub(super) fn new(error: getrandom::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for RngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gave no random bytes")
    }
}

impl Error for RngError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// A revocation store that did not respond.
///
/// ```
/// # use std::{error::Error, io};
/// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
/// let unavailable = sealed_session::Unavailable::new(refused);
/// assert_eq!(unavailable.to_string(), "the revocation store did not respond");
/// assert_eq!(unavailable.source().unwrap().to_string(), "connection refused");
/// ```
#[derive(Debug)]
pub struct Unavailable {
    why: &'static str,
    source: Option<AssertUnwindSafe<Box<dyn Error + Send + Sync>>>,
}

impl Unavailable {
    /// What the store said, an error or a text.
    ///
    /// # Security
    /// The library does not log it: it may name hosts, or hold a password. Log it where it is made,
    /// if it may be logged.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            why: "the revocation store did not respond",
            source: Some(AssertUnwindSafe(source.into())),
        }
    }
}

const NOT_ASKED: &str = "only `SessionLayer::check_revocation` can wait for this revocation hook";

/// Errors that no store caused.
impl Unavailable {
    pub(super) fn no_hook() -> Self {
        Self { why: "these sessions have no revocation hook", source: None }
    }

    pub(super) fn not_asked() -> Self {
        Self { why: NOT_ASKED, source: None }
    }

    pub(super) fn is_not_asked(&self) -> bool {
        self.why == NOT_ASKED
    }

    pub(super) fn not_checked() -> Self {
        Self { why: "it could not be checked, so the request was not handled", source: None }
    }

    pub(super) fn unknown_id() -> Self {
        Self {
            why: "it could not be checked for revocation before, so nobody knows its id",
            source: None,
        }
    }

    pub(super) fn unchecked() -> Self {
        Self {
            why: "it could not be checked once more, whether the session was revoked meanwhile",
            source: None,
        }
    }

    pub(super) fn late() -> Self {
        Self { why: "the revocation store did not respond in time", source: None }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.why)
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &***source as _)
    }
}

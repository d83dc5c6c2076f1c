//! Errors of the developer. Errors of the operator, about secrets, are in `keys`. A bad token is
//! not an error: it is a [`Rejection`](crate::Rejection).

use std::panic::AssertUnwindSafe;
use std::{error::Error, fmt};

/// A setting that is refused: which one, what was found and what is allowed.
///
/// [`Builder::build`](crate::Builder::build) returns it, and so do settings of layers that are
/// checked at once. `Debug` shows the message too, because it is what a `main` that returns the
/// error prints.
#[non_exhaustive]
pub enum ConfigError {
    /// A setting has a value that it may not have.
    Setting {
        /// The method that set it.
        setting: &'static str,
        /// What was found.
        found: String,
        /// What is allowed.
        expected: &'static str,
    },
    /// An empty session does not fit into the `Set-Cookie` header: the name, the path, the domain
    /// or the padding is too long.
    NoRoom {
        /// Bytes that the `Set-Cookie` header value of an empty session may have.
        size: usize,
        /// Bytes that are allowed,
        /// [`max_set_cookie_len`](crate::Builder::max_set_cookie_len).
        limit: usize,
    },
    /// The default value of a payload type does not survive writing and reading.
    Payload {
        /// The method that was given the type.
        setting: &'static str,
        /// Why the type cannot be kept in a session.
        reason: PayloadError,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { setting, found, expected } => {
                write!(f, "{setting} is {found}; expected {expected}")
            }
            Self::NoRoom { size, limit } => write!(
                f,
                "name, path, domain and padding leave no room for a session: the Set-Cookie header \
                 of an empty one has up to {size} bytes; expected at most {limit}, which is \
                 max_set_cookie_len"
            ),
            Self::Payload { setting, reason } => {
                write!(f, "{setting} has a payload type that cannot be kept in a session: {reason}")
            }
        }
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The message already has the text of the wrapped error.
            Self::Payload { reason, .. } => reason.source(),
            _ => None,
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConfigError({self})")
    }
}

/// Why a session, flash messages or a sealed value were not written.
///
/// The response is unchanged, and the client's cookie is still valid. A session to which nothing was
/// written is no error if it cannot be sealed: see [`encode`](crate::CookieSessions::encode).
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The `Set-Cookie` header value, or a value of a [`Sealer`](crate::Sealer), would be too long.
    TooLarge {
        /// Bytes of the whole value.
        size: usize,
        /// Bytes that are allowed: of a header
        /// [`Builder::max_set_cookie_len`](crate::Builder::max_set_cookie_len), of a sealed value
        /// 4,095.
        limit: usize,
    },
    /// The payload does not serialize, or does not read back as it was written.
    Payload(PayloadError),
    /// The response has more header fields than `http` holds.
    Headers(HeadersError),
    /// The operating system returned no random bytes.
    Rng(RngError),
    /// The revocation of the session was not recorded (feature `revocation`).
    RevocationFailed(Unavailable),
    /// Two [`SessionLayer`](crate::SessionLayer)s around one service have one cookie (feature
    /// `tower`).
    ///
    /// The inner service was not called. Remove one of them, or give one another cookie with
    /// [`Builder::name`](crate::Builder::name).
    TwoLayers,
}

impl EncodeError {
    /// The size of what is too large, and the limit, in bytes.
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
                    "the Set-Cookie header or sealed value would have {size} bytes; at most {limit} are allowed"
                )
            }
            Self::Payload(error) => write!(f, "the payload cannot be sealed: {error}"),
            Self::Headers(error) => write!(f, "the cookie does not fit into the response: {error}"),
            Self::Rng(error) => error.fmt(f),
            Self::RevocationFailed(error) => write!(f, "the session was not revoked: {error}"),
            Self::TwoLayers => f.write_str(
                "two SessionLayers have one cookie; remove one of them, or give one another cookie with Builder::name",
            ),
        }
    }
}

impl Error for EncodeError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The message already has the text of the wrapped error.
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

    /// The path of the value that did not survive, empty for the whole payload. It has no source,
    /// because the error of a type may quote the value.
    pub(super) fn lost(path: String) -> Self {
        Self { why: UnfitPayload::Lost(path), source: None }
    }
}

/// Where the documentation says what a payload may be.
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

/// The operating system returned no random bytes.
#[derive(Debug)]
pub struct RngError(getrandom::Error);

impl RngError {
    pub(super) fn new(error: getrandom::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for RngError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system returned no random bytes")
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
pub struct Unavailable {
    why: &'static str,
    source: Option<AssertUnwindSafe<Box<dyn Error + Send + Sync>>>,
}

impl Unavailable {
    /// An error or a text from the store.
    ///
    /// # Security
    /// The source may contain host names or a password. So the library does not log it, and neither
    /// `Display` nor `Debug` shows it. If it may be logged, log it before you pass it on.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            why: "the revocation store did not respond",
            source: Some(AssertUnwindSafe(source.into())),
        }
    }
}

const NOT_ASKED: &str =
    "the revocation hook is asynchronous, and only `SessionLayer::check_revocation` waits for it";

/// Errors that the store did not cause.
impl Unavailable {
    pub(super) fn no_hook() -> Self {
        Self {
            why: "these sessions have no revocation hook; set one with `Builder::revocation`",
            source: None,
        }
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
            why: "its id is unknown, because it could not be checked for revocation",
            source: None,
        }
    }

    pub(super) fn unchecked() -> Self {
        Self {
            why: "it could not be checked for revocation again before it was sent",
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

// Tracing and a `main` that returns the error print `Debug`, also of an `EncodeError` around it.
impl fmt::Debug for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unavailable").field("why", &self.why).finish_non_exhaustive()
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &***source as _)
    }
}

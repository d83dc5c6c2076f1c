//! Why a token that was sent did not become a session.

use std::{error::Error, fmt};

use crate::token::id::KeyId;

/// Why the cookie that was sent did not become the session; for logs only.
///
/// Do not show it to clients. The variants up to `Unchecked` are in the order of the checks; those
/// after it are about the whole request. If several tokens were sent, the one that passed the most
/// checks gives the reason, and of equal ones the first. `Unchecked` takes precedence over all.
///
/// ```
/// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
/// use std::time::{Duration, SystemTime};
/// use http::{HeaderMap, header::COOKIE};
/// use sealed_session::Rejection;
///
/// let cookies = HeaderMap::from_iter([(COOKIE, sessions.request_cookie(&sessions.fresh())?)]);
/// let rejection = |days: u64| {
///     let then = SystemTime::now() + Duration::from_secs(days * 24 * 3600);
///     sessions.decode_at(&cookies, sessions.transport(), then).rejection().copied()
/// };
/// assert_eq!(rejection(13), None);
/// assert_eq!(rejection(15), Some(Rejection::IdleTimeout));
/// assert_eq!(rejection(31), Some(Rejection::AbsoluteTimeout));
/// # Ok::<(), sealed_session::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// Name, `=` and value are over 4,096 bytes.
    TooLong,
    /// Not canonical base64url, or shorter than a frame.
    Malformed,
    /// A version of the format that this release does not open.
    UnknownVersion(u8),
    /// Sealed under a secret that is not in this keyring, or with other settings (name, path,
    /// domain, context, schema).
    ///
    /// With n keys, n of 65,536 such tokens have the key id of one of the keys, and are `Forged`.
    UnknownKey(KeyId),
    /// Not sealed with this secret, or changed since.
    Forged,
    /// Authentic, but not readable: the payload type has changed, or another release or other
    /// software with the same secret sealed it.
    Corrupt,
    /// The session has an extension of this tag, which this release does not know: a newer one has
    /// sealed it.
    UnknownExtension(u8),
    /// Sealed more than 300 seconds in the future, by the clock of this machine.
    FromTheFuture,
    /// Older than the absolute timeout.
    AbsoluteTimeout,
    /// Unused for longer than the idle timeout.
    IdleTimeout,
    /// Revoked by the server.
    Revoked,
    /// The server could not check whether it was revoked.
    Unchecked,
    /// The request has more than eight tokens, and none of the first eight was accepted.
    TooMany,
    /// Two tokens of different sessions, both valid.
    Ambiguous,
    /// The request came over HTTP and the sessions are for HTTPS, or the reverse.
    OtherTransport,
}

impl Rejection {
    /// Each in one word; the position is the stage.
    pub(crate) const WORDS: [&str; 15] = [
        "too_long",
        "malformed",
        "unknown_version",
        "unknown_key",
        "forged",
        "corrupt",
        "unknown_extension",
        "from_the_future",
        "absolute_timeout",
        "idle_timeout",
        "revoked",
        "too_many",
        "ambiguous",
        "other_transport",
        "unchecked",
    ];

    /// How far a token came: the position in the enum, but for `Unchecked`, which is the last.
    pub(crate) fn stage(self) -> u8 {
        // In stages, the cheap checks first, since each token may be an attacker's. Of several
        // tokens the one that came furthest gives the reason: a planted cookie (RFC 6265 section
        // 8.6) is mostly refused early, and would otherwise hide why the user's own was rejected.
        match self {
            Self::TooLong => 0,
            Self::Malformed => 1,
            Self::UnknownVersion(_) => 2,
            Self::UnknownKey(_) => 3,
            Self::Forged => 4,
            Self::Corrupt => 5,
            Self::UnknownExtension(_) => 6,
            Self::FromTheFuture => 7,
            Self::AbsoluteTimeout => 8,
            Self::IdleTimeout => 9,
            Self::Revoked => 10,
            Self::TooMany => 11,
            Self::Ambiguous => 12,
            Self::OtherTransport => 13,
            // It takes precedence over a token that is accepted, and so over every other rejection.
            Self::Unchecked => 14,
        }
    }

    /// Whether another machine, or this one later, might accept what this one rejected now.
    pub(crate) fn is_maybe_valid_elsewhere(self) -> bool {
        // While a fleet takes a new release or secret, its machines disagree about these: also
        // about `Corrupt`, as a newer release may seal what an older one cannot read. An empty
        // session that one of them sets over such a cookie would log the user out on all others.
        match self {
            Self::UnknownVersion(_)
            | Self::UnknownKey(_)
            | Self::Corrupt
            | Self::UnknownExtension(_)
            | Self::FromTheFuture
            | Self::Unchecked
            | Self::TooMany
            | Self::Ambiguous => true,
            Self::TooLong
            | Self::Malformed
            | Self::Forged
            | Self::AbsoluteTimeout
            | Self::IdleTimeout
            | Self::Revoked
            | Self::OtherTransport => false,
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str("the cookie is too long"),
            Self::Malformed => f.write_str("the cookie is not a token"),
            Self::UnknownVersion(version) => {
                write!(f, "the token has the unknown version {version}")
            }
            Self::UnknownKey(id) => write!(f, "the token names the unknown key {id}"),
            Self::Forged => f.write_str("the token is forged"),
            Self::Corrupt => f.write_str("the token is authentic, but its session cannot be read"),
            Self::UnknownExtension(tag) => {
                write!(f, "the session has the unknown extension {tag}")
            }
            Self::FromTheFuture => f.write_str("the token was sealed in the future"),
            Self::AbsoluteTimeout => f.write_str("the session is past its absolute timeout"),
            Self::IdleTimeout => f.write_str("the session is past its idle timeout"),
            Self::Revoked => f.write_str("the session was revoked"),
            Self::Unchecked => f.write_str("the session could not be checked for revocation"),
            Self::TooMany => f.write_str("too many tokens were sent"),
            Self::Ambiguous => f.write_str("tokens of two sessions were sent"),
            Self::OtherTransport => f.write_str("the request came over the other transport"),
        }
    }
}

impl Error for Rejection {}

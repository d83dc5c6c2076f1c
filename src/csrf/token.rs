//! CSRF tokens: proof that a request comes from a page that this session was shown (feature `csrf`).
//!
//! ```text
//! token    = base64url-nopad( version 0x01 (1) ‖ random (16) ‖ mac (16) )                    44 characters
//! mac      = HMAC-SHA256( csrf key, length_prefixed(method) ‖ length_prefixed(path) ‖ random )[..16]
//!            both empty in a token that is good for every form
//! csrf key = HMAC-SHA256( key = id, "sealed-session v1 csrf" )
//! length_prefixed(x)    = length of x, u16 big-endian ‖ x
//! ```
//!
//! The key follows from the session's id: a token takes no room in the cookie, outlives a rotation of secrets, and
//! dies with `renew` and `invalidate`, which end the id. `random` makes each rendering another text, so that a
//! compressed page gives nothing away (BREACH).
//!
//! A token that comes in is untrusted. It has one length, which is checked first.

use std::{error::Error, fmt};

use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use http::StatusCode;
use zeroize::Zeroizing;

use crate::crypto::kdf::{self, SHORT_MAC_LEN, length_prefixed};
use crate::token::id::SessionId;

/// Why a request is refused, or a token is not made. For logs only; do not show it to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrfError {
    /// The token is empty.
    Empty,
    /// The token is longer than a token.
    TooLong {
        /// Bytes that it has.
        bytes: usize,
    },
    /// The token is shorter than a token, or is no base64url.
    Malformed,
    /// The token is of a version that this release does not know.
    UnknownVersion(u8),
    /// The session has no id, so that no token was made for it: a pre-session, or just renewed.
    NoId,
    /// The token is of another session, of this one before it was renewed, for another method or path, or forged.
    Mismatch,
    /// The method of a token for one form is empty.
    EmptyMethod,
    /// The method or the path of a token for one form is too long.
    ScopeTooLong {
        /// Bytes that it has.
        bytes: usize,
    },
    /// The request has no token, where the layer looks for one.
    Missing,
    /// The request has more than one token in the header, in the query, or in the form.
    Repeated,
    /// The browser says that the request comes from another site.
    CrossSite,
    /// The browser says that the request comes from another origin of this site, a sibling host
    /// say.
    SameSite,
    /// The form has no token in the bytes that the layer reads of it.
    FormTooLarge {
        /// Bytes that are read, [`Csrf::max_form_len`](crate::Csrf::max_form_len).
        limit: usize,
    },
    /// The form was not received to its end, or is not what its `Content-Type` says.
    BrokenForm,
    /// No `SessionLayer` of the payload type is around the layer that asks for tokens.
    NoSessionLayer,
}

impl CsrfError {
    /// The status of the response that a [`CsrfLayer`](crate::CsrfLayer) gives by default.
    pub fn status(self) -> StatusCode {
        match self {
            Self::FormTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BrokenForm => StatusCode::BAD_REQUEST,
            Self::NoSessionLayer => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::FORBIDDEN,
        }
    }

    /// The position in the enum, which is that in the counters.
    pub(super) fn position(self) -> usize {
        match self {
            Self::Empty => 0,
            Self::TooLong { .. } => 1,
            Self::Malformed => 2,
            Self::UnknownVersion(_) => 3,
            Self::NoId => 4,
            Self::Mismatch => 5,
            Self::EmptyMethod => 6,
            Self::ScopeTooLong { .. } => 7,
            Self::Missing => 8,
            Self::Repeated => 9,
            Self::CrossSite => 10,
            Self::SameSite => 11,
            Self::FormTooLarge { .. } => 12,
            Self::BrokenForm => 13,
            Self::NoSessionLayer => 14,
        }
    }
}

impl fmt::Display for CsrfError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "the CSRF token is empty; expected {CHARS} characters"),
            Self::TooLong { bytes } => {
                write!(f, "the CSRF token has {bytes} bytes; expected {CHARS}")
            }
            Self::Malformed => write!(f, "the CSRF token is not {CHARS} characters of base64url"),
            Self::UnknownVersion(version) => {
                write!(f, "the CSRF token is of version {version}; expected {VERSION}")
            }
            Self::NoId => f.write_str("the session has no id, so no CSRF token was made for it"),
            Self::Mismatch => {
                f.write_str("the CSRF token is of another session, or for another method or path")
            }
            Self::EmptyMethod => {
                f.write_str("the method of the CSRF token is empty; expected one like POST")
            }
            Self::ScopeTooLong { bytes } => write!(
                f,
                "the method or path of the CSRF token has {bytes} bytes; expected at most {}",
                u16::MAX
            ),
            Self::Missing => f.write_str(
                "the request has no CSRF token; expected one in a header, such as x-csrf-token, or in a form",
            ),
            Self::Repeated => f.write_str("the request has several CSRF tokens; expected one"),
            Self::CrossSite => f.write_str("the request comes from another site (Sec-Fetch-Site)"),
            Self::SameSite => {
                f.write_str("the request comes from another origin of this site (Sec-Fetch-Site)")
            }
            Self::FormTooLarge { limit } => write!(
                f,
                "the form is larger than {limit} bytes before its CSRF token; put the field with the token first"
            ),
            Self::BrokenForm => f.write_str(
                "the form ended early, or is not what its Content-Type says; expected a whole form",
            ),
            Self::NoSessionLayer => f.write_str(
                "the request has no session; expected a SessionLayer around the layer that asks for CSRF tokens",
            ),
        }
    }
}

impl Error for CsrfError {}

/// What a token is good for: one method and path, or everything.
pub(super) struct FormScope<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
}

impl<'a> FormScope<'a> {
    pub(super) const EVERY: FormScope<'static> = FormScope { method: "", path: "" };

    pub(super) fn of(method: &'a str, path: &'a str) -> Result<Self, CsrfError> {
        let bytes = method.len().max(path.len());
        if method.is_empty() {
            return Err(CsrfError::EmptyMethod);
        }
        if bytes > usize::from(u16::MAX) {
            return Err(CsrfError::ScopeTooLong { bytes });
        }
        Ok(Self { method, path })
    }

    /// What the MAC is of.
    fn message(&self, random: &[u8; RANDOM_LEN]) -> Vec<u8> {
        let mut message = Vec::with_capacity(4 + self.method.len() + self.path.len() + RANDOM_LEN);
        length_prefixed(self.method.as_bytes(), &mut message);
        length_prefixed(self.path.as_bytes(), &mut message);
        message.extend(random);
        message
    }
}

/// A token of this version, not yet believed.
pub(super) struct CsrfToken {
    random: [u8; RANDOM_LEN],
    mac: [u8; SHORT_MAC_LEN],
}

impl CsrfToken {
    pub(super) fn parse(text: &[u8]) -> Result<Self, CsrfError> {
        match text.len() {
            0 => return Err(CsrfError::Empty),
            bytes if bytes > CHARS => return Err(CsrfError::TooLong { bytes }),
            bytes if bytes < CHARS => return Err(CsrfError::Malformed),
            _ => {}
        }
        let mut frame = [0; FRAME_LEN];
        URL_SAFE_NO_PAD
            .decode(text, frame.as_mut_slice().as_out())
            .map_err(|_| CsrfError::Malformed)?;
        if frame[0] != VERSION {
            return Err(CsrfError::UnknownVersion(frame[0]));
        }
        let mut token = Self { random: [0; RANDOM_LEN], mac: [0; SHORT_MAC_LEN] };
        token.random.copy_from_slice(&frame[1..=RANDOM_LEN]);
        token.mac.copy_from_slice(&frame[1 + RANDOM_LEN..]);
        Ok(token)
    }

    pub(super) fn is_of(&self, id: &SessionId, scope: &FormScope<'_>) -> bool {
        kdf::is_short_mac(&*key(id), &scope.message(&self.random), &self.mac)
    }
}

pub(super) fn render(id: &SessionId, scope: &FormScope<'_>, random: [u8; RANDOM_LEN]) -> String {
    let mac = kdf::hmac_sha256(&*key(id), &scope.message(&random));
    let mut frame = [VERSION; FRAME_LEN];
    frame[1..=RANDOM_LEN].copy_from_slice(&random);
    frame[1 + RANDOM_LEN..].copy_from_slice(&mac[..SHORT_MAC_LEN]);
    URL_SAFE_NO_PAD.encode_to_string(frame)
}

fn key(id: &SessionId) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(kdf::hmac_sha256(&id.0, b"sealed-session v1 csrf"))
}

const VERSION: u8 = 1;
/// Bytes that make each token another one.
const RANDOM_LEN: usize = 16;
const FRAME_LEN: usize = 1 + RANDOM_LEN + SHORT_MAC_LEN;
/// Characters of a token, which leave no bit over.
const CHARS: usize = 44;
const _: () = assert!(FRAME_LEN * 4 == CHARS * 3);

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's `hmac`, as `tests/csrf/token.rs` says.
    #[test]
    fn renders_the_known_tokens() {
        let id = SessionId([
            0xdd, 0x19, 0xbd, 0xe3, 0x1c, 0x07, 0x62, 0x34, 0x88, 0xf5, 0xda, 0x5e, 0x6d, 0x08,
            0x11, 0x15,
        ]);
        let counted = std::array::from_fn(|n| u8::try_from(n).unwrap());
        let path = format!("/{}", "a".repeat(65_534));
        let rows = [
            ("", "", counted, "AQABAgMEBQYHCAkKCwwNDg_i3Hdqb_XWtiFpKr5cLLTU"),
            ("", "", [0; 16], "AQAAAAAAAAAAAAAAAAAAAADIdYXOQmWsGOCbqiNTnXVR"),
            ("POST", "/transfer", counted, "AQABAgMEBQYHCAkKCwwNDg8FuhqfwRBCfYS9nH2PZ4Rk"),
            ("DELETE", "/caf%C3%A9/1", [255; 16], "Af_____________________sowhmHdOlHr52iHccnApG"),
            ("POST", "", counted, "AQABAgMEBQYHCAkKCwwNDg8xrtn9N6xY18LBUiVx60xM"),
            ("POST", &path, counted, "AQABAgMEBQYHCAkKCwwNDg-D5F521QM2Zy6QQlruVUbC"),
        ];
        for (method, path, random, token) in rows {
            assert_eq!(
                render(&id, &FormScope { method, path }, random),
                token,
                "{method} of {} bytes",
                path.len()
            );
        }
    }
}

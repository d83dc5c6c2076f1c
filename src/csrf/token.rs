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
//! A token that comes in is hostile. It has one length, which is looked at first.

use std::{error::Error, fmt};

use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::crypto::kdf::{self, SHORT_MAC_LEN, length_prefixed};
use crate::crypto::random;
use crate::session::Session;
use crate::token::id::SessionId;

/// Tokens for forms (feature `csrf`).
impl<T> Session<T> {
    /// A token for any form of this session: 44 characters of base64url, another text each time.
    ///
    /// Put it into every form as a hidden field, or into the page for scripts to send as `x-csrf-token`. It needs
    /// the id, so that asking for it is a reason to send the session, as with [`id`](Self::id): a visitor who is shown a
    /// form gets a cookie. It is good until `renew`, `invalidate` or the end of the session.
    ///
    /// No cookie is set in response to a request of another site whose cookie the browser may hold back, which under
    /// [`SameSite::Strict`](crate::SameSite::Strict) is every link from elsewhere: a user who is logged in would be logged
    /// out ([the guide](crate::guide::cross_site)). The token is then good for nothing; on a first visit
    /// [`csrf`](crate::csrf) has a rule that lets the form pass without it.
    ///
    /// # Security
    /// Not for links, redirects or anything else in a URL, which goes into logs and to other sites. A page with a
    /// token in it is for one visitor: leave `Cache-Control` to the library, or say `private`.
    ///
    /// # Panics
    /// If the operating system has no randomness to give.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// let token = session.csrf_token();
    /// assert_eq!(session.verify_csrf(&token), Ok(()));
    ///
    /// session.renew(); // at log-in
    /// assert!(session.verify_csrf(&token).is_err());
    /// ```
    pub fn csrf_token(&self) -> String {
        self.draw_csrf(&FormScope::EVERY)
    }

    /// A token for one form: good for this method and path, and for nothing else.
    ///
    /// Whoever reads it, from an injected piece of the page, say, cannot use it elsewhere. Both are compared byte
    /// for byte with those given to [`verify_csrf_for`](Self::verify_csrf_for): the method in capitals, the path
    /// as the client sends it, percent-encoded and without the query.
    ///
    /// # Errors
    /// An empty method; a method or path of more than 65,535 bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness to give.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let session = sessions.fresh();
    /// let token = session.csrf_token_for("POST", "/transfer")?;
    /// assert_eq!(session.verify_csrf_for(&token, "POST", "/transfer"), Ok(()));
    /// assert!(session.verify_csrf_for(&token, "POST", "/close-account").is_err());
    /// assert!(session.verify_csrf(&token).is_err());
    /// # Ok::<(), sealed_session::CsrfError>(())
    /// ```
    pub fn csrf_token_for(
        &self,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<String, CsrfError> {
        Ok(self.draw_csrf(&FormScope::of(method.as_ref(), path.as_ref())?))
    }

    /// Whether a token is one of [`csrf_token`](Self::csrf_token), of this session.
    ///
    /// This is reading: it draws no id and changes nothing.
    ///
    /// # Errors
    /// A token that is empty, too long, no base64url or of another version; one of another session, also of this
    /// one before `renew`, or for a method and path; a session for which no token was made.
    ///
    /// # Security
    /// The answer must not depend on which error it is.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::CsrfError;
    ///
    /// let (session, other) = (sessions.fresh(), sessions.fresh());
    /// assert_eq!(session.verify_csrf(other.csrf_token()), Err(CsrfError::NoId)); // it has shown no form
    /// assert_eq!(session.verify_csrf(session.csrf_token()), Ok(()));
    /// assert_eq!(session.verify_csrf(other.csrf_token()), Err(CsrfError::Mismatch));
    /// assert_eq!(session.verify_csrf(""), Err(CsrfError::Empty));
    /// ```
    pub fn verify_csrf(&self, token: impl AsRef<[u8]>) -> Result<(), CsrfError> {
        self.check_csrf(token.as_ref(), &FormScope::EVERY)
    }

    /// Whether a token is one of [`csrf_token_for`](Self::csrf_token_for), of this session, method and path.
    ///
    /// # Errors
    /// Those of [`verify_csrf`](Self::verify_csrf), another method or path among them; those of
    /// [`csrf_token_for`](Self::csrf_token_for).
    ///
    /// # Security
    /// The answer must not depend on which error it is.
    pub fn verify_csrf_for(
        &self,
        token: impl AsRef<[u8]>,
        method: impl AsRef<str>,
        path: impl AsRef<str>,
    ) -> Result<(), CsrfError> {
        self.check_csrf(token.as_ref(), &FormScope::of(method.as_ref(), path.as_ref())?)
    }

    #[allow(clippy::panic, reason = "documented; the signature cannot carry the error")]
    fn draw_csrf(&self, scope: &FormScope<'_>) -> String {
        let random = random::bytes().unwrap_or_else(|error| panic!("{error}"));
        render(self.id(), scope, random)
    }

    fn check_csrf(&self, text: &[u8], scope: &FormScope<'_>) -> Result<(), CsrfError> {
        let token = CsrfToken::parse(text)?;
        let id = self.known_id().ok_or(CsrfError::NoId)?;
        if token.is_of(id, scope) { Ok(()) } else { Err(CsrfError::Mismatch) }
    }
}

/// Why a request is refused, or a token is not made; for the server's eyes.
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
    /// The request has more than one token in the header, or in the form.
    Repeated,
    /// The browser says that the request comes from another site.
    CrossSite,
    /// The browser says that the request comes from another origin of this site, a sibling host
    /// say.
    SameSite,
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
                "the request has no CSRF token; expected one in x-csrf-token or in its form",
            ),
            Self::Repeated => f.write_str("the request has several CSRF tokens; expected one"),
            Self::CrossSite => f.write_str("the request comes from another site (Sec-Fetch-Site)"),
            Self::SameSite => {
                f.write_str("the request comes from another origin of this site (Sec-Fetch-Site)")
            }
        }
    }
}

impl Error for CsrfError {}

/// What a token is good for: one method and path, or everything.
struct FormScope<'a> {
    method: &'a str,
    path: &'a str,
}

impl<'a> FormScope<'a> {
    const EVERY: FormScope<'static> = FormScope { method: "", path: "" };

    fn of(method: &'a str, path: &'a str) -> Result<Self, CsrfError> {
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
struct CsrfToken {
    random: [u8; RANDOM_LEN],
    mac: [u8; SHORT_MAC_LEN],
}

impl CsrfToken {
    fn parse(text: &[u8]) -> Result<Self, CsrfError> {
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

    fn is_of(&self, id: &SessionId, scope: &FormScope<'_>) -> bool {
        kdf::is_short_mac(&*key(id), &scope.message(&self.random), &self.mac)
    }
}

fn render(id: &SessionId, scope: &FormScope<'_>, random: [u8; RANDOM_LEN]) -> String {
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

#[cfg(test)]
#[path = "vectors.rs"]
mod vectors;

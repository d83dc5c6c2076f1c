//! Names of sessions and keys: ids of sessions are secret, labels and ids of keys are not.

use std::fmt;

use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use zeroize::{Zeroize, Zeroizing};

use crate::crypto::kdf;

/// Bytes of a session id.
// OWASP's Session Management Cheat Sheet asks for 64 bits of entropy against guessing. 128 bits
// also keep ids apart that machines draw without asking each other (among 2^48 two are equal with a
// chance of 2^-33), and an id is the key of two MACs, for labels and CSRF tokens.
pub(crate) const ID_LEN: usize = 16;

/// The secret name of a session: 128 random bits.
///
/// Labels and CSRF tokens are derived from it. It has neither `Display` nor `PartialEq`, its
/// `Debug` shows nothing, and it is wiped on drop. For logs, use
/// [`Session::label`](crate::Session::label).
///
/// ```
/// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
/// let session = sessions.fresh();
/// assert_eq!(session.id().expose_base64url().len(), 22);
/// assert_eq!(format!("{:?}", session.id()), "SessionId(..)");
/// ```
#[derive(Clone)]
pub struct SessionId(pub(crate) [u8; ID_LEN]);

impl SessionId {
    /// The id in base64url without padding, 22 characters.
    ///
    /// # Security
    /// Use it as a key of a table on the server, for example. It does not open the session, but do
    /// not log it.
    pub fn expose_base64url(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode_to_string(self.0))
    }

    /// The id of a session that is adopted from the old cookie of this name and value.
    pub(crate) fn of_old_cookie(name: &str, value: &[u8]) -> Self {
        // Derived and not drawn: two requests at once adopt one session, and what was revoked under
        // this id is found again. It is as secret as the old cookie. The key separates it from what
        // else is made with HMAC.
        let mut message = Zeroizing::new(Vec::with_capacity(4 + name.len() + value.len()));
        kdf::length_prefixed(name.as_bytes(), &mut message);
        kdf::length_prefixed(value, &mut message);
        let mac = Zeroizing::new(kdf::hmac_sha256(b"sealed-session v1 adopted", &message));
        let mut id = [0; ID_LEN];
        id.copy_from_slice(&mac[..ID_LEN]);
        Self(id)
    }

    pub(crate) fn label(&self) -> Label {
        // A MAC and not a part of the id: labels are logged, and a reader of logs must learn
        // nothing of the id, from which CSRF tokens follow. 9 bytes are exactly 12 characters and
        // tell sessions apart (among 2^20 two share a label with a chance of 2^-33). A label proves
        // nothing, so the minimum of 80 bits for a MAC (RFC 2104 section 5) does not apply.
        let mac = kdf::hmac_sha256(&self.0, b"sealed-session v1 label");
        let mut text = [0; Label::LEN];
        let _ = URL_SAFE_NO_PAD.encode(&mac[..Label::LEN / 4 * 3], text.as_mut_slice().as_out());
        Label(Some(text))
    }

    pub(crate) fn ct_eq(&self, other: &Self) -> bool {
        // An id is a secret, so the time of a comparison must not tell how many bytes are equal
        // (CWE-208): a client chooses which tokens are compared, and may send them again and again.
        kdf::ct_eq(&self.0, &other.0)
    }
}

impl Drop for SessionId {
    fn drop(&mut self) {
        // The CSRF tokens of a session follow from its id, and freed memory is read: in core dumps,
        // or over the network (Heartbleed, CVE-2014-0160). What is wiped at once is not found there
        // (Chow et al., "Shredding Your Garbage", USENIX Security 2005).
        self.0.as_mut_slice().zeroize();
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

/// Names a session in logs: 12 characters that do not reveal the id.
///
/// It is derived from the id. A session without an id has the label `new`.
///
/// ```
/// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
/// let session = sessions.fresh();
/// assert_eq!(session.label().to_string(), "new");
/// session.id();
/// assert_eq!(session.label().as_str().len(), 12);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(Option<[u8; Label::LEN]>);

impl Label {
    const LEN: usize = 12;

    /// The label of a session that has no id yet.
    pub(crate) const NEW: Self = Self(None);

    /// The label as text.
    pub fn as_str(&self) -> &str {
        self.0.as_ref().and_then(|text| str::from_utf8(text).ok()).unwrap_or("new")
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({self})")
    }
}

/// Names a key in a token and in logs: four hex digits, public.
///
/// It has two bytes, so two keys may have the same id. It says which keys to try; the tag of the
/// token says which key is right.
// 16 bits, since it is only a hint: version and key id then fill four characters, and every cookie
// is short. Two of n keys share an id with a chance of n (n - 1) / 131,072, for three keys 1 in
// 21,845. That costs each token one more opening, some microseconds, and never opens a wrong one;
// `encode`, which asks by id, may then take a secret that was removed for one that stayed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) [u8; 2]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02x}{:02x}", self.0[0], self.0[1])
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

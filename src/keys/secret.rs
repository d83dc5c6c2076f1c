//! The operator's secret: what it may be, and its text form.

use std::{fmt, str::FromStr};

use base64_simd::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::crypto::kdf;
use crate::crypto::kdf::Prk;
use crate::crypto::random;
use crate::crypto::secret_bytes::SecretBytes as Wiped;
use crate::error::SecretError;

/// Bytes that a secret has at least.
const MIN_LEN: usize = 32;

/// High-entropy bytes from which the keys are derived; at least 32 of them.
///
/// Wiped on drop. It has no `Display`, no `PartialEq` and no `Serialize`, and its `Debug` shows no byte.
///
/// ```
/// use sealed_session::Secret;
///
/// let secret = Secret::generate();
/// let text = secret.expose_base64url();
/// assert_eq!(text.len(), 43);
/// assert_eq!(text.parse::<Secret>()?.expose_base64url(), text);
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// # Ok::<(), sealed_session::SecretError>(())
/// ```
///
/// # Security
/// A secret is drawn, not thought up: `openssl rand -base64 32` makes one. A pass phrase is refused where it
/// can be told from random text; this library has no password hash to stretch one with.
#[derive(Clone)]
pub struct Secret(Wiped);

impl Secret {
    /// Takes raw bytes.
    ///
    /// # Errors
    /// Fewer than 32 bytes; the same byte throughout.
    ///
    /// ```
    /// use sealed_session::{Secret, SecretError};
    ///
    /// assert_eq!(Secret::from_bytes(b"hunter2").unwrap_err(), SecretError::TooShort { bytes: 7 });
    /// assert_eq!(Secret::from_bytes(&[0; 32]).unwrap_err(), SecretError::RepeatedByte);
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.is_empty() {
            Err(SecretError::Empty)
        } else if bytes.len() < MIN_LEN {
            Err(SecretError::TooShort { bytes: bytes.len() })
        } else if bytes.iter().all(|byte| *byte == bytes[0]) {
            Err(SecretError::RepeatedByte)
        } else {
            Ok(Self(Wiped(bytes.to_vec())))
        }
    }

    /// Draws 32 bytes from the operating system.
    ///
    /// # Panics
    /// If the operating system has no randomness to give.
    #[allow(clippy::panic, reason = "documented; called at start-up, before there is a client")]
    pub fn generate() -> Self {
        // One draw in some billions has a text form that reads as hex or as a pass phrase.
        for _ in 0..4 {
            let drawn = random::bytes::<MIN_LEN>().unwrap_or_else(|error| panic!("{error}"));
            let drawn = Zeroizing::new(drawn);
            let secret = Self(Wiped(drawn.to_vec()));
            if secret.expose_base64url().parse::<Self>().is_ok() {
                return secret;
            }
        }
        panic!("the operating system's random bytes are not random");
    }

    /// The secret as base64url without padding, to be stored where secrets are.
    ///
    /// What [`generate`](Self::generate) drew reads back. Bytes of your own, given to
    /// [`from_bytes`](Self::from_bytes), may spell a text that reads as hex or as a pass phrase.
    pub fn expose_base64url(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode_to_string(&*self.0))
    }

    pub(super) fn prk(&self) -> Prk {
        Prk::extract(&self.0)
    }

    pub(super) fn same_as(&self, other: &Self) -> bool {
        kdf::ct_eq(&self.0, &other.0)
    }
}

/// Reads the text form: hex, base64 or base64url.
///
/// One line feed at the end, with or without a carriage return before it, is dropped. Text of hex digits
/// only is hex, never base64. Base64 may be padded or not, in one alphabet, and must be the one text that its
/// bytes have (RFC 4648 section 3.5).
///
/// # Errors
/// No text; an odd number of hex digits; neither hex nor base64; base64 without an upper-case and a
/// lower-case letter, as a pass phrase would be; fewer than 32 bytes; the same byte throughout. No error
/// shows the text.
///
/// ```
/// use sealed_session::{Secret, SecretError};
///
/// let hex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
/// assert!(hex.parse::<Secret>().is_ok());
/// let refused = "correct horse battery staple".parse::<Secret>().unwrap_err();
/// assert_eq!(refused, SecretError::Encoding);
/// ```
impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let line =
            text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        let bytes = if line.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            hex(line.as_bytes())?
        } else {
            base64(line)?
        };
        Self::from_bytes(&bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn hex(digits: &[u8]) -> Result<Wiped, SecretError> {
    if digits.len() % 2 == 1 {
        return Err(SecretError::OddHex { digits: digits.len() });
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    };
    Ok(Wiped(digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()))
}

fn base64(text: &str) -> Result<Wiped, SecretError> {
    let unpadded = text.trim_end_matches('=');
    if !unpadded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)) {
        return Err(SecretError::Encoding);
    }
    let has = |case: fn(&u8) -> bool| unpadded.as_bytes().iter().any(case);
    if !has(u8::is_ascii_lowercase) || !has(u8::is_ascii_uppercase) {
        return Err(SecretError::Passphrase);
    }
    let padding = text.len() - unpadded.len();
    if padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return Err(SecretError::Encoding);
    }
    let alphabet = if unpadded.contains(['-', '_']) { URL_SAFE_NO_PAD } else { STANDARD_NO_PAD };
    alphabet.decode_to_vec(unpadded).map(Wiped).map_err(|_| SecretError::Encoding)
}

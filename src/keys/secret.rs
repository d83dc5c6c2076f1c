//! The operator's secret: which texts and bytes are accepted, and its text form.

use std::{fmt, str::FromStr};

use base64_simd::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::crypto::kdf;
use crate::crypto::kdf::Prk;
use crate::crypto::random;
use crate::crypto::secret_bytes::SecretBytes;
use crate::keys::secret_error::SecretError;

/// The shortest secret, in bytes.
// As many as a key has. Every visitor has a token to test guesses against, offline, and HKDF does
// not slow guesses down (RFC 5869 section 4). So a secret must have the full strength.
pub(super) const MIN_LEN: usize = 32;

/// The longest block, in bytes, whose repetition is refused: a word that somebody typed again and
/// again, or a line of a hex dump. Random bytes repeat so once in 2^128.
const MAX_PERIOD: usize = 16;

/// Different byte values that a secret has at least. 32 random bytes have fewer once in 2^83; a
/// counter behind zeros, or text of a few letters, has.
const MIN_DISTINCT: usize = 12;

/// Every secret that this library's documentation shows in full, as [`Secret::expose_base64url`]
/// writes it.
const DOCUMENTED: [&str; 1] = ["RHq80IP_ov3yxr33cuj_gZ-kO0eSgMCo9MfLYdgVFss"];

/// The mark that Windows editors put in front of UTF-8 text.
pub(super) const BOM: &str = "\u{feff}";

/// Marks that a reader of a `.env` file may leave around a value.
const QUOTES: [char; 8] = ['"', '\'', '`', '“', '”', '„', '‘', '’'];

/// The longest name of a variable or of an encoding, in characters. A secret is longer.
const MAX_NAME: usize = 40;

/// At least 32 random bytes, from which the keys are derived.
///
/// Wiped on drop. It has no `Display`, `PartialEq` or `Serialize`, and its `Debug` shows no byte.
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
/// A secret has to be random: `openssl rand -base64 32` makes one. A pass phrase is refused if it
/// does not look like random text. A pass phrase of mixed case without spaces does look like it,
/// and is accepted. Do not use one, because this library does not stretch it with a password hash.
#[derive(Clone)]
pub struct Secret(SecretBytes);

impl Secret {
    /// Takes raw bytes.
    ///
    /// # Errors
    /// - No bytes, or fewer than 32.
    /// - 16 bytes or fewer that are repeated.
    /// - Fewer than 12 different byte values.
    /// - The example of the documentation.
    ///
    /// ```
    /// use sealed_session::{Secret, SecretError};
    ///
    /// assert_eq!(Secret::from_bytes(b"hunter2").unwrap_err(), SecretError::TooShort { bytes: 7 });
    /// let repeated = Secret::from_bytes(b"ChangeMeChangeMeChangeMeChangeMe");
    /// assert_eq!(repeated.unwrap_err(), SecretError::Repeating { period: 8 });
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if bytes.is_empty() {
            return Err(SecretError::Empty);
        }
        if bytes.len() < MIN_LEN {
            return Err(SecretError::TooShort { bytes: bytes.len() });
        }
        if let Some(period) = period(bytes) {
            return Err(SecretError::Repeating { period });
        }
        let distinct = distinct(bytes);
        if distinct < MIN_DISTINCT {
            return Err(SecretError::FewDistinctBytes { distinct });
        }
        let secret = Self(SecretBytes(bytes.to_vec()));
        if secret.is_documented() { Err(SecretError::Documented) } else { Ok(secret) }
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
            let secret = Self(SecretBytes(drawn.to_vec()));
            if secret.expose_base64url().parse::<Self>().is_ok() {
                return secret;
            }
        }
        panic!("the operating system's random bytes are not random");
    }

    /// The secret as base64url without padding, to store it with your other secrets.
    ///
    /// The text of a [generated](Self::generate) secret can be parsed again. Bytes that were given
    /// to [`from_bytes`](Self::from_bytes) may have a text that looks like hex, a pass phrase or a
    /// repeated word, and is refused.
    pub fn expose_base64url(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode_to_string(&*self.0))
    }

    /// Reads one entry of a list, in which a line end or a byte order mark is not allowed.
    pub(super) fn from_entry(text: &str) -> Result<Self, SecretError> {
        if let Some(cause) = not_the_text_alone(text) {
            return Err(cause);
        }
        // Hex first: 64 hex digits are base64 as well, of 48 bytes with the entropy of 32.
        let bytes = if is_hex(text) { hex(text.as_bytes())? } else { base64(text)? };
        let secret = Self::from_bytes(&bytes)?;
        // "Sesame7" eight times: the text repeats after 7 characters, and its bytes only after 21.
        match period(text.trim_end_matches('=').as_bytes()) {
            Some(period) => Err(SecretError::Repeating { period }),
            None => Ok(secret),
        }
    }

    fn is_documented(&self) -> bool {
        let text = self.expose_base64url();
        DOCUMENTED.iter().any(|example| kdf::ct_eq(example.as_bytes(), text.as_bytes()))
    }

    pub(super) fn prk(&self) -> Prk {
        Prk::extract(&self.0)
    }

    pub(super) fn ct_eq(&self, other: &Self) -> bool {
        kdf::ct_eq(&self.0, &other.0)
    }
}

/// Reads the text form: hex, base64 or base64url.
///
/// A leading byte order mark and a line end (LF or CRLF) are dropped. Text of hex digits only is
/// hex, never base64. Base64 may be padded or not, uses one alphabet, and must be canonical (RFC
/// 4648 section 3.5).
///
/// # Errors
/// - What [`Secret::from_bytes`] refuses.
/// - An odd number of hex digits.
/// - Neither hex nor base64.
/// - Base64 without an upper-case and a lower-case letter, as a pass phrase would be.
/// - Text of 16 characters or fewer that are repeated.
/// - Quotation marks around the text, a word in front of it such as `base64:`, or several lines.
///
/// No error shows the text, and each says how to make a secret.
///
/// ```
/// use sealed_session::{Secret, SecretError};
///
/// let text = Secret::generate().expose_base64url();
/// assert!(format!("{}\n", *text).parse::<Secret>().is_ok());
///
/// // A secret looks like this. This one is public, so it is refused.
/// let shown = "RHq80IP/ov3yxr33cuj/gZ+kO0eSgMCo9MfLYdgVFss=";
/// assert_eq!(shown.parse::<Secret>().unwrap_err(), SecretError::Documented);
/// let refused = "correct horse battery staple".parse::<Secret>().unwrap_err();
/// assert_eq!(refused, SecretError::Encoding);
/// ```
impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        let text = text.strip_prefix(BOM).unwrap_or(text);
        let line =
            text.strip_suffix('\n').map_or(text, |line| line.strip_suffix('\r').unwrap_or(line));
        Self::from_entry(line)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Mistakes that add something to the text of a secret.
fn not_the_text_alone(text: &str) -> Option<SecretError> {
    let lines = text.split(['\r', '\n']).filter(|line| !line.is_empty()).count();
    let unpadded = text.trim_end_matches('=');
    let named = |end| unpadded.split_once(end).is_some_and(|(name, _)| is_name(name));
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    if lines > 1 {
        Some(SecretError::Lines { lines })
    } else if named(':') || named('=') || digits.is_some_and(is_hex) {
        Some(SecretError::Prefixed)
    } else if text.starts_with(QUOTES) || text.ends_with(QUOTES) {
        Some(SecretError::Quoted)
    } else {
        None
    }
}

/// Whether it may name a variable or an encoding.
fn is_name(text: &str) -> bool {
    let of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"_- ".contains(&byte);
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(of_names)
}

pub(super) fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// After how many bytes it starts again, if it does so after [`MAX_PERIOD`] or fewer; it has at
/// least [`MIN_LEN`] bytes.
fn period(bytes: &[u8]) -> Option<usize> {
    (1..=MAX_PERIOD).find(|period| bytes[*period..] == bytes[..bytes.len() - period])
}

fn distinct(bytes: &[u8]) -> usize {
    (0..=u8::MAX).filter(|value| bytes.contains(value)).count()
}

fn hex(digits: &[u8]) -> Result<SecretBytes, SecretError> {
    if digits.len() % 2 == 1 {
        return Err(SecretError::OddHex { digits: digits.len() });
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        _ => digit.to_ascii_lowercase() - b'a' + 10,
    };
    Ok(SecretBytes(
        digits.chunks_exact(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect(),
    ))
}

fn base64(text: &str) -> Result<SecretBytes, SecretError> {
    let unpadded = text.trim_end_matches('=');
    if !unpadded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte)) {
        return Err(SecretError::Encoding);
    }
    // 43 random characters lack lower-case or upper-case letters less than once in 10^9; words
    // often lack one of them. The length does not show whether text is random.
    let has = |case: fn(&u8) -> bool| unpadded.as_bytes().iter().any(case);
    if !has(u8::is_ascii_lowercase) || !has(u8::is_ascii_uppercase) {
        return Err(SecretError::Passphrase);
    }
    // Only the one text that the bytes have (RFC 4648 section 3.5): a text that was cut is then
    // more often an error than another secret, with which all sessions would end.
    let padding = text.len() - unpadded.len();
    if padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return Err(SecretError::Encoding);
    }
    let alphabet = if unpadded.contains(['-', '_']) { URL_SAFE_NO_PAD } else { STANDARD_NO_PAD };
    alphabet.decode_to_vec(unpadded).map(SecretBytes).map_err(|_| SecretError::Encoding)
}

//! Why a text or bytes are not a secret.

use std::{error::Error, fmt};

/// Why a text or bytes are not a secret. No variant shows any byte of it.
///
/// `Debug` shows the message too, because it is what a `main` that returns the error prints.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// The text is empty.
    Empty,
    /// Fewer than 32 bytes, after decoding.
    TooShort {
        /// The number of bytes.
        bytes: usize,
    },
    /// A word or a block that was repeated until it was long enough.
    Repeating {
        /// Bytes, or characters of the text, after which it starts again: 16 at most.
        period: usize,
    },
    /// Fewer than 12 different byte values.
    FewDistinctBytes {
        /// The number of different byte values.
        distinct: usize,
    },
    /// The example in this library's documentation.
    Documented,
    /// Hex with an odd number of digits.
    OddHex {
        /// The number of digits.
        digits: usize,
    },
    /// Neither hex nor base64.
    Encoding,
    /// Quotation marks around the secret, which a reader of a `.env` file kept.
    Quoted,
    /// A word in front of the secret, such as `base64:`, `SESSION_SECRET=` or `0x`.
    Prefixed,
    /// More than one line, where one secret is expected.
    Lines {
        /// The number of lines that are not empty.
        lines: usize,
    },
    /// The short last line of a text that was wrapped, in a list of secrets.
    Wrapped {
        /// The number of bytes in this line.
        bytes: usize,
    },
    /// Base64 whose letters share one case, which is a pass phrase rather than random bytes.
    Passphrase,
    /// The environment variable is not Unicode.
    NotUnicode,
    /// All secrets of the list are upcoming; one has to be current.
    OnlyUpcoming,
    /// One of several secrets is not valid.
    Entry {
        /// Its position, from 1.
        position: usize,
        /// What is wrong with it.
        reason: Box<SecretError>,
    },
}

/// What a secret is and how to make one: the end of each message.
pub(super) const EXPECTED_SECRET: &str =
    "expected at least 32 random bytes as hex or base64, such as `openssl rand -base64 32` prints";

impl SecretError {
    /// This error for one entry of a list of `entries`.
    pub(super) fn of_entry(self, position: usize, entries: usize) -> Self {
        if entries == 1 { self } else { Self::Entry { position, reason: Box::new(self) } }
    }

    /// What was found, for errors without a number.
    fn found(&self) -> &'static str {
        match self {
            Self::Empty => "the secret is empty",
            Self::Documented => "the secret is the example in the documentation, which is public",
            Self::Quoted => {
                "the secret has quotation marks around it, which some readers of .env files keep"
            }
            Self::Prefixed => {
                "the secret has something in front of it, such as `base64:` or `NAME=`"
            }
            Self::Passphrase => {
                "the secret reads like a pass phrase: base64 of random bytes has letters of both \
                 cases"
            }
            Self::NotUnicode => "the secret is not Unicode text",
            _ => {
                "the secret is neither hex nor base64 of one alphabet, padded in full or not at all"
            }
        }
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort { bytes } => write!(f, "the secret has {bytes} bytes"),
            Self::Repeating { period: 1 } => f.write_str("the secret is one byte repeated"),
            Self::Repeating { period } => write!(f, "the secret is {period} bytes repeated"),
            Self::FewDistinctBytes { distinct } => write!(
                f,
                "the secret has only {distinct} different byte values; random bytes have more"
            ),
            Self::OddHex { digits } => {
                write!(f, "the secret has {digits} hex digits, which is an odd number")
            }
            Self::Lines { lines } => write!(
                f,
                "the secret has {lines} lines, as `openssl rand -base64 64` prints; one secret is \
                 one line"
            ),
            Self::Wrapped { bytes } => write!(
                f,
                "the secret has {bytes} bytes and seems to be the last line of a wrapped text, as \
                 of `openssl rand -base64 64`"
            ),
            // Texts of a list are not empty, so this one had only the prefix.
            Self::Entry { position, reason } if **reason == Self::Empty => write!(
                f,
                "secret {position} of the list: no secret follows `upcoming:` directly, without a space"
            ),
            Self::Entry { position, reason } => {
                return write!(f, "secret {position} of the list: {reason}");
            }
            Self::OnlyUpcoming => {
                return f.write_str(
                    "all secrets are upcoming; expected a current one, without `upcoming:` in \
                     front, such as `openssl rand -base64 32` prints",
                );
            }
            _ => f.write_str(self.found()),
        }?;
        write!(f, "; {EXPECTED_SECRET}")
    }
}

impl fmt::Debug for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretError({self})")
    }
}

impl Error for SecretError {}

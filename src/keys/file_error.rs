//! Why a file is not a keyring. No error shows a byte of the file.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fmt, io};

use crate::keys::secret_error::{EXPECTED_SECRET, SecretError};

/// Why a file is not a keyring.
///
/// It shows the path of the file, and no byte of its content.
///
/// `Debug` shows the message too, because it is what a `main` that returns the error prints.
pub struct KeyringFileError {
    pub(super) path: PathBuf,
    pub(super) reason: FileErrorKind,
}

impl KeyringFileError {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is wrong with it.
    pub fn reason(&self) -> &FileErrorKind {
        &self.reason
    }
}

impl fmt::Debug for KeyringFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyringFileError({self})")
    }
}

/// What is wrong with a file of secrets.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileErrorKind {
    /// The file does not exist, or cannot be opened or read.
    Read(ReadError),
    /// A directory, a pipe, a socket or a device.
    NotRegular,
    /// The file is too large.
    TooLarge {
        /// Bytes that are allowed.
        limit: usize,
    },
    /// The file was written to while it was read; the next attempt may succeed.
    Changed,
    /// A line that is not UTF-8.
    NotUtf8 {
        /// The number of the line, from 1.
        line: usize,
    },
    /// The file has only empty lines and comments.
    Empty,
    /// A line that is not valid.
    Line {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: SecretError,
    },
    /// All secrets in the file are upcoming; one has to be current.
    OnlyUpcoming,
}

/// What a file of secrets is, and how to make a secret.
const EXPECTED_FILE: &str =
    "expected a text file with one secret a line, such as `openssl rand -base64 32` prints";

impl fmt::Display for KeyringFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the file of secrets {:?}: {}", self.path.to_string_lossy(), self.reason)
    }
}

impl fmt::Display for FileErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => write!(f, "{error}; {EXPECTED_FILE}"),
            Self::NotRegular => {
                write!(f, "it is a directory, a pipe, a socket or a device; {EXPECTED_FILE}")
            }
            Self::TooLarge { limit } => {
                write!(f, "it has more than {limit} bytes; {EXPECTED_FILE}")
            }
            Self::Changed => f.write_str(
                "it was written to while it was read; write a new file and rename it to this one",
            ),
            Self::NotUtf8 { line } => {
                write!(f, "line {line} is not UTF-8 text; {EXPECTED_FILE}")
            }
            Self::Empty => write!(f, "it has no secret in it; {EXPECTED_SECRET}"),
            Self::Line { line, reason } => write!(f, "line {line}: {reason}"),
            Self::OnlyUpcoming => SecretError::OnlyUpcoming.fmt(f),
        }
    }
}

impl Error for KeyringFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.reason {
            // The message already has the text of the wrapped error.
            FileErrorKind::Read(error) => error.source(),
            _ => None,
        }
    }
}

/// The error of the operating system for a file that cannot be read.
#[derive(Debug)]
pub struct ReadError(pub(super) io::Error);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::NotFound => f.write_str("there is no such file"),
            kind => write!(f, "it cannot be read: {kind}"),
        }
    }
}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

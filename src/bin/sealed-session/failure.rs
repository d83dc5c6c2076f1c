//! What ends the program early, and its exit code.

use std::process::ExitCode;
use std::{error::Error, io};

/// Why a command did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It would lose sessions. Exit code 1.
    Refused(String),
    /// Bad input, or a file that cannot be read or written. Exit code 2, as for wrong arguments.
    Input(String),
}

impl Failure {
    pub(crate) fn input(error: impl Error) -> Self {
        Self::Input(error.to_string())
    }

    /// Prints it to standard error.
    pub(crate) fn report(self) -> ExitCode {
        let (message, code) = match self {
            Self::Refused(message) => (message, 1),
            Self::Input(message) => (message, 2),
        };
        eprintln!("error: {message}");
        ExitCode::from(code)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::input(error)
    }
}

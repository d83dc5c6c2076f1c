//! No secret and no cookie on the command line: other users of the machine can read it, and the shell keeps it.

use std::path::Path;

use sealed_session::Secret;

use crate::failure::Failure;

/// Refuses a command line with a secret or a cookie in it, without a byte of it.
pub(crate) fn without_secrets() -> Result<(), Failure> {
    let arguments = std::env::args_os().skip(1);
    let found = arguments.zip(1..).find(|(argument, _)| argument.to_str().is_some_and(is_secret));
    match found {
        None => Ok(()),
        Some((_, number)) => Err(Failure::Input(format!(
            "argument {number} looks like a secret or a cookie. Neither is taken from the command line, which other users \
             of the machine can read and the shell keeps: write secrets into a file, and give a cookie on standard input. \
             If it was a secret in use, replace it: guide::secrets, \"A secret has leaked\""
        ))),
    }
}

/// Whether it is, or has in it, text that could be a secret. The text of a token could be one too.
fn is_secret(argument: &str) -> bool {
    let parts = argument.split(['=', ';', ':', ',', ' ']).filter(|part| !part.is_empty());
    !is_path(argument) && parts.clone().any(|part| part.parse::<Secret>().is_ok())
}

/// Whether it may be the path of a file, by what is there: base64 has slashes too.
fn is_path(argument: &str) -> bool {
    let path = Path::new(argument);
    let folder = path.parent().filter(|folder| folder.components().count() > 1);
    path.exists() || folder.is_some_and(Path::is_dir)
}

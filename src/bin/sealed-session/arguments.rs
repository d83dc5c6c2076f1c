//! No secret and no cookie on the command line: other users of the machine can read it, and the shell keeps it.

use std::path::Path;

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

/// The shortest text that is taken for a secret or a cookie, in characters: also for one that was cut.
const MIN_LEN: usize = 32;

/// Whether a part of it is long and looks like base64 of random bytes, or like hex.
fn is_secret(argument: &str) -> bool {
    let is_random = |part: &str| {
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
        let has = |case: fn(&u8) -> bool| part.as_bytes().iter().any(case);
        let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
        let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        part.len() >= MIN_LEN && part.bytes().all(is_base64) && (is_mixed || is_hex)
    };
    !is_path(argument) && argument.split(['=', ';', ':', ',', ' ']).any(is_random)
}

/// Whether it may be the path of a file, by what is there: base64 has slashes too.
fn is_path(argument: &str) -> bool {
    let path = Path::new(argument);
    let folder = path.parent().filter(|folder| folder.components().count() > 1);
    path.exists() || folder.is_some_and(Path::is_dir)
}

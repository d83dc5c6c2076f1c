//! No secret and no cookie on the command line: other users of the machine can read it, and the shell keeps it.

use crate::failure::{Failure, has_secret, is_path};

/// Refuses a command line with a secret, a cookie or control characters in it, without a byte of it.
pub(crate) fn check() -> Result<(), Failure> {
    for (argument, number) in std::env::args_os().skip(1).zip(1..) {
        // One that is no text is a path, or has a secret beside what is no text.
        let argument = argument.to_string_lossy();
        if !is_path(value(&argument)) && has_secret(&argument) {
            return Err(Failure::Input(format!(
                "argument {number} looks like a secret or a cookie. Neither is taken from the command line, which other users \
                 of the machine can read and the shell keeps: write secrets into a file, and give a cookie on standard input. \
                 If it was a secret in use, replace it: guide::secrets, \"A secret has leaked\""
            )));
        }
        if argument.contains(char::is_control) {
            return Err(Failure::Input(format!(
                "argument {number} has control characters, which could change what the terminal shows; expected none"
            )));
        }
    }
    Ok(())
}

/// The value of `--flag=value`; else the argument itself.
fn value(argument: &str) -> &str {
    let flag = argument.split_once('=').filter(|(flag, _)| flag.starts_with("--"));
    flag.map_or(argument, |(_, value)| value)
}

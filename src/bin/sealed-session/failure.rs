//! What ends the program early, its exit code, and what its message must not show.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{error::Error, iter};

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
        // It may quote what was given by mistake. Nobody is told if standard error is closed.
        let message = without_controls(&without_secrets(&message));
        _ = writeln!(io::stderr(), "error: {message}");
        ExitCode::from(code)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::input(error)
    }
}

/// Replaces characters that could change how a terminal shows the others.
pub(crate) fn without_controls(text: &str) -> String {
    // Ends of lines, and what changes the direction of the text (UAX 9).
    let is_layout = |c| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let escape = |c: char| match c {
        '\n' => "\n".to_owned(),
        c if c.is_control() || is_layout(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

/// Replaces what looks like a secret or a cookie.
pub(crate) fn without_secrets(text: &str) -> String {
    let shown = |run| if is_secret(run) { "[it looks like a secret]" } else { run };
    runs(text).map(shown).collect()
}

/// Whether a part of it looks like a secret or a cookie.
pub(crate) fn has_secret(text: &str) -> bool {
    runs(text).any(is_secret)
}

/// The parts of a text: characters of base64 and hex, and what is between them.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let mut rest = text;
    iter::from_fn(move || {
        let first = is_base64(rest.chars().next()?);
        let end = rest.find(|c| is_base64(c) != first).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

/// The shortest text that is taken for a secret or a cookie, in characters: also for one that was cut.
const MIN_LEN: usize = 32;

/// Whether it is long and looks like base64 of random bytes, or like hex.
fn is_secret(run: &str) -> bool {
    let has = |case: fn(&u8) -> bool| run.as_bytes().iter().any(case);
    let is_mixed = has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase);
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit());
    run.len() >= MIN_LEN && (is_mixed || is_hex) && !is_path(run)
}

/// Whether it may be the path of a file, by what is there: base64 has slashes too.
pub(crate) fn is_path(text: &str) -> bool {
    let path = Path::new(text);
    let folder = path.parent().filter(|folder| folder.components().count() > 1);
    path.exists() || folder.is_some_and(Path::is_dir)
}

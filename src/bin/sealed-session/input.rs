//! Standard input, and the cookies that were pasted there. Bytes, because foreign cookies may hold any.

use std::io::{self, IsTerminal, Read, Write};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// Bytes that are read: more than any server takes as headers.
const MAX_INPUT: usize = 64 * 1024;

/// Reads standard input to its end; `awaited` is said to a person at a terminal.
pub(crate) fn read_all(awaited: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        note(&format!("{awaited}; end with Ctrl-D"));
    }
    // One byte more than is allowed, and room for all of it: a buffer that grows leaves copies.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_INPUT + 1));
    stdin.lock().take(MAX_INPUT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_INPUT {
        return Err(Failure::Input(format!("standard input has more than {MAX_INPUT} bytes")));
    }
    Ok(bytes)
}

/// Tells a person something that is no result.
pub(crate) fn note(text: &str) {
    // Nobody is told if standard error is closed.
    _ = writeln!(io::stderr(), "{text}");
}

/// Prints a result. A reader that has left, such as `head`, is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// What was pasted.
pub(crate) enum Pasted {
    /// A value without a name.
    Value(Zeroizing<Vec<u8>>),
    /// Values of `Cookie` headers, each with one pair or several, and attributes of `Set-Cookie` headers.
    Headers(Vec<Zeroizing<Vec<u8>>>, Vec<(String, String)>),
}

impl Pasted {
    /// Name and value of each pair.
    pub(crate) fn pairs(&self) -> Vec<(&[u8], &[u8])> {
        let Self::Headers(headers, _) = self else { return Vec::new() };
        let pairs = headers.iter().flat_map(|header| header.split(|byte| *byte == b';'));
        pairs.filter_map(split).collect()
    }

    /// The values of an attribute, whose name is in lower case.
    pub(crate) fn attributes(&self, name: &str) -> impl Iterator<Item = String> {
        let attributes = match self {
            Self::Headers(_, attributes) => &attributes[..],
            Self::Value(_) => &[],
        };
        let values = attributes.iter().filter(move |(known, _)| *known == name);
        values.map(|(_, value)| value.clone())
    }
}

fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let pair = pair.trim_ascii();
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    Some((&pair[..equals], &pair[equals + 1..]))
}

/// Reads a cookie: a value, `name=value`, `Cookie` headers or `Set-Cookie` headers.
pub(crate) fn read_cookie() -> Result<Pasted, Failure> {
    let awaited = "Paste a cookie: its value, name=value, or a whole Cookie header";
    parse(&read_all(awaited)?)
}

fn parse(bytes: &[u8]) -> Result<Pasted, Failure> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 11 | 12 | 14..=31 | 127);
    if bytes.iter().any(is_control) {
        let binary = "standard input has control characters; expected the text of a cookie";
        return Err(Failure::Input(binary.to_owned()));
    }
    let text = bytes.trim_ascii();
    if text.is_empty() {
        let empty = "standard input is empty; expected a cookie: its value, name=value, or a whole Cookie header";
        return Err(Failure::Input(empty.to_owned()));
    }
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let lines: Vec<_> = text.split(is_end).map(without_shell).collect();
    let headers: Vec<_> = lines.iter().filter_map(|line| header(line)).collect();
    // With a name on one of the lines, the others are other headers.
    if !headers.is_empty() {
        let attributes = lines.iter().flat_map(|line| attributes(line));
        return Ok(Pasted::Headers(headers, attributes.collect()));
    }
    if has_name(text) {
        let lines = lines.into_iter().filter(|line| !line.is_empty());
        return Ok(Pasted::Headers(lines.collect(), Vec::new()));
    }
    // Quotes around a value stay, because they may be a part of it.
    let in_one_line = text.iter().map(|byte| if is_end(byte) { b' ' } else { *byte });
    Ok(Pasted::Value(in_one_line.collect::<Vec<u8>>().into()))
}

/// Whether a text is more than a value.
fn has_name(text: &[u8]) -> bool {
    // A token may be pasted with padding, which it does not have.
    let mut backwards = text.iter().rev().skip_while(|byte| **byte == b'=');
    backwards.any(|byte| matches!(byte, b'=' | b';'))
}

/// The header in a line of a command, such as `-H 'Cookie: a=b' \`: browsers copy a request for curl in this way.
fn without_shell(line: &[u8]) -> Zeroizing<Vec<u8>> {
    let line = line.trim_ascii();
    let line = line.strip_suffix(b"\\").unwrap_or(line).trim_ascii();
    let options: [(&[u8], &[u8]); 4] =
        [(b"-H ", b""), (b"--header ", b""), (b"-b ", b"Cookie: "), (b"--cookie ", b"Cookie: ")];
    let option =
        options.iter().find_map(|(option, name)| Some((*name, line.strip_prefix(*option)?)));
    let (name, word) = option.unwrap_or((b"", line));
    let word = word.trim_ascii();
    let within = |quote: &[u8]| word.strip_prefix(quote)?.strip_suffix(quote);
    let unquoted = within(b"'").or_else(|| within(b"\"")).unwrap_or(word);
    Zeroizing::new([name, unquoted].concat())
}

/// What a line has after `Cookie:`, or the pair after `Set-Cookie:`.
fn header(line: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (name, value) = name_and_value(line)?;
    let pair = || value.split(|byte| *byte == b';').next().unwrap_or_default();
    match &*name {
        b"cookie" => Some(value.to_vec().into()),
        b"set-cookie" => Some(pair().to_vec().into()),
        _ => None,
    }
}

/// The attributes after `Set-Cookie:`.
fn attributes(line: &[u8]) -> Vec<(String, String)> {
    let value = name_and_value(line).filter(|(name, _)| name == b"set-cookie");
    let parts = value.into_iter().flat_map(|(_, value)| value.split(|byte| *byte == b';').skip(1));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let attribute = |(name, value): (&[u8], _)| (text(&name.to_ascii_lowercase()), text(value));
    parts.filter_map(split).map(attribute).collect()
}

/// The name of a header in lower case, and its value.
fn name_and_value(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    // As `curl --verbose` prints them.
    let line = line.strip_prefix(b"> ").or_else(|| line.strip_prefix(b"< ")).unwrap_or(line);
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((line[..colon].trim_ascii().to_ascii_lowercase(), line[colon + 1..].trim_ascii()))
}

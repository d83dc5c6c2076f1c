//! Header values with parameters: `type; name=value; name="value"` (RFC 9110 section 5.6.6).
//!
//! Reads whatever browsers and clients send, and never fails: what cannot be understood is not the value that is
//! looked for. A token is a secret, so that reading it from an odd header gives nothing away.

/// What comes before the parameters, without white space around it.
pub(super) fn essence(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// The values of a parameter, whose name is in lower case.
pub(super) fn parameter(value: &[u8], name: &str) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let start = value.iter().position(|byte| *byte == b';');
    let mut rest = &value[start.unwrap_or(value.len())..];
    while let Some(parameter) = rest.strip_prefix(b";") {
        let end = parameter.iter().position(|byte| b"=;".contains(byte)).unwrap_or(parameter.len());
        let (key, tail) = parameter.split_at(end);
        let (value, tail) = match tail.strip_prefix(b"=").map(<[u8]>::trim_ascii_start) {
            Some([b'"', quoted @ ..]) => match unquote(quoted) {
                Some(unquoted) => unquoted,
                None => break,
            },
            Some(tail) => until_semicolon(tail),
            None => (Vec::new(), tail),
        };
        if key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
            found.push(value);
        }
        rest = tail;
    }
    found
}

/// A quoted string without its first quote, and what comes from the next semicolon on; `None` without a last quote.
fn unquote(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut value = Vec::new();
    let mut bytes = text.iter();
    loop {
        match bytes.next()? {
            b'"' => return Some((value, until_semicolon(bytes.as_slice()).1)),
            b'\\' => value.push(*bytes.next()?),
            byte => value.push(*byte),
        }
    }
}

fn until_semicolon(text: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
    let (value, rest) = text.split_at(end);
    (value.trim_ascii().to_vec(), rest)
}

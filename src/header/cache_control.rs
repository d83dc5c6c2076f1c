//! Header fields of caches: no answer with a session in it is for a shared one.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, MaxSizeReached, VARY};

use super::trim;

/// Names `Cookie` in `Vary`, unless it is named already, or all fields are.
pub(super) fn vary_on_cookie(headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
    if !varies_on_cookie(headers) {
        headers.try_append(VARY, HeaderValue::from_static("Cookie"))?;
    }
    Ok(())
}

fn varies_on_cookie(headers: &HeaderMap) -> bool {
    let varies = |name: &[u8]| name == b"*" || name.eq_ignore_ascii_case(b"cookie");
    let lists = |field: &HeaderValue| {
        field.as_bytes().split(|byte| *byte == b',').any(|name| varies(trim(name)))
    };
    headers.contains_key(VARY) && headers.get_all(VARY).into_iter().any(lists)
}

/// Whether the answer declares itself fit for shared caches.
pub(crate) fn is_public(headers: &HeaderMap) -> bool {
    let fields = headers.get_all(CACHE_CONTROL).into_iter();
    fields
        .filter_map(|field| directives(field.as_bytes()))
        .flatten()
        .any(|directive| directive.is("public"))
}

/// Marks an answer that says nothing about caches as private.
pub(super) fn private_by_default(headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
    if !headers.contains_key(CACHE_CONTROL) {
        headers.try_insert(CACHE_CONTROL, PRIVATE)?;
    }
    Ok(())
}

/// Takes an answer away from shared caches (RFC 9111 section 5.2.2, RFC 9213).
pub(super) fn make_private(headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
    if !headers.contains_key(CACHE_CONTROL) {
        headers.try_insert(CACHE_CONTROL, PRIVATE)?;
    } else if let Some(field) = private_field(headers) {
        headers.try_insert(CACHE_CONTROL, field)?;
    }
    let targeted = |name: &&HeaderName| {
        name.as_str() == "surrogate-control" || name.as_str().ends_with("cdn-cache-control")
    };
    while let Some(name) = headers.keys().find(targeted).cloned() {
        headers.remove(name);
    }
    Ok(())
}

const PRIVATE: HeaderValue = HeaderValue::from_static("private");

/// One `Cache-Control` field in place of all that there are; `None` if they may stay as they are.
fn private_field(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut fields = headers.get_all(CACHE_CONTROL).into_iter();
    if fields.all(|field| field == PRIVATE) {
        return None;
    }
    let private = Directive { text: b"private", name: b"private" };
    let mut kept: Vec<Directive<'_>> = Vec::new();
    let mut changed = false;
    for field in headers.get_all(CACHE_CONTROL) {
        let directives = directives(field.as_bytes());
        changed |= directives.is_none();
        for directive in directives.unwrap_or_else(|| vec![private]) {
            let shared = directive.is("public") || directive.is("s-maxage");
            changed |= shared;
            if !shared {
                kept.push(directive);
            }
        }
    }
    if !kept.iter().any(|directive| directive.is_bare("private") || directive.is_bare("no-store")) {
        kept.push(private);
        changed = true;
    }
    let texts: Vec<&[u8]> = kept.iter().map(|directive| directive.text).collect();
    // What was cut out of legal fields is legal again.
    changed.then(|| HeaderValue::from_bytes(&texts.join(&b", "[..])).unwrap_or(PRIVATE))
}

/// One directive: its whole text, and the name in it.
#[derive(Clone, Copy)]
struct Directive<'f> {
    text: &'f [u8],
    name: &'f [u8],
}

impl Directive<'_> {
    fn is(self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    fn is_bare(self, name: &str) -> bool {
        self.is(name) && self.text.len() == self.name.len()
    }
}

/// Parses `#( token [ "=" ( token / quoted-string ) ] )`, empty members allowed; `None` for anything else.
fn directives(mut field: &[u8]) -> Option<Vec<Directive<'_>>> {
    let mut directives = Vec::new();
    loop {
        field = trim(field);
        let name = token(field);
        let mut len = name.len();
        if let Some(argument) = field[len..].strip_prefix(b"=").filter(|_| len > 0) {
            len += 1 + argument_len(argument)?;
        }
        if len > 0 {
            directives.push(Directive { text: &field[..len], name });
        }
        field = match trim(&field[len..]) {
            [] => return Some(directives),
            [b',', rest @ ..] => rest,
            _ => return None,
        };
    }
}

fn argument_len(argument: &[u8]) -> Option<usize> {
    match argument {
        [b'"', quoted @ ..] => Some(2 + quoted_len(quoted)?),
        _ => Some(token(argument).len()).filter(|len| *len > 0),
    }
}

/// Bytes up to the closing quote (RFC 9110 section 5.6.4).
fn quoted_len(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match quoted.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

fn token(field: &[u8]) -> &[u8] {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    &field[..field.iter().take_while(|byte| is_tchar(byte)).count()]
}

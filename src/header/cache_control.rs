//! Headers for caches: a shared cache must not store a response with a session in it.

use http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, MaxSizeReached, VARY};

use super::cookie::{is_token_byte, trim};

/// Whether `Vary` has `Cookie` or `*`.
pub(super) fn varies_on_cookie(headers: &HeaderMap) -> bool {
    let varies = |name: &[u8]| name == b"*" || name.eq_ignore_ascii_case(b"cookie");
    let lists = |field: &HeaderValue| {
        field.as_bytes().split(|byte| *byte == b',').any(|name| varies(trim(name)))
    };
    headers.get_all(VARY).into_iter().any(lists)
}

/// Whether the response says that shared caches may keep it.
///
/// Several headers count as one list. A header that does not parse is ignored here.
// `encode` makes a response private when it sets a cookie, so a refresh is safe after such a
// header, and without refreshes the users of that site would be logged out.
pub(crate) fn is_public(headers: &HeaderMap) -> bool {
    stated(headers).any(Directive::is_public)
}

/// Marks a response with `Cache-Control` as private, unless it already says who may store it.
///
/// A header that does not parse is ignored and stays, after the others: a cache that can read it
/// may find a `no-store` in it.
pub(super) fn private_by_default(headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
    if stated(headers).any(|directive| directive.is_public() || directive.is_private()) {
        return Ok(());
    }
    let unread = |field: &&HeaderValue| directives(field.as_bytes()).is_none();
    let unread: Vec<HeaderValue> =
        headers.get_all(CACHE_CONTROL).into_iter().filter(unread).cloned().collect();
    let field = list(stated(headers).chain([PRIVATE]));
    headers.try_insert(CACHE_CONTROL, field)?;
    for field in unread {
        headers.try_append(CACHE_CONTROL, field)?;
    }
    Ok(())
}

/// Keeps a response with `Cache-Control` out of shared caches (RFC 9111 section 5.2.2).
pub(super) fn make_private(headers: &mut HeaderMap) -> Result<(), MaxSizeReached> {
    // `Set-Cookie` alone does not keep a response out of shared caches (RFC 9111 section 7.3), and
    // `private` does (section 5.2.2.7). `no-store` would also disable the browser's cache, and with
    // it a quick Back button, for every page that refreshes a session. A page that must not stay in
    // the browser sets `no-store` itself.
    if let Some(field) = private_field(headers) {
        headers.try_insert(CACHE_CONTROL, field)?;
    }
    Ok(())
}

/// Drops the headers for shared caches only (RFC 9213).
pub(super) fn drop_targeted(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_targeted(name)).cloned() {
        headers.remove(name);
    }
}

pub(super) fn is_targeted(name: &HeaderName) -> bool {
    TARGETED.contains(&name.as_str()) || name.as_str().ends_with("cdn-cache-control")
}

/// Headers for shared caches only, where they take precedence over `Cache-Control`.
// Surrogates read the first (W3C Edge Architecture), nginx the second, Akamai the third.
const TARGETED: [&str; 5] = [
    "surrogate-control",
    "x-accel-expires",
    "edge-control",
    "edge-cache-control",
    "x-litespeed-cache-control",
];

pub(super) const ONLY_PRIVATE: HeaderValue = HeaderValue::from_static("private");
const PRIVATE: Directive<'_> = Directive { text: b"private", name: b"private" };
const NO_STORE: Directive<'_> = Directive { text: b"no-store", name: b"no-store" };

/// One `Cache-Control` header to replace all of them; `None` if they may stay.
fn private_field(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut kept: Vec<Directive<'_>> = Vec::new();
    let mut changed = false;
    for field in headers.get_all(CACHE_CONTROL) {
        let directives = directives(field.as_bytes());
        changed |= directives.is_none();
        for directive in directives.unwrap_or_else(|| vec![substitute(field.as_bytes())]) {
            changed |= directive.is_public();
            if !directive.is_public() {
                kept.push(directive);
            }
        }
    }
    if !kept.iter().any(|directive| directive.is_private()) {
        kept.push(PRIVATE);
        changed = true;
    }
    changed.then(|| list(kept))
}

/// The replacement for a header that does not parse.
fn substitute(field: &[u8]) -> Directive<'static> {
    // Some caches still find `no-store` in it, and the application may rely on that.
    let mut words = field.split(|byte| !is_token_byte(*byte));
    if words.any(|word| word.eq_ignore_ascii_case(NO_STORE.name)) { NO_STORE } else { PRIVATE }
}

fn list<'f>(directives: impl IntoIterator<Item = Directive<'f>>) -> HeaderValue {
    let texts: Vec<&[u8]> = directives.into_iter().map(|directive| directive.text).collect();
    // Parts of valid headers, joined by commas, are a valid header.
    HeaderValue::from_bytes(&texts.join(&b", "[..])).unwrap_or(ONLY_PRIVATE)
}

/// One directive: its whole text, and the name in it.
#[derive(Clone, Copy)]
struct Directive<'f> {
    text: &'f [u8],
    name: &'f [u8],
}

impl Directive<'_> {
    /// Lets shared caches keep the response.
    fn is_public(self) -> bool {
        self.is("public") || self.is("s-maxage")
    }

    /// Keeps the response out of shared caches. With an argument, `private` only applies to single
    /// headers.
    fn is_private(self) -> bool {
        (self.is("private") || self.is("no-store")) && self.text.len() == self.name.len()
    }

    fn is(self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The directives of all headers that parse.
fn stated(headers: &HeaderMap) -> impl Iterator<Item = Directive<'_>> {
    let fields = headers.get_all(CACHE_CONTROL).into_iter();
    fields.filter_map(|field| directives(field.as_bytes())).flatten()
}

/// Parses `#( token [ "=" ( token / quoted-string ) ] )`, empty members allowed; `None` for
/// anything else.
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
    &field[..field.iter().take_while(|byte| is_token_byte(**byte)).count()]
}

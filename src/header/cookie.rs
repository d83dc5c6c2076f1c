//! Headers of cookies: `Cookie` in, `Set-Cookie` out. Bytes, never `str`.

use std::iter;

use http::header::{HeaderMap, HeaderValue, MaxSizeReached, SET_COOKIE};
use memchr::memchr;

/// Values of the cookies called `name` in all `fields`, in order.
///
/// A field is split at `;`, space and tab are trimmed around a pair, and the name must be the same
/// bytes. Nothing is decoded, and quotes are part of the value.
// The cookies of other software may hold any bytes: read as text, one that is not UTF-8 would log
// the user out. All fields are read, since HTTP/2 splits the header (RFC 9113 section 8.2.3).
pub(crate) fn cookies<'h>(
    fields: impl Iterator<Item = &'h HeaderValue>,
    name: &str,
) -> impl Iterator<Item = &'h [u8]> {
    fields.flat_map(|field| pairs(field.as_bytes())).filter_map(move |pair| value(pair, name))
}

/// The parts of a field between its semicolons.
#[inline]
fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    // The state is one slice: it is part of the state of a request, which is moved.
    let mut rest = Some(field);
    iter::from_fn(move || {
        let field = rest?;
        let end = memchr(b';', field);
        rest = end.map(|end| &field[end + 1..]);
        Some(&field[..end.unwrap_or(field.len())])
    })
}

/// What identifies a cookie in a browser (RFC 6265bis section 5.7).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CookieIdentity<'c> {
    /// The full name, with its prefix.
    pub(crate) name: &'c str,
    pub(crate) path: &'c str,
    /// `None` when the cookie is for one host only.
    pub(crate) domain: Option<&'c str>,
}

/// The value that a `Set-Cookie` header of `cookie` sets, the last if there are several.
///
/// Without one: the value of a header without path and domain, as tests write it.
pub(crate) fn set_cookie<'h>(
    headers: &'h HeaderMap,
    cookie: CookieIdentity<'_>,
) -> Option<&'h [u8]> {
    let parsed = || {
        let fields = headers.get_all(SET_COOKIE).into_iter();
        fields.filter_map(|field| ParsedSetCookie::parse(field, cookie.name))
    };
    let ours = parsed().rfind(|found| found.sets(cookie));
    Some(ours.or_else(|| parsed().rfind(ParsedSetCookie::is_bare))?.value)
}

/// The value of the `Set-Cookie` header that one for `cookie` would replace, the last if there are
/// several.
pub(crate) fn replaced_set_cookie<'h>(
    headers: &'h HeaderMap,
    cookie: CookieIdentity<'_>,
) -> Option<&'h [u8]> {
    let fields = headers.get_all(SET_COOKIE).into_iter();
    let mut lines = fields.filter_map(|field| ParsedSetCookie::parse(field, cookie.name));
    Some(lines.rfind(|line| line.is_replaced_by(cookie))?.value)
}

/// Drops the `Set-Cookie` headers of `cookie`; others stay, in order.
pub(super) fn drop_set_cookies(
    headers: &mut HeaderMap,
    cookie: CookieIdentity<'_>,
) -> Result<(), MaxSizeReached> {
    // Servers should not send two of one name (RFC 6265 section 4.1.1): which one a browser keeps
    // depends on their order.
    let is_ours = |field: &HeaderValue| {
        ParsedSetCookie::parse(field, cookie.name).is_some_and(|found| found.is_replaced_by(cookie))
    };
    if headers.get_all(SET_COOKIE).into_iter().any(is_ours) {
        let fields = headers.get_all(SET_COOKIE).into_iter();
        let others: Vec<HeaderValue> = fields.filter(|field| !is_ours(field)).cloned().collect();
        headers.remove(SET_COOKIE);
        for other in others {
            headers.try_append(SET_COOKIE, other)?;
        }
    }
    Ok(())
}

/// A `Set-Cookie` header as browsers read it (RFC 6265bis section 5.6).
struct ParsedSetCookie<'h> {
    value: &'h [u8],
    /// `None` for the directory of the request's path, which is not known here.
    path: Option<&'h [u8]>,
    domain: Option<&'h [u8]>,
}

/// An attribute with a longer value is ignored.
const MAX_ATTRIBUTE: usize = 1024;

impl<'h> ParsedSetCookie<'h> {
    /// `None` for a cookie of another name.
    fn parse(field: &'h HeaderValue, name: &str) -> Option<Self> {
        let mut parts = field.as_bytes().split(|byte| *byte == b';');
        let (found, value) = split(parts.next()?)?;
        if found != name.as_bytes() {
            return None;
        }
        let mut cookie = Self { value, path: None, domain: None };
        for part in parts {
            let (attribute, value) = split(part).unwrap_or((trim(part), b""));
            let value = trim(value);
            if value.len() > MAX_ATTRIBUTE {
                continue;
            }
            // The last one decides, even if it is empty.
            if attribute.eq_ignore_ascii_case(b"path") {
                cookie.path = Some(value).filter(|path| path.starts_with(b"/"));
            } else if attribute.eq_ignore_ascii_case(b"domain") {
                let domain = value.strip_prefix(b".").unwrap_or(value);
                cookie.domain = Some(domain).filter(|domain| !domain.is_empty());
            }
        }
        Some(cookie)
    }

    /// Browsers refuse a `__Host-` cookie without a path, so dropping it loses nothing.
    fn is_replaced_by(&self, cookie: CookieIdentity<'_>) -> bool {
        self.sets(cookie) || self.is_bare() && cookie.name.starts_with("__Host-")
    }

    fn is_bare(&self) -> bool {
        self.path.is_none() && self.domain.is_none()
    }

    fn sets(&self, cookie: CookieIdentity<'_>) -> bool {
        let domains_are_equal = match (self.domain, cookie.domain) {
            (Some(found), Some(ours)) => found.eq_ignore_ascii_case(ours.as_bytes()),
            (found, ours) => found.is_none() && ours.is_none(),
        };
        self.path == Some(cookie.path.as_bytes()) && domains_are_equal
    }
}

/// The name of a pair, trimmed, and its value, not trimmed, as in a `Cookie` header.
fn split(pair: &[u8]) -> Option<(&[u8], &[u8])> {
    let pair = trim(pair);
    let equals = memchr(b'=', pair)?;
    Some((trim(&pair[..equals]), &pair[equals + 1..]))
}

#[inline]
fn value<'h>(pair: &'h [u8], name: &str) -> Option<&'h [u8]> {
    trim(pair).strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// A byte of a token (RFC 9110 section 5.6.2): of a cookie's name, or of a directive.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Trims the optional white space of HTTP (RFC 9110 section 5.6.3).
#[inline]
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

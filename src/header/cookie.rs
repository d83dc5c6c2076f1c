//! Header fields of cookies: `Cookie` in, `Set-Cookie` out. Bytes, never `str`.

use std::mem;

use http::header::{HeaderMap, HeaderValue, MaxSizeReached, SET_COOKIE};
use memchr::memchr_iter;

/// Values of the cookies called `name` in all `fields`, in order.
///
/// A field is split at `;`, space and tab are trimmed around a pair, and the name must be the same bytes. Nothing
/// is decoded, quotes are part of the value, and whatever else stands there changes nothing (HTTP/2 splits the
/// field, RFC 9113 section 8.2.3).
pub(crate) fn cookies<'h>(
    fields: impl Iterator<Item = &'h HeaderValue>,
    name: &str,
) -> impl Iterator<Item = &'h [u8]> {
    fields.flat_map(|field| pairs(field.as_bytes())).filter_map(move |pair| value(pair, name))
}

/// The parts of a field between its semicolons.
#[inline]
fn pairs(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut start = 0;
    memchr_iter(b';', field)
        .chain([field.len()])
        .map(move |end| &field[mem::replace(&mut start, end + 1)..end])
}

/// The value that a `Set-Cookie` field of `name` sets, the last if there are several.
pub(crate) fn set_cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    headers.get_all(SET_COOKIE).into_iter().filter_map(|line| line_value(line, name)).next_back()
}

/// Appends our `Set-Cookie` line, in place of any of the same name; others stay, in order.
pub(super) fn put_line(
    headers: &mut HeaderMap,
    name: &str,
    line: HeaderValue,
) -> Result<(), MaxSizeReached> {
    drop_lines(headers, name)?;
    headers.try_append(SET_COOKIE, line)?;
    Ok(())
}

/// Drops the `Set-Cookie` lines of `name`; others stay, in order.
pub(super) fn drop_lines(headers: &mut HeaderMap, name: &str) -> Result<(), MaxSizeReached> {
    if headers.contains_key(SET_COOKIE) && set_cookie(headers, name).is_some() {
        let lines = headers.get_all(SET_COOKIE).into_iter();
        let others: Vec<HeaderValue> =
            lines.filter(|line| line_value(line, name).is_none()).cloned().collect();
        headers.remove(SET_COOKIE);
        for other in others {
            headers.try_append(SET_COOKIE, other)?;
        }
    }
    Ok(())
}

fn line_value<'h>(line: &'h HeaderValue, name: &str) -> Option<&'h [u8]> {
    value(line.as_bytes().split(|byte| *byte == b';').next()?, name)
}

#[inline]
fn value<'h>(pair: &'h [u8], name: &str) -> Option<&'h [u8]> {
    trim(pair).strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// Trims the optional white space of HTTP (RFC 9110 section 5.6.3).
#[inline]
pub(crate) fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}

//! Everything that an answer gains: the `Set-Cookie` line and the fields of caches, or nothing at all.

use http::header::{HeaderMap, HeaderValue, MaxSizeReached};

use crate::header::{CookieIdentity, cache_control};

/// What an answer gains.
pub(crate) struct Gains<'c> {
    pub(crate) cookie: CookieIdentity<'c>,
    /// The line, which takes the answer away from shared caches.
    pub(crate) line: Option<HeaderValue>,
    /// Or else, whether a line of an earlier encoding to the same answer goes.
    pub(crate) drops: bool,
    /// Whether the answer depends on the request's cookies.
    pub(crate) varies: bool,
    /// Whether a response that does not say who may keep it is private.
    pub(crate) private: bool,
}

/// Header fields from which on a further one might be refused: `http` holds 24,576 and more.
const FULL_FROM: usize = 1024;

/// Writes all fields or, on an error, none.
pub(crate) fn write(headers: &mut HeaderMap, gains: Gains<'_>) -> Result<(), MaxSizeReached> {
    if headers.len() < FULL_FROM {
        return write_each(headers, gains);
    }
    let mut copy = headers.clone();
    write_each(&mut copy, gains)?;
    *headers = copy;
    Ok(())
}

fn write_each(headers: &mut HeaderMap, gains: Gains<'_>) -> Result<(), MaxSizeReached> {
    if gains.varies {
        cache_control::vary_on_cookie(headers)?;
    }
    if let Some(line) = gains.line {
        cache_control::make_private(headers)?;
        return super::cookie::put_line(headers, gains.cookie, line);
    }
    if gains.drops {
        super::cookie::drop_lines(headers, gains.cookie)?;
    }
    if gains.private { cache_control::private_by_default(headers) } else { Ok(()) }
}

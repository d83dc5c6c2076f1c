//! Everything that an answer changes: the `Set-Cookie` line and the fields of caches, or nothing at all.

use http::header::{HeaderMap, HeaderValue, MaxSizeReached};

use crate::header::cache_control;

/// What an answer changes.
pub(crate) struct HeaderChanges<'n> {
    /// The full name of the cookie.
    pub(crate) name: &'n str,
    /// The line, which takes the answer away from shared caches.
    pub(crate) set_cookie: Option<HeaderValue>,
    /// Or else, whether a line of an earlier encoding to the same answer goes.
    pub(crate) drops: bool,
    /// Whether the answer depends on the request's cookies.
    pub(crate) varies: bool,
    /// Whether an answer that says nothing about caches is private.
    pub(crate) private: bool,
}

/// Header fields from which on a further one might be refused: `http` holds 24,576 and more.
const FULL_FROM: usize = 1024;

/// Writes all fields or, on an error, none.
pub(crate) fn write(
    headers: &mut HeaderMap,
    changes: HeaderChanges<'_>,
) -> Result<(), MaxSizeReached> {
    if headers.len() < FULL_FROM {
        return write_each(headers, changes);
    }
    let mut copy = headers.clone();
    write_each(&mut copy, changes)?;
    *headers = copy;
    Ok(())
}

fn write_each(headers: &mut HeaderMap, changes: HeaderChanges<'_>) -> Result<(), MaxSizeReached> {
    if changes.varies {
        cache_control::vary_on_cookie(headers)?;
    }
    if let Some(line) = changes.set_cookie {
        cache_control::make_private(headers)?;
        return super::cookie::put_line(headers, changes.name, line);
    }
    if changes.drops {
        super::cookie::drop_lines(headers, changes.name)?;
    }
    if changes.private { cache_control::private_by_default(headers) } else { Ok(()) }
}

//! What is added to a response, all or nothing: the `Set-Cookie` header and the headers for caches.

use http::header::{HeaderMap, HeaderValue, MaxSizeReached};

use super::cache_control;
use super::cookie::{self, CookieIdentity};

/// What a response changes.
pub(crate) struct HeaderChanges<'c> {
    pub(crate) cookie: CookieIdentity<'c>,
    /// The `Set-Cookie` header, which keeps the response out of shared caches.
    pub(crate) set_cookie: Option<HeaderValue>,
    /// Removals of other cookies, which are sent with it.
    pub(crate) removals: Vec<(CookieIdentity<'c>, HeaderValue)>,
    /// Without one: whether to drop the header of an earlier encoding to the same response.
    pub(crate) drops: bool,
    /// Whether the response depends on the request's cookies.
    pub(crate) varies: bool,
    /// Whether a response that does not say who may store it becomes private.
    pub(crate) private: bool,
}

/// From this number of headers on, adding one may fail: `http` holds at least 24,576.
const FULL_FROM: usize = 1024;

/// Writes all headers, or none on an error.
pub(crate) fn write(
    headers: &mut HeaderMap,
    changes: HeaderChanges<'_>,
) -> Result<(), MaxSizeReached> {
    // With half of the changes made, a cookie could be in a response that a shared cache keeps. The
    // copy is only for responses so full that a change may fail.
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
    if let Some(set_cookie) = changes.set_cookie {
        cache_control::make_private(headers)?;
        cookie::put_set_cookie(headers, changes.cookie, set_cookie)?;
        let mut removals = changes.removals.into_iter();
        return removals
            .try_for_each(|(old, removal)| cookie::put_set_cookie(headers, old, removal));
    }
    if changes.drops {
        cookie::drop_set_cookies(headers, changes.cookie)?;
    }
    if changes.private { cache_control::private_by_default(headers) } else { Ok(()) }
}

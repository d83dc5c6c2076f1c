//! What is added to a response, all or nothing: the `Set-Cookie` header and the headers for caches.

use http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, MaxSizeReached, SET_COOKIE, VARY,
};

use super::cache_control::{self, ONLY_PRIVATE};
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
    let (present, sets) = (Present::of(headers), changes.set_cookie.is_some());
    if changes.varies && !(present.vary && cache_control::varies_on_cookie(headers)) {
        headers.try_append(VARY, HeaderValue::from_static("Cookie"))?;
    }
    if present.set_cookie && (sets || changes.drops) {
        cookie::drop_set_cookies(headers, changes.cookie)?;
    }
    if present.targeted && sets {
        cache_control::drop_targeted(headers);
    }
    match present.cache_control {
        true if sets => cache_control::make_private(headers)?,
        true if changes.private => cache_control::private_by_default(headers)?,
        false if sets || changes.private => {
            headers.try_insert(CACHE_CONTROL, ONLY_PRIVATE)?;
        }
        _ => {}
    }
    if let Some(set_cookie) = changes.set_cookie {
        headers.try_append(SET_COOKIE, set_cookie)?;
    }
    for (old, removal) in changes.removals {
        cookie::drop_set_cookies(headers, old)?;
        headers.try_append(SET_COOKIE, removal)?;
    }
    Ok(())
}

/// Which of the headers that are read or changed here a response has.
#[allow(clippy::struct_excessive_bools, reason = "four headers, each by itself")]
#[derive(Default)]
struct Present {
    vary: bool,
    cache_control: bool,
    set_cookie: bool,
    /// One for shared caches only.
    targeted: bool,
}

impl Present {
    // One pass over the names: a look-up hashes the name, and most responses have few headers.
    fn of(headers: &HeaderMap) -> Self {
        let mut present = Self::default();
        for name in headers.keys() {
            present.add(name);
        }
        present
    }

    fn add(&mut self, name: &HeaderName) {
        match name {
            name if name == VARY => self.vary = true,
            name if name == CACHE_CONTROL => self.cache_control = true,
            name if name == SET_COOKIE => self.set_cookie = true,
            name => self.targeted |= cache_control::is_targeted(name),
        }
    }
}

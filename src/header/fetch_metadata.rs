//! What a browser says about the origin of a request: `Sec-Fetch-*` (W3C Fetch Metadata) and
//! `Origin`.
//!
//! A page cannot set these headers, so they come from the browser itself. Other clients may send
//! anything, but only about their own requests.

use http::header::{HeaderMap, HeaderName, ORIGIN};
use http::{HeaderValue, Method};

use super::cookie::trim;

pub(crate) const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Destinations of a navigation inside another page.
const EMBEDDED: [&str; 5] = ["iframe", "frame", "embed", "object", "fencedframe"];

/// A request that another site started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CrossSite {
    /// Whether its method is safe (RFC 9110 section 9.2.1).
    pub(crate) is_safe: bool,
    /// Whether it is for a whole page, as a link is.
    pub(crate) is_top_level: bool,
}

impl CrossSite {
    /// `None` if another site did not start it, or the browser does not say.
    ///
    /// If the method is unknown, a request without `Origin` counts as safe: browsers send `Origin`
    /// with every other method.
    pub(crate) fn of(headers: &HeaderMap, method: Option<&Method>) -> Option<Self> {
        if !comes_from(headers, "cross-site") {
            return None;
        }
        let is_safe = method.map_or_else(|| !headers.contains_key(ORIGIN), Method::is_safe);
        // Behind a service worker the destination is `empty`.
        let is_top_level = says(headers, &MODE, &["navigate"]) && !says(headers, &DEST, &EMBEDDED);
        Some(Self { is_safe, is_top_level })
    }
}

/// Whether a request has `Sec-Fetch-Site`. Browsers send it over TLS and to loopback, not over plain
/// HTTP.
pub(crate) fn has_fetch_metadata(headers: &HeaderMap) -> bool {
    headers.contains_key(SITE)
}

/// Whether the browser says that the request comes from there: the word in a list or in one of
/// several headers is enough.
pub(crate) fn comes_from(headers: &HeaderMap, site: &str) -> bool {
    says(headers, &SITE, &[site])
}

/// Whether a header has one of these words: exactly these letters, perhaps with parameters (RFC
/// 9651).
fn says(headers: &HeaderMap, name: &HeaderName, words: &[&str]) -> bool {
    let fields = headers.get_all(name).into_iter().map(HeaderValue::as_bytes);
    let mut items = fields.flat_map(|field| field.split(|byte| *byte == b','));
    items.any(|item| {
        let word = item.split(|byte| *byte == b';').next().map(trim);
        words.iter().any(|one| word == Some(one.as_bytes()))
    })
}

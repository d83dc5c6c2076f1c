//! What a browser says of who started a request, and when it holds a cookie back.

use http::{HeaderMap, HeaderName, HeaderValue};
use sealed_session::SameSite;

/// The method of a request, and the headers that a browser sends with it; empty ones are not sent.
#[derive(Clone, Copy, Debug)]
pub struct Initiator {
    pub method: &'static str,
    origin: &'static str,
    site: &'static str,
    mode: &'static str,
    dest: &'static str,
}

impl Initiator {
    /// The first one says nothing.
    pub const ALL: [Self; 16] = [
        Self::of("GET", "", ["", "", ""]),
        Self::of("GET", "", ["cross-site", "navigate", "document"]),
        Self::of("POST", "null", ["cross-site", "navigate", "document"]),
        Self::of("POST", "https://b.example", ["cross-site", "cors", "empty"]),
        Self::of("POST", "", ["cross-site", "navigate", ""]),
        Self::of("GET", "", ["cross-site", "navigate", "iframe"]),
        Self::of("GET", "", ["cross-site", "no-cors", "image"]),
        Self::of("HEAD", "", ["cross-site", "navigate", "empty"]),
        Self::of("GET", "", ["cross-site", "", ""]),
        Self::of("GET", "https://b.example", ["cross-site", "navigate", "document"]),
        Self::of("GET", "", ["none", "navigate", "document"]),
        Self::of("POST", "https://a.example", ["same-origin", "navigate", "document"]),
        Self::of("POST", "https://c.a.example", ["same-site", "navigate", "iframe"]),
        Self::of("POST", "null", ["", "navigate", "document"]),
        Self::of("POST", "null", ["Cross-Site", "navigate", "document"]),
        Self::of("PUT", "https://b.example", ["none, cross-site;a=1", "cors", "empty"]),
    ];

    const fn of(
        method: &'static str,
        origin: &'static str,
        [site, mode, dest]: [&'static str; 3],
    ) -> Self {
        Self { method, origin, site, mode, dest }
    }

    /// Adds the headers to those of a request.
    pub fn fill(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            ("origin", self.origin),
            ("sec-fetch-site", self.site),
            ("sec-fetch-mode", self.mode),
            ("sec-fetch-dest", self.dest),
        ] {
            if !value.is_empty() {
                headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
        }
    }

    /// Whether a browser that has a cookie holds it back, for whoever sees the method or does not.
    pub fn is_held_back(&self, same_site: SameSite, sees_method: bool) -> bool {
        let is_safe = if sees_method {
            ["GET", "HEAD"].contains(&self.method)
        } else {
            self.origin.is_empty()
        };
        let is_embedded =
            ["iframe", "frame", "embed", "object", "fencedframe"].contains(&self.dest);
        let is_link = is_safe && self.mode == "navigate" && !is_embedded;
        match same_site {
            _ if !self.site.contains("cross-site") => false,
            SameSite::Strict => true,
            SameSite::Lax => !is_link,
            _ => false,
        }
    }
}

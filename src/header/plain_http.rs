//! Whether a browser says that a request came over plain HTTP.
//!
//! Browsers drop a `Secure` cookie that they get over plain HTTP (RFC 6265bis section 5.7), and no
//! response tells the server. But `Origin` and `Referer` name the scheme of the page that sent the
//! request, and a page of the site itself has the scheme of the site.

use std::net::{Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::header::{HeaderMap, HeaderValue, ORIGIN, REFERER};

use crate::header::host::authority;

/// Whether `Origin` or `Referer` is `http://` with the request's own host and port, not loopback.
pub(crate) fn came_over_plain_http(headers: &HeaderMap, uri: Option<&Uri>) -> bool {
    [&ORIGIN, &REFERER]
        .into_iter()
        .filter_map(|name| headers.get(name))
        .filter_map(plain_authority)
        .any(|page| {
            let own = authority(headers, uri).map(without_default_port);
            let page = without_default_port(page);
            own.is_some_and(|own| own.eq_ignore_ascii_case(page)) && !is_loopback(page)
        })
}

/// Host and port of an `http://` URL.
fn plain_authority(url: &HeaderValue) -> Option<&[u8]> {
    let rest = url.as_bytes().strip_prefix(b"http://")?;
    rest.split(|byte| matches!(byte, b'/' | b'?' | b'#')).next()
}

fn without_default_port(authority: &[u8]) -> &[u8] {
    authority.strip_suffix(b":80").unwrap_or(authority)
}

/// Whether browsers take this host for the machine that they run on, and keep a `Secure` cookie
/// that it sets (W3C Secure Contexts section 3.1).
fn is_loopback(authority: &[u8]) -> bool {
    let Ok(authority) = str::from_utf8(authority) else { return false };
    if let Some((address, _)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback());
    }
    let host = authority.split(':').next().unwrap_or_default();
    let top = host.rsplit('.').next().unwrap_or_default();
    top.eq_ignore_ascii_case("localhost")
        || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
}

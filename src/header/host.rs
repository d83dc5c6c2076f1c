//! The host that a request names, in `Host` or, in HTTP/2, in the URI.

use http::Uri;
use http::header::{HOST, HeaderMap, HeaderValue};

/// Host and port.
pub(super) fn authority<'r>(headers: &'r HeaderMap, uri: Option<&'r Uri>) -> Option<&'r [u8]> {
    let in_uri = || Some(uri?.authority()?.as_str().as_bytes());
    headers.get(HOST).map(HeaderValue::as_bytes).or_else(in_uri)
}

/// Whether the request names a host whose cookies may not have this domain (RFC 6265 section
/// 5.1.3).
pub(crate) fn is_outside_domain(domain: &str, headers: &HeaderMap, uri: Option<&Uri>) -> bool {
    let host = authority(headers, uri).map(without_port).unwrap_or_default();
    !host.is_empty() && !covers(domain.as_bytes(), host)
}

/// Whether the host is the domain or below it. An address is not, because a domain does not end in
/// a number.
fn covers(domain: &[u8], host: &[u8]) -> bool {
    let Some(rest) = host.len().checked_sub(domain.len()) else { return false };
    let (below, end) = host.split_at(rest);
    end.eq_ignore_ascii_case(domain) && matches!(below, [] | [.., b'.'])
}

/// The host of `user@host:port`. An IPv6 address is cut short, and no domain covers it either way.
fn without_port(authority: &[u8]) -> &[u8] {
    let host = authority.rsplit(|byte| *byte == b'@').next().unwrap_or_default();
    host.split(|byte| *byte == b':').next().unwrap_or_default()
}

/// Whether browsers take it for an IPv4 address (WHATWG URL, "ends in a number checker").
pub(crate) fn ends_in_a_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
        || hex.is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

//! Where a request comes from: what the browser says, and the origins that the application trusts.
//!
//! `Sec-Fetch-Site` (W3C Fetch Metadata) is set by browsers alone; a script cannot. `Origin` (RFC
//! 6454) names the page that sends, and is only looked at where `Sec-Fetch-Site` names another
//! origin.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use http::header::{HeaderMap, ORIGIN};

use crate::csrf::token::CsrfError;
use crate::error::ConfigError;
use crate::header;
use crate::header::fetch_metadata::{SITE, comes_from};

/// Why a request is refused that comes from another origin, as the browser says: one word in a list
/// or in one of several headers is enough.
pub(super) fn other_origin(headers: &HeaderMap) -> Option<CsrfError> {
    if comes_from(headers, "cross-site") {
        Some(CsrfError::CrossSite)
    } else if comes_from(headers, "same-site") {
        Some(CsrfError::SameSite)
    } else {
        None
    }
}

/// Whether the browser says that a page of this very origin sends it: this header once, and nothing
/// else in it.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(SITE).iter();
    values.next().is_some_and(|value| value == "same-origin") && values.next().is_none()
}

/// Origins for which the token decides.
#[derive(Clone, Default)]
pub(super) struct TrustedOrigins(Arc<Vec<String>>);

impl TrustedOrigins {
    /// Adds one that browsers can send.
    pub(super) fn add(&mut self, origin: String) -> Result<(), ConfigError> {
        if let Err(expected) = check_origin(&origin) {
            let found = format!("{origin:?}");
            return Err(ConfigError::Setting { setting: "trust_origin", found, expected });
        }
        Arc::make_mut(&mut self.0).push(origin);
        Ok(())
    }

    /// Whether the one `Origin` of a request is listed. With several, nobody knows which one the
    /// browser sent.
    pub(super) fn trust(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(ORIGIN).iter();
        let (Some(origin), None) = (origins.next(), origins.next()) else { return false };
        self.0.iter().any(|trusted| trusted.as_bytes() == origin.as_bytes())
    }
}

const SCHEME: &str = "an origin that starts with https:// or http://, in lower case";
const ALONE: &str = "scheme, host and port alone, without a path or a slash at the end";
const NO_USER: &str = "an origin without a user name";
const HOST: &str = "a host as browsers send it: lower case, punycode, labels of letters, digits, - \
                    and _, no dot at the end; an address in its shortest form, IPv6 in brackets";
const PORT: &str = "a port from 1 to 65535 without leading zeros, and none where it is the \
                    scheme's own (https: 443, http: 80)";

/// Bytes of the longest host name (RFC 1035 section 2.3.4).
const MAX_HOST: usize = 253;

/// Refuses what browsers serialize otherwise (WHATWG URL, "origin" and "host serializing"): it
/// would never match.
fn check_origin(origin: &str) -> Result<(), &'static str> {
    let https = origin.strip_prefix("https://").map(|rest| (rest, 443));
    let http = || origin.strip_prefix("http://").map(|rest| (rest, 80));
    let (rest, default_port) = https.or_else(http).ok_or(SCHEME)?;
    require(!rest.contains(['/', '?', '#', '\\']), ALONE)?;
    require(!rest.contains('@'), NO_USER)?;
    let end =
        if rest.starts_with('[') { rest.find(']').map(|end| end + 1) } else { rest.find(':') };
    let (host, port) = rest.split_at(end.unwrap_or(rest.len()));
    require(is_host(host) && (port.is_empty() || port.starts_with(':')), HOST)?;
    require(port.is_empty() || is_port(&port[1..], default_port), PORT)
}

fn require(fits: bool, expected: &'static str) -> Result<(), &'static str> {
    if fits { Ok(()) } else { Err(expected) }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(is_ipv6);
    }
    if header::ends_in_a_number(host) {
        return host.parse::<Ipv4Addr>().is_ok();
    }
    let is_byte =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let is_label = |label: &str| !label.is_empty() && label.bytes().all(is_byte);
    host.len() <= MAX_HOST && host.split('.').all(is_label)
}

/// Whether it is what it is written as: lower case, no leading zeros, the first longest run of
/// zeros as `::`.
fn is_ipv6(text: &str) -> bool {
    let Ok(address) = text.parse::<Ipv6Addr>() else { return false };
    let [.., high, low] = address.segments();
    // The standard library writes these with an IPv4 address, as RFC 5952 asks for; browsers do
    // not.
    let written = match address.to_ipv4_mapped() {
        Some(_) => format!("::ffff:{high:x}:{low:x}"),
        None => address.to_string(),
    };
    written == text
}

fn is_port(text: &str, default: u16) -> bool {
    let port: Option<u16> = text.parse().ok();
    port.is_some_and(|port| port != 0 && port != default && port.to_string() == text)
}

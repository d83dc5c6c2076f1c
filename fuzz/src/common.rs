//! What several modules share: times, secrets, base64url, session ids, and cookies as text.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use sealed_session::{SessionId, Transport};
use sha2::Sha256;

pub type Id = [u8; 16];

// Times, in seconds since 1970.

/// The moment of the vectors.
pub const NOW: u64 = 1_700_000_000;
pub const DAY: u64 = 86_400;
/// The last second of the year 9999, after which no time of a session is reported.
pub const END_OF_9999: u64 = 253_402_300_799;

/// The real clock.
pub fn clock() -> u64 {
    unix_seconds(SystemTime::now())
}

/// So many seconds after 1970.
pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub fn unix_seconds(instant: SystemTime) -> u64 {
    instant.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A time of a session, not after the year 9999.
pub fn capped(seconds: u128) -> SystemTime {
    let seconds = u64::try_from(seconds).unwrap_or(END_OF_9999).min(END_OF_9999);
    UNIX_EPOCH + Duration::from_secs(seconds)
}

// Transports, secrets and ids.

pub fn other(transport: Transport) -> Transport {
    if transport == Transport::Https { Transport::Http } else { Transport::Https }
}

/// The n-th secret.
pub fn secret(n: u8) -> Vec<u8> {
    (0..32).map(|i| i ^ n.wrapping_mul(37)).collect()
}

pub fn session_id(id: &SessionId) -> Id {
    from_base64url(id.expose_base64url().as_bytes()).unwrap().try_into().unwrap()
}

#[allow(clippy::disallowed_methods, reason = "nothing here is secret")]
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

// Bytes as text.

pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text; canonical is the one text that they render to.
pub fn from_base64url(text: &[u8]) -> Option<Vec<u8>> {
    let lax = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&URL_SAFE, lax).decode(text).ok()?;
    (base64url(&bytes).as_bytes() == text).then_some(bytes)
}

pub fn from_hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Without the spaces and tabs around it.
pub fn trim(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| *byte != b' ' && *byte != b'\t';
    let Some(first) = text.iter().position(is_text) else { return &[] };
    let last = text.iter().rposition(is_text).unwrap();
    &text[first..=last]
}

// `Cookie` and `Set-Cookie` headers.

/// `Cookie` headers of these bytes, but for those that no header can have.
pub fn cookie_headers<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> HeaderMap {
    let legal = |byte: &u8| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f);
    let mut headers = HeaderMap::new();
    for value in values {
        let value: Vec<u8> = value.iter().copied().filter(legal).collect();
        headers.append(COOKIE, HeaderValue::from_bytes(&value).unwrap());
    }
    headers
}

/// What browsers tell one cookie from another by.
#[derive(Clone, Copy, Debug)]
pub struct CookieIdentity<'s> {
    /// With its prefix.
    pub name: &'s str,
    pub path: &'s str,
    /// Empty for a cookie of one host.
    pub domain: &'s str,
}

impl CookieIdentity<'_> {
    /// Whether a browser takes a `Set-Cookie` header for one of this cookie. One without a path is
    /// for the folder of the request, which nobody knows here; with the prefix `__Host-` it is
    /// refused, and ours takes its place.
    fn is_of(&self, set_cookie: &[u8]) -> bool {
        let mut parts = set_cookie.split(|byte| *byte == b';');
        let pair = parts.next().unwrap_or_default();
        let (mut path, mut domain) = (Vec::new(), Vec::new());
        for part in parts {
            let mut halves = part.splitn(2, |byte| *byte == b'=').map(trim);
            let attribute = halves.next().unwrap_or_default().to_ascii_lowercase();
            let value = halves.next().unwrap_or_default();
            match attribute.as_slice() {
                // Browsers ignore an attribute that is longer.
                _ if value.len() > 1024 => {}
                b"path" => path = value.to_vec(),
                b"domain" => domain = value.to_ascii_lowercase(),
                _ => {}
            }
        }
        let path = Some(path).filter(|path| path.first() == Some(&b'/'));
        let domain = domain.strip_prefix(b".").unwrap_or(&domain);
        let is_refused = self.name.starts_with("__Host-") && path.is_none() && domain.is_empty();
        let is_place = path.as_deref() == Some(self.path.as_bytes());
        let is_place = is_place && domain == self.domain.to_ascii_lowercase().as_bytes();
        cookie_value(pair, self.name).is_some() && (is_place || is_refused)
    }
}

/// The `Set-Cookie` headers of this cookie.
pub fn set_cookies<'h>(
    headers: &'h HeaderMap,
    cookie: CookieIdentity<'_>,
) -> impl Iterator<Item = &'h HeaderValue> {
    let all = headers.get_all(SET_COOKIE).iter();
    all.filter(move |header| cookie.is_of(header.as_bytes()))
}

/// The `Set-Cookie` headers of all other cookies, in order.
pub fn other_set_cookies(headers: &HeaderMap, cookie: CookieIdentity<'_>) -> Vec<HeaderValue> {
    let all = headers.get_all(SET_COOKIE).iter();
    all.filter(|header| !cookie.is_of(header.as_bytes())).cloned().collect()
}

/// Name and value, of a `Set-Cookie` header.
pub fn pair(set_cookie: &[u8]) -> &[u8] {
    set_cookie.split(|byte| *byte == b';').next().unwrap()
}

/// What a `Set-Cookie` header gives the cookie with this name.
pub fn cookie_value<'h>(set_cookie: &'h [u8], name: &str) -> Option<&'h [u8]> {
    pair(set_cookie).trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")
}

/// The attributes of a `Set-Cookie` header.
pub fn attributes(set_cookie: &[u8]) -> BTreeSet<String> {
    let text = str::from_utf8(set_cookie).unwrap();
    text.split("; ").skip(1).map(str::to_owned).collect()
}

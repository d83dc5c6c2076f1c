//! A cookie of another library: how a browser identifies it, and how it is removed.

use std::time::SystemTime;

use cookie::{Cookie, time::Duration};
use zeroize::Zeroizing;

use crate::header::{self, CookieIdentity};
use crate::token::times::unix_seconds;
use crate::transport::Transport;

/// A cookie of another library, for [`Builder::adopt`](crate::Builder::adopt).
///
/// A browser identifies a cookie by name, path and domain. A removal with another name, path or
/// domain removes nothing.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use sealed_session::OldCookie;
///
/// let last_old_process_ends = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
/// let old = OldCookie::new("id").path("/app").domain("example.com").remove_from(last_old_process_ends);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct OldCookie {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) domain: Option<String>,
    /// In seconds since 1970.
    remove_from: u64,
}

impl OldCookie {
    /// Makes the cookie with this full name, the path `/` and no domain.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), path: "/".into(), domain: None, remove_from: u64::MAX }
    }

    /// Sets the path that it was set with; `/` by default.
    ///
    /// A cookie that was set without a path has the directory of the page that set it.
    pub fn path(self, path: impl Into<String>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// Sets the domain that it was set with; none by default.
    pub fn domain(self, domain: impl Into<String>) -> Self {
        Self { domain: Some(domain.into()), ..self }
    }

    /// Sets when it begins to be removed; by default it stays.
    ///
    /// From then on, each response that sets the session's cookie removes this one, if the request
    /// had it. Until then processes of the old release can open it. A log-out, and a session that
    /// gets a new id or takes the place of a rejected one, remove it at any time: see
    /// [`Builder::adopt`](crate::Builder::adopt).
    pub fn remove_from(self, time: SystemTime) -> Self {
        Self { remove_from: unix_seconds(time), ..self }
    }

    pub(crate) fn is_over(&self, now: u64) -> bool {
        now >= self.remove_from
    }

    /// Whether the browser may have it, and not send it where it sends a cookie with this path.
    pub(crate) fn may_be_unsent(&self, path: &str) -> bool {
        self.path != "/" && self.path != path
    }

    pub(crate) fn identity(&self) -> CookieIdentity<'_> {
        CookieIdentity { name: &self.name, path: &self.path, domain: self.domain.as_deref() }
    }

    /// The cookie that makes a browser drop this one.
    pub(crate) fn removal(&self, transport: Transport) -> Cookie<'static> {
        let mut removal = Cookie::new(self.name.clone(), "");
        removal.set_path(self.path.clone());
        if let Some(domain) = &self.domain {
            removal.set_domain(domain.clone());
        }
        // A cookie with a prefix is not removed without it (RFC 6265bis section 5.7).
        removal.set_secure(transport == Transport::Https);
        removal.set_http_only(true);
        removal.set_max_age(Duration::ZERO);
        removal
    }
}

/// One spelling of all that libraries read as the same value: without white space and quotes around
/// it, and percent-decoded.
// An id has to be the same for all of them. Otherwise a session that was revoked could be adopted
// again by a copy of its cookie with `%41` in place of `A`.
pub(super) fn canonical(value: &[u8]) -> Zeroizing<Vec<u8>> {
    let value = header::trim(value);
    let unquoted = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    let mut rest = unquoted.unwrap_or(value);
    let mut decoded = Zeroizing::new(Vec::with_capacity(rest.len()));
    while let [first, after @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, after @ ..] => {
                hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, after))
            }
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((*first, after));
        decoded.push(byte);
        rest = after;
    }
    decoded
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

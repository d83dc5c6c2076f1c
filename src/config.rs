//! The configuration as it runs, and the words that it is made of.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cookie::Cookie;

use crate::builder::upgrade::Upgrades;
use crate::header::CookieIdentity;
use crate::keys::shared::SharedKeys;
use crate::log;
use crate::revocation_gate::Checks;
use crate::session::clock::Clock;
use crate::session::lifetime::Limits;

/// How the client reached the site.
///
/// A session of one transport is never accepted over the other. A server with two listeners puts the transport
/// into `Request::extensions`; it is never guessed.
///
/// ```
/// use http::Request;
/// use sealed_session::{CookieSessions, Keyring, Rejection, Transport};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let mut request = Request::builder().header("cookie", sessions.request_cookie(&sessions.fresh())?).body(())?;
/// request.extensions_mut().insert(Transport::Http); // by the listener on port 80
/// assert_eq!(sessions.decode(&request).rejection(), Some(&Rejection::OtherTransport));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// With TLS, ended here or by a proxy.
    Https,
    /// Without.
    Http,
}

/// Which requests of other sites carry the cookie (RFC 6265bis section 4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// None.
    Strict,
    /// Links to the site, no forms and no embedded requests.
    Lax,
    /// All.
    None,
}

/// When a visitor is issued a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Issue {
    /// At the first write.
    Lazy,
    /// At once, as in Dream.
    Eager,
}

/// What the builder's settings are compiled into.
pub(crate) struct Config<T> {
    /// Tells this configuration from others of the process.
    pub(crate) id: u64,
    pub(crate) keys: SharedKeys,
    /// The cookie's name, with its prefix.
    pub(crate) name: String,
    pub(crate) transport: Transport,
    pub(crate) limits: Limits,
    pub(crate) clock: Clock,
    pub(crate) issue: Issue,
    /// The frame's length is a multiple of it; 1 for no padding.
    pub(crate) padding: usize,
    pub(crate) max_set_cookie_len: usize,
    pub(crate) browser_session: bool,
    /// A cookie with all attributes but `Max-Age`, and the same as text.
    pub(crate) template: Cookie<'static>,
    pub(crate) attributes: String,
    /// The payload of `T::default()`.
    pub(crate) default_payload: Vec<u8>,
    /// Readers of other schemas.
    pub(crate) upgrades: Upgrades<T>,
    /// Whether what would stand was revoked.
    pub(crate) checks: Checks<T>,
    pub(crate) notices: log::Notices,
}

impl<T> Config<T> {
    /// What browsers tell a cookie of this path and domain from others by.
    pub(crate) fn cookie_named<'c>(&'c self, name: &'c str) -> CookieIdentity<'c> {
        let path = self.template.path().unwrap_or("/");
        CookieIdentity { name, path, domain: self.template.domain() }
    }
}

/// A number that no other configuration of this process has.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Relaxed)
}

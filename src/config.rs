//! The configuration as it runs, and the words that it is made of.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use cookie::Cookie;

use crate::builder::upgrade::Upgrades;
use crate::keys::shared::SharedKeys;
use crate::log;
use crate::revocation_gate::Checks;
use crate::session::clock::Clock;
use crate::session::lifetime::Limits;
use crate::transport::Transport;

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

/// A number that no other configuration of this process has.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Relaxed)
}

//! The builder: collects the settings, and checks them once when it makes a
//! [`Config`](crate::config::Config).

// First, because the documentation shows impl blocks in this order.
mod settings;

mod adopt;
mod build;
mod compact;
mod constructors;
mod upgrade;
pub(crate) mod validate;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::config::{Clock, Issue, SameSite};
use crate::error::PayloadError;
use crate::keys::keyring::{KeyRole, Keyring};
use crate::session::adoption::Adoption;
use crate::session::gate::{RevocationGate, Subject};
use crate::session::payload::{DefaultPayload, Payload, Reader};
use crate::session::typed::Encoding;
use crate::token::MAX_COOKIE;
use crate::token::scope::Scope;
use crate::transport::Transport;

const DAY: u64 = 24 * 60 * 60;
const DEFAULT_IDLE: Duration = Duration::from_secs(14 * DAY);
const DEFAULT_ABSOLUTE: Duration = Duration::from_secs(30 * DAY);

/// Collects the settings of [`CookieSessions`](crate::CookieSessions); [`build`](Builder::build)
/// checks them.
///
/// ```
/// use std::time::Duration;
/// use sealed_session::{CookieSessions, Keyring};
///
/// let sessions = CookieSessions::builder(Keyring::ephemeral())
///     .name("shop")
///     .idle_timeout(Duration::from_secs(3600))
///     .absolute_timeout(Duration::from_secs(24 * 3600))
///     .build()?;
/// # Ok::<(), sealed_session::ConfigError>(())
/// ```
#[must_use]
pub struct Builder<T> {
    keyring: Keyring,
    scope: Scope,
    same_site: SameSite,
    idle: Duration,
    absolute: Duration,
    browser_session: bool,
    issue: Issue,
    padding: Option<usize>,
    max_set_cookie_len: usize,
    clock: Clock,
    encoding: Encoding,
    schemas: Vec<OtherSchema<T>>,
    pub(super) gate: Option<Arc<dyn RevocationGate>>,
    pub(crate) subject: Option<Subject<T>>,
    adoption: Option<Adoption<T>>,
}

impl<T: Payload> Builder<T> {
    fn new(keyring: Keyring, schema: Option<String>) -> Self {
        let scope = Scope {
            name: "session".into(),
            transport: Transport::Https,
            path: "/".into(),
            domain: None,
            partitioned: false,
            context: String::new(),
            schema,
        };
        Self {
            keyring,
            scope,
            same_site: SameSite::Lax,
            idle: DEFAULT_IDLE,
            absolute: DEFAULT_ABSOLUTE,
            browser_session: false,
            issue: Issue::Lazy,
            padding: None,
            max_set_cookie_len: MAX_COOKIE,
            clock: Clock::default(),
            encoding: Encoding::Named,
            schemas: Vec::new(),
            gate: None,
            subject: None,
            adoption: None,
        }
    }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("keyring", &self.keyring)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

/// A schema that is opened in addition to the configuration's own.
pub(super) struct OtherSchema<T> {
    /// The builder's method.
    setting: &'static str,
    schema: String,
    /// Previous for an older schema, upcoming for a newer one.
    role: KeyRole,
    is_dict: bool,
    encoding: Encoding,
    default: fn(Encoding) -> Result<DefaultPayload, PayloadError>,
    reader: Reader<T>,
}

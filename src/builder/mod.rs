//! The builder: collects the settings, checks them once, compiles them into a [`Config`].

pub(crate) mod upgrade;

use std::time::{Duration, SystemTime};
use std::{fmt, ops::RangeInclusive, sync::Arc};

use cookie::Cookie;

use crate::builder::upgrade::Upgrades;
use crate::config::{Config, Issue, SameSite, next_id};
use crate::error::ConfigError;
use crate::keys::keyring::Keyring;
use crate::keys::purposes::Purposes;
use crate::keys::shared::SharedKeys;
use crate::log;
use crate::revocation_gate::Checks;
use crate::session::clock::Clock;
use crate::session::lifetime::Limits;
use crate::session::payload::{Payload, surviving_default};
use crate::sessions::CookieSessions;
use crate::token::body::Layout;
use crate::token::scope::{Scope, require};
use crate::token::times::{END_OF_9999, Times};
use crate::token::{self, MAX_COOKIE, OVERHEAD};
use crate::transport::Transport;

const DAY: u64 = 24 * 60 * 60;
const DEFAULT_IDLE: Duration = Duration::from_secs(14 * DAY);
const DEFAULT_ABSOLUTE: Duration = Duration::from_secs(30 * DAY);
/// The longest that browsers keep a cookie (RFC 6265bis section 5.5).
pub(crate) const MAX_ABSOLUTE: Duration = Duration::from_secs(400 * DAY);

/// What `padding` and `max_set_cookie_len` may be, in bytes.
const PADDING: (RangeInclusive<usize>, &str) = (2..=512, "2 to 512 bytes");
const MAX_LINE: (RangeInclusive<usize>, &str) = (512..=MAX_COOKIE, "512 to 4,096 bytes");

/// Collects the settings of [`CookieSessions`]; every wrong one is an error of [`build`](Builder::build).
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
    pub(crate) upgrades: Upgrades<T>,
    pub(crate) checks: Checks<T>,
}

impl<T: Payload> Builder<T> {
    pub(crate) fn new(keyring: Keyring, schema: Option<String>) -> Self {
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
            upgrades: Upgrades::none(),
            checks: Checks::none(),
        }
    }

    /// The cookie's name, an RFC 6265 token without prefix; `session` by default.
    ///
    /// `__Host-` is added, or `__Secure-` with a path or a domain, or nothing under
    /// [`insecure_http`](Self::insecure_http).
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).name("shop").build()?;
    /// let cookie = sessions.request_cookie(&sessions.fresh())?;
    /// assert!(cookie.to_str()?.starts_with("__Host-shop="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.scope.name = name.into();
        self
    }

    /// The path below which browsers send the cookie, at most 1,024 bytes; `/` by default.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.scope.path = path.into();
        self
    }

    /// The domain whose hosts all get the cookie, at most 253 bytes; by default only the host that sets it.
    ///
    /// # Security
    /// Every host below the domain can then read the cookie and plant one.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).domain("example.com").build()?;
    /// let cookie = sessions.request_cookie(&sessions.fresh())?;
    /// assert!(cookie.to_str()?.starts_with("__Secure-session=")); // no longer of one host
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.scope.domain = Some(domain.into());
        self
    }

    /// Which requests of other sites carry the cookie; [`SameSite::Lax`] by default.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Whether an embedded site gets a cookie of its own below each top-level site (CHIPS); `false` by default.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.scope.partitioned = partitioned;
        self
    }

    /// How long a session stands after it was sealed last, in whole seconds; 14 days by default.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = timeout;
        self
    }

    /// How long a session stands after it began, in whole seconds, at most 400 days; 30 days by default.
    pub fn absolute_timeout(mut self, timeout: Duration) -> Self {
        self.absolute = timeout;
        self
    }

    /// Whether browsers forget the cookie when they close; `false` by default.
    ///
    /// The timeouts hold all the same. A session with an idle timeout of its own is kept.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).browser_session(true).build()?;
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let mut response = http::Response::new(());
    /// sessions.encode(&session, &mut response)?;
    /// assert!(!response.headers()["set-cookie"].to_str()?.contains("Max-Age"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn browser_session(mut self, browser_session: bool) -> Self {
        self.browser_session = browser_session;
        self
    }

    /// Tells applications apart that share a secret, at most 255 bytes; empty by default.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    ///
    /// let keyring = Keyring::new(Secret::generate());
    /// let shop = CookieSessions::builder(keyring.clone()).context("shop").build()?;
    /// let blog = CookieSessions::builder(keyring).context("blog").build()?;
    /// let request = http::Request::builder().header("cookie", shop.request_cookie(&shop.fresh())?).body(())?;
    /// assert!(!shop.decode(&request).is_new());
    /// assert!(blog.decode(&request).is_new());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.scope.context = context.into();
        self
    }

    /// When a visitor is issued a cookie; [`Issue::Lazy`] by default.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Issue, Keyring, Sent};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).issue(Issue::Eager).build()?;
    /// let session = sessions.decode(&http::Request::new(()));
    /// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Set); // nothing was written
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn issue(mut self, issue: Issue) -> Self {
        self.issue = issue;
        self
    }

    /// Hides the payload's length: the frame is rounded up to a multiple of this, 2 to 512 bytes; off by default.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).padding(128).build()?;
    /// let mut session = sessions.fresh();
    /// session.set("plan", "free");
    /// let free = sessions.set_cookie_len(&session)?;
    /// session.set("plan", "enterprise");
    /// assert_eq!(sessions.set_cookie_len(&session)?, free);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn padding(mut self, bytes: usize) -> Self {
        self.padding = Some(bytes);
        self
    }

    /// How long the `Set-Cookie` line may be, 512 to 4,096 bytes; 4,096 by default.
    pub fn max_set_cookie_len(mut self, bytes: usize) -> Self {
        self.max_set_cookie_len = bytes;
        self
    }

    /// What tells the time wherever it is not an argument, in the adapters too; the system's clock by default.
    ///
    /// For tests of what time does, and for hosts where the standard library has no clock.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let tomorrow = || SystemTime::now() + Duration::from_secs(24 * 3600);
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).clock(tomorrow).build()?;
    /// assert!(sessions.fresh().created_at() > SystemTime::now());
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    ///
    /// # Security
    /// It decides when a session has ended.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// For development without TLS: no prefix, no `Secure`, keys of its own.
    ///
    /// # Security
    /// Whoever sees the traffic can use the session. Sessions made under this setting are not accepted without
    /// it, nor the other way round.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).insecure_http().build()?;
    /// let cookie = sessions.request_cookie(&sessions.fresh())?;
    /// assert!(cookie.to_str()?.starts_with("session="));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn insecure_http(mut self) -> Self {
        self.scope.transport = Transport::Http;
        self
    }

    /// Checks all settings and derives the keys.
    ///
    /// # Errors
    /// A name that is not a token or brings a prefix; a path that does not start with `/`; a domain with a dot
    /// at an end, a port, a single label, or that is an address; control characters, `;`, `,` or non-ASCII in
    /// either; `SameSite=None` or `partitioned` without TLS; a timeout of zero or with a fraction of a second,
    /// an absolute one above 400 days, an idle one above it; context, schema, padding or line out of range;
    /// parts that together leave no room for a session; a payload type that does not read back what it wrote.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let refused = CookieSessions::builder(Keyring::ephemeral()).name("my session").build().unwrap_err();
    /// assert!(refused.to_string().starts_with("name is"), "{refused}");
    /// ```
    pub fn build(self) -> Result<CookieSessions<T>, ConfigError> {
        self.scope.check()?;
        self.check_transport()?;
        self.upgrades.check(&self.scope)?;
        let limits = self.limits()?;
        let max_set_cookie_len = in_range("max_set_cookie_len", self.max_set_cookie_len, MAX_LINE)?;
        let padding = self.padding.map_or(Ok(1), |bytes| in_range("padding", bytes, PADDING))?;
        let default_payload = surviving_default::<T>().map_err(ConfigError::Payload)?;

        let name = self.scope.full_name();
        let template = self.template(name.clone());
        // `cookie` renders `name=; attributes`, and what stands behind the value is the same each time.
        let attributes = template.to_string().split_off(name.len() + 1);
        check_room(&name, &attributes, padding, default_payload.len(), max_set_cookie_len)?;

        let config = Config {
            id: next_id(),
            keys: SharedKeys::derive(&self.keyring, Purposes::of(&self.scope, &self.upgrades)),
            name,
            transport: self.scope.transport,
            limits,
            clock: self.clock,
            issue: self.issue,
            padding,
            max_set_cookie_len,
            browser_session: self.browser_session,
            template,
            attributes,
            default_payload: default_payload.to_vec(),
            upgrades: self.upgrades,
            checks: self.checks,
            notices: log::Notices::default(),
        };
        config.checks.attach(limits);
        log::built(&config);
        Ok(CookieSessions(Arc::new(config)))
    }

    fn check_transport(&self) -> Result<(), ConfigError> {
        let secure = self.scope.transport == Transport::Https;
        let same_site = secure || self.same_site != SameSite::None;
        require(same_site, "same_site", &self.same_site, "Strict or Lax under insecure_http")?;
        let partitioned = secure || !self.scope.partitioned;
        require(partitioned, "partitioned", &self.scope.partitioned, "false under insecure_http")
    }

    fn limits(&self) -> Result<Limits, ConfigError> {
        for (setting, timeout) in [("idle_timeout", self.idle), ("absolute_timeout", self.absolute)]
        {
            let whole = timeout.subsec_nanos() == 0 && !timeout.is_zero();
            require(whole, setting, &timeout, "whole seconds, 1 or more")?;
        }
        require(
            self.absolute <= MAX_ABSOLUTE,
            "absolute_timeout",
            &self.absolute,
            "at most 400 days",
        )?;
        let within = "at most the absolute timeout (set both to shorten both)";
        require(self.idle <= self.absolute, "idle_timeout", &self.idle, within)?;
        Ok(Limits { idle: self.idle.as_secs(), absolute: self.absolute.as_secs() })
    }

    /// Every attribute but `Max-Age`.
    fn template(&self, name: String) -> Cookie<'static> {
        let mut cookie = Cookie::new(name, "");
        cookie.set_path(self.scope.path.clone());
        if let Some(domain) = &self.scope.domain {
            cookie.set_domain(domain.clone());
        }
        cookie.set_http_only(true);
        cookie.set_same_site(match self.same_site {
            SameSite::Strict => cookie::SameSite::Strict,
            SameSite::Lax => cookie::SameSite::Lax,
            SameSite::None => cookie::SameSite::None,
        });
        if self.scope.transport == Transport::Https {
            cookie.set_secure(true);
        }
        if self.scope.partitioned {
            cookie.set_partitioned(true);
        }
        cookie
    }
}

fn in_range(
    setting: &'static str,
    bytes: usize,
    (range, expected): (RangeInclusive<usize>, &'static str),
) -> Result<usize, ConfigError> {
    require(range.contains(&bytes), setting, &bytes, expected)?;
    Ok(bytes)
}

/// Whether a session with the default payload fits into a line, whatever its times.
fn check_room(
    name: &str,
    attributes: &str,
    padding: usize,
    payload: usize,
    limit: usize,
) -> Result<(), ConfigError> {
    let most = MAX_ABSOLUTE.as_secs();
    let longest =
        Times { created: END_OF_9999, sealed_at: END_OF_9999 + most, idle_override: most };
    let frame = OVERHEAD + Layout::new(longest, payload, padding).len;
    let size = name.len() + 1 + token::len(frame) + attributes.len() + "; Max-Age=34560300".len();
    if size <= limit { Ok(()) } else { Err(ConfigError::NoRoom { size, limit }) }
}

impl<T> fmt::Debug for Builder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("keyring", &self.keyring)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

//! The settings that every payload has.

use std::time::{Duration, SystemTime};

use super::Builder;
use crate::config::{Clock, Issue, SameSite};
use crate::session::payload::Payload;
use crate::transport::Transport;

/// Settings.
impl<T: Payload> Builder<T> {
    /// The name of the cookie, without a prefix; `session` by default.
    ///
    /// It is an RFC 6265 token. The library adds `__Host-`, or `__Secure-` with a path or a domain,
    /// or nothing under [`insecure_http`](Self::insecure_http).
    ///
    /// Two applications on one host need different names, even on different ports: browsers keep
    /// one cookie for both, and each application would overwrite the session of the other.
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
    ///
    /// Browsers compare it byte for byte with the path of a URL as they send it. So write it in
    /// that form: `%20` for a space, no query, no `..`.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let with_path = |path| CookieSessions::builder(Keyring::ephemeral()).path(path).build();
    /// assert!(with_path("/my%20shop").is_ok());
    /// let refused = with_path("/my shop").unwrap_err();
    /// assert!(refused.to_string().contains("percent-encoding in place of a space"));
    /// ```
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.scope.path = path.into();
        self
    }

    /// The domain whose hosts all get the cookie; only one host by default.
    ///
    /// It has at most 253 bytes. Browsers silently drop a cookie for a public suffix, such as
    /// `co.uk` or `github.io`. `build()` does not know the public suffixes, because their list
    /// changes often. Look your domain up at <https://publicsuffix.org>.
    ///
    /// They also drop it if the host of the request is neither the domain nor below it, such as
    /// `localhost` in development. Then a warning is logged.
    ///
    /// # Security
    /// Every host below the domain can then read the cookie and plant one.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::builder(Keyring::ephemeral()).domain("example.com").build()?;
    /// let cookie = sessions.request_cookie(&sessions.fresh())?;
    /// assert!(cookie.to_str()?.starts_with("__Secure-session=")); // not for one host only
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

    /// Whether the cookie is partitioned (CHIPS); `false` by default.
    ///
    /// An embedded site then gets a separate cookie for each top-level site.
    pub fn partitioned(mut self, partitioned: bool) -> Self {
        self.scope.partitioned = partitioned;
        self
    }

    /// How long a session is accepted after it was last sealed; 14 days by default.
    ///
    /// In whole seconds, 1 or more.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle = timeout;
        self
    }

    /// How long a session is accepted after it began; 30 days by default.
    ///
    /// In whole seconds, at most 400 days. It is also the limit of the idle timeouts: of
    /// [`idle_timeout`](Self::idle_timeout) and of
    /// [`set_idle_timeout`](crate::Session::set_idle_timeout). A site that remembers its users for
    /// a year needs a year here.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let year = Duration::from_secs(365 * 24 * 3600);
    /// let builder = CookieSessions::builder(Keyring::ephemeral()).absolute_timeout(year);
    /// let sessions = builder.build()?;
    /// let mut session = sessions.fresh();
    /// session.set_idle_timeout(year);
    /// assert_eq!(session.expires_at(), session.created_at() + year);
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn absolute_timeout(mut self, timeout: Duration) -> Self {
        self.absolute = timeout;
        self
    }

    /// Whether browsers forget the cookie when they close; `false` by default.
    ///
    /// The timeouts still apply. A session with its own idle timeout is kept.
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

    /// Separates applications that share a secret; empty by default, at most 255 bytes.
    ///
    /// # Security
    /// The host is not part of the keys: a client can send the session of one host to another host
    /// that has the same secret and settings. A process that serves several tenants, told apart by
    /// `Host`, needs one `CookieSessions` for each, with the tenant as its context.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    ///
    /// let keyring = Keyring::new(Secret::generate());
    /// let tenant = |host| CookieSessions::builder(keyring.clone()).context(host).build();
    /// let (shop, blog) = (tenant("shop.example")?, tenant("blog.example")?);
    ///
    /// let cookie = shop.request_cookie(&shop.fresh())?;
    /// let request = http::Request::builder().header("cookie", cookie).body(())?;
    /// assert!(!shop.decode(&request).is_new());
    /// assert!(blog.decode(&request).is_new());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.scope.context = context.into();
        self
    }

    /// When a visitor gets a cookie; [`Issue::Lazy`] by default.
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

    /// Hides the length of the payload; off by default.
    ///
    /// The length of the sealed bytes, of which the token is the base64url text, is rounded up to a
    /// multiple of `bytes`, which is 2 to 512.
    ///
    /// The padding counts towards [`max_set_cookie_len`](Self::max_set_cookie_len): it takes up to
    /// `bytes - 1` bytes of the room for data. When it is switched on, a session that nearly fills its
    /// cookie may not fit anymore. It can be read until it ends, and is not refreshed.
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

    /// The largest `Set-Cookie` header, 512 to 4,096 bytes; 4,096 by default.
    ///
    /// After it is lowered, a session that is too large can be read until it ends, and is not
    /// refreshed.
    pub fn max_set_cookie_len(mut self, bytes: usize) -> Self {
        self.max_set_cookie_len = bytes;
        self
    }

    /// The clock; that of the system by default.
    ///
    /// It is used by every method without a time argument, and by the layers.
    ///
    /// Use it for tests of timeouts, and on targets whose standard library has no clock: there,
    /// [`build`](Self::build) returns an error without it.
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
    /// The clock decides when a session has ended.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// For development without TLS: no prefix, no `Secure`, separate keys.
    ///
    /// # Security
    /// Anyone who can read the traffic can use the session. Sessions that were made with this
    /// setting are not accepted without it, and sessions that were made without it are not accepted
    /// with it.
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
}

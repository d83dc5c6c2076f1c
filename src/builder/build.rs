//! From the settings to the configuration.

use std::sync::{Arc, RwLock};

use cookie::Cookie;

use super::Builder;
use super::adopt::check_adoption;
use super::upgrade::{full_schema, unfit};
use super::validate::{
    MAX_SET_COOKIE_LEN, PADDING, check_clock, check_scope, check_transport, in_range, limits,
};
use crate::config::{Config, CookieSessions, SYSTEM_HAS_A_CLOCK};
use crate::error::ConfigError;
use crate::keys::shared::SharedKeys;
use crate::log::Log;
use crate::log::setup::{Built, adoption_ended};
use crate::session::lifetime::{LONGEST, MAX_ABSOLUTE_TIMEOUT};
use crate::session::origin::BuildScope;
use crate::session::payload::{DefaultPayload, Payload, Schemas};
use crate::session::typed::Shape;
use crate::set_cookie::SetCookie;
use crate::transport::Transport;

impl<T: Payload> Builder<T> {
    /// Checks all settings and derives the keys.
    ///
    /// # Errors
    /// - `name`: not a token, or with a prefix.
    /// - `path`: not starting with `/`, with a segment `.` or `..`, or with a character that
    ///   browsers change.
    /// - `domain`: an address, a single label, a port, a dot at an end, a label of more than 63
    ///   bytes or with a hyphen at an end.
    /// - `path` and `domain`: control characters, `;`, `,` or non-ASCII.
    /// - `same_site` and `partitioned`: `SameSite::None` or `true` under `insecure_http`.
    /// - `idle_timeout` and `absolute_timeout`: zero or a fraction of a second; an absolute one
    ///   above 400 days; an idle one above the absolute one.
    /// - `context`, `padding`, `max_set_cookie_len` or a schema: out of range.
    /// - `clock`: none, on a target whose standard library has none (`wasm32-unknown-unknown`).
    /// - Name, path, domain and padding that together leave no room for a session.
    /// - `adopt`: no old cookie or more than 16; a name that is no token, or is that of these
    ///   sessions; a path that does not start with `/`; a path or domain with control characters,
    ///   `;`, `,` or non-ASCII.
    /// - A schema that is named twice.
    /// - A payload type that does not read back what it wrote.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let refused = CookieSessions::builder(Keyring::ephemeral()).name("my session").build().unwrap_err();
    /// assert!(refused.to_string().starts_with("name is"), "{refused}");
    /// ```
    pub fn build(mut self) -> Result<CookieSessions<T>, ConfigError> {
        check_scope(&self.scope)?;
        check_transport(&self.scope, self.same_site)?;
        check_clock(&self.clock, SYSTEM_HAS_A_CLOCK)?;
        let limits = limits(self.idle, self.absolute)?;
        let max_set_cookie_len =
            in_range("max_set_cookie_len", self.max_set_cookie_len, MAX_SET_COOKIE_LEN)?;
        let padding = self.padding.map_or(Ok(1), |bytes| in_range("padding", bytes, PADDING))?;
        let default = DefaultPayload::of::<T>(self.encoding).map_err(unfit("typed"))?;
        self.scope.schema =
            self.scope.schema.map(|name| full_schema(self.encoding, &name, &default));
        let others = self.check_schemas()?;
        let set_cookie = SetCookie::new(self.template(), padding, max_set_cookie_len);
        check_room(&set_cookie, default.bytes.len(), max_set_cookie_len)?;
        check_adoption(self.adoption.as_ref(), set_cookie.name())?;
        let purpose = self.purpose(&others);
        let readers = self.schemas.into_iter().map(|schema| schema.reader);
        let schemas = Schemas {
            encoding: self.encoding,
            own: self.scope.schema().to_owned(),
            others: others.into_iter().zip(readers).collect(),
        };

        let log = Log::new(set_cookie.name());
        let config = Config {
            build: BuildScope::new(&purpose.scope),
            keys: SharedKeys::derive(&self.keyring, purpose),
            transport: self.scope.transport,
            scope: self.scope,
            set_cookie,
            same_site: self.same_site,
            other_cookies: RwLock::default(),
            limits,
            clock: self.clock,
            issue: self.issue,
            browser_session: self.browser_session,
            default_payload: default.bytes.to_vec(),
            shape: default.shape,
            schemas,
            gate: self.gate,
            subject: self.subject,
            adoption: self.adoption,
            log,
        };
        if let Some(gate) = &config.gate {
            gate.attach(config.set_cookie.name(), limits, config.subject.is_some());
        }
        tell(&config);
        Ok(CookieSessions(Arc::new(config)))
    }

    /// The cookie without value, with every attribute but `Max-Age`.
    fn template(&self) -> Cookie<'static> {
        let mut cookie = Cookie::new(self.scope.full_name(), "");
        cookie.set_path(self.scope.path.clone());
        if let Some(domain) = &self.scope.domain {
            cookie.set_domain(domain.clone());
        }
        cookie.set_http_only(true);
        cookie.set_same_site(self.same_site.attribute());
        if self.scope.transport == Transport::Https {
            cookie.set_secure(true);
        }
        if self.scope.partitioned {
            cookie.set_partitioned(true);
        }
        cookie
    }
}

/// Whether a session with the default payload fits into the cookie, whatever its times.
fn check_room(set_cookie: &SetCookie, payload: usize, limit: usize) -> Result<(), ConfigError> {
    // A clock that is ahead makes `Max-Age` greater, but not longer.
    let size = set_cookie.measure(LONGEST, payload, Some(MAX_ABSOLUTE_TIMEOUT)).size;
    if size <= limit { Ok(()) } else { Err(ConfigError::NoRoom { size, limit }) }
}

fn tell<T>(config: &Config<T>) {
    let shape = config.shape.as_ref().map(Shape::as_str);
    config.log.built(&Built {
        name: config.set_cookie.name(),
        transport: config.transport,
        keys: config.key_names(),
        idle_timeout: config.limits.idle,
        absolute_timeout: config.limits.absolute,
        issue: &config.issue,
        encoding: shape.map(|_| config.schemas.encoding.as_str()),
        shape,
    });
    if config.keys.load().session.ephemeral {
        config.log.boot_key();
    }
    if config.adoption.as_ref().is_some_and(|old| config.clock.unix_seconds() >= old.until) {
        adoption_ended(config.set_cookie.name());
    }
}

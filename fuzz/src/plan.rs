//! A configuration: given to the builder, and to the rules.

use std::time::Duration;

use sealed_session::{
    Builder, ConfigError, CookieSessions, Issue, KeyRole, Keyring, SameSite, Secret, Transport,
};

use crate::common::{DAY, secret};
use crate::decode::Rules;
use crate::format::{Key, Scope};
use crate::messages;
use crate::payload::{Encoding, Known};
use crate::typed::Account;

/// Every setting, the defaults as the README states them.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The current one first.
    pub secrets: Vec<(KeyRole, Vec<u8>)>,
    pub name: String,
    pub path: String,
    pub domain: Option<String>,
    pub same_site: SameSite,
    pub partitioned: bool,
    pub idle: Duration,
    pub absolute: Duration,
    pub browser_session: bool,
    pub context: String,
    pub issue: Issue,
    pub padding: Option<usize>,
    pub max_set_cookie_len: usize,
    pub insecure_http: bool,
    /// The name alone; `None` for a dictionary.
    pub schema: Option<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            secrets: vec![(KeyRole::Current, secret(1))],
            name: "session".into(),
            path: "/".into(),
            domain: None,
            same_site: SameSite::Lax,
            partitioned: false,
            idle: Duration::from_secs(14 * DAY),
            absolute: Duration::from_secs(30 * DAY),
            browser_session: false,
            context: String::new(),
            issue: Issue::Lazy,
            padding: None,
            max_set_cookie_len: 4096,
            insecure_http: false,
            schema: None,
        }
    }
}

impl Plan {
    /// Gives the settings to a builder that has the keyring and the schema.
    pub fn apply<T: Known>(&self, builder: Builder<T>) -> Builder<T> {
        let mut builder = builder
            .name(self.name.as_str())
            .path(self.path.as_str())
            .same_site(self.same_site)
            .partitioned(self.partitioned)
            .idle_timeout(self.idle)
            .absolute_timeout(self.absolute)
            .browser_session(self.browser_session)
            .context(self.context.as_str())
            .issue(self.issue)
            .max_set_cookie_len(self.max_set_cookie_len);
        if let Some(domain) = &self.domain {
            builder = builder.domain(domain.as_str());
        }
        if let Some(bytes) = self.padding {
            builder = builder.padding(bytes);
        }
        if self.insecure_http { builder.insecure_http() } else { builder }
    }

    /// A coder; whether its payloads are compact, `.compact()`, is up to their type.
    pub fn coder<T: Known>(&self) -> CookieSessions<T> {
        self.build().unwrap()
    }

    pub fn build<T: Known>(&self) -> Result<CookieSessions<T>, ConfigError> {
        let schema = self.schema.as_deref().unwrap_or_default();
        self.apply(T::builder(self.keyring(), schema)).build()
    }

    pub fn keyring(&self) -> Keyring {
        let secret = |bytes: &[u8]| Secret::from_bytes(bytes).unwrap();
        let current = Keyring::new(secret(&self.secrets[0].1));
        self.secrets[1..].iter().fold(current, |ring, (role, bytes)| match role {
            KeyRole::Previous => ring.previous(secret(bytes)),
            _ => ring.upcoming(secret(bytes)),
        })
    }

    /// The rules of the session cookie.
    pub fn rules<T: Known>(&self) -> Rules {
        let scope = self.scope(T::ENCODING);
        Rules {
            keys: self.keys(&scope),
            scope,
            transport: if self.insecure_http { Transport::Http } else { Transport::Https },
            idle: self.idle.as_secs(),
            absolute: self.absolute.as_secs(),
            same_site: self.same_site,
            browser_session: self.browser_session,
            issue: self.issue,
            padding: self.padding.unwrap_or(1),
            max_set_cookie_len: self.max_set_cookie_len,
            default_payload: T::default().bytes(),
            reads: T::is,
        }
    }

    /// The rules of the flash cookie of these sessions.
    pub fn flash_rules(&self, sessions: &Rules) -> Rules {
        let name = format!("{}-flash", sessions.scope.name);
        let scope =
            Scope { purpose: "flash", name, schema: "flash".into(), ..sessions.scope.clone() };
        let reads = |payload: &[u8]| messages::parse(payload).is_some();
        Rules {
            keys: self.keys(&scope),
            scope,
            idle: 300,
            absolute: 300,
            reads,
            ..sessions.clone()
        }
    }

    /// The rules of values of the purpose "link": in a cookie called `flow`, or in none.
    pub fn value_rules(&self, sessions: &Rules, in_cookie: bool) -> Rules {
        let prefix = sessions.scope.name.strip_suffix(&*self.name).unwrap();
        let name = if in_cookie { format!("{prefix}flow") } else { String::new() };
        let (purpose, schema) = ("sealer/link", "named/value".into());
        let scope = Scope { purpose, name, schema, ..sessions.scope.clone() };
        Rules {
            keys: self.keys(&scope),
            scope,
            idle: 3600,
            absolute: 3600,
            same_site: SameSite::Strict,
            reads: Account::is,
            ..sessions.clone()
        }
    }

    fn scope(&self, encoding: Encoding) -> Scope {
        let prefix = match (&self.domain, self.path.as_str()) {
            _ if self.insecure_http => "",
            (None, "/") => "__Host-",
            _ => "__Secure-",
        };
        Scope {
            purpose: "session",
            name: format!("{prefix}{}", self.name),
            https: !self.insecure_http,
            path: self.path.clone(),
            domain: self.domain.clone().unwrap_or_default(),
            partitioned: self.partitioned,
            context: self.context.clone(),
            schema: match (encoding, self.schema.as_deref().unwrap_or_default()) {
                (Encoding::Dict, _) => "dict".into(),
                (Encoding::Named, schema) => format!("named/{schema}"),
                (Encoding::Compact(shape), schema) => format!("postcard/{schema}/{shape}"),
            },
        }
    }

    /// A secret given twice counts once, in its strongest role; previous ones are tried before
    /// upcoming ones.
    fn keys(&self, scope: &Scope) -> Vec<(KeyRole, Key)> {
        let mut secrets: Vec<&(KeyRole, Vec<u8>)> = Vec::new();
        for role in [KeyRole::Current, KeyRole::Previous, KeyRole::Upcoming] {
            for secret in self.secrets.iter().filter(|(as_role, _)| *as_role == role) {
                if secrets.iter().all(|(_, known)| *known != secret.1) {
                    secrets.push(secret);
                }
            }
        }
        secrets.into_iter().map(|(role, secret)| (*role, Key::derive(secret, scope))).collect()
    }
}

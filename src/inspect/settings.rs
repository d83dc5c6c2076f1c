//! The settings of an application, without its types: what decides whether a token opens.

use std::sync::Arc;
use std::time::Duration;

use crate::builder::Builder;
use crate::config::{CookieSessions, SameSite};
use crate::error::ConfigError;
use crate::inspect::value::{AnyValue, RestOfPayload};
use crate::keys::keyring::{KeyRole, Keyring};
use crate::keys::shared::SharedKeys;
use crate::keys::table::Purpose;
use crate::session::dict::Dict;
use crate::session::origin::BuildScope;
use crate::session::payload::Payload;
use crate::token::scope::{DICT_SCHEMA, compact_schema, named_schema};

/// What the builder was told; `None` where the application leaves the default.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// `Builder::name`.
    pub name: Option<String>,
    /// `Builder::path`.
    pub path: Option<String>,
    /// `Builder::domain`.
    pub domain: Option<String>,
    /// `Builder::partitioned`.
    pub partitioned: bool,
    /// `Builder::context`.
    pub context: Option<String>,
    /// `Builder::insecure_http`.
    pub insecure_http: bool,
    /// `Builder::same_site`.
    pub same_site: Option<SameSite>,
    /// `Builder::idle_timeout`.
    pub idle_timeout: Option<Duration>,
    /// `Builder::absolute_timeout`.
    pub absolute_timeout: Option<Duration>,
    /// `Builder::browser_session`.
    pub browser_session: bool,
    /// `Builder::padding`.
    pub padding: Option<usize>,
    /// `Builder::max_set_cookie_len`.
    pub max_set_cookie_len: Option<usize>,
    /// The payload.
    pub schema: PayloadSchema,
    /// `Builder::upgrade_from` and `upgrade_from_compact`.
    pub upgrade_from: Vec<PayloadSchema>,
    /// `Builder::downgrade_from` and `downgrade_from_compact`.
    pub downgrade_from: Vec<PayloadSchema>,
}

/// The schema of a payload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PayloadSchema {
    /// A `Dict`.
    #[default]
    Dict,
    /// A type of this schema, with names.
    Named(String),
    /// A type of this schema and shape, under `compact`.
    Compact {
        /// The schema.
        name: String,
        /// What `CookieSessions::shape` returns.
        shape: String,
    },
}

impl PayloadSchema {
    /// As it is in the scope.
    pub fn in_scope(&self) -> String {
        match self {
            Self::Dict => DICT_SCHEMA.to_owned(),
            Self::Named(name) => named_schema(name),
            Self::Compact { name, shape } => compact_schema(name, shape),
        }
    }
}

impl Settings {
    /// A builder that was told all of it but the payload.
    fn configure<T: Payload + 'static>(&self, mut builder: Builder<T>) -> Builder<T> {
        builder = builder.partitioned(self.partitioned).browser_session(self.browser_session);
        if let Some(name) = &self.name {
            builder = builder.name(name);
        }
        if let Some(path) = &self.path {
            builder = builder.path(path);
        }
        if let Some(domain) = &self.domain {
            builder = builder.domain(domain);
        }
        if let Some(context) = &self.context {
            builder = builder.context(context);
        }
        if let Some(same_site) = self.same_site {
            builder = builder.same_site(same_site);
        }
        if let Some(timeout) = self.idle_timeout {
            builder = builder.idle_timeout(timeout);
        }
        if let Some(timeout) = self.absolute_timeout {
            builder = builder.absolute_timeout(timeout);
        }
        if let Some(bytes) = self.padding {
            builder = builder.padding(bytes);
        }
        if let Some(bytes) = self.max_set_cookie_len {
            builder = builder.max_set_cookie_len(bytes);
        }
        if self.insecure_http { builder.insecure_http() } else { builder }
    }

    fn open_other_schemas<T: Payload + 'static>(&self, builder: Builder<T>) -> Builder<T> {
        // What becomes of the data is of no interest: it is read by itself.
        let older = self.upgrade_from.iter().fold(builder, |builder, schema| match schema {
            PayloadSchema::Dict => builder.upgrade_from::<Dict>(DICT_SCHEMA, |_| T::default()),
            PayloadSchema::Named(name) => builder.upgrade_from::<AnyValue>(name, |_| T::default()),
            PayloadSchema::Compact { name, .. } => {
                builder.upgrade_from_compact::<RestOfPayload>(name, |_| T::default())
            }
        });
        self.downgrade_from.iter().fold(older, |builder, schema| match schema {
            PayloadSchema::Dict => builder.downgrade_from::<Dict>(DICT_SCHEMA, |_| T::default()),
            PayloadSchema::Named(name) => {
                builder.downgrade_from::<AnyValue>(name, |_| T::default())
            }
            PayloadSchema::Compact { name, .. } => {
                builder.downgrade_from_compact::<RestOfPayload>(name, |_| T::default())
            }
        })
    }

    /// Every schema that is opened, in the order of the key table.
    pub(super) fn schemas(&self) -> Vec<PayloadSchema> {
        let own = std::iter::once(&self.schema);
        own.chain(&self.upgrade_from).chain(&self.downgrade_from).cloned().collect()
    }

    /// Checks the settings as the application does, and derives the keys.
    #[allow(clippy::expect_used, reason = "no clone has been made so far")]
    pub(super) fn build<T: Payload + 'static>(
        &self,
        keyring: &Keyring,
        builder: Builder<T>,
    ) -> Result<CookieSessions<T>, ConfigError> {
        let mut sessions = self.open_other_schemas(self.configure(builder)).build()?;
        let config = Arc::get_mut(&mut sessions.0).expect("it was built just now");
        // Under `compact` the shape is that of the application's type, which is not here: the keys
        // are derived again, for the shapes that were given.
        let mut names: Vec<String> = self.schemas().iter().map(PayloadSchema::in_scope).collect();
        let scope = |schema: &String| config.scope.bytes("session", schema);
        let roles = self
            .upgrade_from
            .iter()
            .map(|_| KeyRole::Previous)
            .chain(self.downgrade_from.iter().map(|_| KeyRole::Upcoming));
        let others = roles.zip(names[1..].iter().map(scope)).collect();
        let purpose = Purpose { scope: scope(&names[0]), others };
        config.build = BuildScope::new(&purpose.scope);
        config.keys = SharedKeys::derive(keyring, purpose);
        for ((name, _), given) in config.schemas.others.iter_mut().zip(names.drain(1..)) {
            *name = given;
        }
        config.schemas.own = names.remove(0);
        Ok(sessions)
    }
}

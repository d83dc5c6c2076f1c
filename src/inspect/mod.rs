//! What the program `sealed-session` asks the library: what a token says, also one that is rejected.
//!
//! It is no public API. An application must not read a rejected token, so no method of
//! [`CookieSessions`](crate::CookieSessions) hands out what is in one. Ids and keys stay in here.

mod facts;
mod judge;
mod mint;
mod settings;
mod value;
#[cfg(test)]
mod vectors;

use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::HeaderMap;
use serde_json::Value;

pub use crate::inspect::facts::{
    Data, NextResponse, OpenedFacts, PayloadFacts, RequestFacts, ScopeFacts, SessionFacts,
    TokenFacts,
};
use crate::inspect::judge::Judge;
use crate::inspect::mint::{FromJson, mint};
pub use crate::inspect::mint::{MintError, Minted};
pub use crate::inspect::settings::{PayloadSchema, Settings};
use crate::inspect::value::{AnyValue, RestOfPayload};

use crate::config::CookieSessions;
use crate::error::ConfigError;
use crate::keys::keyring::{KeyRole, Keyring};
use crate::session::lifetime::Limits;
use crate::token::id::KeyId;
use crate::token::rejection::Rejection;

/// Opens and seals with the settings of an application, without its types.
pub struct Inspector(Box<dyn AnyJudge>);

impl Inspector {
    /// Checks the settings, and derives the keys.
    ///
    /// # Errors
    /// Those of `Builder::build`.
    pub fn new(keyring: &Keyring, settings: &Settings) -> Result<Self, ConfigError> {
        let ring = keyring.clone();
        Ok(match &settings.schema {
            PayloadSchema::Dict => {
                let builder = CookieSessions::builder(ring);
                Self::of(keyring, settings, settings.build(keyring, builder)?)
            }
            PayloadSchema::Named(name) => {
                let builder = CookieSessions::typed::<AnyValue>(ring, name);
                Self::of(keyring, settings, settings.build(keyring, builder)?)
            }
            PayloadSchema::Compact { name, .. } => {
                let builder = CookieSessions::typed::<RestOfPayload>(ring, name).compact();
                Self::of(keyring, settings, settings.build(keyring, builder)?)
            }
        })
    }

    fn of<T: FromJson + 'static>(
        keyring: &Keyring,
        settings: &Settings,
        sessions: CookieSessions<T>,
    ) -> Self {
        let secrets = 1 + keyring.others.len();
        Self(Box::new(Judge { sessions, schemas: settings.schemas(), secrets }))
    }

    /// What tokens are sealed for.
    pub fn scope(&self) -> ScopeFacts {
        self.0.scope()
    }

    /// The idle timeout of sessions without their own.
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_secs(self.0.limits().idle)
    }

    /// The absolute timeout.
    pub fn absolute_timeout(&self) -> Duration {
        Duration::from_secs(self.0.limits().absolute)
    }

    /// Role and id of the key of each secret, in the order of the keyring.
    pub fn keys(&self) -> Vec<(KeyRole, KeyId)> {
        self.0.keys()
    }

    /// The key id of a token that has the form of one, whether or not a secret opens it.
    ///
    /// # Errors
    /// The first rejection that needs no secret.
    pub fn head(&self, token: &[u8]) -> Result<KeyId, Rejection> {
        judge::head(token, &self.scope().full_name)
    }

    /// Judges one token.
    pub fn token(&self, token: &[u8], now: SystemTime) -> TokenFacts {
        self.0.token(token, now)
    }

    /// Whether a secret opens it, whatever is in it.
    pub fn opens(&self, token: &[u8]) -> bool {
        self.token(token, SystemTime::UNIX_EPOCH).opened.is_some()
    }

    /// Whether a secret opens it as flash messages of these settings.
    pub fn opens_as_flash(&self, token: &[u8]) -> bool {
        self.0.opens_as_flash(token)
    }

    /// Judges the tokens of a request, each by itself and all together; `None` if there is none.
    pub fn request(&self, headers: &HeaderMap, now: SystemTime) -> Option<RequestFacts> {
        self.0.request(headers, now)
    }

    /// Makes the cookie of a new session that ends after `lasts`, unless it is used.
    ///
    /// # Errors
    /// Data that do not fit the payload, or a session that cannot be sealed.
    pub fn mint(&self, data: Value, lasts: Duration, now: SystemTime) -> Result<Minted, MintError> {
        self.0.mint(data, lasts, now)
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("scope", &self.scope()).finish_non_exhaustive()
    }
}

/// The rejection in one word, as in the label `reason` of the counters.
pub fn word(rejection: Rejection) -> &'static str {
    Rejection::WORDS[usize::from(rejection.stage())]
}

/// A judge of whatever payload type.
trait AnyJudge {
    fn scope(&self) -> ScopeFacts;
    fn limits(&self) -> Limits;
    fn keys(&self) -> Vec<(KeyRole, KeyId)>;
    fn token(&self, token: &[u8], now: SystemTime) -> TokenFacts;
    fn opens_as_flash(&self, token: &[u8]) -> bool;
    fn request(&self, headers: &HeaderMap, now: SystemTime) -> Option<RequestFacts>;
    fn mint(&self, data: Value, lasts: Duration, now: SystemTime) -> Result<Minted, MintError>;
}

impl<T: FromJson> AnyJudge for Judge<T> {
    fn scope(&self) -> ScopeFacts {
        let scope = &self.sessions.0.scope;
        ScopeFacts {
            full_name: scope.full_name(),
            name: scope.name.clone(),
            transport: scope.transport,
            path: scope.path.clone(),
            domain: scope.domain.clone(),
            partitioned: scope.partitioned,
            context: scope.context.clone(),
            schema: self.schemas[0].in_scope(),
        }
    }

    fn limits(&self) -> Limits {
        self.sessions.0.limits
    }

    fn keys(&self) -> Vec<(KeyRole, KeyId)> {
        self.sessions.keys().take(self.secrets).collect()
    }

    fn token(&self, token: &[u8], now: SystemTime) -> TokenFacts {
        self.token(token, now)
    }

    fn opens_as_flash(&self, token: &[u8]) -> bool {
        self.opens_as_flash(token)
    }

    fn request(&self, headers: &HeaderMap, now: SystemTime) -> Option<RequestFacts> {
        self.request(headers, now)
    }

    fn mint(&self, data: Value, lasts: Duration, now: SystemTime) -> Result<Minted, MintError> {
        mint(&self.sessions, data, lasts, now)
    }
}

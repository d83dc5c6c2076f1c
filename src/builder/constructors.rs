//! Where a configuration begins.

use super::Builder;
use crate::config::CookieSessions;
use crate::keys::keyring::Keyring;
use crate::session::dict::Dict;
use crate::session::payload::Payload;

impl CookieSessions {
    /// Sessions with a dictionary, all settings at their defaults.
    ///
    /// Make it once and clone it. A session that one build decodes and another encodes is sent each time, or withheld if
    /// the other build has the same scope and lacks the secret that opened it.
    #[allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test builds the defaults")]
    pub fn new(keyring: Keyring) -> Self {
        Self::builder(keyring).build().expect("the defaults are valid")
    }

    /// Begins a configuration of sessions with a dictionary.
    pub fn builder(keyring: Keyring) -> Builder<Dict> {
        Builder::new(keyring, None)
    }

    /// Begins a configuration of sessions with a `T`; see [`Payload`] for what it may be.
    ///
    /// The schema names the type, 1 to 64 bytes, not `dict`. Another schema has other keys, so that a cookie is never
    /// read as another type; [`upgrade_from`](Builder::upgrade_from) opens those of an older one. A field may be added,
    /// removed or renamed under the same schema: [`guide::types`](crate::guide::types) says how.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Clone, Debug, Default, Serialize, Deserialize)]
    /// struct Account {
    ///     user: Option<String>,
    ///     visits: u32,
    /// }
    ///
    /// let sessions = CookieSessions::typed::<Account>(Keyring::ephemeral(), "account-1").build()?;
    /// let mut session = sessions.fresh();
    /// session.data_mut().visits += 1;
    /// assert_eq!(session.data().visits, 1);
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn typed<T: Payload>(keyring: Keyring, schema: impl Into<String>) -> Builder<T> {
        Builder::new(keyring, Some(schema.into()))
    }
}

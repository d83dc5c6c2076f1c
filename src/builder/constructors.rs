//! Constructors.

use super::Builder;
use crate::config::CookieSessions;
use crate::keys::keyring::Keyring;
use crate::session::dict::Dict;
use crate::session::payload::Payload;

impl CookieSessions {
    /// Sessions of a dictionary, with the default settings.
    ///
    /// Build it once and clone it. A second build, even with equal settings, does not know which
    /// sessions of the first one are unchanged, and sends each of them.
    ///
    /// # Panics
    /// On `wasm32-unknown-unknown`, whose standard library has no clock. Use [`builder`](Self::builder) and
    /// [`clock`](Builder::clock) there: see [the guide](crate::guide::edge).
    #[allow(clippy::expect_used, reason = "a test builds the defaults")]
    pub fn new(keyring: Keyring) -> Self {
        Self::builder(keyring).build().expect("the defaults are valid where the system has a clock")
    }

    /// Starts to configure sessions of a dictionary.
    pub fn builder(keyring: Keyring) -> Builder<Dict> {
        Builder::new(keyring, None)
    }

    /// Starts to configure sessions of a type of your own; see [`Payload`].
    ///
    /// `schema` names the type, in 1 to 64 bytes, and is not `dict`. Each schema has its own keys,
    /// so that a cookie is never read as another type; [`upgrade_from`](Builder::upgrade_from)
    /// opens cookies of an older schema. A field may be added, removed or renamed under the same
    /// schema: [`guide::types`](crate::guide::types) says how.
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

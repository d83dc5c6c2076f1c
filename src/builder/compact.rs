//! A setting for types of the application only.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Builder;
use crate::session::typed::Encoding;

impl<T: Serialize + DeserializeOwned + Default> Builder<T> {
    /// Stores values without names, to save bytes.
    ///
    /// The encoding is postcard. A struct of four fields takes some 30 bytes less. The bytes do not
    /// say which field a value belongs to, so the [shape](crate::CookieSessions::shape) of `T` is
    /// part of the keys: if a field is added, renamed or moved, every session ends, unless
    /// [`upgrade_from_compact`](Self::upgrade_from_compact) opens the old ones. See
    /// [`Payload`](crate::Payload) for what a `T` must not use, and
    /// [`guide::types`](crate::guide::types) for when it is worth it.
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
    /// let named = CookieSessions::typed::<Account>(Keyring::ephemeral(), "account-1").build()?;
    /// let compact = CookieSessions::typed::<Account>(Keyring::ephemeral(), "account-1").compact().build()?;
    /// assert!(compact.set_cookie_len(&compact.fresh())? < named.set_cookie_len(&named.fresh())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Security
    /// The shape is that of `T::default()`: the inside of a `None`, of an empty list or of another
    /// variant is not part of it. If two fields are swapped there, each is read as the other.
    /// Change the schema then, and [pin what you rely on in a
    /// test](crate::guide::types#compact-types).
    pub fn compact(mut self) -> Self {
        self.encoding = Encoding::Compact;
        self
    }
}

//! The setting that only a type of the application has.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Builder;
use crate::session::typed::Encoding;

impl<T: Serialize + DeserializeOwned + Default> Builder<T> {
    /// Stores the values alone, in postcard: for those who count bytes.
    ///
    /// A struct of four fields takes some 30 bytes less. Nothing in them says which field a value belongs to, so the
    /// [shape](crate::CookieSessions::shape) of `T` goes into the keys: a field that is added, renamed or moved ends every session,
    /// as another schema would, unless
    /// [`upgrade_from_compact`](Self::upgrade_from_compact) opens the old ones. See [`Payload`](crate::Payload) for what a `T` may then not use.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize, Default)]
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
    /// The shape is that of `T::default()`: what is inside a `None`, an empty list or another variant does not show. Two
    /// fields swapped there are read in the wrong place. Change the schema, or pin what you rely on in a test.
    pub fn compact(mut self) -> Self {
        self.encoding = Encoding::Compact;
        self
    }
}

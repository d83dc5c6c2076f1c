//! Rotation while it runs (feature `rotation`): a key table that can be swapped.
//!
//! Whoever needs the table loads it, without a lock, and has it as it was at that moment until it lets go. Keys that
//! are swapped out are wiped when the last one lets go. The first load of a thread allocates once. Without the feature `no_rotation.rs` stands in its place.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::keys::keyring::Keyring;
use crate::keys::purposes::{Purposes, Table};
use crate::log;
use crate::sessions::CookieSessions;

/// The key table of the moment, and what it takes to derive the next one.
pub(crate) struct SharedKeys {
    table: ArcSwap<Table>,
    purposes: Purposes,
}

impl SharedKeys {
    pub(crate) fn derive(keyring: &Keyring, purposes: Purposes) -> Self {
        Self { table: ArcSwap::from_pointee(Table::derive(keyring, &purposes)), purposes }
    }

    pub(crate) fn load(&self) -> impl Deref<Target = Arc<Table>> {
        self.table.load()
    }

    fn swap(&self, keyring: &Keyring) {
        self.table.store(Arc::new(Table::derive(keyring, &self.purposes)));
    }
}

/// Other secrets (feature `rotation`).
impl<T> CookieSessions<T> {
    /// Swaps the secrets of every clone at once, while requests are served; no request waits for it.
    ///
    /// A request is decoded with the keyring of its moment, and an answer is sealed with the keyring of *its* moment:
    /// what is encoded once this has returned is never sealed under an older one. The README has the three steps in
    /// which a fleet changes its secrets; here each of them is a call.
    ///
    /// It takes some microseconds for each secret. Of two calls at the same time either may come last.
    ///
    /// # Security
    /// After a leak, leave the secret out of the new keyring: it stops at once. Requests that are being answered are no
    /// way around it: a session that it opened before is not sent again, whatever was written to it
    /// ([`Sent::Withheld`](crate::Sent::Withheld)).
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    ///
    /// let (old, new) = (Secret::generate(), Secret::generate());
    /// let sessions = CookieSessions::new(Keyring::new(old.clone()));
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let cookie = sessions.request_cookie(&session)?;
    ///
    /// sessions.rotate(Keyring::new(old.clone()).upcoming(new.clone()));
    /// // … once every machine has it:
    /// sessions.rotate(Keyring::new(new).previous(old));
    ///
    /// let request = http::Request::builder().header("cookie", cookie).body(())?;
    /// assert_eq!(sessions.decode(&request).get("user"), Some("alice"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[allow(
        clippy::needless_pass_by_value,
        reason = "the secrets are wiped once they are no longer needed"
    )]
    pub fn rotate(&self, keyring: Keyring) {
        self.0.keys.swap(&keyring);
        log::rotated(&self.0);
    }
}

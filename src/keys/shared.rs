//! The key table that all clones of a configuration share; `rotation` lets it be replaced.
//!
//! A caller loads the table without a lock and has it as it was at that moment. Keys that were
//! replaced are wiped when the last caller drops them. With the feature, the first load of a thread
//! allocates once.

use std::ops::Deref;
use std::sync::Arc;

use crate::keys::keyring::Keyring;
#[cfg(feature = "rotation")]
use crate::keys::table::Rotation;
use crate::keys::table::{KeyTable, Purpose};

// Every request loads the table and hardly anything replaces it, so readers take no lock: they
// would all write to its counter. Without rotation a plain `Arc` does.
#[cfg(not(feature = "rotation"))]
type Pointer = Arc<KeyTable>;
#[cfg(feature = "rotation")]
type Pointer = arc_swap::ArcSwap<KeyTable>;

/// The current key table, and the purpose for which the next one is derived.
pub(crate) struct SharedKeys {
    table: Pointer,
    session: Purpose,
}

impl SharedKeys {
    pub(crate) fn derive(keyring: &Keyring, session: Purpose) -> Self {
        let table = Arc::new(KeyTable::derive(keyring, &session));
        Self { table: Pointer::from(table), session }
    }

    #[cfg(not(feature = "rotation"))]
    pub(crate) fn load(&self) -> impl Deref<Target = Arc<KeyTable>> {
        &self.table
    }

    #[cfg(feature = "rotation")]
    pub(crate) fn load(&self) -> impl Deref<Target = Arc<KeyTable>> {
        self.table.load()
    }

    /// Takes the secrets of a keyring; `None` if the table has the same ones already.
    #[cfg(feature = "rotation")]
    pub(crate) fn replace(&self, keyring: &Keyring) -> Option<Rotation> {
        let table = KeyTable::derive(keyring, &self.session);
        if table.has_secrets_of(&self.load()) {
            return None;
        }
        let rotation = table.rotation_from(&self.load());
        self.table.store(Arc::new(table));
        Some(rotation)
    }
}

//! The key table without the feature `rotation`: it stays.

use std::ops::Deref;
use std::sync::Arc;

use crate::keys::keyring::Keyring;
use crate::keys::purposes::{Purposes, Table};

pub(crate) struct SharedKeys(Arc<Table>);

impl SharedKeys {
    #[allow(clippy::needless_pass_by_value, reason = "with the feature it is kept")]
    pub(crate) fn derive(keyring: &Keyring, purposes: Purposes) -> Self {
        Self(Arc::new(Table::derive(keyring, &purposes)))
    }

    pub(crate) fn load(&self) -> impl Deref<Target = Arc<Table>> {
        &self.0
    }
}

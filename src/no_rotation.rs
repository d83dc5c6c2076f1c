//! The key table without the feature `rotation`: it stays.

use std::ops::Deref;
use std::sync::Arc;

use crate::keyring::Keyring;
use crate::keys::{Keys, Scopes};

pub(crate) struct SharedKeys(Arc<Keys>);

impl SharedKeys {
    #[allow(clippy::needless_pass_by_value, reason = "with the feature it is kept")]
    pub(crate) fn derive(keyring: &Keyring, scopes: Scopes) -> Self {
        Self(Arc::new(Keys::derive(keyring, &scopes)))
    }

    pub(crate) fn load(&self) -> impl Deref<Target = Arc<Keys>> {
        &self.0
    }
}

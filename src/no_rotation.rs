//! The key table without the feature `rotation`: it stays.

use std::ops::Deref;
use std::sync::Arc;

use crate::keyring::Keyring;
use crate::keys::Keys;

pub(crate) struct SharedKeys(Arc<Keys>);

impl SharedKeys {
    #[allow(clippy::needless_pass_by_value, reason = "with the feature it is kept")]
    pub(crate) fn derive(keyring: &Keyring, scope: Vec<u8>) -> Self {
        Self(Arc::new(Keys::derive(keyring, &scope)))
    }

    pub(crate) fn load(&self) -> impl Deref<Target = Arc<Keys>> {
        &self.0
    }
}

//! The flash cookie without the feature `flash`: no scope and no keys.

use crate::keys::keyring::Keyring;
use crate::token::scope::Scope;

pub(crate) struct FlashScope;

impl FlashScope {
    pub(crate) fn of(_: &Scope) -> Self {
        Self
    }
}

pub(crate) struct FlashKeys;

impl FlashKeys {
    pub(crate) fn derive(_: &Keyring, _: &FlashScope) -> Self {
        Self
    }
}

//! Every purpose that keys are derived for: in one table, so that one swap swaps them all.

use std::ops::Deref;

use crate::builder::upgrade::Upgrades;
use crate::flash_cookie::{FlashKeys, FlashScope};
use crate::keys::keyring::Keyring;
use crate::keys::table::{Keys, Scopes};
use crate::token::scope::Scope;

/// What the keys of each purpose are derived for.
pub(crate) struct Purposes {
    session: Scopes,
    flash: FlashScope,
}

impl Purposes {
    pub(crate) fn of<T>(scope: &Scope, upgrades: &Upgrades<T>) -> Self {
        Self { session: upgrades.scopes(scope), flash: FlashScope::of(scope) }
    }
}

/// The keys of sessions, which it stands for, and those of other cookies.
pub(crate) struct Table {
    session: Keys,
    #[cfg_attr(not(feature = "flash"), allow(dead_code, reason = "there are none"))]
    pub(crate) flash: FlashKeys,
}

impl Table {
    pub(crate) fn derive(keyring: &Keyring, purposes: &Purposes) -> Self {
        Self {
            session: Keys::derive(keyring, &purposes.session),
            flash: FlashKeys::derive(keyring, &purposes.flash),
        }
    }
}

impl Deref for Table {
    type Target = Keys;

    fn deref(&self) -> &Keys {
        &self.session
    }
}

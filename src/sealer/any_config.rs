//! A configuration, whatever the payload type of its sessions.

use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use crate::config::Config;
use crate::keys::table::{Keys, Purpose};
use crate::log::Log;
use crate::set_cookie::SetCookie;
use crate::token::scope::Scope;

/// What a sealer takes of the configuration that it was made from.
// It keeps the configuration and no keys: so it seals and opens with the secrets of the moment, and
// a removed secret is wiped as soon as the key table drops it.
pub(super) trait AnyConfig: Send + Sync + UnwindSafe + RefUnwindSafe {
    fn scope(&self) -> &Scope;
    /// The session cookie.
    fn set_cookie(&self) -> &SetCookie;
    fn keys_for(&self, purpose: &Purpose) -> Arc<Keys>;
    fn log(&self) -> &Log;
    /// The second that it is by the clock of the sessions.
    fn now(&self) -> u64;
}

impl<T> AnyConfig for Config<T> {
    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn set_cookie(&self) -> &SetCookie {
        &self.set_cookie
    }

    fn keys_for(&self, purpose: &Purpose) -> Arc<Keys> {
        self.keys.load().keys_for(purpose)
    }

    fn log(&self) -> &Log {
        &self.log
    }

    fn now(&self) -> u64 {
        self.clock.unix_seconds()
    }
}

//! Accounts and notes, in memory. A site keeps them in a database.

use std::collections::{HashMap, hash_map::Entry};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Bytes of a name, a password, a note.
pub(super) const MAX_FIELD: usize = 128;
/// Accounts, and notes in each: 13 MB with fields of the greatest length.
pub(super) const MAX_ACCOUNTS: usize = 1_000;
pub(super) const MAX_NOTES: usize = 100;
/// Log-ins with one name within `ATTEMPTS_WITHIN`, unless one succeeds.
///
/// An attacker can use them up and so lock out the owner for that long. A site on the internet limits attempts by
/// address as well.
pub(super) const MAX_ATTEMPTS: u32 = 10;
pub(super) const ATTEMPTS_WITHIN: Duration = Duration::from_secs(15 * 60);

/// The accounts by name.
#[derive(Clone, Default)]
pub(super) struct Accounts(Arc<Mutex<HashMap<String, Account>>>);

pub(super) struct Account {
    pub(super) password_hash: String,
    pub(super) notes: Vec<String>,
    pub(super) attempts: u32,
    first_attempt: SystemTime,
}

impl Accounts {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks and inserts under one lock: if two visitors want a name at once, one gets it.
    pub(super) fn open(&self, name: &str, password_hash: String) -> Result<(), &'static str> {
        let mut accounts = self.lock();
        let is_full = accounts.len() >= MAX_ACCOUNTS;
        match accounts.entry(name.to_owned()) {
            Entry::Occupied(_) => Err("That name is taken."),
            Entry::Vacant(_) if is_full => Err("There is no room for another account."),
            Entry::Vacant(place) => {
                let (notes, first_attempt) = (Vec::new(), SystemTime::UNIX_EPOCH);
                place.insert(Account { password_hash, notes, attempts: 0, first_attempt });
                Ok(())
            }
        }
    }
}

impl Account {
    /// Counts an attempt to log in, before its password is verified: attempts at the same time all count.
    pub(super) fn may_try(&mut self, now: SystemTime) -> bool {
        if now >= self.first_attempt + ATTEMPTS_WITHIN {
            (self.attempts, self.first_attempt) = (0, now);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.attempts <= MAX_ATTEMPTS
    }
}

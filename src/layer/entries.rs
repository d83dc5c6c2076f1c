//! The handle of a dictionary, which is read and written like one.

use std::str::FromStr;

use crate::layer::handle::SessionHandle;
use crate::session::Session;
use crate::session::dict::Dict;

/// The dictionary's own methods.
impl SessionHandle<Dict> {
    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<String> {
        self.read(|session| session.get(key).map(str::to_owned))
    }

    /// Puts `value` under `key`, in place of what was there.
    pub fn set(&self, key: impl AsRef<str>, value: impl AsRef<str>) {
        // Before the lock, since it is the caller's code.
        let (key, value) = (key.as_ref(), value.as_ref());
        self.write(|session| session.set(key, value));
    }

    /// Takes the value out that is under `key`.
    pub fn remove(&self, key: &str) -> Option<String> {
        self.write(|session| session.remove(key))
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.read(|session| session.contains(key))
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.read(Session::len)
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.read(Session::is_empty)
    }

    /// Drops all entries, and keeps the session.
    pub fn clear(&self) {
        self.write(Session::clear);
    }

    /// The value under `key`, parsed.
    ///
    /// # Errors
    /// A value that `V` does not parse.
    pub fn parse<V: FromStr>(&self, key: &str) -> Option<Result<V, V::Err>> {
        self.get(key).map(|value| value.parse())
    }
}

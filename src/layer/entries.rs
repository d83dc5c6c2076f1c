//! The methods of a handle whose session is a dictionary.

use std::fmt::Display;
use std::str::FromStr;

use crate::layer::handle::SessionHandle;
use crate::session::Session;
use crate::session::dict::Dict;

/// Entries of a dictionary, which is the default payload.
impl SessionHandle<Dict> {
    /// Returns the value under `key`.
    pub fn get(&self, key: &str) -> Option<String> {
        self.read(|session| session.get(key).map(str::to_owned))
    }

    /// Parses the value under `key`; see [`Session::parse`].
    ///
    /// # Errors
    /// A value that `V` does not parse.
    pub fn parse<V: FromStr>(&self, key: &str) -> Option<Result<V, V::Err>> {
        self.get(key).map(|value| value.parse())
    }

    /// Puts `value` under `key`, as [`Display`] writes it, and replaces the value that was there.
    ///
    /// # Panics
    /// If `Display` of the value returns an error, like `to_string`. The session is then unchanged.
    pub fn set(&self, key: impl AsRef<str>, value: impl Display) {
        // Before the lock, because `Display` of the value is the caller's code. The text is in a
        // dictionary, which is wiped on drop.
        let entry = Dict::from_iter([(key, value)]);
        self.write(|session| session.data_mut().append(entry));
    }

    /// Removes the value under `key`, and returns it.
    pub fn remove(&self, key: &str) -> Option<String> {
        self.write(|session| session.remove(key))
    }

    /// Returns whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.read(|session| session.contains(key))
    }

    /// Returns a copy of all keys and values, ascending by the bytes of the keys.
    ///
    /// ```
    /// # use sealed_session::{CookieSessions, Keyring, SessionHandle};
    /// # let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let session = SessionHandle::for_test(sessions.fresh());
    /// session.set("user", "alice");
    /// session.set("visits", 3);
    /// for (key, value) in session.iter() {
    ///     println!("{key}: {value}");
    /// }
    /// assert_eq!(session.iter().count(), 2);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (String, String)> + use<> {
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let entries: Vec<_> = self.read(|session| session.iter().map(owned).collect());
        entries.into_iter()
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.read(Session::len)
    }

    /// Returns whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.read(Session::is_empty)
    }

    /// Removes all entries, and keeps the session.
    pub fn clear(&self) {
        self.write(Session::clear);
    }
}

//! The handle of a dictionary, which is read and written like one.

use std::fmt::Display;
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

    /// The value under `key`, parsed.
    ///
    /// # Errors
    /// A value that `V` does not parse.
    ///
    /// See [`Session::parse`] for the usual forms.
    pub fn parse<V: FromStr>(&self, key: &str) -> Option<Result<V, V::Err>> {
        self.get(key).map(|value| value.parse())
    }

    /// Puts `value` under `key`, as [`Display`] writes it, in place of what was there.
    ///
    /// # Panics
    /// If `Display` of the value returns an error, as in `to_string`. Nothing changes then.
    pub fn set(&self, key: impl AsRef<str>, value: impl Display) {
        // Before the lock, since it is the caller's code that writes the value. A dictionary wipes what it held.
        let entry = Dict::from_iter([(key, value)]);
        self.write(|session| session.data_mut().extend(entry.iter()));
    }

    /// Takes the value out that is under `key`.
    pub fn remove(&self, key: &str) -> Option<String> {
        self.write(|session| session.remove(key))
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.read(|session| session.contains(key))
    }

    /// Keys and values, ascending by the bytes of the keys, as they are now.
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
}

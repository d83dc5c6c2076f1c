//! The methods of a dictionary on a session of a dictionary.

use std::fmt::Display;
use std::str::FromStr;

use crate::session::Session;
use crate::session::dict::Dict;

/// Values by key: the methods of the dictionary.
impl Session<Dict> {
    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.data.get(key)
    }

    /// The value of `key`, parsed.
    ///
    /// # Errors
    /// A value that `V` does not parse.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("visits", 3);
    /// assert_eq!(session.parse("visits"), Some(Ok(3)));
    /// assert_eq!(session.parse::<u64>("clicks"), None);
    ///
    /// // A counter that begins at 0, also when the value is not a number:
    /// let clicks = session.parse("clicks").and_then(Result::ok).unwrap_or(0);
    /// session.set("clicks", clicks + 1);
    ///
    /// // An error where a value must be there and be right:
    /// let visits: u64 = session.parse("visits").ok_or("no visits")??;
    /// assert_eq!(visits, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse<V: FromStr>(&self, key: &str) -> Option<Result<V, V::Err>> {
        self.get(key).map(str::parse)
    }

    /// Sets the value of `key`, as [`Display`] writes it; it replaces an earlier one.
    ///
    /// The value is a string, a number, a UUID or anything else that [`parse`](Self::parse) reads
    /// back.
    ///
    /// # Panics
    /// If `Display` of the value returns an error, as in `to_string`. The entries are then
    /// unchanged.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// session.set("visits", 3);
    /// assert_eq!(session.get("visits"), Some("3"));
    /// ```
    pub fn set(&mut self, key: impl AsRef<str>, value: impl Display) {
        self.data_mut().set(key, value);
    }

    /// Removes and returns the value of `key`.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("step", "2");
    /// assert_eq!(session.remove("step").as_deref(), Some("2"));
    /// assert_eq!(session.remove("step"), None);
    /// ```
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.data_mut().remove(key)
    }

    /// Whether `key` has a value.
    pub fn contains(&self, key: &str) -> bool {
        self.data.contains(key)
    }

    /// Keys and values, sorted by the bytes of the keys.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// session.set("lang", "en");
    /// assert_eq!(session.iter().collect::<Vec<_>>(), [("lang", "en"), ("user", "alice")]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.data.iter()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Removes all entries and keeps the session; for log-out, see
    /// [`invalidate`](Self::invalidate).
    pub fn clear(&mut self) {
        self.data_mut().clear();
    }
}

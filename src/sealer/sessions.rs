//! The method of `CookieSessions` that makes a sealer.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::builder::validate::require;
use crate::error::ConfigError;
use crate::sealer::Sealer;
use crate::session::lifetime::MAX_ABSOLUTE_TIMEOUT;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;

/// Bytes that a purpose may have at most.
const MAX_PURPOSE: usize = 64;

/// Sealed values.
impl<T: Payload + 'static> CookieSessions<T> {
    /// Makes a sealer of values for one purpose, which it accepts for `lifetime`.
    ///
    /// It has the settings and the secrets of these sessions, and follows
    /// [`rotate`](CookieSessions::rotate). Make it once, at start-up. Its keys are derived when it
    /// is first used, and kept: a purpose is a constant of the program, not a value of a request.
    ///
    /// Use each purpose with one type. Sealers with the same purpose, path, domain, context, transport
    /// and `partitioned` open each other's values, on every machine with the secret. The name and the
    /// type of the session do not count.
    ///
    /// # Errors
    /// - A purpose that is not of 1 to 64 bytes of printable ASCII.
    /// - A lifetime of zero, with a fraction of a second, or of more than 400 days.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use sealed_session::{CookieSessions, Keyring, Rejection};
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let hour = Duration::from_secs(3600);
    /// let sealer = sessions.sealer::<u64>("confirm e-mail", hour)?;
    ///
    /// let now = SystemTime::now();
    /// let sealed = sealer.seal(&42, now)?;
    /// assert_eq!(sealer.open(&sealed, now), Ok(42));
    /// assert_eq!(sealer.open(&sealed, now + hour), Err(Rejection::AbsoluteTimeout));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn sealer<V: Serialize + DeserializeOwned>(
        &self,
        purpose: &str,
        lifetime: Duration,
    ) -> Result<Sealer<V>, ConfigError> {
        let is_printable = purpose.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        let fits = (1..=MAX_PURPOSE).contains(&purpose.len()) && is_printable;
        require(fits, "sealer", &purpose, "a purpose of 1 to 64 bytes of printable ASCII")?;
        let whole = lifetime.subsec_nanos() == 0;
        let fits = whole && (1..=MAX_ABSOLUTE_TIMEOUT).contains(&lifetime.as_secs());
        let found = format_args!("{purpose:?} with a lifetime of {lifetime:?}");
        let expected = "whole seconds, from 1s to 34560000s, which is 400 days";
        require(fits, "sealer", &found, expected)?;
        Ok(Sealer::new(Arc::clone(&self.0) as _, purpose, lifetime.as_secs()))
    }
}

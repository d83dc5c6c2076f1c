//! What the hook makes of an old cookie.

use std::fmt;
use std::time::SystemTime;

use crate::session::lifetime::Limits;
use crate::token::rejection::Rejection;
use crate::token::times::{Times, unix_seconds};

/// A session of another library, for [`Builder::adopt`](crate::Builder::adopt).
///
/// It is checked like a token of this library: the timeouts apply, and a revocation hook is asked.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use sealed_session::{Adopted, Dict};
///
/// let mut data = Dict::default();
/// data.set("user", "alice");
/// let (began, hour) = (SystemTime::now(), Duration::from_secs(3600)); // what the old cookie says
/// let adopted = Adopted::new(data, began).expires_at(began + 8 * hour).last_used(began + hour);
/// ```
#[must_use]
pub struct Adopted<T> {
    pub(crate) data: T,
    created: SystemTime,
    expires: Option<SystemTime>,
    last_used: Option<SystemTime>,
}

impl<T> Adopted<T> {
    /// Makes a session with this payload that began at `created`.
    ///
    /// The absolute timeout counts from `created`. If the old cookie does not tell when its session
    /// began, name a constant in the past, such as the day of the release. A time more than 300
    /// seconds in the future is rejected.
    ///
    /// # Security
    /// Never give the time of the request, nor the time at which the process starts
    /// (`SystemTime::now()`): after this library's cookie has expired, the session would begin anew
    /// with each old cookie.
    pub fn new(data: T, created: SystemTime) -> Self {
        Self { data, created, expires: None, last_used: None }
    }

    /// Sets when the old session ends, whatever its user does.
    ///
    /// The session ends at that time at the latest. The token stores that as an earlier beginning:
    /// the end minus the absolute timeout. If you raise that timeout while such sessions last, they
    /// end later by the difference.
    pub fn expires_at(self, expires: SystemTime) -> Self {
        Self { expires: Some(expires), ..self }
    }

    /// Sets when the old session was last used; by default now.
    ///
    /// The idle timeout counts from that time until the session is adopted. So an old cookie does
    /// not bring back a session that was not used for that long.
    pub fn last_used(self, last_used: SystemTime) -> Self {
        Self { last_used: Some(last_used), ..self }
    }

    /// Its times, for a request at `now`.
    pub(crate) fn times(&self, limits: Limits, now: u64) -> Result<Times, Rejection> {
        let mut created = unix_seconds(self.created);
        if let Some(expires) = self.expires {
            // A token has no place for an end of its own. One that began an absolute timeout before
            // that end ends in time.
            let begun = unix_seconds(expires).checked_sub(limits.absolute);
            created = created.min(begun.ok_or(Rejection::AbsoluteTimeout)?);
        }
        Ok(Times::starting(created, 0).resealed(self.last_used.map_or(now, unix_seconds), 0))
    }
}

/// Shows the times, and nothing of the payload.
impl<T> fmt::Debug for Adopted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adopted")
            .field("created", &self.created)
            .field("expires", &self.expires)
            .field("last_used", &self.last_used)
            .finish_non_exhaustive()
    }
}

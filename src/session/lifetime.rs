//! When a session stands, when it is due for a refresh, when it ends: pure rules on whole seconds.
//!
//! Seconds count from 1970; a clock before that reads 0. All arithmetic saturates, so that no clock and no
//! token can overflow it. The two limits are OWASP's idle and absolute timeout (Session Management Cheat
//! Sheet).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::token::rejection::Rejection;

/// Seconds that the clocks of two machines may differ by.
const CLOCK_TOLERANCE: u64 = 300;

/// The last second of the year 9999, the last that an HTTP date can write.
const END_OF_9999: u64 = 253_402_300_799;

/// The limits in force, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) idle: u64,
    pub(crate) absolute: u64,
}

/// What a session knows of its own time, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) created: u64,
    /// When it was last sealed; not before `created`.
    pub(crate) renewed: u64,
    /// Its own idle timeout; 0 for none.
    pub(crate) own: u64,
}

impl Limits {
    /// The idle timeout of a session whose own one is `own`.
    #[inline]
    fn idle(self, own: u64) -> u64 {
        if own == 0 { self.idle } else { own }.min(self.absolute)
    }

    /// The first second at which the session no longer stands.
    #[inline]
    pub(crate) fn expires_at(self, times: Times) -> u64 {
        let idle_end = times.renewed.saturating_add(self.idle(times.own));
        idle_end.min(self.absolute_end(times))
    }

    #[inline]
    fn absolute_end(self, times: Times) -> u64 {
        times.created.saturating_add(self.absolute)
    }

    /// Whether a session stands at `now`.
    #[inline]
    pub(crate) fn admit(self, times: Times, now: u64) -> Result<(), Rejection> {
        if times.renewed > now.saturating_add(CLOCK_TOLERANCE) {
            Err(Rejection::FromTheFuture)
        } else if now >= self.absolute_end(times) {
            Err(Rejection::AbsoluteTimeout)
        } else if now >= self.expires_at(times) {
            Err(Rejection::IdleTimeout)
        } else {
            Ok(())
        }
    }

    /// Whether sealing again at `now` is worth a cookie: half of the idle timeout has gone, and there is
    /// something left to extend.
    #[inline]
    pub(crate) fn due(self, times: Times, now: u64) -> bool {
        let idle = self.idle(times.own);
        now >= times.renewed.saturating_add(idle / 2)
            && times.renewed.saturating_add(idle) < self.absolute_end(times)
    }
}

impl Times {
    /// Of a session that begins at `now`.
    pub(crate) fn starting(now: u64, own: u64) -> Self {
        Self { created: now, renewed: now, own }
    }

    /// The same session, sealed again at `now`.
    pub(crate) fn sealed_at(self, now: u64, own: u64) -> Self {
        Self { created: self.created, renewed: self.renewed.max(now), own }
    }
}

/// Whole seconds since 1970, rounded down; 0 before.
#[inline]
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The instant, at most the last second of the year 9999.
pub(crate) fn instant(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.min(END_OF_9999))
}

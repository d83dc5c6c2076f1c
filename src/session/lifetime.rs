//! When a session is valid, when it needs a refresh, when it ends: pure rules on whole seconds.
//!
//! Seconds count from 1970; a clock before that reads 0. All arithmetic saturates, so that no clock
//! and no token can overflow it. The two limits are OWASP's idle and absolute timeout (Session
//! Management Cheat Sheet).

use crate::token::rejection::Rejection;
use crate::token::times::{Confirmation, END_OF_9999, Times};

/// Seconds that the clocks of two machines may differ by.
// RFC 7519 section 4.1.5 allows a few minutes, and Kerberos five by default. Machines that ask a
// time server differ by far less, but one that has just started may not have asked yet. A token
// that is further ahead is rejected: it would be valid for too long by that much.
pub(crate) const CLOCK_TOLERANCE: u64 = 300;

/// The longest absolute timeout, in seconds: browsers keep no cookie for longer (RFC 6265bis
/// section 5.5).
pub(crate) const MAX_ABSOLUTE_TIMEOUT: u64 = 400 * 24 * 60 * 60;

/// Times whose varints are the longest that a session is sealed with.
pub(crate) const LONGEST: Times = Times {
    created: END_OF_9999,
    sealed_at: END_OF_9999 + MAX_ABSOLUTE_TIMEOUT,
    idle_override: MAX_ABSOLUTE_TIMEOUT,
    confirmation: Confirmation::at(END_OF_9999),
};

/// The limits in force, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) idle: u64,
    pub(crate) absolute: u64,
}

impl Limits {
    /// The idle timeout of a session that has the override `own`, or 0 for none.
    #[inline]
    fn idle(self, idle_override: u64) -> u64 {
        if idle_override == 0 { self.idle } else { idle_override }.min(self.absolute)
    }

    /// The first second at which the session is no longer valid.
    #[inline]
    pub(crate) fn expires_at(self, times: Times) -> u64 {
        self.idle_end(times).min(self.absolute_end(times))
    }

    #[inline]
    pub(crate) fn idle_end(self, times: Times) -> u64 {
        times.sealed_at.saturating_add(self.idle(times.idle_override))
    }

    #[inline]
    pub(crate) fn absolute_end(self, times: Times) -> u64 {
        times.created.saturating_add(self.absolute)
    }

    /// Whether a session is valid at `now`.
    #[inline]
    pub(crate) fn validate(self, times: Times, now: u64) -> Result<(), Rejection> {
        if times.sealed_at > now.saturating_add(CLOCK_TOLERANCE) {
            Err(Rejection::FromTheFuture)
        } else if now >= self.absolute_end(times) {
            Err(Rejection::AbsoluteTimeout)
        } else if now >= self.expires_at(times) {
            Err(Rejection::IdleTimeout)
        } else {
            Ok(())
        }
    }

    /// Whether sealing again at `now` is worth a cookie: half of the idle timeout has passed, and
    /// there is something left to extend.
    #[inline]
    pub(crate) fn needs_refresh(self, times: Times, now: u64) -> bool {
        self.refresh_at(times).is_some_and(|due| now >= due)
    }

    /// The first second at which that is so; `None` if there is nothing left to extend.
    #[inline]
    pub(crate) fn refresh_at(self, times: Times) -> Option<u64> {
        let half = self.idle(times.idle_override) / 2;
        let extends = self.idle_end(times) < self.absolute_end(times);
        extends.then(|| times.sealed_at.saturating_add(half))
    }
}

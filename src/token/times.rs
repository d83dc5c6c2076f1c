//! The times in a token, in whole seconds since 1970.
//!
//! A clock before 1970 reads 0, and all arithmetic saturates: no clock and no token overflows it.

use std::num::NonZeroU64;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The last second of the year 9999, the last that an HTTP date can write (RFC 9110 section 5.6.7).
pub(crate) const END_OF_9999: u64 = 253_402_300_799;

/// The times of one session, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) created: u64,
    /// When it was last sealed; not before `created`.
    pub(crate) sealed_at: u64,
    /// The idle timeout of this session only; 0 for none.
    pub(crate) idle_override: u64,
    /// Not after `sealed_at`.
    pub(crate) confirmation: Confirmation,
}

/// When a user last proved who they are, in seconds since 1970, if they did.
// In eight bytes, one more than the seconds: every request copies it several times, and most
// sessions have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Confirmation(Option<NonZeroU64>);

impl Confirmation {
    pub(crate) const NEVER: Self = Self(None);

    pub(crate) const fn at(seconds: u64) -> Self {
        Self(NonZeroU64::new(seconds.saturating_add(1)))
    }

    #[inline]
    pub(crate) fn seconds(self) -> Option<u64> {
        self.0.map(|next| next.get() - 1)
    }

    /// The same, not after that time.
    #[inline]
    pub(crate) fn until(self, latest: u64) -> Self {
        Self(self.0.map(|next| next.min(NonZeroU64::MIN.saturating_add(latest))))
    }
}

impl Times {
    /// The times of a session that begins at `now`.
    pub(crate) fn starting(now: u64, idle_override: u64) -> Self {
        Self { created: now, sealed_at: now, idle_override, confirmation: Confirmation::NEVER }
    }

    /// The times of this session if it is sealed again at `now`.
    pub(crate) fn resealed(self, now: u64, idle_override: u64) -> Self {
        // Never earlier than before: a machine whose clock is behind must not take time from a
        // session that another one has sealed.
        Self { sealed_at: self.sealed_at.max(now), idle_override, ..self }
    }

    /// The times of a session that begins in the next second, so that it differs from sessions that
    /// ended within this second.
    pub(crate) fn begun_a_second_later(self) -> Self {
        let next = self.created.saturating_add(1);
        Self { created: next, sealed_at: self.sealed_at.max(next), ..self }
    }

    /// Seconds from the confirmation to the sealing.
    #[inline]
    pub(super) fn seconds_since_confirmed(self) -> Option<u64> {
        self.confirmation.seconds().map(|confirmed_at| self.sealed_at - confirmed_at)
    }

    /// Created, age, and own idle timeout with the bit that says whether extensions follow, as they
    /// are in a body.
    pub(super) fn varints(self) -> [u64; 3] {
        // An age and not a second time stamp: it takes one to four bytes where a time takes five,
        // and no body can say that it was sealed before its session was created.
        let age = self.sealed_at - self.created;
        // No bit is lost: a timeout that was set is at most 400 days, and one that was read had 63
        // bits.
        [
            self.created,
            age,
            self.idle_override << 1 | u64::from(self.confirmation != Confirmation::NEVER),
        ]
    }
}

/// Whole seconds since 1970, rounded down; 0 before.
#[inline]
pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The instant, at most the last second of the year 9999.
pub(crate) fn instant(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.min(END_OF_9999))
}

//! How an event is logged, and how often.
//!
//! Without the feature `tracing` the macros expand to nothing.

#[allow(unused_macros, reason = "with `tracing` there are events")]
macro_rules! nothing {
    ($($event:tt)*) => {};
}

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

#[cfg(feature = "tracing")]
pub(super) use tracing::{debug, error, info, trace, warn};
#[cfg(not(feature = "tracing"))]
pub(super) use {
    nothing as debug, nothing as error, nothing as info, nothing as trace, nothing as warn,
};

use crate::error::EncodeError;

pub(super) const TARGET: &str = "sealed_session";

/// Whether an event that is logged once has been logged.
#[derive(Default)]
pub(crate) struct Once(AtomicBool);

impl Once {
    pub(super) fn is_first(&self) -> bool {
        !self.0.load(Relaxed) && !self.0.swap(true, Relaxed)
    }
}

/// The second at which an event was last logged; 0 for none.
#[derive(Default)]
pub(crate) struct EachMinute(AtomicU64);

impl EachMinute {
    /// Whether a minute has passed since this was last true, by the clock of the request.
    pub(super) fn is_over(&self, now: u64) -> bool {
        let now = now.saturating_add(1);
        let last = self.0.load(Relaxed);
        (last == 0 || now.abs_diff(last) >= 60)
            && self.0.compare_exchange(last, now, Relaxed, Relaxed).is_ok()
    }
}

/// How often something happened since it was last logged, and when that was.
#[derive(Default)]
pub(super) struct CountedEachMinute {
    count: AtomicU64,
    minute: EachMinute,
}

impl CountedEachMinute {
    /// Counts one; the count, if a minute is over.
    pub(super) fn count(&self, now: u64) -> Option<u64> {
        self.count.fetch_add(1, Relaxed);
        self.minute.is_over(now).then(|| self.count.swap(0, Relaxed))
    }
}

/// When each kind of error was last logged.
#[derive(Default)]
pub(super) struct EachError([EachMinute; 5]);

impl EachError {
    pub(super) fn is_over(&self, error: &EncodeError, now: u64) -> bool {
        let last = kind(error).and_then(|kind| self.0.get(kind));
        last.is_none_or(|last| last.is_over(now))
    }
}

/// The position of an error in `ERRORS` of the counters.
pub(super) fn kind(error: &EncodeError) -> Option<usize> {
    match error {
        EncodeError::TooLarge { .. } => Some(0),
        EncodeError::Payload(_) => Some(1),
        EncodeError::Headers(_) => Some(2),
        EncodeError::Rng(_) => Some(3),
        EncodeError::RevocationFailed(_) => Some(4),
        // It has an event of its own, and is no error of `encode`.
        EncodeError::TwoLayers => None,
    }
}

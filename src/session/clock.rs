//! What time it is, for those that are not told.

use std::panic::AssertUnwindSafe;
use std::time::SystemTime;

use crate::token::times::unix_seconds;

/// The system's clock, or the one in its place.
#[derive(Default)]
pub(crate) struct Clock(Option<AssertUnwindSafe<Box<Now>>>);

type Now = dyn Fn() -> SystemTime + Send + Sync;

impl Clock {
    pub(crate) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Some(AssertUnwindSafe(Box::new(now))))
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.as_ref().map_or_else(SystemTime::now, |now| now.0())
    }

    /// The same in whole seconds since 1970.
    pub(crate) fn seconds(&self) -> u64 {
        unix_seconds(self.now())
    }
}

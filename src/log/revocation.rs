//! Hooks of revocation, and the deny list.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::log::event::{EachMinute, Once, TARGET, error, warn};

/// The events of one revocation hook.
#[derive(Default)]
pub(crate) struct HookLog {
    is_down: AtomicBool,
    not_asked: Once,
}

impl HookLog {
    /// Logged at each change of state, not at each request.
    pub(crate) fn responded(&self, name: &str, responded: bool) {
        let down = &self.is_down;
        if down.load(Relaxed) != responded || down.swap(!responded, Relaxed) != responded {
            return;
        }
        if responded {
            warn!(target: TARGET, name, "the revocation store responds again");
        } else {
            warn!(target: TARGET, name, "the revocation store does not respond: sessions are rejected");
        }
    }

    pub(crate) fn not_asked(&self, name: &str) {
        if self.not_asked.is_first() {
            error!(
                target: TARGET,
                name,
                "sessions are rejected: their revocation hook is asynchronous, and only \
                 SessionLayer::check_revocation waits for it"
            );
        }
    }
}

/// Logs a full deny list, at most once a minute.
pub(crate) fn deny_list_full(notice: &EachMinute, dropped: u64, now: u64) {
    if notice.is_over(now) {
        warn!(
            target: TARGET,
            dropped,
            "the deny list is full: the entry nearest its end was dropped, and its session is accepted again"
        );
    }
}

//! Hooks of revocation, and the deny list.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::log::counters::{HookCounters, Timer, UNCHECKED};
use crate::log::event::{EachMinute, Once, TARGET, error, warn};

/// The events of one revocation hook.
pub(crate) struct HookLog {
    /// The full name of the cookie.
    name: String,
    counters: HookCounters,
    is_down: AtomicBool,
    not_asked: Once,
}

impl HookLog {
    pub(crate) fn new(name: &str) -> Self {
        let (is_down, not_asked) = (AtomicBool::new(false), Once::default());
        Self { name: name.to_owned(), counters: HookCounters::register(name), is_down, not_asked }
    }

    /// A question that the hook is asked now, until the timer is dropped.
    pub(crate) fn asked(&self) -> Timer<'_> {
        self.counters.start()
    }

    /// A reply to a question: whether the session was revoked.
    pub(crate) fn replied(&self, reply: Option<bool>) {
        self.counters.results.add(reply.map_or(UNCHECKED, usize::from));
        self.responded(reply.is_some());
    }

    /// Logged at each change of state, not at each request.
    pub(crate) fn responded(&self, responded: bool) {
        let (name, down) = (self.name.as_str(), &self.is_down);
        if down.load(Relaxed) != responded || down.swap(!responded, Relaxed) != responded {
            return;
        }
        if responded {
            warn!(target: TARGET, name, "the revocation store responds again");
        } else {
            warn!(target: TARGET, name, "the revocation store does not respond: sessions are rejected");
        }
    }

    pub(crate) fn not_asked(&self) {
        self.counters.results.add(UNCHECKED);
        let name = self.name.as_str();
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

/// Logs that a denied subject ends no session, at most once a minute.
pub(crate) fn subject_denied_in_vain(notice: &EachMinute, is_attached: bool, now: u64) {
    if !notice.is_over(now) {
        return;
    }
    if is_attached {
        warn!(
            target: TARGET,
            "a subject was denied, but no configuration with this deny list has a subject, so none of its sessions \
             ends: call Builder::subject"
        );
    } else {
        warn!(
            target: TARGET,
            "a subject was denied in a deny list that no configuration has, so none of its sessions ends: give the \
             list, or a clone of it, to Builder::revocation"
        );
    }
}

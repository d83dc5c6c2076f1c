//! Requests that are refused for their CSRF token.

use std::fmt::Debug;

use crate::log::Log;
use crate::log::event::{TARGET, debug, error, warn};
use crate::token::id::Label;

impl Log {
    /// With what to do: a warning at most once a minute, at other times for debugging. The reason
    /// has this position in `CSRF_REASONS` of the counters.
    pub(crate) fn csrf_refused(
        &self,
        position: usize,
        reason: &dyn Debug,
        label: impl Fn() -> Label,
        advice: impl FnOnce() -> Option<String>,
        now: u64,
    ) {
        self.counters.csrf_refused.add(position);
        if self.notices.csrf_refused.is_over(now) {
            warn!(target: TARGET, ?reason, label = %label(), advice = advice(), "a request was refused for its CSRF token");
        } else {
            debug!(target: TARGET, ?reason, label = %label(), advice = advice(), "a request was refused for its CSRF token");
        }
    }

    pub(crate) fn no_session_layer(&self, position: usize) {
        self.counters.csrf_refused.add(position);
        error!(
            target: TARGET,
            "SessionLayer is missing around CsrfLayer, or has another payload type: the response is 500; use \
             .layer(SessionLayer::new(sessions).csrf(..)), or put CsrfLayer inside of SessionLayer"
        );
    }
}

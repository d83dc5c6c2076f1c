//! What is counted: each metric, its labels, and the handles that count it (feature `metrics`).
//!
//! ```text
//! build() ─► a handle for each value of a label ─► one increment for each event
//!            of the recorder that is installed
//! ```
//!
//! A method of [`Log`](crate::log::Log) logs an event and counts it, so both agree. A label is the
//! name of the session cookie, which the operator chooses, or one of the values below: no client
//! can add a series. Values have the position that their type says.
#![cfg_attr(not(feature = "metrics"), allow(dead_code, unused_variables, reason = "nobody counts"))]

mod handle;
mod metric;

pub(super) use handle::Timer;

use crate::log::counters::handle::{Counter, Gauge, Histogram};
use crate::log::counters::metric::{
    ACCEPTED, CSRF_REFUSED, FAILED, Metric, REJECTED, REMOVED, REVOCATION, REVOCATION_SECONDS,
    ROTATIONS, SEALED, SECRETS, SET_COOKIE_BYTES, WITHHELD,
};
use crate::token::rejection::Rejection;

/// The roles of a secret; the position is that of [`KeyRole`](crate::KeyRole).
const KEYS: [&str; 3] = ["current", "previous", "upcoming"];

/// The position is that of [`Cause`](crate::log::encode::Cause).
const CAUSES: [&str; 4] = ["written", "refreshed", "resealed", "adopted"];

/// The position is that of `log::event::kind`.
const ERRORS: [&str; 5] = ["too_large", "payload", "headers", "rng", "revocation_failed"];

/// The position is the one that `csrf` gives.
const CSRF_REASONS: [&str; 15] = [
    "empty",
    "too_long",
    "malformed",
    "unknown_version",
    "no_id",
    "mismatch",
    "empty_method",
    "scope_too_long",
    "missing",
    "repeated",
    "cross_site",
    "same_site",
    "form_too_large",
    "broken_form",
    "no_session_layer",
];

/// The position is whether the session was revoked, or `UNCHECKED`.
const RESULTS: [&str; 3] = ["not_revoked", "revoked", "unchecked"];
pub(super) const UNCHECKED: usize = 2;

/// The counters of one configuration and its clones.
pub(super) struct SessionCounters {
    pub(super) accepted: LabelledCounter<3>,
    pub(super) rejected: LabelledCounter<15>,
    pub(super) sealed: LabelledCounter<4>,
    pub(super) removed: Counter,
    pub(super) withheld: Counter,
    pub(super) failed: LabelledCounter<5>,
    pub(super) set_cookie_bytes: Histogram,
    pub(super) csrf_refused: LabelledCounter<15>,
    pub(super) rotations: Counter,
    secrets: [Gauge; 3],
}

impl SessionCounters {
    /// Takes the handles of the recorder, for the sessions of this cookie.
    pub(super) fn register(cookie: &str) -> Self {
        let of = [(COOKIE, cookie)];
        Self {
            accepted: LabelledCounter::register(&ACCEPTED, cookie, KEY, KEYS),
            rejected: LabelledCounter::register(&REJECTED, cookie, REASON, Rejection::WORDS),
            sealed: LabelledCounter::register(&SEALED, cookie, "cause", CAUSES),
            removed: Counter::register(&REMOVED, &of),
            withheld: Counter::register(&WITHHELD, &of),
            failed: LabelledCounter::register(&FAILED, cookie, "error", ERRORS),
            set_cookie_bytes: Histogram::register(&SET_COOKIE_BYTES, &of),
            csrf_refused: LabelledCounter::register(&CSRF_REFUSED, cookie, REASON, CSRF_REASONS),
            rotations: Counter::register(&ROTATIONS, &of),
            secrets: KEYS.map(|key| Gauge::register(&SECRETS, &[(COOKIE, cookie), (KEY, key)])),
        }
    }

    /// How many secrets there are from now on, by the position of their role.
    pub(super) fn set_secrets(&self, count: impl Fn(usize) -> usize) {
        for (position, gauge) in self.secrets.iter().enumerate() {
            gauge.set(|| count(position));
        }
    }
}

/// The counters of one revocation hook.
pub(super) struct HookCounters {
    pub(super) results: LabelledCounter<3>,
    seconds: Histogram,
}

impl HookCounters {
    pub(super) fn register(cookie: &str) -> Self {
        Self {
            results: LabelledCounter::register(&REVOCATION, cookie, "result", RESULTS),
            seconds: Histogram::register(&REVOCATION_SECONDS, &[(COOKIE, cookie)]),
        }
    }

    /// Measures how long the hook takes, until the timer is dropped.
    pub(super) fn start(&self) -> Timer<'_> {
        self.seconds.start()
    }
}

const COOKIE: &str = "cookie";
const KEY: &str = "key";
const REASON: &str = "reason";

/// A counter for each value of a label.
pub(super) struct LabelledCounter<const N: usize>([Counter; N]);

impl<const N: usize> LabelledCounter<N> {
    fn register(metric: &Metric, cookie: &str, label: &'static str, values: [&str; N]) -> Self {
        Self(values.map(|value| Counter::register(metric, &[(COOKIE, cookie), (label, value)])))
    }

    /// Counts one for the value at a position.
    #[inline]
    pub(super) fn add(&self, position: usize) {
        if let Some(counter) = self.0.get(position) {
            counter.add();
        }
    }
}

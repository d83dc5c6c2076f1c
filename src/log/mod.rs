//! Every event that the library logs, with the `tracing` target `sealed_session`, and counts.
//!
//! No event has a value, an entry's name, a token, an id or a foreign cookie. Events take plain
//! values, so these files name no type above a rejection or a label. A label costs an HMAC, and
//! is only computed if a subscriber is interested. A file for each part of the library.
#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_imports, unused_variables, dead_code, reason = "nobody listens")
)]

mod counters;
pub(super) mod csrf;
pub(super) mod decode;
pub(super) mod encode;
pub(super) mod event;
pub(super) mod flash;
pub(super) mod layer;
pub(super) mod revocation;
pub(super) mod setup;

use crate::log::counters::SessionCounters;
use crate::log::event::{CountedEachMinute, EachError, EachMinute, Once};

/// The events of one configuration and its clones.
pub(super) struct Log {
    counters: SessionCounters,
    notices: Notices,
}

impl Log {
    /// For the sessions of the cookie with this full name.
    pub(super) fn new(cookie: &str) -> Self {
        Self { counters: SessionCounters::register(cookie), notices: Notices::default() }
    }
}

/// Which events have been logged, of those that are logged once or once a minute.
#[derive(Default)]
struct Notices {
    boot_key: Once,
    insecure_http: Once,
    idle_timeout_clamped: Once,
    withheld: EachMinute,
    secret_removed: EachMinute,
    from_the_future: EachMinute,
    unreadable: EachMinute,
    unknown_extension: EachMinute,
    revoked_meanwhile: EachMinute,
    unrecorded: EachMinute,
    encoded_twice: EachMinute,
    held_back: EachMinute,
    over_plain_http: EachMinute,
    outside_domain: EachMinute,
    failed: EachError,
    flash_failed: EachError,
    flash_withheld: EachMinute,
    cookie_withheld: EachMinute,
    csrf_refused: EachMinute,
    flash_outside: Once,
    two_layers: EachMinute,
    other_payload_type: Once,
    adopted: CountedEachMinute,
}

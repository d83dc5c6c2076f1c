//! What the library tells the log: `tracing` events of the target `sealed_session`.
//!
//! Never a value, an entry's name, a token, an id or a foreign cookie. Without the feature `tracing` the file
//! `no_events.rs` stands in its place.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use tracing::{debug, error, info, trace, warn};

use crate::config::Config;
#[cfg(all(feature = "csrf", feature = "tower"))]
use crate::csrf::CsrfError;
use crate::encode::decision::Decision;
use crate::error::EncodeError;
use crate::keys::table::Keys;
use crate::session::Session;
use crate::token::Token;
#[cfg(all(feature = "csrf", feature = "tower"))]
use crate::token::id::Label;
use crate::token::rejection::Rejection;

/// What was said already, a configuration and its clones counted together.
#[derive(Default)]
pub(crate) struct Notices {
    boot_key: AtomicBool,
    insecure_http: AtomicBool,
    withheld: EachMinute,
    retired: EachMinute,
    from_the_future: EachMinute,
    #[cfg(feature = "flash")]
    flash_withheld: EachMinute,
    #[cfg(feature = "revocation")]
    store_is_down: AtomicBool,
    #[cfg(feature = "revocation")]
    not_asked: AtomicBool,
}

/// The second of the last notice; 0 for none.
#[derive(Default)]
struct EachMinute(AtomicU64);

impl EachMinute {
    /// Whether a minute has gone since this said so last, by the clock of the request.
    fn is_over(&self, now: u64) -> bool {
        let now = now.saturating_add(1);
        let last = self.0.load(Relaxed);
        (last == 0 || now.abs_diff(last) >= 60)
            && self.0.compare_exchange(last, now, Relaxed, Relaxed).is_ok()
    }
}

const TARGET: &str = "sealed_session";

pub(crate) fn built<T>(config: &Config<T>) {
    info!(
        target: TARGET,
        name = config.name,
        transport = ?config.transport,
        keys = keys(config),
        idle_timeout = config.limits.idle,
        absolute_timeout = config.limits.absolute,
        issue = ?config.issue,
        "sessions are configured"
    );
}

#[cfg(feature = "rotation")]
pub(crate) fn rotated<T>(config: &Config<T>) {
    info!(target: TARGET, name = config.name, keys = keys(config), "the secrets were rotated");
}

fn keys<T>(config: &Config<T>) -> String {
    let keys: Vec<String> =
        config.keys.load().names().map(|(role, id)| format!("{role} {id}")).collect();
    keys.join(", ")
}

pub(crate) fn sealed<T>(config: &Config<T>, keys: &Keys) {
    let first = |said: &AtomicBool| !said.load(Relaxed) && !said.swap(true, Relaxed);
    if keys.ephemeral && first(&config.notices.boot_key) {
        warn!(target: TARGET, "no secret is configured: every session ends with this process");
    }
    if config.transport == crate::Transport::Http && first(&config.notices.insecure_http) {
        warn!(target: TARGET, "insecure_http: whoever sees the traffic can use the sessions");
    }
}

pub(crate) fn rejected<T>(config: &Config<T>, rejection: Rejection, text: &[u8], now: u64) {
    let key_id =
        || Token::parse(text, &config.name).ok().map(|token| tracing::field::display(token.key_id));
    debug!(target: TARGET, reason = ?rejection, key_id = key_id(), length = text.len(), "a cookie was rejected");
    if rejection == Rejection::FromTheFuture && config.notices.from_the_future.is_over(now) {
        warn!(target: TARGET, "a session was sealed in the future: do the clocks of the machines agree?");
    }
}

pub(crate) fn withheld<T>(config: &Config<T>, now: u64) {
    if config.notices.withheld.is_over(now) {
        warn!(
            target: TARGET,
            transport = ?config.transport,
            "a session was written but not sent: the request came over the other transport"
        );
    }
}

pub(crate) fn retired<T>(config: &Config<T>, now: u64) {
    if config.notices.retired.is_over(now) {
        warn!(target: TARGET, "a session was written but not sent: its secret was rotated out meanwhile");
    }
}

pub(crate) fn encoded<T>(session: &Session<T>, decision: Decision) {
    let (Decision::Set { written, .. }, Some(opened)) = (decision, &session.opened) else { return };
    if opened.renewed {
        debug!(target: TARGET, old = %opened.id.label(), new = %session.label(), "a session was renewed");
    } else if !written {
        trace!(target: TARGET, label = %session.label(), role = %opened.role, "a session was refreshed");
    }
}

pub(crate) fn failed<T>(session: &Session<T>, error: &EncodeError) {
    let (size, limit) = match error {
        EncodeError::TooLarge { size, limit } => (Some(size), Some(limit)),
        _ => (None, None),
    };
    error!(target: TARGET, size, limit, label = %session.label(), "a session was not sent: {error}");
}

#[cfg(feature = "flash")]
pub(crate) fn flash_rejected(name: &str, rejection: Rejection, text: &[u8]) {
    let key_id =
        || Token::parse(text, name).ok().map(|token| tracing::field::display(token.key_id));
    debug!(target: TARGET, reason = ?rejection, key_id = key_id(), length = text.len(), "a flash cookie was rejected");
}

#[cfg(feature = "flash")]
pub(crate) fn flash_withheld<T>(config: &Config<T>, now: u64) {
    if config.notices.flash_withheld.is_over(now) {
        warn!(
            target: TARGET,
            transport = ?config.transport,
            "flash messages were pushed but not sent: the request came over the other transport"
        );
    }
}

#[cfg(feature = "flash")]
pub(crate) fn flash_failed(error: &EncodeError) {
    let reason = match error {
        EncodeError::TooLarge { size, limit } => {
            error!(target: TARGET, size, limit, "flash messages were not sent: their line is too long");
            return;
        }
        EncodeError::Headers(_) => "the response is full of header fields",
        _ => "the operating system gave no random bytes",
    };
    error!(target: TARGET, "flash messages were not sent: {reason}");
}

#[cfg(all(feature = "flash", feature = "tower"))]
pub(crate) fn flash_late() {
    error!(target: TARGET, "flash messages were used when the head of the response had gone: that is refused");
}

#[cfg(all(feature = "flash", feature = "axum"))]
pub(crate) fn no_flash_layer() {
    error!(target: TARGET, "FlashLayer is missing: the request is answered with 500");
}

/// At each change of state, not at each request.
#[cfg(feature = "revocation")]
pub(crate) fn store_answered<T>(config: &Config<T>, answered: bool) {
    let down = &config.notices.store_is_down;
    if down.load(Relaxed) != answered || down.swap(!answered, Relaxed) != answered {
        return;
    }
    if answered {
        warn!(target: TARGET, name = config.name, "the revocation store answers again");
    } else {
        warn!(target: TARGET, name = config.name, "the revocation store gives no answer: sessions are refused");
    }
}

#[cfg(feature = "revocation")]
pub(crate) fn not_asked<T>(config: &Config<T>) {
    let said = &config.notices.not_asked;
    if !said.load(Relaxed) && !said.swap(true, Relaxed) {
        error!(
            target: TARGET,
            name = config.name,
            "sessions are refused: only SessionLayer::check_revocation can wait for their revocation hook"
        );
    }
}

/// When a deny list said last that it is full.
#[cfg(feature = "revocation")]
#[derive(Default)]
pub(crate) struct Fullness(EachMinute);

#[cfg(feature = "revocation")]
pub(crate) fn dropped(fullness: &Fullness, dropped: u64, now: u64) {
    if fullness.0.is_over(now) {
        warn!(target: TARGET, dropped, "the deny list is full: the session nearest its end is no longer revoked");
    }
}

#[cfg(feature = "tower")]
pub(crate) fn used_late() {
    error!(target: TARGET, "a session was first used when the head of the response had gone: it is empty");
}

#[cfg(feature = "tower")]
pub(crate) fn written_late() {
    error!(target: TARGET, "a session was written when the head of the response had gone: that is lost");
}

#[cfg(feature = "tower")]
pub(crate) fn two_layers() {
    error!(target: TARGET, "two SessionLayers of one payload type are on one service: the request is answered with 500");
}

#[cfg(all(feature = "csrf", feature = "tower"))]
pub(crate) fn refused(reason: CsrfError, label: Label) {
    debug!(target: TARGET, ?reason, %label, "a request was refused for its CSRF token");
}

#[cfg(any(feature = "axum", all(feature = "csrf", feature = "tower")))]
pub(crate) fn no_layer() {
    error!(target: TARGET, "SessionLayer is missing, or is one of another payload type: the request is answered with 500");
}

//! Every event that the library logs, with the `tracing` target `sealed_session`.
//!
//! No event has a value, an entry's name, a token, an id or a foreign cookie. Events take plain
//! values, so this file names no type above a rejection or a label. A label costs an HMAC, and is
//! only computed if a subscriber is interested. Without the feature `tracing` the macros below
//! expand to nothing.
#![cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, dead_code, reason = "nobody listens")
)]

#[allow(unused_macros, reason = "with `tracing` there are events")]
macro_rules! nothing {
    ($($event:tt)*) => {};
}

use std::fmt::{Debug, Display};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

#[cfg(feature = "tracing")]
use tracing::{debug, error, info, trace, warn};
#[cfg(not(feature = "tracing"))]
use {nothing as debug, nothing as error, nothing as info, nothing as trace, nothing as warn};

use crate::error::EncodeError;
use crate::keys::keyring::KeyRole;
use crate::token::id::{KeyId, Label};
use crate::token::rejection::Rejection;
use crate::transport::Transport;

const TARGET: &str = "sealed_session";
const MAY_REPLACE_HELD_BACK: &str = "a session was written to the response to a request from another site: \
                                     it may replace the user's session, whose cookie the browser held back";

/// The events of one configuration and its clones, and which of them have been logged.
#[derive(Default)]
pub(super) struct Log {
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
    failed: EachError,
    flash_failed: EachError,
    flash_withheld: EachMinute,
    csrf_refused: EachMinute,
    flash_outside: Once,
    two_layers: EachMinute,
    adopted: CountedEachMinute,
}

/// Whether an event that is logged once has been logged.
#[derive(Default)]
pub(super) struct Once(AtomicBool);

impl Once {
    fn is_first(&self) -> bool {
        !self.0.load(Relaxed) && !self.0.swap(true, Relaxed)
    }
}

/// The second at which an event was last logged; 0 for none.
#[derive(Default)]
pub(super) struct EachMinute(AtomicU64);

impl EachMinute {
    /// Whether a minute has passed since this was last true, by the clock of the request.
    fn is_over(&self, now: u64) -> bool {
        let now = now.saturating_add(1);
        let last = self.0.load(Relaxed);
        (last == 0 || now.abs_diff(last) >= 60)
            && self.0.compare_exchange(last, now, Relaxed, Relaxed).is_ok()
    }
}

/// How often something happened since it was last logged, and when that was.
#[derive(Default)]
struct CountedEachMinute {
    count: AtomicU64,
    minute: EachMinute,
}

impl CountedEachMinute {
    /// Counts one; the count, if a minute is over.
    fn count(&self, now: u64) -> Option<u64> {
        self.count.fetch_add(1, Relaxed);
        self.minute.is_over(now).then(|| self.count.swap(0, Relaxed))
    }
}

/// When each kind of error was last logged.
#[derive(Default)]
struct EachError {
    too_large: EachMinute,
    payload: EachMinute,
    headers: EachMinute,
    rng: EachMinute,
    revocation_failed: EachMinute,
}

impl EachError {
    fn is_over(&self, error: &EncodeError, now: u64) -> bool {
        let kind = match error {
            EncodeError::TooLarge { .. } => &self.too_large,
            EncodeError::Payload(_) => &self.payload,
            EncodeError::Headers(_) => &self.headers,
            EncodeError::Rng(_) => &self.rng,
            EncodeError::RevocationFailed(_) => &self.revocation_failed,
            // It has an event of its own, and is no error of `encode`.
            EncodeError::TwoLayers => return true,
        };
        kind.is_over(now)
    }
}

/// Roles and ids of keys, the current one first.
pub(super) type KeyNames = Vec<(KeyRole, KeyId)>;

fn render(keys: &KeyNames) -> String {
    let keys: Vec<String> = keys.iter().map(|(role, id)| format!("{role} {id}")).collect();
    keys.join(", ")
}

/// What is logged when a configuration is built.
pub(super) struct Built<'c> {
    pub(super) name: &'c str,
    pub(super) transport: Transport,
    pub(super) keys: KeyNames,
    pub(super) idle_timeout: u64,
    pub(super) absolute_timeout: u64,
    pub(super) issue: &'c dyn Debug,
    /// The encoding of a typed payload.
    pub(super) encoding: Option<&'c str>,
    pub(super) shape: Option<&'c str>,
}

impl Log {
    pub(super) fn boot_key(&self) {
        if self.boot_key.is_first() {
            warn!(
                target: TARGET,
                "no secret is configured: every session ends with this process, and no other process accepts it; \
                 `openssl rand -base64 32` makes a secret"
            );
        }
    }

    pub(super) fn sealed(&self, transport: Transport) {
        if transport == Transport::Http && self.insecure_http.is_first() {
            warn!(
                target: TARGET,
                "insecure_http() is set: everyone who can read the traffic can use the sessions; it is for development only"
            );
        }
    }

    pub(super) fn over_plain_http(&self, now: u64) {
        if self.over_plain_http.is_over(now) {
            warn!(
                target: TARGET,
                "the browser will drop it: a session was sent in a Secure cookie in response to a request over plain HTTP; \
                 serve the site over TLS, or behind a proxy with TLS, or call insecure_http() in development"
            );
        }
    }

    /// At ERROR once a minute, else at DEBUG: the application has the error too.
    pub(super) fn failed(&self, label: impl Fn() -> Label, error: &EncodeError, now: u64) {
        let (size, limit) = error.size_and_limit().unzip();
        if self.failed.is_over(error, now) {
            error!(target: TARGET, size, limit, label = %label(), "a session was not sent: {error}");
        } else {
            debug!(target: TARGET, size, limit, label = %label(), "a session was not sent: {error}");
        }
    }

    /// Both in seconds.
    pub(super) fn idle_timeout_clamped(&self, asked: u64, set: u64) {
        if self.idle_timeout_clamped.is_first() {
            warn!(
                target: TARGET,
                asked,
                set,
                "set_idle_timeout was clamped: the timeout has to be from 1 second to absolute_timeout"
            );
        }
    }

    pub(super) fn rejected(
        &self,
        reason: Rejection,
        key_id: Option<KeyId>,
        length: usize,
        now: u64,
    ) {
        debug!(target: TARGET, ?reason, key_id = key_id.map(tracing::field::display), length, "a cookie was rejected");
        if reason == Rejection::FromTheFuture && self.from_the_future.is_over(now) {
            warn!(target: TARGET, "a session was sealed in the future: check that the clocks of all machines agree");
        }
    }

    /// For an authentic token: it was sealed with the secret, under this schema.
    pub(super) fn unreadable(&self, schema: &str, now: u64) {
        if self.unreadable.is_over(now) {
            warn!(
                target: TARGET,
                schema,
                "a session was sealed under a secret of ours and cannot be read: if a field was added to its type, give \
                 it #[serde(default)]; if the type has changed in another way, name a new schema and open the old one \
                 with upgrade_from; if it has not changed, another release of the application or other software with \
                 the same secret has sealed the session"
            );
        }
    }

    /// For an authentic token: it was sealed with the secret.
    pub(super) fn unknown_extension(&self, tag: u8, now: u64) {
        if self.unknown_extension.is_over(now) {
            warn!(
                target: TARGET,
                tag,
                "a session has an extension that this release does not know: a newer release has sealed it; update this \
                 machine too, or undo the update of the others"
            );
        }
    }

    pub(super) fn withheld(&self, transport: Transport, now: u64) {
        if self.withheld.is_over(now) {
            warn!(
                target: TARGET,
                ?transport,
                "a session was written but not sent: the request came over the other transport"
            );
        }
    }

    pub(super) fn secret_removed(&self, now: u64) {
        if self.secret_removed.is_over(now) {
            warn!(target: TARGET, "a session was written but not sent: the secret that opened it has been removed");
        }
    }

    pub(super) fn revoked_meanwhile(&self, now: u64) {
        if self.revoked_meanwhile.is_over(now) {
            warn!(target: TARGET, "a session was written but not sent: it was revoked during the request");
        }
    }

    pub(super) fn unrecorded(&self, now: u64) {
        if self.unrecorded.is_over(now) {
            warn!(
                target: TARGET,
                "a log-out was not recorded: this machine cannot open the cookie that the client sent"
            );
        }
    }

    /// Under `SameSite::Strict` every link from another site leads here, so it is logged at DEBUG.
    pub(super) fn may_replace_held_back(&self, is_link: bool, now: u64) {
        if is_link {
            debug!(target: TARGET, "{MAY_REPLACE_HELD_BACK}");
        } else if self.held_back.is_over(now) {
            warn!(target: TARGET, "{MAY_REPLACE_HELD_BACK}");
        }
    }

    pub(super) fn encoded_twice(&self, now: u64) {
        if self.encoded_twice.is_over(now) {
            warn!(target: TARGET, "two sessions were encoded to one response: the changes of the first one are lost");
        }
    }

    /// One session of another library.
    pub(super) fn adopted(&self, now: u64) {
        if let Some(count) = self.adopted.count(now) {
            info!(target: TARGET, count, "sessions of another library were adopted");
        }
    }

    pub(super) fn flash_withheld(&self, transport: Transport, now: u64) {
        if self.flash_withheld.is_over(now) {
            warn!(
                target: TARGET,
                ?transport,
                "flash messages were pushed but not sent: the request came over the other transport"
            );
        }
    }
}

/// Events of flash messages and of layers, also of one configuration.
impl Log {
    /// At ERROR once a minute, else at DEBUG: the application has the error too.
    pub(super) fn flash_failed(&self, error: &EncodeError, now: u64) {
        let (size, limit) = error.size_and_limit().unzip();
        let reason = match error {
            EncodeError::TooLarge { .. } => "their Set-Cookie header is too long",
            EncodeError::Headers(_) => "the response is full of header fields",
            _ => "the operating system returned no random bytes",
        };
        if self.flash_failed.is_over(error, now) {
            error!(target: TARGET, size, limit, "flash messages were not sent: {reason}");
        } else {
            debug!(target: TARGET, size, limit, "flash messages were not sent: {reason}");
        }
    }

    pub(super) fn flash_outside(&self) {
        if self.flash_outside.is_first() {
            warn!(
                target: TARGET,
                "FlashLayer is outside of SessionLayer: its messages are sent even if the session is not; \
                 put FlashLayer inside SessionLayer, or let SessionLayer::flash make both"
            );
        }
    }

    pub(super) fn two_layers(&self, name: &str, now: u64) {
        if self.two_layers.is_over(now) {
            error!(
                target: TARGET,
                name,
                "two SessionLayers have one payload type and one cookie: the response is 500; remove one of them, or give \
                 one another cookie with Builder::name or another payload type"
            );
        }
    }

    /// With what to do: a warning at most once a minute, at other times for debugging.
    pub(super) fn csrf_refused(
        &self,
        reason: &dyn Debug,
        label: Label,
        advice: impl FnOnce() -> Option<String>,
        now: u64,
    ) {
        if self.csrf_refused.is_over(now) {
            warn!(target: TARGET, ?reason, %label, advice = advice(), "a request was refused for its CSRF token");
        } else {
            debug!(target: TARGET, ?reason, %label, advice = advice(), "a request was refused for its CSRF token");
        }
    }
}

pub(super) fn built(built: &Built<'_>) {
    info!(
        target: TARGET,
        name = built.name,
        transport = ?built.transport,
        keys = render(&built.keys),
        idle_timeout = built.idle_timeout,
        absolute_timeout = built.absolute_timeout,
        issue = ?built.issue,
        encoding = built.encoding,
        shape = built.shape,
        "sessions are configured"
    );
}

pub(super) fn adoption_ended(name: &str) {
    warn!(target: TARGET, name, "the hook of adopt is not asked anymore: its end has passed; remove it");
}

pub(super) fn rotated(name: &str, keys: &KeyNames) {
    info!(target: TARGET, name, keys = render(keys), "the secrets were rotated");
}

pub(super) fn flash_rejected(reason: Rejection, key_id: Option<KeyId>, length: usize) {
    debug!(target: TARGET, ?reason, key_id = key_id.map(tracing::field::display), length, "a flash cookie was rejected");
}

/// The purpose is a constant of the application.
pub(super) fn value_rejected(
    purpose: &str,
    reason: Rejection,
    key_id: Option<KeyId>,
    length: usize,
) {
    debug!(target: TARGET, purpose, ?reason, key_id = key_id.map(tracing::field::display), length, "a sealed value was rejected");
}

pub(super) fn renewed(old: impl Fn() -> Label, new: impl Fn() -> Label) {
    debug!(target: TARGET, old = %old(), new = %new(), "a session was renewed");
}

pub(super) fn refreshed(label: impl Fn() -> Label, role: KeyRole) {
    trace!(target: TARGET, label = %label(), %role, "a session was refreshed");
}

pub(super) fn flash_late() {
    error!(target: TARGET, "flash messages were used after the response was sent or abandoned: that has no effect");
}

pub(super) fn flash_refused(error: &dyn Display) {
    error!(target: TARGET, "a flash message was refused, and the response is 500: {error}");
}

pub(super) fn no_flash_layer() {
    error!(
        target: TARGET,
        "FlashLayer is missing: the response is 500; add .layer(SessionLayer::new(sessions).flash()) below the routes"
    );
}

/// The events of one revocation hook.
#[derive(Default)]
pub(super) struct HookLog {
    is_down: AtomicBool,
    not_asked: Once,
}

impl HookLog {
    /// Logged at each change of state, not at each request.
    pub(super) fn responded(&self, name: &str, responded: bool) {
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

    pub(super) fn not_asked(&self, name: &str) {
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
pub(super) fn deny_list_full(notice: &EachMinute, dropped: u64, now: u64) {
    if notice.is_over(now) {
        warn!(
            target: TARGET,
            dropped,
            "the deny list is full: the entry nearest its end was dropped, and its session is accepted again"
        );
    }
}

pub(super) fn written_late() {
    error!(target: TARGET, "a session was written after the response was sent or abandoned: the change is lost");
}

pub(super) fn written_inside() {
    error!(target: TARGET, "a session was written while the library decoded or encoded it: the change is lost");
}

pub(super) fn no_layer_around_csrf() {
    error!(
        target: TARGET,
        "SessionLayer is missing around CsrfLayer, or has another payload type: the response is 500; use \
         .layer(SessionLayer::new(sessions).csrf(..)), or put CsrfLayer inside of SessionLayer"
    );
}

pub(super) fn no_layer() {
    error!(
        target: TARGET,
        "SessionLayer is missing, or has another payload type: the response is 500; add \
         .layer(SessionLayer::new(sessions)) below the routes"
    );
}

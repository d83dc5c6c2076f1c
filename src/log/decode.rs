//! Cookies and values that are rejected.

use crate::keys::keyring::KeyRole;
use crate::log::Log;
use crate::log::event::{TARGET, debug, warn};
use crate::token::id::KeyId;
use crate::token::rejection::Rejection;

impl Log {
    /// A cookie that became the session, by the role of the secret that opened it.
    #[inline]
    pub(crate) fn accepted(&self, role: KeyRole) {
        self.counters.accepted.add(role as usize);
    }

    pub(crate) fn rejected(
        &self,
        reason: Rejection,
        key_id: Option<KeyId>,
        length: usize,
        now: u64,
    ) {
        self.counters.rejected.add(reason.stage().into());
        debug!(target: TARGET, ?reason, key_id = key_id.map(tracing::field::display), length, "a cookie was rejected");
        if reason == Rejection::FromTheFuture && self.notices.from_the_future.is_over(now) {
            warn!(target: TARGET, "a session was sealed in the future: check that the clocks of all machines agree");
        }
    }

    /// For an authentic token: it was sealed with the secret, under this schema.
    pub(crate) fn unreadable(&self, schema: &str, now: u64) {
        if self.notices.unreadable.is_over(now) {
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
    pub(crate) fn unknown_extension(&self, tag: u8, now: u64) {
        if self.notices.unknown_extension.is_over(now) {
            warn!(
                target: TARGET,
                tag,
                "a session has an extension that this release does not know: a newer release has sealed it; update this \
                 machine too, or undo the update of the others"
            );
        }
    }
}

/// The purpose is a constant of the application.
pub(crate) fn value_rejected(
    purpose: &str,
    reason: Rejection,
    key_id: Option<KeyId>,
    length: usize,
) {
    debug!(target: TARGET, purpose, ?reason, key_id = key_id.map(tracing::field::display), length, "a sealed value was rejected");
}

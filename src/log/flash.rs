//! Flash messages.

use std::fmt::Display;

use crate::error::EncodeError;
use crate::log::Log;
use crate::log::event::{TARGET, debug, error, warn};
use crate::token::id::KeyId;
use crate::token::rejection::Rejection;
use crate::transport::Transport;

impl Log {
    pub(crate) fn flash_withheld(&self, transport: Transport, now: u64) {
        if self.notices.flash_withheld.is_over(now) {
            warn!(
                target: TARGET,
                ?transport,
                "flash messages were pushed but not sent: the request came over the other transport"
            );
        }
    }

    /// At ERROR once a minute, else at DEBUG: the application has the error too.
    pub(crate) fn flash_failed(&self, error: &EncodeError, now: u64) {
        let (size, limit) = error.size_and_limit().unzip();
        let reason = match error {
            EncodeError::TooLarge { .. } => "their Set-Cookie header is too long",
            EncodeError::Headers(_) => "the response is full of header fields",
            _ => "the operating system returned no random bytes",
        };
        if self.notices.flash_failed.is_over(error, now) {
            error!(target: TARGET, size, limit, "flash messages were not sent: {reason}");
        } else {
            debug!(target: TARGET, size, limit, "flash messages were not sent: {reason}");
        }
    }

    pub(crate) fn flash_outside(&self) {
        if self.notices.flash_outside.is_first() {
            warn!(
                target: TARGET,
                "FlashLayer is outside of SessionLayer: its messages are sent even if the session is not; \
                 put FlashLayer inside SessionLayer, or let SessionLayer::flash make both"
            );
        }
    }
}

pub(crate) fn rejected(reason: Rejection, key_id: Option<KeyId>, length: usize) {
    debug!(target: TARGET, ?reason, key_id = key_id.map(tracing::field::display), length, "a flash cookie was rejected");
}

pub(crate) fn late() {
    error!(target: TARGET, "flash messages were used after the response was sent or abandoned: that has no effect");
}

pub(crate) fn refused(error: &dyn Display) {
    error!(target: TARGET, "a flash message was refused, and the response is 500: {error}");
}

pub(crate) fn no_layer() {
    error!(
        target: TARGET,
        "FlashLayer is missing: the response is 500; add .layer(SessionLayer::new(sessions).flash()) below the routes"
    );
}

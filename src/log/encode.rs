//! Sessions that are sent, and why one is not.

use crate::error::EncodeError;
use crate::keys::keyring::KeyRole;
use crate::log::Log;
use crate::log::event::{TARGET, debug, error, info, kind, trace, warn};
use crate::token::id::Label;
use crate::transport::Transport;

const MAY_REPLACE_HELD_BACK: &str = "a session was written to the response to a request from another site: \
                                     it may replace the user's session, whose cookie the browser held back";

/// Why a session is sealed.
#[derive(Clone, Copy)]
pub(crate) enum Cause {
    /// It is new or was changed.
    Written,
    /// It was used, and its cookie was due.
    Refreshed,
    /// A previous secret opened it.
    Resealed,
    /// It was that of another library.
    Adopted,
}

impl Log {
    /// A session that is sent in a `Set-Cookie` header of this size.
    #[inline]
    pub(crate) fn set(&self, cause: Cause, size: usize) {
        self.counters.sealed.add(cause as usize);
        self.counters.set_cookie_bytes.record(size);
    }

    /// A removal of the cookie that is sent.
    #[inline]
    pub(crate) fn removed(&self) {
        self.counters.removed.add();
    }

    pub(crate) fn sealed(&self, transport: Transport) {
        if transport == Transport::Http && self.notices.insecure_http.is_first() {
            warn!(
                target: TARGET,
                "insecure_http() is set: everyone who can read the traffic can use the sessions; it is for development only"
            );
        }
    }

    pub(crate) fn over_plain_http(&self, now: u64) {
        if self.notices.over_plain_http.is_over(now) {
            warn!(
                target: TARGET,
                "the browser will drop it: a session was sent in a Secure cookie in response to a request over plain HTTP; \
                 serve the site over TLS, or behind a proxy with TLS, or call insecure_http() in development"
            );
        }
    }

    pub(crate) fn outside_domain(&self, domain: Option<&str>, now: u64) {
        if self.notices.outside_domain.is_over(now) {
            warn!(
                target: TARGET,
                domain,
                "the browser will drop it, unless a proxy rewrites Host: a session was sent in a cookie with a domain that \
                 does not cover the host of the request; correct domain, or leave it out"
            );
        }
    }

    /// At ERROR once a minute, else at DEBUG: the application has the error too, or nothing is lost.
    pub(crate) fn failed(&self, label: impl Fn() -> Label, error: &EncodeError, now: u64) {
        if let Some(kind) = kind(error) {
            self.counters.failed.add(kind);
        }
        let (size, limit) = error.size_and_limit().unzip();
        if self.notices.failed.is_over(error, now) {
            error!(target: TARGET, size, limit, label = %label(), "a session was not sent: {error}");
        } else {
            debug!(target: TARGET, size, limit, label = %label(), "a session was not sent: {error}");
        }
    }

    /// Both in seconds.
    pub(crate) fn idle_timeout_clamped(&self, asked: u64, set: u64) {
        if self.notices.idle_timeout_clamped.is_first() {
            warn!(
                target: TARGET,
                asked,
                set,
                "set_idle_timeout was clamped: the timeout has to be from 1 second to absolute_timeout"
            );
        }
    }

    pub(crate) fn withheld(&self, transport: Transport, now: u64) {
        self.counters.withheld.add();
        if self.notices.withheld.is_over(now) {
            warn!(
                target: TARGET,
                ?transport,
                "a session was written but not sent: the request came over the other transport"
            );
        }
    }

    /// For a cookie of its own. The purpose is a constant of the application.
    pub(crate) fn cookie_withheld(&self, purpose: &str, transport: Transport, now: u64) {
        if self.notices.cookie_withheld.is_over(now) {
            warn!(
                target: TARGET,
                purpose,
                ?transport,
                "a sealed cookie was neither set nor removed: the request came over the other transport"
            );
        }
    }

    pub(crate) fn secret_removed(&self, now: u64) {
        self.counters.withheld.add();
        if self.notices.secret_removed.is_over(now) {
            warn!(target: TARGET, "a session was written but not sent: the secret that opened it has been removed");
        }
    }

    pub(crate) fn revoked_meanwhile(&self, now: u64) {
        self.counters.withheld.add();
        if self.notices.revoked_meanwhile.is_over(now) {
            warn!(target: TARGET, "a session was written but not sent: it was revoked during the request");
        }
    }

    pub(crate) fn unrecorded(&self, now: u64) {
        if self.notices.unrecorded.is_over(now) {
            warn!(
                target: TARGET,
                "a log-out was not recorded: this machine cannot open the cookie that the client sent"
            );
        }
    }

    /// Under `SameSite::Strict` every link from another site leads here, so it is logged at DEBUG.
    pub(crate) fn may_replace_held_back(&self, is_link: bool, now: u64) {
        if is_link {
            debug!(target: TARGET, "{MAY_REPLACE_HELD_BACK}");
        } else if self.notices.held_back.is_over(now) {
            warn!(target: TARGET, "{MAY_REPLACE_HELD_BACK}");
        }
    }

    pub(crate) fn encoded_twice(&self, now: u64) {
        if self.notices.encoded_twice.is_over(now) {
            warn!(target: TARGET, "two sessions were encoded to one response: the changes of the first one are lost");
        }
    }

    /// One session of another library.
    pub(crate) fn adopted(&self, now: u64) {
        if let Some(count) = self.notices.adopted.count(now) {
            info!(target: TARGET, count, "sessions of another library were adopted");
        }
    }
}

pub(crate) fn renewed(old: impl Fn() -> Label, new: impl Fn() -> Label) {
    debug!(target: TARGET, old = %old(), new = %new(), "a session was renewed");
}

pub(crate) fn refreshed(label: impl Fn() -> Label, role: KeyRole) {
    trace!(target: TARGET, label = %label(), %role, "a session was refreshed");
}

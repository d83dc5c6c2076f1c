//! What an answer does with a session: the first row that fits.
//!
//! | session | answer |
//! |---|---|
//! | the request came over the other transport, or the secret that opened it is gone | withheld |
//! | invalidated and not written since, the request brought a cookie of our name, [`Issue::Lazy`] | removed |
//! | pre-session, not written, `Lazy` | nothing |
//! | pre-session, not written, `Eager`, not invalidated, a token was sent that may stand on another machine | nothing |
//! | pre-session otherwise | set |
//! | loaded and changed, or from another coder | set |
//! | loaded, due or opened by a previous secret, and the answer is fit for a refresh | set |
//! | loaded otherwise | nothing |
//!
//! A pre-session is written when its payload is not the default one, it was touched, or its id or a CSRF token was asked
//! for.

use http::StatusCode;

use crate::config::Config;
use crate::config::Issue;
use crate::error::EncodeError;
use crate::keys::keyring::KeyRole;
use crate::keys::table::Keys;
use crate::log;
use crate::session::Session;
use crate::session::origin::Provenance;
use crate::session::payload::{Payload, Written};
use crate::token::times::Times;

/// What is to be done.
#[derive(Clone, Copy)]
pub(crate) enum Decision {
    Withhold,
    Remove,
    Nothing,
    /// Sealed with these times.
    Set {
        times: Times,
        /// Or else it is sealed only to keep it alive.
        #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "it is for the log"))]
        written: bool,
    },
}

impl<T: Payload> Config<T> {
    /// The decision, and the payload where it took that to find out.
    pub(crate) fn decide<'s>(
        &self,
        keys: &Keys,
        session: &'s Session<T>,
        fit_for_refresh: impl FnOnce() -> bool,
        now: u64,
    ) -> Result<(Decision, Option<Written<'s>>), EncodeError> {
        if let Some(tell) = self.withheld(keys, session) {
            let changed = session.changed_payload(&self.default_payload);
            if self.is_marked(session) || !matches!(changed, Ok(None)) {
                tell(self, now);
            }
            return Ok((Decision::Withhold, None));
        }
        let payload = session.changed_payload(&self.default_payload)?;
        let written = payload.is_some() || self.is_marked(session);
        let set = match &session.opened {
            _ if written => true,
            Some(opened) => self.is_refreshed(opened, now) && fit_for_refresh(),
            None if self.issue == Issue::Eager => session.invalidated || !session.arrival.undecided,
            None if session.invalidated && session.arrival.brought => {
                return Ok((Decision::Remove, None));
            }
            None => false,
        };
        let times = session.times_if_sealed(now);
        let decision = match set {
            false => Decision::Nothing,
            // Its time ran out while it was answered: a browser reads Max-Age=0 as a removal, so it is one.
            true if self.limits.expires_at(times) <= now => Decision::Remove,
            true => Decision::Set { times, written },
        };
        Ok((decision, payload))
    }

    /// If it is withheld, what tells why.
    ///
    /// What a secret opened that has been rotated out since is as good as forged: sealed again it would outlive the
    /// leak. Key ids are compared, so one in 65,536 is taken for a secret that stayed.
    fn withheld(&self, keys: &Keys, session: &Session<T>) -> Option<fn(&Self, u64)> {
        let retired = |opened: &Provenance| opened.coder == self.id && !keys.have(opened.key);
        if session.arrival.transport.is_some_and(|transport| transport != self.transport) {
            Some(log::withheld)
        } else if session.opened.as_ref().is_some_and(retired) {
            Some(log::retired)
        } else {
            None
        }
    }

    /// Whether it counts as written whatever its payload is.
    fn is_marked(&self, session: &Session<T>) -> bool {
        session.touched
            || match &session.opened {
                Some(opened) => opened.coder != self.id || session.renewed_or_retimed(),
                None => session.has_id(),
            }
    }

    /// What an *upcoming* secret sealed is newer than this machine: it is sealed again only to keep it alive.
    fn is_refreshed(&self, opened: &Provenance, now: u64) -> bool {
        opened.role == KeyRole::Previous || self.limits.needs_refresh(opened.times, now)
    }
}

/// Whether an answer may carry a cookie that the handler did not ask for.
pub(crate) fn is_fit_for_refresh(status: StatusCode) -> bool {
    !(status.is_informational() || status.is_server_error() || status == StatusCode::NOT_MODIFIED)
}

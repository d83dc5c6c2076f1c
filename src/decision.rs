//! What an answer does with a session: the first row that fits.
//!
//! | session | answer |
//! |---|---|
//! | the request came over the other transport | withheld |
//! | invalidated and not written since, the request brought a cookie of our name, [`Issue::Lazy`] | removed |
//! | pre-session, not written, `Lazy` | nothing |
//! | pre-session, not written, `Eager`, not invalidated, a token was sent that may stand on another machine | nothing |
//! | pre-session otherwise | set |
//! | loaded and changed, or from another coder | set |
//! | loaded, due or opened by a previous secret, and the answer is fit for a refresh | set |
//! | loaded otherwise | nothing |
//!
//! A pre-session is written when its payload is not the default one, it was touched, or its id was asked for.

use http::StatusCode;

use crate::arrival::Provenance;
use crate::config::Config;
use crate::config::Issue;
use crate::error::EncodeError;
use crate::events;
use crate::keyring::KeyRole;
use crate::lifetime::Times;
use crate::payload::Payload;
use crate::session::Session;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Withhold,
    Remove,
    Nothing,
    /// Sealed with these times, because it was written or only to keep it alive.
    Set {
        times: Times,
        written: bool,
    },
}

impl<T: Payload> Config<T> {
    pub(crate) fn decide(
        &self,
        session: &Session<T>,
        fit_for_refresh: impl FnOnce() -> bool,
        now: u64,
    ) -> Result<Decision, EncodeError> {
        if session.arrival.transport.is_some_and(|transport| transport != self.transport) {
            if self.is_written(session).unwrap_or(true) {
                events::withheld(self, now);
            }
            return Ok(Decision::Withhold);
        }
        let written = self.is_written(session)?;
        let set = match &session.opened {
            _ if written => true,
            Some(opened) => self.is_refreshed(opened, now) && fit_for_refresh(),
            None if self.issue == Issue::Eager => session.invalidated || !session.arrival.undecided,
            None if session.invalidated && session.arrival.brought => return Ok(Decision::Remove),
            None => false,
        };
        let times = session.times_if_sealed(now);
        Ok(match set {
            false => Decision::Nothing,
            // Its time ran out while it was answered: a browser reads Max-Age=0 as a removal, so it is one.
            true if self.limits.expires_at(times) <= now => Decision::Remove,
            true => Decision::Set { times, written },
        })
    }

    fn is_written(&self, session: &Session<T>) -> Result<bool, EncodeError> {
        let marked = match &session.opened {
            Some(opened) => opened.coder != self.id || session.renewed_or_retimed(),
            None => session.has_id(),
        };
        Ok(marked || session.touched || session.payload_differs(&self.default_payload)?)
    }

    /// What an *upcoming* secret sealed is newer than this machine: it is sealed again only to keep it alive.
    fn is_refreshed(&self, opened: &Provenance, now: u64) -> bool {
        opened.role == KeyRole::Previous || self.limits.due(opened.times, now)
    }
}

/// Whether an answer may carry a cookie that the handler did not ask for.
pub(crate) fn is_fit_for_refresh(status: StatusCode) -> bool {
    !(status.is_informational() || status.is_server_error() || status == StatusCode::NOT_MODIFIED)
}

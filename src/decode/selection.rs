//! Selects the token of a request that becomes the session.

use std::borrow::Cow;
use std::mem;
use std::sync::Arc;

use crate::config::Config;
use crate::decode::candidates::{Candidate, Refused};
use crate::session::Session;
use crate::session::gate::KnownSession;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::session::revoked_ids::Unrecorded;
use crate::token::Token;
use crate::token::rejection::Rejection;

/// The accepted token, or the rejection of the token that passed the most checks.
///
/// A rejected token never replaces an accepted one: otherwise an attacker who can plant a cookie,
/// for example from a sibling host, could log the user out. The only exception is a token that
/// could not be checked for revocation: it may be the user's, and the accepted one an attacker's.
pub(crate) struct Selection<'t, T> {
    accepted: Option<Candidate<T>>,
    rest: Rest<'t>,
}

/// What is known of the tokens that were not accepted.
///
/// It has no place for a candidate: an empty place holds bytes of the stack, which may be those of
/// an id, and this type is on the heap while a hook is asked.
pub(crate) struct Rest<'t> {
    /// Whether another session would be accepted as well.
    ambiguous: bool,
    rejected: Option<(Rejection, Cow<'t, [u8]>)>,
    /// The other authentic sessions, if there is a gate.
    others: Vec<Arc<KnownSession>>,
    /// Why one of the tokens has no id that a gate could record.
    unrecorded: Option<Unrecorded>,
    request: RequestInfo,
}

impl<'t, T: Payload> Selection<'t, T> {
    #[inline]
    pub(crate) fn new(request: RequestInfo) -> Self {
        let (rejected, others) = (None, Vec::new());
        Self::after(Rest { ambiguous: false, rejected, others, unrecorded: None, request })
    }

    /// The selection, continued.
    #[inline]
    pub(crate) fn after(rest: Rest<'t>) -> Self {
        Self { accepted: None, rest }
    }

    /// Takes the result for the next cookie with the session's name.
    #[inline]
    pub(crate) fn offer(
        &mut self,
        text: impl Into<Cow<'t, [u8]>>,
        candidate: Result<Candidate<T>, Refused>,
    ) {
        self.rest.request.had_cookie = true;
        match candidate {
            Ok(candidate) => self.accept(text, candidate),
            Err(Refused { rejection, session }) => {
                if rejection == Rejection::FromTheFuture {
                    self.rest.keep(session);
                }
                self.rest.reject(text.into(), rejection);
            }
        }
    }

    #[inline]
    fn accept(&mut self, text: impl Into<Cow<'t, [u8]>>, candidate: Candidate<T>) {
        let Some(accepted) = &mut self.accepted else {
            self.accepted = Some(candidate);
            return;
        };
        if accepted.origin.id.ct_eq(&candidate.origin.id) {
            // The older one may have a subject that the newer one lacks: `revoke` ends both.
            let older = if candidate.is_newer_than(accepted) {
                mem::replace(accepted, candidate)
            } else {
                candidate
            };
            self.rest.keep(older.known);
        } else {
            // One of the two may be the attacker's session, planted so that the user acts in it
            // (Zheng et al., "Cookies Lack Integrity", USENIX Security 2015). Nothing in a request
            // says which, so neither is accepted.
            self.rest.ambiguous = true;
            self.rest.keep(candidate.known);
            self.rest.reject(text.into(), Rejection::Ambiguous);
        }
    }

    /// What is known beside an accepted token, without borrowing from the request.
    pub(crate) fn into_rest(self) -> Rest<'static> {
        // A hook that waits holds it across an `await`, when the request is no longer borrowed.
        let Rest { ambiguous, rejected, others, unrecorded, request } = self.rest;
        let rejected = rejected.map(|(rejection, text)| (rejection, text.into_owned().into()));
        Rest { ambiguous, rejected, others, unrecorded, request }
    }

    /// The session that this makes.
    #[inline]
    pub(crate) fn into_session(self, config: &Config<T>, now: u64) -> Session<T> {
        let Self { accepted, mut rest } = self;
        let is_refused = rest.request.unchecked || rest.ambiguous;
        let (data, origin, known) = match accepted {
            Some(Candidate { data, origin, known, .. }) if !is_refused => {
                rest.request.loaded = true;
                // An adopted session was opened by no secret.
                if !config.has_adopted(&origin) {
                    config.log.accepted(origin.role);
                }
                (data, Some(origin), known)
            }
            refused => {
                if let Some(candidate) = refused {
                    rest.keep(candidate.known);
                }
                rest.conclude_rejected(config, now);
                (T::default(), None, None)
            }
        };
        let mut session = Session::new(data, origin, config.limits, now, rest.request);
        session.known = known;
        if config.gate.is_some() {
            session.subject = config.subject;
            session.remember_others(&rest.others);
        }
        session
    }
}

impl<'t> Rest<'t> {
    /// Keeps an authentic session that is not used in this request, for `revoke`. Without a gate it
    /// cannot be ended.
    fn keep(&mut self, known: Option<Arc<KnownSession>>) {
        match known {
            Some(known) => self.others.push(known),
            None => self.unrecorded = Some(Unrecorded::Unchecked),
        }
    }

    fn reject(&mut self, text: Cow<'t, [u8]>, rejection: Rejection) {
        self.request.maybe_valid_elsewhere |= rejection.is_maybe_valid_elsewhere();
        self.request.unchecked |= rejection == Rejection::Unchecked;
        // From each token, not only from the one that passed the most checks: that one may be an
        // attacker's.
        self.unrecorded = self.unrecorded.max(Unrecorded::of(rejection));
        if self.rejected.as_ref().is_none_or(|(furthest, _)| rejection.stage() > furthest.stage()) {
            self.rejected = Some((rejection, text));
        }
    }

    /// Completes what is known of a request without an accepted token.
    fn conclude_rejected<T>(&mut self, config: &Config<T>, now: u64) {
        self.request.unrecorded = self.unrecorded;
        if let Some((rejection, text)) = &self.rejected {
            log_rejection(config, *rejection, text, now);
            self.request.rejection = Some(*rejection);
        }
    }
}

fn log_rejection<T>(config: &Config<T>, rejection: Rejection, text: &[u8], now: u64) {
    // Parsed again for the key id, so that accepted tokens need not keep it.
    let key_id = Token::parse(text, config.set_cookie.name()).ok().map(|token| token.key_id);
    config.log.rejected(rejection, key_id, text.len(), now);
    match (rejection, key_id) {
        (Rejection::Corrupt, Some(key_id)) => {
            let schema = config.keys.load().session.schema(key_id);
            config.log.unreadable(config.schemas.name(schema), now);
        }
        (Rejection::UnknownExtension(tag), _) => config.log.unknown_extension(tag, now),
        _ => {}
    }
}

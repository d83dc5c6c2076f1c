//! Of the tokens of a request, the one that becomes the session.

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

/// The accepted token, or else the rejection that came furthest.
///
/// A rejected token never takes the place of an accepted one: anybody who can plant a cookie, on a
/// sibling host say, could otherwise log the user out. The one exception is a token that could not
/// be checked for revocation: it may be the user's own, and the accepted one an attacker's.
pub(crate) struct Selection<'t, T> {
    accepted: Option<Candidate<T>>,
    /// Whether another session would be accepted as well.
    ambiguous: bool,
    rejected: Option<(Rejection, Cow<'t, [u8]>)>,
    /// The other authentic sessions, if there is a gate.
    others: Vec<Arc<KnownSession>>,
    /// Why one of the tokens leaves nothing that a gate could record.
    unrecorded: Option<Unrecorded>,
    request: RequestInfo,
}

impl<'t, T: Payload> Selection<'t, T> {
    #[inline]
    pub(crate) fn new(request: RequestInfo) -> Self {
        let (accepted, rejected, others) = (None, None, Vec::new());
        Self { accepted, ambiguous: false, rejected, others, unrecorded: None, request }
    }

    /// Whether a cookie with the session's name was offered.
    pub(crate) fn had_cookie(&self) -> bool {
        self.request.had_cookie
    }

    /// Takes what became of the next cookie with the session's name.
    #[inline]
    pub(crate) fn offer(
        &mut self,
        text: impl Into<Cow<'t, [u8]>>,
        candidate: Result<Candidate<T>, Refused>,
    ) {
        self.request.had_cookie = true;
        match candidate {
            Ok(candidate) => self.accept(text, candidate),
            Err(Refused { rejection, session }) => {
                if rejection == Rejection::FromTheFuture {
                    self.keep(session);
                }
                self.reject(text.into(), rejection);
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
            // The older one may be somebody's where the newer one is nobody's: `revoke` ends both.
            let older = if candidate.is_newer_than(accepted) {
                mem::replace(accepted, candidate)
            } else {
                candidate
            };
            self.keep(older.known);
        } else {
            // One of the two may be an attacker's own session, planted so that the user acts in it
            // (Zheng et al., "Cookies Lack Integrity", USENIX Security 2015). Nothing in a request
            // says which, so neither is accepted.
            self.ambiguous = true;
            self.keep(candidate.known);
            self.reject(text.into(), Rejection::Ambiguous);
        }
    }

    /// Keeps an authentic session that is not used in this request, for `revoke`. Without a gate nobody can end it.
    fn keep(&mut self, known: Option<Arc<KnownSession>>) {
        match known {
            Some(known) => self.others.push(known),
            None => self.unrecorded = Some(Unrecorded::Unchecked),
        }
    }

    fn reject(&mut self, text: Cow<'t, [u8]>, rejection: Rejection) {
        self.request.maybe_valid_elsewhere |= rejection.is_maybe_valid_elsewhere();
        self.request.unchecked |= rejection == Rejection::Unchecked;
        // Of each token, not of the one that came furthest: that may be an attacker's.
        self.unrecorded = self.unrecorded.max(Unrecorded::of(rejection));
        if self.rejected.as_ref().is_none_or(|(furthest, _)| rejection.stage() > furthest.stage()) {
            self.rejected = Some((rejection, text));
        }
    }

    /// The same without what it borrows from the request.
    pub(crate) fn into_owned(self) -> Selection<'static, T> {
        // A hook that waits holds it across an `await`, when the request is no longer borrowed.
        let Self { accepted, ambiguous, rejected, others, unrecorded, request } = self;
        let rejected = rejected.map(|(rejection, text)| (rejection, text.into_owned().into()));
        Selection { accepted, ambiguous, rejected, others, unrecorded, request }
    }

    /// The session that this makes.
    #[inline]
    pub(crate) fn into_session(mut self, config: &Config<T>, now: u64) -> Session<T> {
        let is_refused = self.request.unchecked || self.ambiguous;
        let mut session = match self.accepted.take() {
            Some(Candidate { data, origin, known, .. }) if !is_refused => {
                let mut session = Session::loaded(data, origin, config.limits, now, self.request);
                session.known = known;
                session
            }
            refused => {
                if let Some(candidate) = refused {
                    self.keep(candidate.known);
                }
                self.pre_session(config, now)
            }
        };
        if config.gate.is_some() {
            session.subject = config.subject;
            session.remember_others(&self.others);
        }
        session
    }

    fn pre_session(&mut self, config: &Config<T>, now: u64) -> Session<T> {
        if let Some((rejection, text)) = &self.rejected {
            log_rejection(config, *rejection, text, now);
        }
        let rejection = self.rejected.as_ref().map(|(rejection, _)| *rejection);
        let request = RequestInfo { rejection, unrecorded: self.unrecorded, ..self.request };
        Session::pre(T::default(), config.limits, now, request)
    }
}

fn log_rejection<T>(config: &Config<T>, rejection: Rejection, text: &[u8], now: u64) {
    // Parsed once more for the key id, which no accepted token then has to carry along.
    let key_id = Token::parse(text, config.set_cookie.name()).ok().map(|token| token.key_id);
    config.log.rejected(rejection, key_id, text.len(), now);
}

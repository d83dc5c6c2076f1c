//! A request whose tokens wait for an asynchronous hook.

use std::sync::Arc;

use crate::config::Config;
use crate::decode::adopt::{OldSession, judge};
use crate::decode::candidates::{Candidate, Refused, candidates};
use crate::decode::selection::{Rest, Selection};
use crate::error::Unavailable;
use crate::layer::handle::SessionHandle;
use crate::layer::state::Arrived;
use crate::session::Session;
use crate::session::gate::{KnownSession, Later, Queries, Recheck, Replies, verdict};
use crate::session::payload::Payload;
use crate::session::revoked_ids::RevokedIds;
use crate::token::rejection::Rejection;

/// The candidates of a request that the hook is asked about, and the result of the other tokens.
pub(super) struct PendingCheck<T> {
    /// In boxes, so that ids are not copied in memory when the vector grows.
    waiting: Vec<(Box<Candidate<T>>, Vec<u8>)>,
    rest: Rest<'static>,
    now: u64,
}

/// The state of a request before the hook is asked.
enum Opened<T> {
    /// No token would be accepted.
    Settled(Session<T>),
    Pending(PendingCheck<T>),
}

impl<T: Payload> Opened<T> {
    fn open(config: &Config<T>, arrived: &Arrived<T>, now: u64) -> Self {
        let mut request = arrived.info;
        let judge = |headers| judge(config, headers, request, now);
        let old = match arrived.headers_to_adopt().map_or(OldSession::Unasked, judge) {
            OldSession::Unasked => None,
            OldSession::Declined => {
                request.old_cookies.set_declined();
                None
            }
            OldSession::Judged(text, candidate) => Some((text, candidate)),
        };
        let (mut waiting, mut selection) = (Vec::new(), Selection::new(request));
        for (text, candidate) in candidates(config, arrived.fields(), request, now).chain(old) {
            match candidate {
                Ok(candidate) => waiting.push((Box::new(candidate), text.to_vec())),
                Err(refused) => selection.offer(text, Err(refused)),
            }
        }
        if waiting.is_empty() {
            Self::Settled(selection.into_session(config, now))
        } else {
            Self::Pending(PendingCheck { waiting, rest: selection.into_rest(), now })
        }
    }
}

impl<T: Payload> PendingCheck<T> {
    /// Asks the hook about all candidates.
    pub(super) fn ask(&self, config: &Config<T>) -> Option<Later<Replies>> {
        let gate = config.gate.as_ref()?;
        Some(gate.check_later(self.questions(), self.now))
    }

    /// What the hook is asked about, each question once: tokens of one session usually have the
    /// same question.
    fn questions(&self) -> Vec<Arc<KnownSession>> {
        let mut questions: Vec<Arc<KnownSession>> = Vec::new();
        for known in self.waiting.iter().filter_map(|(candidate, _)| candidate.known.as_ref()) {
            if !questions.iter().any(|question| question.is_asked_as(known)) {
                questions.push(Arc::clone(known));
            }
        }
        questions
    }

    /// Selects the session by the hook's replies; without them, all candidates are unchecked.
    pub(super) fn settle(self, config: &Config<T>, replies: Option<Replies>) -> Session<T> {
        let questions = self.questions();
        let Self { waiting, rest, now } = self;
        let mut selection = Selection::after(rest);
        let mut replies = replies.unwrap_or_default();
        replies.resize_with(questions.len(), || Err(Unavailable::late()));
        if let Some(gate) = &config.gate {
            for reply in &replies {
                gate.replied(reply);
            }
        }
        for (mut candidate, text) in waiting {
            let verdict = said(&questions, &replies, &candidate).map(|()| candidate.take());
            selection.offer(text, verdict.map_err(Refused::from));
        }
        selection.into_session(config, now)
    }
}

/// The verdict of the hook about a token.
fn said<T>(
    questions: &[Arc<KnownSession>],
    replies: &Replies,
    candidate: &Candidate<T>,
) -> Result<(), Rejection> {
    let is_about = |question: &&Arc<KnownSession>| {
        candidate.known.as_ref().is_some_and(|known| question.is_asked_as(known))
    };
    let mut replies = questions.iter().zip(replies);
    replies
        .find(|(question, _)| is_about(question))
        .map_or(Err(Rejection::Unchecked), |(_, reply)| verdict(reply))
}

/// Revocation.
impl<T: Payload> SessionHandle<T> {
    /// Ends the session and every copy of its cookie: call it at log-out.
    ///
    /// See [`Session::revoke`].
    pub fn revoke(&self) {
        self.write(Session::revoke);
    }
}

impl<T: Payload> SessionHandle<T> {
    /// Opens the session as far as possible without an asynchronous hook. If the hook has to be
    /// asked, the rest is the check.
    pub(super) fn pending_check(&self) -> Option<PendingCheck<T>> {
        let arrived = self.arrived().filter(Arrived::may_have_session)?;
        let config = &arrived.sessions.0;
        config.gate.as_ref().filter(|gate| gate.waits())?;
        let now = config.clock.unix_seconds();
        match Opened::open(config, &arrived, now) {
            Opened::Settled(session) => {
                self.hand_over(session);
                None
            }
            Opened::Pending(check) => Some(check),
        }
    }

    /// Takes what the hook has to be told.
    pub(super) fn take_revoked_ids(&self) -> RevokedIds {
        self.lock().opened().map(|session| session.revoked_ids.take_ended()).unwrap_or_default()
    }

    /// What the hook has to be asked again before the session is sealed.
    pub(super) fn recheck_queries(&self, config: &Config<T>) -> Option<Queries> {
        if !self.lock().is_encoded(config.issue) {
            return None;
        }
        let now = config.clock.unix_seconds();
        self.locked(|session, _| session.recheck_queries(config.limits, now, None)).ok()
    }

    /// Stores what the hook said.
    pub(super) fn set_recheck(&self, recheck: Recheck) {
        if let Some(session) = self.lock().opened() {
            session.recheck = Some(recheck);
        }
    }
}

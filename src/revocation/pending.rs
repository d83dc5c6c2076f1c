//! A request whose tokens wait for the answer of a hook.

use http::HeaderValue;

use crate::config::Config;
use crate::decode::candidates::{Candidate, candidates};
use crate::decode::selection::Selection;
use crate::error::Unavailable;
use crate::layer::handle::SessionHandle;
use crate::session::Session;
use crate::session::gate::{Later, verdict};
use crate::session::payload::Payload;
use crate::session::revoked_ids::RevokedIds;
use crate::transport::Transport;

/// The candidates of a request, and what became of the rest.
pub(super) struct PendingCheck<T> {
    /// In boxes, so that no id is moved when there are more.
    waiting: Vec<(Box<Candidate<T>>, Vec<u8>)>,
    selection: Selection<'static, T>,
    now: u64,
}

/// What a hook said of each candidate, if it said so in time.
pub(super) type Answers = Option<Vec<Result<bool, Unavailable>>>;

/// What a request comes to before a hook is asked.
enum Opened<T> {
    NoCookie,
    /// Nothing in it would be accepted.
    Settled(Session<T>),
    Pending(PendingCheck<T>),
}

impl<T: Payload> Opened<T> {
    fn open<'h>(
        config: &'h Config<T>,
        fields: impl Iterator<Item = &'h HeaderValue>,
        transport: Transport,
        now: u64,
    ) -> Self {
        let (mut waiting, mut selection) = (Vec::new(), Selection::new(transport));
        for (text, candidate) in candidates(config, fields, transport, now) {
            match candidate {
                Ok(candidate) => waiting.push((Box::new(candidate), text.to_vec())),
                Err(rejection) => selection.offer(text, Err(rejection)),
            }
        }
        if !waiting.is_empty() {
            return Self::Pending(PendingCheck { waiting, selection: selection.into_owned(), now });
        }
        if selection.had_cookie() {
            Self::Settled(selection.into_session(config, now))
        } else {
            Self::NoCookie
        }
    }
}

impl<T: Payload> PendingCheck<T> {
    /// Asks the hook about all of it.
    pub(super) fn ask(&self, config: &Config<T>) -> Option<Later<Vec<Result<bool, Unavailable>>>> {
        let gate = config.gate.as_ref()?;
        let gated = self.waiting.iter().map(|(candidate, _)| candidate.gated(config, self.now));
        Some(gate.check_later(gated.collect()))
    }

    /// The session that the answers make; no answer is none for each.
    pub(super) fn settle(self, config: &Config<T>, answers: Answers) -> Session<T> {
        let Self { waiting, mut selection, now } = self;
        let mut answers = answers.unwrap_or_default().into_iter();
        for (mut candidate, text) in waiting {
            let answer = answers.next().unwrap_or_else(|| Err(Unavailable::late()));
            if let Some(gate) = &config.gate {
                gate.answered(answer.is_ok());
            }
            selection.offer(text, verdict(&answer).map(|()| candidate.take()));
        }
        selection.into_session(config, now)
    }
}

/// For the layer that asks.
impl<T: Payload> SessionHandle<T> {
    /// Ends it for good: see [`Session::revoke`] (feature `revocation`).
    pub fn revoke(&self) {
        self.write(Session::revoke);
    }

    /// Opens the session, as far as that goes without the answer of a hook that waits; the rest is the check.
    pub(super) fn pending_check(&self) -> Option<PendingCheck<T>> {
        let arrived = self.arrived()?;
        let config = &arrived.sessions.0;
        config.gate.as_ref().filter(|gate| gate.waits())?;
        let now = config.clock.unix_seconds();
        match Opened::open(config, arrived.fields(), arrived.transport, now) {
            Opened::NoCookie => None,
            Opened::Settled(session) => {
                self.hand_over(session);
                None
            }
            Opened::Pending(check) => Some(check),
        }
    }

    /// What is to be told to the hook.
    pub(super) fn take_revoked_ids(&self) -> RevokedIds {
        self.lock()
            .opened()
            .map(|session| std::mem::take(&mut session.revoked_ids))
            .unwrap_or_default()
    }

    /// What is for `encode` to tell.
    pub(super) fn put_back(&self, revoked_ids: RevokedIds) {
        if let Some(session) = self.lock().opened() {
            session.revoked_ids.add(revoked_ids);
        }
    }
}

//! A request whose tokens wait for the answer of an asynchronous hook (features `revocation` and `tower`).

use std::time::SystemTime;

use http::HeaderValue;

use crate::decode::candidates::{Outcome, Read};
use crate::error::Unavailable;
use crate::layer::handle::{Lazy, SessionHandle, State};
use crate::revocation_gate::{Endings, Waiting};
use crate::session::Session;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::token::rejection::Rejection;
use crate::token::times::unix_seconds;
use crate::transport::Transport;

/// What would stand, with its text, and what became of the rest.
pub(crate) struct Question<T> {
    /// In boxes, so that no id is moved when there are more.
    waiting: Vec<(Box<Read<T>>, Vec<u8>)>,
    refusal: Option<(Rejection, Vec<u8>)>,
    undecided: bool,
    transport: Transport,
    now: u64,
}

/// What a hook said of each, if it said so in time.
pub(crate) type Answers = Option<Vec<Result<bool, Unavailable>>>;

impl<T: Payload> CookieSessions<T> {
    /// The session, or what has to be asked first; `None` if there is no cookie of our name.
    pub(crate) fn question<'h>(
        &'h self,
        fields: impl Iterator<Item = &'h HeaderValue>,
        transport: Transport,
        now: SystemTime,
    ) -> Option<Result<Session<T>, Question<T>>> {
        let (now, mut waiting) = (unix_seconds(now), Vec::new());
        let keep = |read, text: &[u8]| {
            waiting.push((Box::new(read), text.to_vec()));
            Ok(None)
        };
        let outcome = self.admit(fields, transport, now, keep)?;
        if waiting.is_empty() {
            return Some(Ok(self.settle(outcome, transport, now)));
        }
        let Outcome { refusal, undecided, .. } = outcome;
        let refusal = refusal.map(|(rejection, text)| (rejection, text.to_vec()));
        Some(Err(Question { waiting, refusal, undecided, transport, now }))
    }
}

impl<T: Payload> Question<T> {
    /// Asks the hook about all of it.
    pub(crate) fn ask(
        &self,
        sessions: &CookieSessions<T>,
    ) -> Option<Waiting<Vec<Result<bool, Unavailable>>>> {
        let asked = self.waiting.iter().map(|(read, _)| sessions.0.asked(read, self.now));
        let hook = sessions.0.checks.waiting()?;
        Some(hook.clone().are_revoked(asked.collect()))
    }

    /// The session that the answers make; no answer is none for each.
    pub(crate) fn settle(mut self, sessions: &CookieSessions<T>, answers: Answers) -> Session<T> {
        let mut answers = answers.unwrap_or_default().into_iter();
        let mut outcome = Outcome { undecided: self.undecided, ..Outcome::none() };
        if let Some((rejection, text)) = &self.refusal {
            outcome.refuse(*rejection, text);
        }
        for (read, text) in &mut self.waiting {
            let answer = answers.next().unwrap_or_else(|| Err(Unavailable::late()));
            let verdict = sessions.0.verdict(&answer).and_then(|()| outcome.contend(read.take()));
            if let Err(rejection) = verdict {
                outcome.refuse(rejection, text);
                if rejection == Rejection::Ambiguous {
                    break;
                }
            }
        }
        sessions.settle(outcome, self.transport, self.now)
    }
}

/// For the layer that asks.
impl<T: Payload> SessionHandle<T> {
    /// Ends it for good: see [`Session::revoke`] (feature `revocation`).
    pub fn revoke(&self) {
        self.with(Session::revoke);
    }

    /// Opens the session, as far as that goes without an answer of an asynchronous hook; the rest is the question.
    pub(crate) fn question(&self) -> Option<Question<T>> {
        let mut state = self.lock();
        let Lazy::Unopened { sessions, cookies, transport } = &state.session else { return None };
        sessions.0.checks.waiting()?;
        let fields = cookies.0.iter().chain(&cookies.1);
        match sessions.question(fields, *transport, sessions.0.clock.now())? {
            Err(question) => Some(question),
            Ok(session) => {
                state.hand_over(session);
                None
            }
        }
    }

    /// The session, of which nobody has asked so far.
    pub(crate) fn hand_over(&self, session: Session<T>) {
        self.lock().hand_over(session);
    }

    /// What is to be told to the hook.
    pub(crate) fn take_endings(&self) -> Endings {
        match &mut self.lock().session {
            Lazy::Opened(session) => std::mem::take(&mut session.endings),
            Lazy::Unopened { .. } => Endings::default(),
        }
    }

    /// What is for `encode` to tell.
    pub(crate) fn put_back(&self, endings: Endings) {
        if let Lazy::Opened(session) = &mut self.lock().session {
            session.endings.add(endings);
        }
    }
}

impl<T> State<T> {
    fn hand_over(&mut self, session: Session<T>) {
        self.session = Lazy::Opened(session);
        self.unused = true;
    }
}

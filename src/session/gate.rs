//! The gate: what may refuse a token that is authentic and within its limits, and is told which sessions have ended.
//!
//! The configuration holds at most one, and knows nothing of what is behind it.

use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Unavailable;
use crate::session::lifetime::{CLOCK_TOLERANCE, Limits};
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;

/// Whose session it is, in the application's words.
pub(crate) type Subject<T> = fn(&T) -> Option<Cow<'_, str>>;

/// An authentic session, as a gate knows it.
pub(crate) struct KnownSession {
    pub(crate) id: SessionId,
    /// In seconds since 1970, as are the other times.
    pub(crate) created: u64,
    /// The first second at which it is past its absolute timeout on every machine of a fleet.
    pub(crate) ends: u64,
    pub(crate) subject: Option<Zeroizing<String>>,
}

impl KnownSession {
    pub(crate) fn new(id: &SessionId, created: u64, limits: Limits) -> Self {
        let ends = created.saturating_add(limits.absolute).saturating_add(CLOCK_TOLERANCE);
        Self { id: id.clone(), created, ends, subject: None }
    }

    pub(crate) fn of(self, subject: Option<Cow<'_, str>>) -> Self {
        Self { subject: subject.map(|subject| subject.into_owned().into()), ..self }
    }

    /// Whether a gate is asked the same about both: two tokens of one session, say.
    pub(crate) fn is_asked_as(&self, other: &Self) -> bool {
        let is_same = self.created == other.created && self.subject == other.subject;
        is_same && self.id.ct_eq(&other.id)
    }
}

/// A session that has ended.
pub(crate) struct EndedSession {
    pub(crate) session: Arc<KnownSession>,
    pub(crate) now: u64,
    /// The second from which on it is to be refused.
    pub(crate) from: u64,
}

/// Work of a gate that waits.
pub(crate) type Later<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// Whatever a gate does when it panics is between it and the application.
pub(crate) trait RevocationGate: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Learns the full name and the limits of the sessions that it is asked for.
    fn attach(&self, name: &str, limits: Limits);

    /// Whether it can only be asked by a caller that waits.
    fn waits(&self) -> bool;

    /// Refuses a session that was revoked, or that cannot be checked.
    fn check(&self, session: &Arc<KnownSession>, now: u64) -> Result<(), Rejection>;

    /// Records which sessions have ended.
    fn record(&self, ended: Vec<EndedSession>) -> Result<(), Unavailable>;

    /// The verdicts of a hook that waits: whether each session was revoked.
    fn check_later(&self, sessions: Vec<Arc<KnownSession>>, now: u64) -> Later<Answers>;

    /// Records with a gate that waits which sessions have ended.
    fn record_later(&self, ended: Vec<EndedSession>) -> Later<Result<(), Unavailable>>;

    /// Tells the log whether its store responded.
    fn answered(&self, answered: bool);
}

/// What a gate is asked once more when the response is made.
pub(crate) struct Queries {
    pub(crate) opened: Option<OpenedQuery>,
    /// Whether a session that begins now is denied already.
    pub(crate) begins: Option<Arc<KnownSession>>,
    pub(crate) now: u64,
}

/// Whether the session that was opened has been revoked.
pub(crate) struct OpenedQuery {
    pub(crate) session: Arc<KnownSession>,
    /// The second for which that is asked.
    pub(crate) at: u64,
    /// What is asked if that is denied, of a session with a subject that goes on under another id: its id alone, and its
    /// subject under the new id, which a denial may except. If neither is denied, it goes on.
    pub(crate) spared: Option<Vec<Arc<KnownSession>>>,
}

/// What it said.
#[derive(Clone, Copy)]
pub(crate) struct Recheck {
    pub(crate) opened: Result<(), Rejection>,
    pub(crate) is_denied_second: bool,
}

/// Whether each session was revoked.
pub(crate) type Answers = Vec<Result<bool, Unavailable>>;

/// What the word of a hook means.
pub(crate) fn verdict(answer: &Result<bool, Unavailable>) -> Result<(), Rejection> {
    match answer {
        Ok(false) => Ok(()),
        Ok(true) => Err(Rejection::Revoked),
        Err(_) => Err(Rejection::Unchecked),
    }
}

//! The gate: it may refuse an authentic token that is within its limits, and records which sessions
//! have ended.
//!
//! A configuration has at most one, and does not know its implementation.

use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::error::Unavailable;
use crate::session::lifetime::{CLOCK_TOLERANCE, Limits};
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;

/// Finds the subject of a session: its user, as the application names it.
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

    /// Whether a gate would be asked the same for both, for example for two tokens of one session.
    pub(crate) fn is_asked_as(&self, other: &Self) -> bool {
        let is_same = self.created == other.created && self.subject == other.subject;
        is_same && self.id.ct_eq(&other.id)
    }
}

/// A session that has ended.
pub(crate) struct EndedSession {
    pub(crate) session: Arc<KnownSession>,
    pub(crate) now: u64,
    /// The second from which it has to be refused.
    pub(crate) from: u64,
}

/// Work of a gate that waits.
pub(crate) type Later<R> = Pin<Box<dyn Future<Output = R> + Send>>;

/// A gate has to be unwind-safe; its panics are passed on to the application.
pub(crate) trait RevocationGate: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Tells the gate the full name and the limits of its sessions, and whether they may have a
    /// subject.
    fn attach(&self, name: &str, limits: Limits, have_subjects: bool);

    /// Whether only a caller that waits can ask it.
    fn waits(&self) -> bool;

    /// Refuses a session that was revoked, or that cannot be checked.
    fn check(&self, session: &Arc<KnownSession>, now: u64) -> Result<(), Rejection>;

    /// Records which sessions have ended.
    fn record(&self, ended: Vec<EndedSession>) -> Result<(), Unavailable>;

    /// Asks a hook that waits whether each session was revoked.
    fn check_later(&self, sessions: Vec<Arc<KnownSession>>, now: u64) -> Later<Replies>;

    /// Records with a gate that waits which sessions have ended.
    fn record_later(&self, ended: Vec<EndedSession>) -> Later<Result<(), Unavailable>>;

    /// Logs and counts the reply of a hook that waits.
    fn replied(&self, reply: &Result<bool, Unavailable>);

    /// Logs whether its store responded when it was told what has ended.
    fn responded(&self, responded: bool);
}

/// What a gate is asked again when the response is made.
pub(crate) struct Queries {
    pub(crate) opened: Option<OpenedQuery>,
    /// Whether a session that begins now is denied already.
    pub(crate) begins: Option<Arc<KnownSession>>,
    pub(crate) now: u64,
}

/// Whether the session that was opened has been revoked.
pub(crate) struct OpenedQuery {
    pub(crate) session: Arc<KnownSession>,
    /// The second for which the gate is asked.
    pub(crate) at: u64,
    /// What to ask if that is denied, for a session with a subject that continues under another id:
    /// its id without the subject, and the subject with the new id, which a denial may except. If
    /// neither is denied, the session continues.
    pub(crate) spared: Option<Vec<Arc<KnownSession>>>,
}

/// The result.
#[derive(Clone, Copy)]
pub(crate) struct Recheck {
    pub(crate) opened: Result<(), Rejection>,
    pub(crate) is_denied_second: bool,
}

/// Whether each session was revoked.
pub(crate) type Replies = Vec<Result<bool, Unavailable>>;

/// The meaning of a hook's response.
pub(crate) fn verdict(reply: &Result<bool, Unavailable>) -> Result<(), Rejection> {
    match reply {
        Ok(false) => Ok(()),
        Ok(true) => Err(Rejection::Revoked),
        Err(_) => Err(Rejection::Unchecked),
    }
}

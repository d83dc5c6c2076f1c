//! The gate: what may refuse a token that is authentic and within its limits, and is told which sessions have ended.
//!
//! The configuration holds at most one, and knows nothing of what is behind it.

use std::borrow::Cow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;

use zeroize::Zeroizing;

use crate::error::Unavailable;
use crate::session::lifetime::Limits;
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;

/// Whose session it is, in the application's words.
pub(crate) type Subject<T> = fn(&T) -> Option<Cow<'_, str>>;

/// An authentic session, as the gate is told of it.
pub(crate) struct GatedSession {
    pub(crate) id: SessionId,
    /// In seconds since 1970, as are the other times.
    pub(crate) created: u64,
    /// The first second at which it is past its absolute timeout.
    pub(crate) ends: u64,
    pub(crate) now: u64,
    pub(crate) subject: Option<Zeroizing<String>>,
}

impl GatedSession {
    pub(crate) fn new(id: &SessionId, created: u64, limits: Limits, now: u64) -> Self {
        let ends = created.saturating_add(limits.absolute);
        Self { id: id.clone(), created, ends, now, subject: None }
    }
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
    fn check(&self, session: GatedSession) -> Result<(), Rejection>;

    /// Records which sessions have ended.
    fn record(&self, ended: Vec<GatedSession>) -> Result<(), Unavailable>;

    /// The answers of a gate that waits: whether each session was revoked.
    fn check_later(&self, sessions: Vec<GatedSession>) -> Later<Vec<Result<bool, Unavailable>>>;

    /// Records with a gate that waits which sessions have ended.
    fn record_later(&self, ended: Vec<GatedSession>) -> Later<Result<(), Unavailable>>;

    /// Tells the log whether the store behind it gave an answer.
    fn answered(&self, answered: bool);
}

/// What the answer of a gate means: whether the session was revoked.
pub(crate) fn verdict(answer: &Result<bool, Unavailable>) -> Result<(), Rejection> {
    match answer {
        Ok(false) => Ok(()),
        Ok(true) => Err(Rejection::Revoked),
        Err(_) => Err(Rejection::Unchecked),
    }
}

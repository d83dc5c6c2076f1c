//! The ids that a session has ended and that no gate has recorded so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::error::Unavailable;
use crate::session::gate::{EndedSession, KnownSession};
use crate::session::lifetime::Limits;
use crate::token::id::SessionId;
use crate::token::rejection::Rejection;

/// How long an id is accepted after `renew` has ended it, in seconds.
///
/// Requests that the browser sent before it had the new cookie arrive in this time. If their old id
/// were refused, a response with a CSRF token would set a new, empty session, which would replace
/// the renewed one.
pub(super) const RENEWAL_GRACE: u64 = 10;

/// The ids that a session ended, and those that `revoke` would end; one word for most sessions,
/// which have none.
#[derive(Default)]
pub(crate) struct RevokedIds(Option<Box<Ids>>);

#[derive(Default)]
struct Ids {
    /// Each with the seconds for which it is still accepted.
    ended: Vec<(FormerId, u64)>,
    /// How many of them a gate has recorded, from the start.
    recorded: AtomicUsize,
    /// Ids that `revoke` ends beside the session's own: those before `renew` and `invalidate`, and
    /// those of other authentic tokens of the request.
    former: Vec<FormerId>,
    /// Whether `revoke` was called.
    revoked: bool,
    unrecorded: Option<Unrecorded>,
}

/// Why a revoked session has no id that could be recorded; of several reasons the last one of this
/// enum counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unrecorded {
    /// This machine cannot open what the client sent.
    Unreadable,
    /// It could not be checked, or was opened without a gate: the client keeps the cookie, to try
    /// again.
    Unchecked,
}

enum FormerId {
    /// The id of a token of the request.
    Opened(Arc<KnownSession>),
    /// An id that the session was given since. It began now at the latest, or was sealed as one
    /// that begins in the next second. It is in a box, so that it is not moved when the list grows.
    Given(Box<SessionId>),
}

impl FormerId {
    fn id(&self) -> &SessionId {
        match self {
            Self::Opened(session) => &session.id,
            Self::Given(id) => id,
        }
    }

    /// The second in which it began, at the latest.
    fn began(&self) -> u64 {
        match self {
            Self::Opened(session) => session.created,
            Self::Given(_) => u64::MAX,
        }
    }
}

impl RevokedIds {
    /// Keeps the id of an authentic token of the request, for `revoke`.
    pub(super) fn remember_opened(&mut self, session: &Arc<KnownSession>) {
        self.0.get_or_insert_default().former.push(FormerId::Opened(Arc::clone(session)));
    }

    /// Keeps an id that the session was given and gives up, for `revoke`.
    pub(super) fn remember_given(&mut self, id: &SessionId) {
        self.0.get_or_insert_default().former.push(FormerId::Given(Box::new(id.clone())));
    }

    /// Ends an id that another one replaces, after the grace period.
    pub(super) fn end_renewed(&mut self, session: &Arc<KnownSession>) {
        self.0.get_or_insert_default().end(FormerId::Opened(Arc::clone(session)), RENEWAL_GRACE);
    }

    /// Ends all ids that the session had.
    pub(super) fn end_all(&mut self, unrecorded: Option<Unrecorded>) {
        let ids = self.0.get_or_insert_default();
        for id in std::mem::take(&mut ids.former) {
            ids.end(id, 0);
        }
        ids.revoked = true;
        ids.unrecorded = ids.unrecorded.max(unrecorded);
    }

    /// Whether `revoke` was called.
    pub(crate) fn was_revoked(&self) -> bool {
        self.0.as_ref().is_some_and(|ids| ids.revoked)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.ended.is_empty() && ids.unrecorded.is_none())
    }

    /// Why one of the ids cannot be recorded.
    pub(crate) fn unrecorded(&self) -> Option<Unrecorded> {
        self.0.as_ref()?.unrecorded
    }

    /// Remembers that a gate has recorded the ids.
    pub(crate) fn set_recorded(&self) {
        if let Some(ids) = &self.0 {
            ids.recorded.store(ids.ended.len(), Relaxed);
        }
    }

    /// Whether this session has ended that id itself.
    pub(super) fn has_recorded(&self, id: &SessionId) -> bool {
        self.0.as_ref().is_some_and(|ids| {
            let mut recorded = ids.ended.iter().take(ids.recorded.load(Relaxed));
            recorded.any(|(ended, _)| ended.id().ct_eq(id))
        })
    }

    /// Takes out the ids that a gate can record; the reason why an id cannot be recorded stays.
    pub(crate) fn take_ended(&mut self) -> Self {
        let Some(ids) = &mut self.0 else { return Self::default() };
        let ended = std::mem::take(&mut ids.ended);
        Self(Some(Box::new(Ids { ended, unrecorded: ids.unrecorded, ..Ids::default() })))
    }

    /// What a gate has to record.
    pub(crate) fn ended(&self, limits: Limits, now: u64) -> Result<Vec<EndedSession>, Unavailable> {
        let Some(ids) = &self.0 else { return Ok(Vec::new()) };
        if ids.unrecorded == Some(Unrecorded::Unchecked) {
            return Err(Unavailable::unknown_id());
        }
        let ended = |(id, grace): &(FormerId, u64)| {
            let session = match id {
                FormerId::Opened(session) => Arc::clone(session),
                FormerId::Given(id) => {
                    Arc::new(KnownSession::new(id, now.saturating_add(1), limits))
                }
            };
            EndedSession { session, now, from: now.saturating_add(*grace) }
        };
        Ok(ids.ended.iter().map(ended).collect())
    }
}

impl Ids {
    /// Each id once, with the earliest start, and until the last token with that id ends.
    fn end(&mut self, former: FormerId, grace: u64) {
        let mut ended = self.ended.iter_mut();
        match ended.find(|(known, _)| known.id().ct_eq(former.id())) {
            Some((known, known_grace)) => {
                *known_grace = grace.min(*known_grace);
                if known.began() < former.began() {
                    *known = former;
                }
            }
            None => self.ended.push((former, grace)),
        }
    }
}

impl Unrecorded {
    /// Why a rejected token cannot be recorded for a session that is revoked; `None` if there is
    /// nothing to record.
    pub(crate) fn of(rejection: Rejection) -> Option<Self> {
        match rejection {
            Rejection::Unchecked => Some(Self::Unchecked),
            Rejection::UnknownKey(_)
            | Rejection::UnknownVersion(_)
            | Rejection::TooMany
            | Rejection::Corrupt
            | Rejection::UnknownExtension(_) => Some(Self::Unreadable),
            // Not a token of this site, not accepted on any machine, or ended by its own id if a
            // gate knows it.
            Rejection::TooLong
            | Rejection::Malformed
            | Rejection::Forged
            | Rejection::AbsoluteTimeout
            | Rejection::IdleTimeout
            | Rejection::Revoked
            | Rejection::FromTheFuture
            | Rejection::Ambiguous
            | Rejection::OtherTransport => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { idle: 1, absolute: 1 };

    #[test]
    fn an_id_that_could_not_be_checked_stays_unknown_when_the_others_are_taken_out() {
        let mut ids = RevokedIds::default();
        ids.end_all(Some(Unrecorded::Unchecked));
        ids.end_all(Some(Unrecorded::Unreadable));
        for ids in [ids.take_ended(), ids] {
            assert!(!ids.is_empty());
            assert!(ids.ended(LIMITS, 0).is_err());
        }
    }

    #[test]
    fn an_id_is_ended_once_and_without_grace_if_one_caller_asks_for_that() {
        let known = Arc::new(KnownSession::new(&SessionId([7; 16]), 5, LIMITS));
        let mut ids = RevokedIds::default();
        ids.end_renewed(&known);
        assert_eq!(ids.ended(LIMITS, 9).unwrap()[0].from, 9 + RENEWAL_GRACE);
        ids.remember_opened(&known);
        ids.end_all(None);
        let ended = ids.ended(LIMITS, 9).unwrap();
        assert_eq!((ended.len(), ended[0].from), (1, 9));
    }
}

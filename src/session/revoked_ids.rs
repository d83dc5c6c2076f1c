//! What a session has ended and no gate was told so far.

use crate::error::Unavailable;
use crate::session::gate::GatedSession;
use crate::session::lifetime::Limits;
use crate::session::origin::Origin;
use crate::token::id::SessionId;

/// The ids that a session ended, and those that it had and would end.
#[derive(Default)]
pub(crate) struct RevokedIds {
    ended: Vec<FormerId>,
    /// Ids that the session had before it was renewed or invalidated, and that are ended with it.
    former: Vec<FormerId>,
    /// Whether one is to be ended that nobody knows, because it could not be checked.
    unknown: bool,
}

struct FormerId {
    /// In a box, so that it is not moved when there are more.
    id: Box<SessionId>,
    /// Not known of an id that was given since: then it began now at the latest.
    created: Option<u64>,
}

impl FormerId {
    fn of(id: &SessionId, created: Option<u64>) -> Self {
        Self { id: Box::new(id.clone()), created }
    }
}

impl RevokedIds {
    /// Keeps the ids that a session gives up: the one that was opened, and the one that it was given since.
    pub(crate) fn remember(&mut self, opened: Option<&Origin>, new_id: Option<&SessionId>) {
        let opened = opened.map(|origin| FormerId::of(&origin.id, Some(origin.times.created)));
        let new_id = new_id.map(|id| FormerId::of(id, None));
        self.former.extend(opened.into_iter().chain(new_id));
    }

    /// Ends all ids that the session had; `unchecked` if a token could not be checked, whose id is then not known.
    pub(crate) fn end(&mut self, unchecked: bool) {
        self.ended.append(&mut self.former);
        self.unknown |= unchecked;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ended.is_empty() && !self.unknown
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.ended.extend(other.ended);
        self.former.extend(other.former);
        self.unknown |= other.unknown;
    }

    /// What a gate is to be told.
    pub(crate) fn gated(&self, limits: Limits, now: u64) -> Result<Vec<GatedSession>, Unavailable> {
        if self.unknown {
            return Err(Unavailable::unknown_id());
        }
        let gated = |FormerId { id, created }: &FormerId| {
            GatedSession::new(id, created.unwrap_or(now), limits, now)
        };
        Ok(self.ended.iter().map(gated).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No layer gets that far: it refuses what could not be checked.
    #[test]
    fn an_id_that_nobody_knows_stays_unknown_when_more_are_added() {
        let unknown = || RevokedIds { unknown: true, ..RevokedIds::default() };
        let mut ids = unknown();
        ids.add(RevokedIds::default());
        assert!(ids.unknown && !ids.is_empty());
        let mut ids = RevokedIds::default();
        ids.add(unknown());
        assert!(ids.unknown && !ids.is_empty());
    }
}

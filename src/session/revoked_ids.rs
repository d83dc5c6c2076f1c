//! What a session has ended and no gate was told so far.

use crate::error::Unavailable;
use crate::session::gate::GatedSession;
use crate::session::lifetime::Limits;
use crate::session::origin::Origin;
use crate::token::id::SessionId;

/// The ids that a session ended, and those that it had and would end; one word for most sessions, which have none.
#[derive(Default)]
pub(crate) struct RevokedIds(Option<Box<Ids>>);

#[derive(Default)]
struct Ids {
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
    pub(super) fn remember(&mut self, opened: Option<&Origin>, new_id: Option<&SessionId>) {
        let opened = opened.map(|origin| FormerId::of(&origin.id, Some(origin.times.created)));
        let new_id = new_id.map(|id| FormerId::of(id, None));
        if opened.is_some() || new_id.is_some() {
            self.0.get_or_insert_default().former.extend(opened.into_iter().chain(new_id));
        }
    }

    /// Ends all ids that the session had; `unchecked` if a token could not be checked, whose id is then not known.
    pub(crate) fn end(&mut self, unchecked: bool) {
        let ids = self.0.get_or_insert_default();
        ids.ended.append(&mut ids.former);
        ids.unknown |= unchecked;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.ended.is_empty() && !ids.unknown)
    }

    pub(crate) fn add(&mut self, other: Self) {
        let Some(other) = other.0 else { return };
        let ids = self.0.get_or_insert_default();
        ids.ended.extend(other.ended);
        ids.former.extend(other.former);
        ids.unknown |= other.unknown;
    }

    /// What a gate is to be told.
    pub(crate) fn gated(&self, limits: Limits, now: u64) -> Result<Vec<GatedSession>, Unavailable> {
        let Some(ids) = &self.0 else { return Ok(Vec::new()) };
        if ids.unknown {
            return Err(Unavailable::unknown_id());
        }
        let gated = |FormerId { id, created }: &FormerId| {
            GatedSession::new(id, created.unwrap_or(now), limits, now)
        };
        Ok(ids.ended.iter().map(gated).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No layer gets that far: it refuses what could not be checked.
    #[test]
    fn an_id_that_nobody_knows_stays_unknown_when_more_are_added() {
        let unknown = || {
            let mut ids = RevokedIds::default();
            ids.end(true);
            ids
        };
        for (mut one, other) in
            [(unknown(), RevokedIds::default()), (RevokedIds::default(), unknown())]
        {
            one.add(other);
            assert!(!one.is_empty());
            assert!(one.gated(Limits { idle: 1, absolute: 1 }, 0).is_err());
        }
    }
}

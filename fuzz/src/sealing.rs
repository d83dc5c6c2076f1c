//! The rules of revocation when a response is made, written a second time: what encode asks the
//! hook once more, what comes of it, and which sessions are ended.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::{END_OF_9999, Id};
use crate::decode::{Accepted, Outcome};
use crate::encode::{Model, Row};
use crate::hook::{Asked, HookCall, KnownSession, Reply};
use crate::rejection::Reason;
use crate::revocation_rules::{HookUse, RevocationModel, Verdict, known, verdict};

/// For so many seconds the old id of a renewed session is still accepted.
const GRACE: u64 = 10;

/// A session that is about to be encoded.
#[derive(Debug)]
pub struct Sealing<'s> {
    pub site: &'s RevocationModel,
    pub hook_use: HookUse,
    /// What the request got.
    pub outcome: &'s Outcome,
    pub model: &'s Model,
    /// The ids that an earlier encoding of it has ended.
    pub ended: &'s BTreeSet<Id>,
    /// When each id that was sent in an earlier encoding began.
    pub sent: &'s BTreeMap<Id, u64>,
}

/// Why the hook is asked once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// A session that was opened goes on under another id: it may have been revoked meanwhile.
    Leaves,
    /// It is sent only to keep it alive: it may have been renewed meanwhile.
    IsRefreshed,
}

/// What comes of the ids that a session ends.
#[derive(Debug)]
pub enum Ending {
    /// It is an error: the client keeps its cookie.
    Fails,
    Done,
    /// What the client sent cannot be opened here, so nothing could be recorded.
    Unrecorded,
}

impl Sealing<'_> {
    /// The row that applies once the hook was asked; an error if the store does not reply.
    pub fn recheck(&self, row: Row, asked: Asked) -> Result<Row, Reason> {
        if !self.hook_use.is_called() || !matches!(row, Row::Set { .. }) {
            return Ok(row);
        }
        match (self.why(), self.verdict_on_opened(asked)) {
            (Some(Why::Leaves), Err(Reason::Revoked)) => return Ok(Row::Withheld),
            (Some(Why::Leaves), Err(reason)) => return Err(reason),
            (Some(Why::IsRefreshed), Err(_)) => return Ok(Row::Unchanged),
            (_, Ok(())) | (None, _) => {}
        }
        // Its subject was logged out up to this second, and its id is not spared: it would end at
        // once.
        let is_denied = |subject: String| {
            let created = told(self.site.now);
            let denies = || self.site.deny_list.denies_subject(&subject, created, self.model.id);
            verdict(asked.about_subject, denies) == Err(Reason::Revoked)
        };
        let is_denied = self.beginning_subject().is_some_and(is_denied);
        let later = || self.model.set_a_second_later(self.site.rules, self.site.now);
        Ok(if is_denied { later() } else { row })
    }

    fn opened(&self) -> Option<&Accepted> {
        self.outcome.accepted.as_ref()
    }

    fn opened_subject(&self) -> Option<String> {
        self.site.subject(&self.opened()?.parts.payload)
    }

    /// Whose session begins when it is set, if one does.
    fn beginning_subject(&self) -> Option<String> {
        if self.model.begins() { self.site.subject(&self.model.payload) } else { None }
    }

    /// Why the hook is asked about the session that was opened, if it is set.
    fn why(&self) -> Option<Why> {
        self.opened()?;
        match (&self.model.loaded, self.model.is_written(true)) {
            (Some(_), false) => Some(Why::IsRefreshed),
            (_, true) if self.model.begins() => Some(Why::Leaves),
            _ => None,
        }
    }

    /// What the hook says of the session that was opened.
    fn verdict_on_opened(&self, asked: Asked) -> Verdict {
        let (Some(token), Some(why)) = (self.opened(), self.why()) else { return Ok(()) };
        let (id, now, list) = (token.parts.id, self.site.now, &self.site.deny_list);
        let (created, subject) = (told(token.parts.created), self.opened_subject());
        let denies_subject =
            |id| subject.as_ref().is_some_and(|subject| list.denies_subject(subject, created, id));
        match why {
            Why::IsRefreshed => verdict(asked.about_opened, || {
                list.denies_session(id, told(now + GRACE)) || denies_subject(Some(id))
            }),
            Why::Leaves => {
                let is_own = self.ended.contains(&id);
                if is_own && subject.is_none() {
                    return Ok(());
                }
                let is_ended = || list.denies_session(id, told(now));
                let denies_old_id = || is_ended() || denies_subject(Some(id));
                let said = verdict(asked.about_opened, denies_old_id);
                if said != Err(Reason::Revoked) {
                    return said;
                }
                // What it ended itself was not ended by somebody else meanwhile.
                if !is_own {
                    verdict(asked.about_opened, is_ended)?;
                }
                if subject.is_none() {
                    return Ok(());
                }
                // A denial may spare the id that it had, or the one under which it goes on.
                verdict(asked.about_subject, || denies_subject(self.model.id))
            }
        }
    }

    /// Checks what the hook was asked when a response was made whose row was this one: the truth,
    /// what had to be asked, and no more. A layer asks before it knows the row.
    pub fn check_queries(&self, row: Row, asked: Asked, queries: &[HookCall]) {
        if !self.hook_use.is_called() {
            return assert_eq!(queries, []);
        }
        for query in queries {
            assert!(self.truths(query.id).contains(query), "{query:?} is not true");
        }
        let why = self.why().filter(|_| matches!(row, Row::Set { .. }));
        let begins = self.beginning_subject().filter(|_| matches!(row, Row::Set { .. }));
        if why.is_none() && begins.is_none() {
            assert!(queries.is_empty() || self.hook_use == HookUse::Awaited, "{queries:?}");
        }
        if let (Some(_), Some(token)) = (why, self.opened()) {
            let is_own = self.ended.contains(&token.parts.id);
            assert!(is_own || queries.iter().any(|query| query.id == token.parts.id));
            let subject = self.opened_subject();
            let was_asked = queries.iter().any(|query| query.subject == subject);
            assert!(was_asked || is_own || self.verdict_on_opened(asked).is_err());
        }
    }

    /// All that may be said of a session with this id.
    fn truths(&self, id: Id) -> Vec<HookCall> {
        let (rules, now) = (self.site.rules, self.site.now);
        let (mut truths, opened_subject) = (Vec::new(), self.opened_subject());
        let is_opened = self.opened().is_some_and(|token| token.parts.id == id);
        if !is_opened && self.is_known(id) {
            return truths;
        }
        if let Some(token) = self.opened() {
            for subject in [None, opened_subject.as_deref()] {
                let session = KnownSession { id, ..known(token, subject) };
                truths.push(HookCall::query(rules, session, now));
                if is_opened {
                    truths.push(HookCall::query(rules, session, now + GRACE));
                }
            }
        }
        if is_opened {
            return truths;
        }
        if let Some(subject) = self.beginning_subject() {
            let session = KnownSession { id, created: now, subject: Some(&subject) };
            truths.push(HookCall::query(rules, session, now));
        }
        truths
    }

    /// Whether another session of the request has this id.
    fn is_known(&self, id: Id) -> bool {
        self.outcome.authentic.iter().any(|token| token.parts.id == id)
    }

    /// Whether a session that had this payload is recorded: nobody's is not, where there are
    /// subjects, or visitors would push other entries off a list.
    fn is_somebodys(&self, payload: &[u8]) -> bool {
        let has_subjects = self.site.has_subjects && self.hook_use != HookUse::Missing;
        !has_subjects || self.site.subject(payload).is_some()
    }

    /// The sessions that are ended when the response is made: when each began, and for how many
    /// seconds it is still accepted.
    fn ends(&self) -> BTreeMap<Id, (u64, u64)> {
        let (mut ends, former) = (BTreeMap::new(), &self.model.former);
        if former.renewed
            && self.hook_use.is_called()
            && let Some(token) = self.opened()
            && (former.logged_out_others || self.opened_subject().is_some())
        {
            ends.insert(token.parts.id, (token.parts.created, GRACE));
        }
        let Some(given_up) = former.revoked else { return ends };
        for token in &self.outcome.authentic {
            if self.is_somebodys(&token.parts.payload) {
                // Of several tokens the one that ends last counts.
                let (created, grace) = ends.entry(token.parts.id).or_default();
                (*created, *grace) = (token.parts.created.max(*created), 0);
            }
        }
        let was_somebodys =
            self.opened().is_some_and(|token| self.is_somebodys(&token.parts.payload));
        for (id, payload) in &former.given_up[..given_up] {
            if was_somebodys || self.is_somebodys(payload) {
                ends.insert(*id, (self.sent.get(id).copied().unwrap_or_default(), 0));
            }
        }
        ends
    }

    /// Whether no token was accepted, and one of them may be authentic that this machine cannot
    /// open.
    fn is_unreadable(&self) -> bool {
        let is_unreadable = |reason: &Reason| {
            matches!(
                reason,
                Reason::UnknownKey(_)
                    | Reason::UnknownVersion(_)
                    | Reason::TooMany
                    | Reason::Corrupt
            )
        };
        self.outcome.accepted.is_none() && self.outcome.rejections.iter().any(is_unreadable)
    }

    /// Whether a call ends this session until every copy of it has ended. When one began that was
    /// given its id in this request is known to a second.
    fn is_true(&self, call: &HookCall, created: u64, grace: u64) -> bool {
        let (now, rules) = (self.site.now, self.site.rules);
        let may_have_begun: Vec<u64> = if self.is_known(call.id) {
            vec![created]
        } else {
            [created, now, now + 1].into_iter().filter(|begun| *begun >= created).collect()
        };
        let is_call = |begun: &u64| HookCall::revoke(rules, (call.id, *begun), grace, now) == *call;
        may_have_begun.iter().any(is_call)
    }

    /// Compares the revocations that the hook was called with. Returns those that it took.
    pub fn check_ending(
        &self,
        replies: &[Reply],
        calls: &[HookCall],
    ) -> (Ending, Vec<(HookCall, Reply)>) {
        let ends = self.ends();
        let revoked = self.model.former.revoked.is_some();
        let is_unrecorded = revoked && self.is_unreadable();
        let done = if is_unrecorded { Ending::Unrecorded } else { Ending::Done };
        let has_nothing_to_tell = match self.hook_use {
            HookUse::Missing => ends.is_empty() && !is_unrecorded,
            _ => ends.is_empty(),
        };
        if revoked && self.outcome.rejection == Some(Reason::Unchecked) {
            assert_eq!(calls, []);
            return (Ending::Fails, vec![]);
        }
        if !self.hook_use.is_called() || has_nothing_to_tell {
            assert_eq!(calls, []);
            return (if has_nothing_to_tell { done } else { Ending::Fails }, vec![]);
        }
        let fails = |reply: &Reply| matches!(reply, Reply::Fails | Reply::Silent);
        let failed_at = replies[..ends.len()].iter().position(fails);
        assert_eq!(calls.len(), failed_at.map_or(ends.len(), |at| at + 1));
        let ids: BTreeSet<Id> = calls.iter().map(|call| call.id).collect();
        assert_eq!(ids.len(), calls.len(), "each once");
        for call in calls {
            let (created, grace) = ends.get(&call.id).expect("a session to end");
            assert!(self.is_true(call, *created, *grace), "{call:?} of {ends:?}");
        }
        let took = calls.iter().cloned().zip(replies.iter().copied());
        let took = took.filter(|(_, reply)| !fails(reply)).collect();
        (if failed_at.is_some() { Ending::Fails } else { done }, took)
    }
}

/// A time as hooks are told it.
fn told(seconds: u64) -> u64 {
    seconds.min(END_OF_9999)
}

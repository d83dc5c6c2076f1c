//! The rules of revocation, written a second time: which sessions the hook is asked about when a
//! request is decoded, and what the request gets.

use std::collections::BTreeMap;

use http::HeaderMap;
use sealed_session::Transport;

use crate::common::{END_OF_9999, Id, unix_seconds};
use crate::decode::{Accepted, Outcome, Rules};
use crate::deny_list::DenyList;
use crate::hook::{HookCall, KnownSession, Reply};
use crate::payload::parse;
use crate::rejection::Reason;

/// What a query is about: id, beginning, subject.
type About = (Id, u64, Option<String>);

/// What comes of a query.
pub type Verdict = Result<(), Reason>;

/// How the hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookUse {
    /// By the coder, or by the layer without `check_revocation`, if the hook does not wait.
    Sync,
    /// By the layer with `check_revocation`.
    Awaited,
    /// Not at all: the hook has to wait, and the caller cannot.
    Impossible,
    /// Not at all: there is none.
    Missing,
}

impl HookUse {
    pub fn is_called(self) -> bool {
        matches!(self, Self::Sync | Self::Awaited)
    }
}

/// What a request must get.
#[derive(Debug)]
pub struct Expected {
    pub outcome: Outcome,
    pub queries: Vec<HookCall>,
    /// Whether a token could not be checked.
    pub unchecked: bool,
}

/// What is known of a site, its hook and its deny list.
#[derive(Debug)]
pub struct RevocationModel {
    pub rules: &'static Rules,
    /// Whether sessions have a subject: the user in them.
    pub has_subjects: bool,
    pub deny_list: DenyList,
    pub now: u64,
    /// Whether the clock was never put back.
    pub steady: bool,
    /// The ids on the list, each with the second from which on it is refused.
    revoked: BTreeMap<Id, u64>,
}

impl RevocationModel {
    pub fn new(rules: &'static Rules, has_subjects: bool, deny_list: DenyList, now: u64) -> Self {
        Self { rules, has_subjects, deny_list, now, steady: true, revoked: BTreeMap::new() }
    }

    /// Whose session it is.
    pub fn subject(&self, payload: &[u8]) -> Option<String> {
        if self.has_subjects { parse(payload).unwrap().remove("user") } else { None }
    }

    /// Whether every revoked session must be rejected. Hooks are told no time after the year 9999.
    fn knows_all(&self) -> bool {
        self.steady && self.deny_list.is_complete() && self.now < END_OF_9999
    }

    /// What the documentation says in one sentence: what was revoked or not checked is not loaded.
    pub fn check_loaded(&self, is_new: bool, Expected { outcome, .. }: &Expected) {
        if let Some(token) = outcome.accepted.as_ref().filter(|_| self.knows_all()) {
            let is_revoked = |from: &u64| *from <= self.now;
            assert!(!self.revoked.get(&token.parts.id).is_some_and(is_revoked), "it was revoked");
        }
        if matches!(outcome.rejection, Some(Reason::Revoked | Reason::Unchecked)) {
            assert!(is_new);
        }
    }

    /// What a request must get.
    pub fn expected(
        &self,
        hook_use: HookUse,
        (header, arrives): (&HeaderMap, Transport),
        replies: &[Reply],
    ) -> Expected {
        let mut candidates = Vec::new();
        self.rules.judge_with_hook(header, arrives, self.now, |token| {
            candidates.push(token.clone());
            Ok(())
        });
        let (queries, verdicts) = self.queries(hook_use, &candidates, replies);
        let mut verdicts = verdicts.into_iter();
        let next = |_: &Accepted| verdicts.next().expect("one for each candidate");
        let outcome = self.rules.judge_with_hook(header, arrives, self.now, next);
        Expected { queries, unchecked: outcome.rejection == Some(Reason::Unchecked), outcome }
    }

    /// The queries about all tokens that would be accepted, and what comes of them.
    fn queries(
        &self,
        hook_use: HookUse,
        candidates: &[Accepted],
        replies: &[Reply],
    ) -> (Vec<HookCall>, Vec<Verdict>) {
        match hook_use {
            HookUse::Missing => return (vec![], vec![Ok(()); candidates.len()]),
            HookUse::Impossible => {
                return (vec![], vec![Err(Reason::Unchecked); candidates.len()]);
            }
            HookUse::Sync | HookUse::Awaited => {}
        }
        let (mut queries, mut verdicts) = (Vec::new(), Vec::new());
        let mut said: Vec<(About, Verdict)> = Vec::new();
        for token in candidates {
            let subject = self.subject(&token.parts.payload);
            let query = HookCall::query(self.rules, known(token, subject.as_deref()), self.now);
            // Once for each session and subject; its beginning is told up to the year 9999 only.
            let about = (token.parts.id, token.parts.created, subject);
            if let Some((_, before)) = said.iter().find(|(before, _)| *before == about) {
                verdicts.push(*before);
                continue;
            }
            let reply = &replies[queries.len()];
            let verdict = verdict(*reply, || self.deny_list.denies(&query));
            verdicts.push(verdict);
            said.push((about, verdict));
            queries.push(query);
            // One time limit holds for all queries.
            if hook_use == HookUse::Awaited && *reply == Reply::Silent {
                verdicts = vec![Err(Reason::Unchecked); candidates.len()];
                break;
            }
        }
        (queries, verdicts)
    }

    /// Takes a session that was put on the list.
    pub fn list(&mut self, call: &HookCall) {
        self.deny_list.revoke(call);
        let (from, _) = call.revoked.expect("a session to revoke");
        let from = unix_seconds(from);
        let first = self.revoked.entry(call.id).or_insert(from);
        *first = from.min(*first);
    }
}

/// What a query about a token says.
pub fn known<'s>(token: &Accepted, subject: Option<&'s str>) -> KnownSession<'s> {
    KnownSession { id: token.parts.id, created: token.parts.created, subject }
}

/// What a reply means, for a session that the list denies or not.
pub fn verdict(reply: Reply, is_denied: impl FnOnce() -> bool) -> Verdict {
    match reply {
        Reply::AsListed if !is_denied() => Ok(()),
        Reply::AsListed | Reply::Yes => Err(Reason::Revoked),
        Reply::Fails | Reply::Silent => Err(Reason::Unchecked),
    }
}

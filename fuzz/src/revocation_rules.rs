//! The rules of revocation, written a second time: what a request gets, and what the hook is called
//! with.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use sealed_session::Transport;

use crate::common::{END_OF_9999, Id};
use crate::decode::{Accepted, Outcome, Rules};
use crate::deny_list::DenyList;
use crate::hook::{HookCall, Reply};
use crate::rejection::Reason;

/// What comes of a query.
type Verdict = Result<(), Reason>;

/// How the hook is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookUse {
    /// By the coder, or by the layer without `check_revocation`, if the hook does not wait.
    Sync,
    /// By the layer with `check_revocation`.
    Awaited,
    /// Not at all: the hook has to wait, and the caller cannot.
    Impossible,
}

/// What a request must get.
#[derive(Debug)]
pub struct Expected {
    pub outcome: Outcome,
    pub queries: Vec<HookCall>,
    /// Whether no token was accepted, and one could not be checked.
    pub unchecked: bool,
}

/// The ids that `revoke` ends: the one that the session was opened with, and each new one since.
#[derive(Debug)]
pub struct RevokedIds {
    opened: Option<(Id, u64)>,
    pub new: BTreeSet<Id>,
    unchecked: bool,
    /// With the time of creation, which is not known for new ones.
    revoked: BTreeMap<Id, Option<u64>>,
    /// Whether `revoke` was called, and a token of the request could not be checked.
    unchecked_revoked: bool,
}

impl RevokedIds {
    pub fn of(expected: &Expected) -> Self {
        let opened =
            expected.outcome.accepted.as_ref().map(|token| (token.parts.id, token.parts.created));
        let (new, revoked) = (BTreeSet::new(), BTreeMap::new());
        let unchecked = expected.unchecked;
        Self { opened, new, unchecked, revoked, unchecked_revoked: false }
    }

    pub fn revoke(&mut self) {
        self.unchecked_revoked |= self.unchecked;
        for id in &self.new {
            self.revoked.entry(*id).or_insert(None);
        }
        self.revoked.extend(self.opened.map(|(id, created)| (id, Some(created))));
    }
}

/// What is known of a site, its hook and its deny list.
#[derive(Debug)]
pub struct RevocationModel {
    pub rules: &'static Rules,
    pub deny_list: DenyList,
    pub now: u64,
    /// Whether the clock was never put back.
    pub steady: bool,
    /// The ids on the list.
    revoked: BTreeSet<Id>,
}

impl RevocationModel {
    pub fn new(rules: &'static Rules, deny_list: DenyList, now: u64) -> Self {
        Self { rules, deny_list, now, steady: true, revoked: BTreeSet::new() }
    }

    /// Whether every revoked session must be rejected. Hooks are told no time after the year 9999.
    fn knows_all(&self) -> bool {
        self.steady && self.deny_list.is_complete() && self.now < END_OF_9999
    }

    /// What the documentation says in one sentence: what was revoked or not checked is not loaded.
    pub fn check_loaded(&self, is_new: bool, Expected { outcome, .. }: &Expected) {
        if let Some(token) = outcome.accepted.as_ref().filter(|_| self.knows_all()) {
            assert!(!self.revoked.contains(&token.parts.id), "it was revoked");
        }
        if matches!(outcome.rejection, Some(Reason::Revoked | Reason::Unchecked)) {
            assert!(is_new);
        }
    }

    /// What a request must get.
    pub fn expected(
        &mut self,
        hook_use: HookUse,
        header: &HeaderMap,
        arrives: Transport,
        replies: &[Reply],
    ) -> Expected {
        let (rules, now) = (self.rules, self.now);
        let mut candidates = Vec::new();
        let without_hook = rules.judge_with_hook(header, arrives, now, |token| {
            candidates.push(token.clone());
            Ok(())
        });
        let (queries, verdicts) = self.queries(hook_use, &candidates, replies);
        let is_unchecked = is_unchecked(&candidates, &verdicts);
        let outcome = if verdicts.iter().all(Result::is_ok) {
            without_hook
        } else {
            let mut verdicts = verdicts.into_iter();
            rules.judge_with_hook(header, arrives, now, |_| verdicts.next().unwrap_or(Ok(())))
        };
        Expected { queries, unchecked: is_unchecked && outcome.accepted.is_none(), outcome }
    }

    /// The queries about tokens that would be accepted, and what comes of them.
    fn queries(
        &mut self,
        hook_use: HookUse,
        candidates: &[Accepted],
        replies: &[Reply],
    ) -> (Vec<HookCall>, Vec<Verdict>) {
        let (mut queries, mut verdicts, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (token, reply) in candidates.iter().zip(replies) {
            let query = HookCall::query(self.rules, token, self.now);
            let verdict = match (hook_use, reply) {
                (HookUse::Impossible, _) | (_, Reply::Fails | Reply::Silent) => {
                    Err(Reason::Unchecked)
                }
                (_, Reply::AsListed) if !self.deny_list.denies(&query) => Ok(()),
                (_, Reply::AsListed | Reply::Yes) => Err(Reason::Revoked),
            };
            queries.extend((hook_use != HookUse::Impossible).then_some(query));
            ids.extend(verdict.is_ok().then_some(token.parts.id));
            verdicts.push(verdict);
            match hook_use {
                // One time limit holds for all queries.
                HookUse::Awaited if *reply == Reply::Silent => {
                    verdicts = vec![Err(Reason::Unchecked); candidates.len()];
                    break;
                }
                // Two ids are a conflict, whatever comes after.
                HookUse::Sync if ids.len() > 1 => break,
                _ => {}
            }
        }
        (queries, verdicts)
    }

    /// Compares the revocations that the hook was called with. Returns whether they were recorded.
    pub fn check_revoked(
        &mut self,
        revoked_ids: &RevokedIds,
        hook_use: HookUse,
        replies: &[Reply],
        calls: &[HookCall],
    ) -> bool {
        if revoked_ids.unchecked_revoked || hook_use == HookUse::Impossible {
            assert_eq!(calls, []);
            return !revoked_ids.unchecked_revoked && revoked_ids.revoked.is_empty();
        }
        let expected = revoked_ids.revoked.iter().map(|(id, created)| {
            HookCall::revoke(self.rules, *id, created.unwrap_or(self.now), self.now)
        });
        let expected: Vec<HookCall> = expected.collect();
        let fails = |reply: &Reply| matches!(reply, Reply::Fails | Reply::Silent);
        let failed_at = replies[..expected.len()].iter().position(fails);
        assert_eq!(calls.len(), failed_at.map_or(expected.len(), |at| at + 1));
        let ids: BTreeSet<Id> = calls.iter().map(|call| call.id).collect();
        assert_eq!(ids.len(), calls.len(), "each once");
        assert!(calls.iter().all(|call| expected.contains(call)), "{calls:?} of {expected:?}");
        let listed = calls.iter().zip(replies).filter(|(_, reply)| **reply == Reply::AsListed);
        for (call, _) in listed {
            self.deny_list.revoke(call);
            self.revoked.insert(call.id);
        }
        failed_at.is_none()
    }
}

/// Whether a token before a conflict of ids was not checked.
fn is_unchecked(candidates: &[Accepted], verdicts: &[Verdict]) -> bool {
    let mut ids = BTreeSet::new();
    for (token, verdict) in candidates.iter().zip(verdicts) {
        ids.extend(verdict.is_ok().then_some(token.parts.id));
        if ids.len() > 1 {
            return false;
        }
        if *verdict == Err(Reason::Unchecked) {
            return true;
        }
    }
    false
}

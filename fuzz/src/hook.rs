//! A revocation hook whose replies are prepared, and which records its calls.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::pending;
use std::time::{Duration, SystemTime};

use sealed_session::{
    AsyncRevocation, LocalDenyList, Revocation, RevocationQuery, RevokedSession, Unavailable,
};

use crate::common::{Id, capped, session_id};
use crate::decode::{Accepted, Rules};
use crate::format;
use crate::input::Input;
use crate::payload::parse;

/// What the hook does when it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Asks the deny list, or adds the session to it.
    AsListed,
    /// Says that the session is revoked, or that this was recorded.
    Yes,
    Fails,
    /// Never replies. A hook that cannot wait fails instead.
    Silent,
}

/// What the hook is called with: a query about a session, or a session to revoke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    pub id: Id,
    label: String,
    pub subject: Option<String>,
    pub created: SystemTime,
    pub ends_at: SystemTime,
    pub now: SystemTime,
    remaining: Option<Duration>,
}

impl HookCall {
    /// The query about a token that would be accepted.
    pub fn query(rules: &Rules, token: &Accepted, now: u64) -> Self {
        let subject = parse(&token.parts.payload).unwrap().remove("user");
        Self {
            subject,
            remaining: None,
            ..Self::revoke(rules, token.parts.id, token.parts.created, now)
        }
    }

    /// The call that revokes a session.
    pub fn revoke(rules: &Rules, id: Id, created: u64, now: u64) -> Self {
        let ends_at = u128::from(created) + u128::from(rules.absolute);
        let remaining = u64::try_from(ends_at.saturating_sub(now.into())).unwrap();
        Self {
            id,
            label: format::label(&id),
            subject: None,
            created: capped(created.into()),
            ends_at: capped(ends_at),
            now: capped(now.into()),
            remaining: Some(Duration::from_secs(remaining)),
        }
    }

    fn of_revoked(revoked: &RevokedSession) -> Self {
        Self {
            id: session_id(revoked.id()),
            label: revoked.label().to_string(),
            subject: None,
            created: revoked.created_at(),
            ends_at: revoked.ends_at(),
            now: revoked.now(),
            remaining: Some(revoked.remaining()),
        }
    }

    fn of_query(query: &RevocationQuery) -> Self {
        Self {
            id: session_id(query.id()),
            label: query.label().to_string(),
            subject: query.subject().map(str::to_owned),
            created: query.created_at(),
            ends_at: query.ends_at(),
            now: query.now(),
            remaining: None,
        }
    }
}

/// What the hook of this thread replies, and what it was called with.
#[derive(Debug)]
pub struct HookState {
    pub list: LocalDenyList,
    pub replies: VecDeque<Reply>,
    pub queries: Vec<HookCall>,
    pub revocations: Vec<HookCall>,
}

thread_local! {
    static HOOK: RefCell<Option<HookState>> = const { RefCell::new(None) };
}

impl HookState {
    /// Replaces the state of an earlier input.
    pub fn install(list: LocalDenyList) {
        let (queries, revocations) = (Vec::new(), Vec::new());
        HOOK.set(Some(Self { list, replies: VecDeque::new(), queries, revocations }));
    }

    pub fn with<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        HOOK.with_borrow_mut(|hook| work(hook.as_mut().expect("a hook is installed")))
    }

    /// Sets the next replies, and forgets the calls.
    pub fn prepare(replies: &[Reply]) {
        Self::with(|hook| {
            hook.replies = replies.iter().copied().collect();
            (hook.queries, hook.revocations) = (Vec::new(), Vec::new());
        });
    }

    /// The queries and the revocations since then.
    pub fn calls() -> (Vec<HookCall>, Vec<HookCall>) {
        Self::with(|hook| {
            (std::mem::take(&mut hook.queries), std::mem::take(&mut hook.revocations))
        })
    }

    fn is_revoked(&mut self, query: &RevocationQuery) -> (Reply, Result<bool, Unavailable>) {
        self.queries.push(HookCall::of_query(query));
        let reply = self.replies.pop_front().expect("one query too many");
        let result = match reply {
            Reply::AsListed => self.list.is_revoked(query),
            Reply::Yes => Ok(true),
            Reply::Fails | Reply::Silent => Err(Unavailable::new("as prepared")),
        };
        (reply, result)
    }

    fn revoke(&mut self, revoked: &RevokedSession) -> (Reply, Result<(), Unavailable>) {
        self.revocations.push(HookCall::of_revoked(revoked));
        let reply = self.replies.pop_front().expect("one revocation too many");
        let result = match reply {
            Reply::AsListed => self.list.revoke(revoked),
            Reply::Yes => Ok(()),
            Reply::Fails | Reply::Silent => Err(Unavailable::new("as prepared")),
        };
        (reply, result)
    }
}

/// Replies at once.
#[derive(Debug)]
pub struct SyncHook;

impl Revocation for SyncHook {
    fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
        HookState::with(|hook| hook.is_revoked(query).1)
    }

    fn revoke(&self, revoked: &RevokedSession) -> Result<(), Unavailable> {
        HookState::with(|hook| hook.revoke(revoked).1)
    }
}

/// Replies when it is polled, or never.
#[derive(Debug)]
pub struct AsyncHook;

impl AsyncRevocation for AsyncHook {
    async fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
        let (reply, result) = HookState::with(|hook| hook.is_revoked(query));
        if reply == Reply::Silent { pending().await } else { result }
    }

    async fn revoke(&self, revoked: &RevokedSession) -> Result<(), Unavailable> {
        let (reply, result) = HookState::with(|hook| hook.revoke(revoked));
        if reply == Reply::Silent { pending().await } else { result }
    }
}

/// More replies than calls.
const MOST: usize = 16;

/// Replies: mostly what the list says, or one for all calls, or any for each.
pub fn replies(input: &mut Input<'_>) -> Vec<Reply> {
    const REPLIES: [Reply; 4] = [Reply::AsListed, Reply::Yes, Reply::Fails, Reply::Silent];
    match input.below(8) {
        6 => vec![input.pick(&REPLIES); MOST],
        7 => (0..MOST).map(|_| input.pick(&REPLIES)).collect(),
        _ => vec![Reply::AsListed; MOST],
    }
}

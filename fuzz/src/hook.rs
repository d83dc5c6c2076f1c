//! A revocation hook whose replies are prepared, and which records its calls.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::pending;
use std::time::{Duration, SystemTime};

use sealed_session::{
    AsyncRevocation, LocalDenyList, Revocation, RevocationQuery, RevokedSession, Unavailable,
};

use crate::common::{Id, capped, session_id};
use crate::decode::Rules;
use crate::format;
use crate::input::Input;

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
    /// Of a session to revoke: from when on it is refused, and for how long an entry is kept.
    pub revoked: Option<(SystemTime, Duration)>,
}

impl HookCall {
    /// The query about a session, at a time.
    pub fn query(rules: &Rules, session: KnownSession<'_>, now: u64) -> Self {
        let KnownSession { id, created, subject } = session;
        Self {
            id,
            label: format::label(&id),
            subject: subject.map(str::to_owned),
            created: capped(created.into()),
            ends_at: capped(ends_at(rules, created)),
            now: capped(now.into()),
            revoked: None,
        }
    }

    /// The call that revokes a session after so many seconds.
    pub fn revoke(rules: &Rules, (id, created): (Id, u64), grace: u64, now: u64) -> Self {
        let remaining = ends_at(rules, created).saturating_sub(now.into());
        let remaining = Duration::from_secs(u64::try_from(remaining).unwrap());
        let from = capped(u128::from(now) + u128::from(grace));
        let session = KnownSession { id, created, subject: None };
        Self { revoked: Some((from, remaining)), ..Self::query(rules, session, now) }
    }

    fn of_revoked(revoked: &RevokedSession) -> Self {
        Self {
            id: session_id(revoked.id()),
            label: revoked.label().to_string(),
            subject: None,
            created: revoked.created_at(),
            ends_at: revoked.ends_at(),
            now: revoked.now(),
            revoked: Some((revoked.refused_from(), revoked.remaining())),
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
            revoked: None,
        }
    }
}

/// What a query says of a session.
#[derive(Clone, Copy, Debug)]
pub struct KnownSession<'s> {
    pub id: Id,
    pub created: u64,
    pub subject: Option<&'s str>,
}

/// When every copy of a session has ended, on a machine whose clock is as far behind as may be.
fn ends_at(rules: &Rules, created: u64) -> u128 {
    u128::from(created) + u128::from(rules.absolute) + 300
}

/// The replies to queries.
#[derive(Clone, Debug)]
enum QueryReplies {
    /// To those of decode: one for each, in order.
    InOrder(VecDeque<Reply>),
    /// To those of encode, in whatever order they come.
    ByQuestion(Option<Id>, Asked),
}

/// What the hook replies when encode asks it once more.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// About the session that was opened.
    pub about_opened: Reply,
    /// About a subject, under another id.
    pub about_subject: Reply,
}

/// What the hook of this thread replies, and what it was called with.
#[derive(Debug)]
pub struct HookState {
    pub list: LocalDenyList,
    query_replies: QueryReplies,
    replies: VecDeque<Reply>,
    queries: Vec<HookCall>,
    revocations: Vec<HookCall>,
}

thread_local! {
    static HOOK: RefCell<Option<HookState>> = const { RefCell::new(None) };
}

impl HookState {
    /// Replaces the state of an earlier input.
    pub fn install(list: LocalDenyList) {
        HOOK.set(Some(Self {
            list,
            query_replies: QueryReplies::InOrder(VecDeque::new()),
            replies: VecDeque::new(),
            queries: Vec::new(),
            revocations: Vec::new(),
        }));
    }

    pub fn with<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        HOOK.with_borrow_mut(|hook| work(hook.as_mut().expect("a hook is installed")))
    }

    /// Sets the replies to the queries of decode, and forgets the calls.
    pub fn prepare_decode(replies: &[Reply]) {
        Self::prepare(QueryReplies::InOrder(replies.iter().copied().collect()), &[]);
    }

    /// Sets the replies to the queries of encode about a session that was opened with this id, and
    /// to its revocations, and forgets the calls.
    pub fn prepare_encode(opened: Option<Id>, asked: Asked, replies: &[Reply]) {
        Self::prepare(QueryReplies::ByQuestion(opened, asked), replies);
    }

    fn prepare(query_replies: QueryReplies, replies: &[Reply]) {
        Self::with(|hook| {
            (hook.queries, hook.revocations) = (Vec::new(), Vec::new());
            (hook.query_replies, hook.replies) = (query_replies, replies.iter().copied().collect());
        });
    }

    /// The queries and the revocations since then.
    pub fn calls() -> (Vec<HookCall>, Vec<HookCall>) {
        Self::with(|hook| {
            (std::mem::take(&mut hook.queries), std::mem::take(&mut hook.revocations))
        })
    }

    fn is_revoked(&mut self, query: &RevocationQuery) -> (Reply, Result<bool, Unavailable>) {
        let call = HookCall::of_query(query);
        let reply = match &mut self.query_replies {
            QueryReplies::InOrder(replies) => replies.pop_front().expect("one query too many"),
            QueryReplies::ByQuestion(opened, asked) if *opened == Some(call.id) => {
                asked.about_opened
            }
            // Nobody's session, under an id that nobody has.
            QueryReplies::ByQuestion(..) if call.subject.is_none() => Reply::AsListed,
            QueryReplies::ByQuestion(_, asked) => asked.about_subject,
        };
        self.queries.push(call);
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
const MOST: usize = 64;
const REPLIES: [Reply; 4] = [Reply::AsListed, Reply::Yes, Reply::Fails, Reply::Silent];

/// Replies: mostly what the list says, or one for all calls, or any for each.
pub fn replies(input: &mut Input<'_>) -> Vec<Reply> {
    match input.below(8) {
        6 => vec![input.pick(&REPLIES); MOST],
        7 => (0..MOST).map(|_| input.pick(&REPLIES)).collect(),
        _ => as_listed(),
    }
}

/// What the list says, to all calls.
pub fn as_listed() -> Vec<Reply> {
    vec![Reply::AsListed; MOST]
}

impl Asked {
    pub const AS_LISTED: Self =
        Self { about_opened: Reply::AsListed, about_subject: Reply::AsListed };

    pub fn read(input: &mut Input<'_>) -> Self {
        match input.below(8) {
            6 => Self { about_opened: input.pick(&REPLIES), about_subject: Reply::AsListed },
            7 => {
                let about_subject = input.pick(&REPLIES);
                // It may be asked about the subject under the id that was opened, too.
                let is_revoked = about_subject == Reply::Yes;
                let about_opened = if is_revoked { Reply::Yes } else { input.pick(&REPLIES) };
                Self { about_opened, about_subject }
            }
            _ => Self::AS_LISTED,
        }
    }
}

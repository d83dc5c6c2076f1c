//! A revocation hook that does as it is told, and remembers what it was told.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::pending;
use std::time::{Duration, SystemTime};

use sealed_session::{
    AsyncRevocation, LocalDenyList, Revocation, RevocationQuery, RevokedSession, Unavailable,
};

use crate::common::{Id, capped, session_id};
use crate::format;
use crate::input::Input;
use crate::machine::{Machine, Standing};
use crate::payload::parse;

/// What the hook answers to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// What the deny list says, or has it take the session.
    AsListed,
    Yes,
    Fails,
    /// Nothing, ever; of a hook that cannot wait it is a failure.
    Silent,
}

/// A session, as the hook hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub id: Id,
    label: String,
    pub subject: Option<String>,
    pub created: SystemTime,
    pub ends: SystemTime,
    pub now: SystemTime,
    remaining: Option<Duration>,
}

impl Told {
    /// What is asked about a token that would stand.
    pub fn asked(machine: &Machine, token: &Standing, now: u64) -> Self {
        let subject = parse(&token.parts.payload).unwrap().remove("user");
        Self {
            subject,
            remaining: None,
            ..Self::ended(machine, token.parts.id, token.parts.created, now)
        }
    }

    /// What is told of a session that was ended.
    pub fn ended(machine: &Machine, id: Id, created: u64, now: u64) -> Self {
        let ends = u128::from(created) + u128::from(machine.absolute);
        let remaining = u64::try_from(ends.saturating_sub(now.into())).unwrap();
        Self {
            id,
            label: format::label(&id),
            subject: None,
            created: capped(created.into()),
            ends: capped(ends),
            now: capped(now.into()),
            remaining: Some(Duration::from_secs(remaining)),
        }
    }

    fn heard(ended: &RevokedSession) -> Self {
        Self {
            id: session_id(ended.id()),
            label: ended.label().to_string(),
            subject: None,
            created: ended.created_at(),
            ends: ended.ends_at(),
            now: ended.now(),
            remaining: Some(ended.remaining()),
        }
    }

    fn heard_of(asked: &RevocationQuery) -> Self {
        Self {
            id: session_id(asked.id()),
            label: asked.label().to_string(),
            subject: asked.subject().map(str::to_owned),
            created: asked.created_at(),
            ends: asked.ends_at(),
            now: asked.now(),
            remaining: None,
        }
    }
}

/// The desk at which the hook answers.
#[derive(Debug)]
pub struct Desk {
    pub list: LocalDenyList,
    pub replies: VecDeque<Reply>,
    pub asked: Vec<Told>,
    pub ended: Vec<Told>,
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

impl Desk {
    /// Takes the place of the last one.
    pub fn open(list: LocalDenyList) {
        let desk = Self { list, replies: VecDeque::new(), asked: Vec::new(), ended: Vec::new() };
        DESK.set(Some(desk));
    }

    pub fn with<R>(work: impl FnOnce(&mut Self) -> R) -> R {
        DESK.with_borrow_mut(|desk| work(desk.as_mut().expect("the desk is open")))
    }

    /// Has it say so, as often as it is asked.
    pub fn prepare(replies: &[Reply]) {
        Self::with(|desk| {
            desk.replies = replies.iter().copied().collect();
            (desk.asked, desk.ended) = (Vec::new(), Vec::new());
        });
    }

    /// What it heard since.
    pub fn heard() -> (Vec<Told>, Vec<Told>) {
        Self::with(|desk| (std::mem::take(&mut desk.asked), std::mem::take(&mut desk.ended)))
    }

    fn is_revoked(&mut self, asked: &RevocationQuery) -> (Reply, Result<bool, Unavailable>) {
        self.asked.push(Told::heard_of(asked));
        let reply = self.replies.pop_front().expect("nothing more is to be asked");
        let answer = match reply {
            Reply::AsListed => self.list.is_revoked(asked),
            Reply::Yes => Ok(true),
            Reply::Fails | Reply::Silent => Err(Unavailable::new("it is said so")),
        };
        (reply, answer)
    }

    fn revoke(&mut self, ended: &RevokedSession) -> (Reply, Result<(), Unavailable>) {
        self.ended.push(Told::heard(ended));
        let reply = self.replies.pop_front().expect("nothing more is to be told");
        let answer = match reply {
            Reply::AsListed => self.list.revoke(ended),
            Reply::Yes => Ok(()),
            Reply::Fails | Reply::Silent => Err(Unavailable::new("it is said so")),
        };
        (reply, answer)
    }
}

/// Asks the desk at once.
#[derive(Debug)]
pub struct AtOnce;

impl Revocation for AtOnce {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        Desk::with(|desk| desk.is_revoked(asked).1)
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        Desk::with(|desk| desk.revoke(ended).1)
    }
}

/// Waits for the desk.
#[derive(Debug)]
pub struct Later;

impl AsyncRevocation for Later {
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        let (reply, answer) = Desk::with(|desk| desk.is_revoked(asked));
        if reply == Reply::Silent { pending().await } else { answer }
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        let (reply, answer) = Desk::with(|desk| desk.revoke(ended));
        if reply == Reply::Silent { pending().await } else { answer }
    }
}

/// More replies than are asked for: mostly what the list says, or each another.
pub fn replies(input: &mut Input<'_>) -> Vec<Reply> {
    const REPLIES: [Reply; 4] = [Reply::AsListed, Reply::Yes, Reply::Fails, Reply::Silent];
    match input.below(8) {
        6 => vec![input.pick(&REPLIES); MOST],
        7 => (0..MOST).map(|_| input.pick(&REPLIES)).collect(),
        _ => vec![Reply::AsListed; MOST],
    }
}

const MOST: usize = 16;

//! What a request is to get where sessions are revoked, and what a hook is to hear, a second time.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderMap;
use sealed_session::Transport;

use crate::common::{END_OF_9999, Id};
use crate::deny_list::Register;
use crate::hook::{Reply, Told};
use crate::machine::{Machine, Outcome};
use crate::refusal::Refusal;

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// The coder, or the layer without `check_revocation`, and a hook that answers at once.
    AtOnce,
    /// The layer that waits for a hook.
    Waits,
    /// Whoever cannot wait for a hook that has to.
    Deaf,
}

/// What a request is to get, what is asked for it, and whether a session was refused that nobody knows then.
#[derive(Debug)]
pub struct Expected {
    pub outcome: Outcome,
    pub asked: Vec<Told>,
    pub lost: bool,
}

/// What a log-out ends: the id that the session was opened under, and each that it was given since.
#[derive(Debug)]
pub struct Endings {
    pub opened: Option<(Id, u64)>,
    pub given: BTreeSet<Id>,
    pub lost: bool,
    /// Each with its beginning; of one that was given that is not known.
    pub due: BTreeMap<Id, Option<u64>>,
    pub lost_one: bool,
}

impl Endings {
    pub fn of(expected: &Expected) -> Self {
        let opened =
            expected.outcome.standing.as_ref().map(|token| (token.parts.id, token.parts.created));
        let (given, due) = (BTreeSet::new(), BTreeMap::new());
        Self { opened, given, lost: expected.lost, due, lost_one: false }
    }

    pub fn are_due(&mut self) {
        self.lost_one |= self.lost;
        for id in &self.given {
            self.due.entry(*id).or_insert(None);
        }
        self.due.extend(self.opened.map(|(id, created)| (id, Some(created))));
    }
}

/// What is known of a site, its hook and its deny list.
#[derive(Debug)]
pub struct Revocations {
    pub machine: &'static Machine,
    pub register: Register,
    pub now: u64,
    /// Whether the clock was never put back.
    pub steady: bool,
    /// What the list was told to end, for good.
    gone: BTreeSet<Id>,
}

impl Revocations {
    pub fn new(machine: &'static Machine, register: Register, now: u64) -> Self {
        Self { machine, register, now, steady: true, gone: BTreeSet::new() }
    }

    /// Whether whoever was told to be ended has to be known, to the last second that a hook is told of.
    fn knows_all(&self) -> bool {
        self.steady && self.register.is_whole() && self.now < END_OF_9999
    }

    /// By the plain words: what was ended or not checked is not loaded.
    pub fn check_safe(&self, is_new: bool, Expected { outcome, .. }: &Expected) {
        if let Some(token) = outcome.standing.as_ref().filter(|_| self.knows_all()) {
            assert!(!self.gone.contains(&token.parts.id), "it was ended");
        }
        if matches!(outcome.refusal, Some(Refusal::Revoked | Refusal::Unchecked)) {
            assert!(is_new);
        }
    }

    /// What a request is to get.
    pub fn expected(
        &mut self,
        door: Door,
        header: &HeaderMap,
        arrives: Transport,
        replies: &[Reply],
    ) -> Expected {
        let (machine, now) = (self.machine, self.now);
        let mut would_stand = Vec::new();
        let all_stand = machine.judge_asking(header, arrives, now, |token| {
            would_stand.push(token.clone());
            Ok(())
        });
        let (mut asked, mut answers, mut standing) = (Vec::new(), Vec::new(), BTreeSet::new());
        for (token, reply) in would_stand.iter().zip(replies) {
            let told = Told::asked(machine, token, now);
            let answer = match (door, reply) {
                (Door::Deaf, _) | (_, Reply::Fails | Reply::Silent) => Err(Refusal::Unchecked),
                (_, Reply::AsListed) if !self.register.denies(&told) => Ok(()),
                (_, Reply::AsListed | Reply::Yes) => Err(Refusal::Revoked),
            };
            asked.extend((door != Door::Deaf).then_some(told));
            standing.extend(answer.is_ok().then_some(token.parts.id));
            answers.push(answer);
            // What waits asks about all, until the time is over; what does not stops where nothing can stand any more.
            match door {
                Door::Waits if *reply == Reply::Silent => {
                    answers = vec![Err(Refusal::Unchecked); would_stand.len()];
                    break;
                }
                Door::AtOnce if standing.len() > 1 => break,
                _ => {}
            }
        }
        let (mut standing, mut unchecked) = (BTreeSet::new(), false);
        for (token, answer) in would_stand.iter().zip(&answers) {
            standing.extend(answer.is_ok().then_some(token.parts.id));
            if standing.len() > 1 {
                break;
            }
            unchecked |= *answer == Err(Refusal::Unchecked);
        }
        let outcome = if answers.iter().all(Result::is_ok) {
            all_stand
        } else {
            let mut answers = answers.into_iter();
            machine.judge_asking(header, arrives, now, |_| answers.next().unwrap_or(Ok(())))
        };
        Expected { asked, lost: unchecked && outcome.standing.is_none(), outcome }
    }

    /// Compares what the hook was told to end; whether that was recorded.
    pub fn is_told(
        &mut self,
        endings: &Endings,
        door: Door,
        replies: &[Reply],
        ended: &[Told],
    ) -> bool {
        let machine = self.machine;
        if endings.lost_one || door == Door::Deaf {
            assert_eq!(ended, []);
            return !endings.lost_one && endings.due.is_empty();
        }
        let due = |(id, created): (&Id, &Option<u64>)| {
            Told::ended(machine, *id, created.unwrap_or(self.now), self.now)
        };
        let due: Vec<Told> = endings.due.iter().map(due).collect();
        let fails = |reply: &Reply| matches!(reply, Reply::Fails | Reply::Silent);
        let failed_at = replies[..due.len()].iter().position(fails);
        assert_eq!(ended.len(), failed_at.map_or(due.len(), |at| at + 1));
        assert_eq!(
            ended.iter().map(|told| told.id).collect::<BTreeSet<_>>().len(),
            ended.len(),
            "each once"
        );
        assert!(ended.iter().all(|told| due.contains(told)), "{ended:?} of {due:?}");
        for (told, _) in ended.iter().zip(replies).filter(|(_, reply)| **reply == Reply::AsListed) {
            self.register.end(told);
            self.gone.insert(told.id);
        }
        failed_at.is_none()
    }
}

//! Sessions that the server ends: tokens, a hook that answers yes, no, or not at all, a deny list, log-outs, and what
//! each request is to get, a second time.
//!
//! The input is a site, a deny list, and then events, choices of a byte each; see [`World::read`] and [`World::turn`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{HeaderMap, RETRY_AFTER, SET_COOKIE};
use http::{Response, StatusCode};
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use sealed_session::{
    Builder, CookieSessions, Dict, EncodeError, Issue, LocalDenyList, Revocation as _, Session,
    SessionHandle, SessionLayer, Transport,
};

use crate::answer::{lines, value_of};
use crate::format::Id;
use crate::handler::{Handled, at, response, status};
use crate::hook::{AtOnce, Desk, Later, Register, Reply, Told, id, replies};
use crate::input::{Input, fields};
use crate::layer::serve;
use crate::machine::{Machine, Outcome};
use crate::model::Model;
use crate::parts::Parts;
use crate::payload::{Map, of_map, parse};
use crate::plan::{DAY, Plan, secret};
use crate::refusal::Refusal;
use crate::site::NOW;
use crate::token::edit;

/// What was ended never comes out as loaded, and neither does what could not be checked; the hook is asked about what
/// would stand, and told the truth; `revoke` has it record every id that the session had, and removes the cookie.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = World::read(&mut input);
    for _ in 0..64 {
        if input.has_ended() || !world.turn(&mut input) {
            break;
        }
    }
}

/// A configuration, with a hook that is asked at once and with one that has to wait.
struct Office {
    machine: Machine,
    at_once: CookieSessions,
    later: CookieSessions,
}

static OFFICES: LazyLock<[Office; 3]> = LazyLock::new(|| {
    let seconds = Duration::from_secs;
    let plan = Plan::default();
    let rotated = vec![(Current, secret(1)), (Previous, secret(2)), (Upcoming, secret(3))];
    let eager = Plan {
        secrets: rotated,
        issue: Issue::Eager,
        idle: seconds(600),
        absolute: seconds(DAY),
        ..plan.clone()
    };
    let brief =
        Plan { idle: seconds(3), absolute: seconds(7), max_line: 512, insecure_http: true, ..plan.clone() };
    [plan, eager, brief].map(|plan| {
        let builder = || plan.settle(CookieSessions::builder(plan.keyring()));
        let build = |builder: Builder<Dict>| {
            builder.subject(|dict| dict.get("user").map(Into::into)).build().unwrap()
        };
        let later = build(builder().revocation_async(Later));
        Office { machine: plan.machine::<Dict>(), at_once: build(builder().revocation(AtOnce)), later }
    })
});

/// What asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// The coder, or the layer without `ask_first`, and a hook that answers at once.
    AtOnce,
    /// The layer that waits for a hook.
    Waits,
    /// Whoever cannot wait for a hook that has to.
    Deaf,
}

struct World {
    office: &'static Office,
    list: LocalDenyList,
    register: Register,
    now: u64,
    /// Whether the clock is the machine's, so that layers can be tried.
    real: bool,
    /// Whether it was never put back.
    steady: bool,
    tokens: Vec<Vec<u8>>,
    /// When each session of [`World::seal`] began.
    begun: [Option<u64>; 6],
    /// What the list was told to end, for good.
    gone: BTreeSet<Id>,
}

impl World {
    fn read(input: &mut Input<'_>) -> Self {
        let office = &OFFICES[input.below(OFFICES.len())];
        let (most, is_attached, real) = (input.below(6), !input.rarely(4), input.rarely(4));
        let list = LocalDenyList::new(most);
        if is_attached {
            list.attached(Duration::from_secs(office.machine.absolute));
        }
        Desk::open(list.clone());
        Self {
            office,
            list,
            register: Register::new(most, is_attached.then_some(office.machine.absolute)),
            now: if real { clock() } else { input.pick(&[NOW, NOW, 0, 299, 253_402_300_000]) },
            real,
            steady: true,
            tokens: Vec::new(),
            begun: [None; 6],
            gone: BTreeSet::new(),
        }
    }

    /// One event; whether another may come.
    fn turn(&mut self, input: &mut Input<'_>) -> bool {
        match input.below(8) {
            0 | 1 => self.seal(input),
            2 if !self.real => self.wait(input),
            3 => self.deny_before(None, input),
            _ if self.real => return self.visit_layer(input),
            _ => self.visit(input),
        }
        self.register.check(&self.list);
        true
    }

    fn wait(&mut self, input: &mut Input<'_>) {
        let absolute = self.office.machine.absolute;
        let seconds = input.pick(&[0, 1, 3, 7, 300, 600, absolute - 1, absolute, absolute + 1]);
        if input.rarely(16) {
            (self.now, self.steady) = (self.now.saturating_sub(seconds), false);
        } else {
            self.now += seconds;
        }
    }

    /// A token of one of six sessions, mostly one that would stand.
    fn seal(&mut self, input: &mut Input<'_>) {
        let (which, now) = (input.below(6), self.now);
        let ahead = input.pick(&[0, 0, 0, -1, -2, -5, -600, 5, 300, 301]);
        let created = *self.begun[which].get_or_insert(now.saturating_add_signed(ahead));
        let age = input.pick(&[now.saturating_sub(created), 0, 1, 2, 5]);
        let map = match input.below(4) {
            0 => Map::new(),
            _ => Map::from([("user".into(), input.pick(&["alice", "bob", ""]).into())]),
        };
        let own = input.pick(&[0, 0, 0, 1, DAY]);
        let id = [u8::try_from(which).unwrap(); 16];
        let mut parts = Parts { id, created, age, own, payload: of_map(&map), ..Parts::default() };
        if input.rarely(16) {
            parts.payload.push(input.byte());
        }
        let keys = &self.office.machine.keys;
        let (_, key) = if input.rarely(4) { input.pick(keys) } else { keys[0].clone() };
        let mut token = key.seal(&[input.byte(); 24], &parts.render()).into_bytes();
        if input.rarely(8) {
            edit(&mut token, input);
        }
        self.tokens.push(token);
    }

    /// `except`: the session at hand.
    fn deny_before(&mut self, except: Option<&Session>, input: &mut Input<'_>) {
        let subject = input.pick(&["alice", "bob", ""]);
        let instant = match input.below(8) {
            0..=3 => self.now,
            4 => self.now.saturating_sub(input.byte().into()),
            5 => self.now.saturating_add(input.byte().into()),
            6 => self.begun[input.below(6)].unwrap_or(self.now),
            _ => 0,
        };
        self.list.deny_before(subject, at(instant, input), except.map(Session::id));
        self.register.deny_before(subject, instant, except.map(|session| id(session.id())));
    }

    fn header(&self, input: &mut Input<'_>) -> HeaderMap {
        let name = &self.office.machine.scope.name;
        let token = |input: &mut Input<'_>| match self.tokens.len() {
            0 => input.bytes(8).to_vec(),
            len => self.tokens[len - 1 - input.below(len.min(256))].clone(),
        };
        let pairs =
            (0..input.pick(&[1, 1, 2, 3, 0, 10])).map(|_| [name.as_bytes(), b"=", &token(input)].concat());
        let pairs: Vec<_> = pairs.collect();
        fields(pairs.iter().map(Vec::as_slice))
    }

    fn arrives(&self, input: &mut Input<'_>) -> Transport {
        let https = (self.office.machine.transport == Transport::Https) != input.rarely(16);
        if https { Transport::Https } else { Transport::Http }
    }

    /// One request to the coder, what the handler does, and the answer.
    fn visit(&mut self, input: &mut Input<'_>) {
        let Office { machine, at_once, later } = self.office;
        let (header, arrives) = (self.header(input), self.arrives(input));
        let door = if input.rarely(8) { Door::Deaf } else { Door::AtOnce };
        let coder = if door == Door::Deaf { later } else { at_once };
        let replies = replies(input);
        Desk::prepare(&replies);
        let session = coder.decode_at(&header, arrives, at(self.now, input));
        let expected = self.expected(door, &header, arrives, &replies);
        assert_eq!(Desk::heard(), (expected.asked.clone(), vec![]));
        machine.check(&session, &expected.outcome, self.now);
        self.check_safe(session.is_new(), &expected);

        let model = Model::decoded(machine, arrives, &expected.outcome, self.now);
        let mut endings = Endings::of(&expected);
        let mut handled = Handled::new(session, model);
        let mut headers = response(&machine.scope.name, input);
        for _ in 0..=input.below(2) {
            self.work(&mut handled, &mut endings, input);
            self.answer(&mut handled, &mut endings, (door, coder), &mut headers, input);
        }
    }

    /// By the plain words: what was ended or not checked is not loaded.
    fn check_safe(&self, is_new: bool, Expected { outcome, .. }: &Expected) {
        if let Some(token) = outcome.standing.as_ref().filter(|_| self.steady && self.register.is_whole()) {
            assert!(!self.gone.contains(&token.parts.id), "it was ended");
        }
        if matches!(outcome.refusal, Some(Refusal::Revoked | Refusal::Unchecked)) {
            assert!(is_new);
        }
    }

    fn work(&mut self, handled: &mut Handled, endings: &mut Endings, input: &mut Input<'_>) {
        handled.work(&self.office.machine, &mut endings.given, input);
        match input.below(6) {
            0..=2 => {
                handled.revoke();
                endings.are_due();
            }
            3 => {
                handled.ask_for_id(&mut endings.given);
                self.deny_before(Some(&handled.session), input);
            }
            _ => {}
        }
        if input.rarely(4) {
            handled.work(&self.office.machine, &mut endings.given, input);
        }
    }

    fn answer(
        &mut self,
        handled: &mut Handled,
        endings: &mut Endings,
        (door, coder): (Door, &CookieSessions),
        headers: &mut HeaderMap,
        input: &mut Input<'_>,
    ) {
        let machine = &self.office.machine;
        self.now += input.pick(&[0, 0, 0, 1, 5]);
        let (status, before, replies) = (status(input), headers.clone(), replies(input));
        Desk::prepare(&replies);
        let answer = handled.model.answer(machine, true, status, headers, self.now);
        let result = coder.encode_at(&handled.session, headers, status, at(self.now, input));
        let (asked, ended) = Desk::heard();
        assert_eq!(asked, vec![]);
        if !self.is_told(endings, door, &replies, &ended) {
            assert!(matches!(result, Err(EncodeError::Unrevoked(_))), "{result:?}");
            return assert_eq!(*headers, before);
        }
        if let Some(parts) = answer.check(&handled.model, machine, &result, [&before, headers]) {
            handled.was_sent(&parts, &coder.received(headers).unwrap(), &mut endings.given);
        }
        self.keep(headers);
    }

    /// The client has what it is sent.
    fn keep(&mut self, headers: &HeaderMap) {
        let machine = &self.office.machine;
        let values = lines(machine, headers).map(|line| {
            let pair = line.as_bytes().split(|byte| *byte == b';').next().unwrap();
            value_of(machine, pair).unwrap().to_vec()
        });
        self.tokens.extend(values);
    }

    /// What a request is to get.
    fn expected(
        &mut self,
        door: Door,
        header: &HeaderMap,
        arrives: Transport,
        replies: &[Reply],
    ) -> Expected {
        let (machine, now) = (&self.office.machine, self.now);
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
    fn is_told(&mut self, endings: &Endings, door: Door, replies: &[Reply], ended: &[Told]) -> bool {
        let machine = &self.office.machine;
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
        assert_eq!(ended.iter().map(|told| told.id).collect::<BTreeSet<_>>().len(), ended.len(), "each once");
        assert!(ended.iter().all(|told| due.contains(told)), "{ended:?} of {due:?}");
        for (told, _) in ended.iter().zip(replies).filter(|(_, reply)| **reply == Reply::AsListed) {
            self.register.end(told);
            self.gone.insert(told.id);
        }
        failed_at.is_none()
    }

    /// One request through a layer, at the machine's clock; whether it fell within one second.
    fn visit_layer(&mut self, input: &mut Input<'_>) -> bool {
        let Office { machine, at_once, later } = self.office;
        let door = input.pick(&[Door::Waits, Door::Waits, Door::AtOnce, Door::Deaf]);
        let (header, arrives) = (self.header(input), self.arrives(input));
        let (before, status) = (response(&machine.scope.name, input), status(input));
        let (answers, replies) = (replies(input), replies(input));
        let work: Vec<Work> = (0..input.below(4)).map(|_| input.pick(&WORK)).collect();

        Desk::prepare(&answers);
        let seen = RefCell::new(None);
        let handler = |handle: &SessionHandle| {
            Desk::with(|desk| desk.replies = replies.iter().copied().collect());
            for work in &work {
                seen.borrow_mut().get_or_insert((handle.is_new(), handle.rejection()));
                work.on_handle(handle);
            }
            let mut answer = Response::new(());
            (*answer.status_mut(), *answer.headers_mut()) = (status, before.clone());
            answer
        };
        let coder = if door == Door::AtOnce { at_once } else { later };
        let layer = SessionLayer::new(coder.clone()).transport(arrives);
        let answer = if door == Door::Waits {
            // The hook is polled first, so that its time is over if it has not answered by then.
            serve(&layer.ask_first(|_| ready(())), &header, handler)
        } else {
            serve(&layer, &header, handler)
        };
        let (asked, ended) = Desk::heard();
        if clock() != self.now {
            return false;
        }
        let expected = self.expected(door, &header, arrives, &answers);
        assert_eq!(asked, expected.asked);
        self.check_safe(seen.borrow().is_none_or(|(is_new, _)| is_new), &expected);
        let (answer, body) = answer.into_parts();
        if expected.lost {
            assert!(seen.borrow().is_none() && body.is_none(), "the handler was called");
            assert!(
                answer.status == StatusCode::SERVICE_UNAVAILABLE && answer.headers.contains_key(RETRY_AFTER)
            );
            assert_eq!((ended, answer.headers.get(SET_COOKIE)), (vec![], None));
            return true;
        }
        if let Some((is_new, rejection)) = seen.take() {
            assert_eq!(is_new, expected.outcome.standing.is_none());
            assert_eq!(rejection.map(Refusal::of), expected.outcome.refusal);
        }
        let mut model = Model::decoded(machine, arrives, &expected.outcome, self.now);
        let mut endings = Endings::of(&expected);
        for work in &work {
            work.on_model(&mut model, &mut endings);
        }
        if !self.is_told(&endings, door, &replies, &ended) {
            assert_eq!((answer.status, body), (StatusCode::INTERNAL_SERVER_ERROR, None));
            assert_eq!(answer.headers.get(SET_COOKIE), None);
        } else if work.is_empty() && machine.issue == Issue::Lazy {
            assert_eq!((answer.status, body, answer.headers), (status, Some(()), before));
        } else {
            let row = model.answer(machine, true, status, &before, self.now);
            row.check(&model, machine, &Ok(row.sent()), [&before, &answer.headers]);
            self.keep(&answer.headers);
        }
        self.register.check(&self.list);
        true
    }
}

/// What a request is to get, what is asked for it, and whether a session was refused that nobody knows then.
struct Expected {
    outcome: Outcome,
    asked: Vec<Told>,
    lost: bool,
}

/// What a log-out ends: the id that the session was opened under, and each that it was given since.
struct Endings {
    opened: Option<(Id, u64)>,
    given: BTreeSet<Id>,
    lost: bool,
    /// Each with its beginning; of one that was given that is not known.
    due: BTreeMap<Id, Option<u64>>,
    lost_one: bool,
}

impl Endings {
    fn of(expected: &Expected) -> Self {
        let opened = expected.outcome.standing.as_ref().map(|token| (token.parts.id, token.parts.created));
        let (given, due) = (BTreeSet::new(), BTreeMap::new());
        Self { opened, given, lost: expected.lost, due, lost_one: false }
    }

    fn are_due(&mut self) {
        self.lost_one |= self.lost;
        for id in &self.given {
            self.due.entry(*id).or_insert(None);
        }
        self.due.extend(self.opened.map(|(id, created)| (id, Some(created))));
    }
}

/// What a handler behind a layer does.
#[derive(Clone, Copy, Debug)]
enum Work {
    Look,
    Write,
    Renew,
    Invalidate,
    Revoke,
}

const WORK: [Work; 6] = [Work::Revoke, Work::Look, Work::Write, Work::Renew, Work::Invalidate, Work::Revoke];

impl Work {
    fn on_handle(self, handle: &SessionHandle) {
        match self {
            Self::Look => drop(handle.label()),
            Self::Write => handle.set("user", "mallory"),
            Self::Renew => handle.renew(),
            Self::Invalidate => handle.invalidate(),
            Self::Revoke => handle.revoke(),
        }
    }

    fn on_model(self, model: &mut Model, endings: &mut Endings) {
        match self {
            Self::Look => {}
            Self::Write => {
                let mut map = parse(&model.payload).unwrap();
                map.insert("user".into(), "mallory".into());
                model.is_borrowed(of_map(&map));
            }
            Self::Renew => model.renew(),
            Self::Invalidate => model.invalidate(),
            Self::Revoke => {
                model.invalidate();
                endings.are_due();
            }
        }
    }
}

fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

//! Sessions that the server ends: tokens, a hook that answers yes, no, or not at all, a deny list, log-outs, and what
//! each request is to get, a second time.
//!
//! The input is a site, a deny list, and then events, choices of a byte each; see [`World::read`] and [`World::turn`].

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use sealed_session::{
    Builder, CookieSessions, Dict, EncodeError, Issue, LocalDenyList, Revocation as _, Session,
    Transport,
};

use crate::answer::{lines, value_of};
use crate::ended::{Door, Endings};
use crate::format::Id;
use crate::handler::{Handled, at, response, status};
use crate::hook::{AtOnce, Desk, Later, Register, id, replies};
use crate::input::{Input, fields};
use crate::machine::Machine;
use crate::model::Model;
use crate::parts::Parts;
use crate::payload::{Map, of_map};
use crate::plan::{DAY, Plan, secret};
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
#[derive(Debug)]
pub struct Office {
    pub machine: Machine,
    pub at_once: CookieSessions,
    pub later: CookieSessions,
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
    let brief = Plan {
        idle: seconds(3),
        absolute: seconds(7),
        max_set_cookie_len: 512,
        insecure_http: true,
        ..plan.clone()
    };
    [plan, eager, brief].map(|plan| {
        let builder = || plan.settle(CookieSessions::builder(plan.keyring()));
        let build = |builder: Builder<Dict>| {
            builder.subject(|dict| dict.get("user").map(Into::into)).build().unwrap()
        };
        let later = build(builder().revocation_async(Later));
        Office {
            machine: plan.machine::<Dict>(),
            at_once: build(builder().revocation(AtOnce)),
            later,
        }
    })
});

/// What happens, and what is known of it.
#[derive(Debug)]
pub struct World {
    pub office: &'static Office,
    pub list: LocalDenyList,
    pub register: Register,
    pub now: u64,
    /// Whether the clock is the machine's, so that layers can be tried.
    pub real: bool,
    /// Whether it was never put back.
    pub steady: bool,
    pub tokens: Vec<Vec<u8>>,
    /// When each session of [`World::seal`] began.
    pub begun: [Option<u64>; 6],
    /// What the list was told to end, for good.
    pub gone: BTreeSet<Id>,
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

    pub fn header(&self, input: &mut Input<'_>) -> HeaderMap {
        let name = &self.office.machine.scope.name;
        let token = |input: &mut Input<'_>| match self.tokens.len() {
            0 => input.bytes(8).to_vec(),
            len => self.tokens[len - 1 - input.below(len.min(256))].clone(),
        };
        let pairs = (0..input.pick(&[1, 1, 2, 3, 0, 10]))
            .map(|_| [name.as_bytes(), b"=", &token(input)].concat());
        let pairs: Vec<_> = pairs.collect();
        fields(pairs.iter().map(Vec::as_slice))
    }

    pub fn arrives(&self, input: &mut Input<'_>) -> Transport {
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
            assert!(matches!(result, Err(EncodeError::RevocationFailed(_))), "{result:?}");
            return assert_eq!(*headers, before);
        }
        if let Some(parts) = answer.check(&handled.model, machine, &result, [&before, headers]) {
            handled.was_sent(&parts, &coder.from_response(headers).unwrap(), &mut endings.given);
        }
        self.keep(headers);
    }

    /// The client has what it is sent.
    pub fn keep(&mut self, headers: &HeaderMap) {
        let machine = &self.office.machine;
        let values = lines(machine, headers).map(|line| {
            let pair = line.as_bytes().split(|byte| *byte == b';').next().unwrap();
            value_of(machine, pair).unwrap().to_vec()
        });
        self.tokens.extend(values);
    }
}

/// The machine's clock, in whole seconds.
pub fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

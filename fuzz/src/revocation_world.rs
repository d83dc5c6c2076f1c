//! Sites with a revocation hook, and what happens to one of them: tokens are sealed, time passes, and
//! sessions are denied.

use std::sync::LazyLock;
use std::time::Duration;

use http::HeaderMap;
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use sealed_session::{
    Builder, CookieSessions, Dict, Issue, LocalDenyList, Revocation as _, Session,
};

use crate::common::{
    DAY, NOW, clock, cookie_headers, cookie_value, secret, session_id, set_cookies,
};
use crate::deny_list::Register;
use crate::ended::Revocations;
use crate::hook::{AtOnce, Desk, Later};
use crate::input::Input;
use crate::machine::Machine;
use crate::parts::Parts;
use crate::payload::{Map, of_map};
use crate::plan::Plan;

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
    pub known: Revocations,
    /// Whether the clock is the machine's, so that layers can be tried.
    pub real: bool,
    pub tokens: Vec<Vec<u8>>,
    /// When each session of [`World::seal`] began.
    pub begun: [Option<u64>; 6],
}

impl World {
    pub fn read(input: &mut Input<'_>) -> Self {
        let office = &OFFICES[input.below(OFFICES.len())];
        let (most, is_attached, real) = (input.below(6), !input.rarely(4), input.rarely(4));
        let list = LocalDenyList::new(most);
        if is_attached {
            list.attached(Duration::from_secs(office.machine.absolute));
        }
        Desk::open(list.clone());
        let register = Register::new(most, is_attached.then_some(office.machine.absolute));
        let now = if real { clock() } else { input.pick(&[NOW, NOW, 0, 299, 253_402_300_000]) };
        Self {
            office,
            list,
            known: Revocations::new(&office.machine, register, now),
            real,
            tokens: Vec::new(),
            begun: [None; 6],
        }
    }

    pub fn wait(&mut self, input: &mut Input<'_>) {
        let absolute = self.office.machine.absolute;
        let seconds = input.pick(&[0, 1, 3, 7, 300, 600, absolute - 1, absolute, absolute + 1]);
        if input.rarely(16) {
            (self.known.now, self.known.steady) = (self.known.now.saturating_sub(seconds), false);
        } else {
            self.known.now += seconds;
        }
    }

    /// A token of one of six sessions, mostly one that would stand.
    pub fn seal(&mut self, input: &mut Input<'_>) {
        let (which, now) = (input.below(6), self.known.now);
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
            input.edit(&mut token);
        }
        self.tokens.push(token);
    }

    /// `except`: the session at hand.
    pub fn deny_before(&mut self, except: Option<&Session>, input: &mut Input<'_>) {
        let subject = input.pick(&["alice", "bob", ""]);
        let now = self.known.now;
        let instant = match input.below(8) {
            0..=3 => now,
            4 => now.saturating_sub(input.byte().into()),
            5 => now.saturating_add(input.byte().into()),
            6 => self.begun[input.below(6)].unwrap_or(now),
            _ => 0,
        };
        self.list.deny_before(subject, input.instant(instant), except.map(Session::id));
        self.known.register.deny_before(
            subject,
            instant,
            except.map(|session| session_id(session.id())),
        );
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
        cookie_headers(pairs.iter().map(Vec::as_slice))
    }

    /// The client has what it is sent.
    pub fn keep(&mut self, headers: &HeaderMap) {
        let name = &self.office.machine.scope.name;
        let values = set_cookies(headers, name)
            .map(|header| cookie_value(header.as_bytes(), name).unwrap().to_vec());
        self.tokens.extend(values);
    }
}

//! Arbitrary lives of sessions: many requests to two machines during a rotation of secrets.
//! Responses come late, twice, from the other machine, or over the other transport.
//!
//! The input is a configuration and then visits, choices of a byte each; see [`Simulation::read`]
//! and [`Simulation::visit`].

use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use http::header::{HeaderMap, HeaderValue};
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use sealed_session::{CookieSessions, Dict, Issue, KeyRole, SameSite};

use crate::common::{DAY, Id, NOW, cookie_headers, pair, secret, set_cookies};
use crate::cross_site::Initiator;
use crate::decode::Rules;
use crate::encode::{Model, Row};
use crate::handler::Handled;
use crate::input::Input;
use crate::parts::Parts;
use crate::plan::Plan;
use crate::response;

/// Secrets by number, the current one first.
type Ring = &'static [(u8, KeyRole)];

/// The secrets of the two machines, from one deployment of a rotation to the next.
const ROTATION: &[[Ring; 2]] = &[
    [&[(1, Current)], &[(1, Current)]],
    [&[(1, Current)], &[(1, Current), (2, Upcoming)]],
    [&[(1, Current), (2, Upcoming)], &[(2, Current), (1, Previous)]],
    [&[(2, Current), (1, Previous)], &[(2, Current)]],
];
const STRANGERS: &[[Ring; 2]] = &[[&[(1, Current)], &[(2, Current)]]];

/// Every response is the one of the table, and every token holds what it must.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = Simulation::read(&mut input);
    for _ in 0..64 {
        if input.has_ended() {
            break;
        }
        world.visit(&mut input);
    }
}

/// A coder and its rules.
struct Server {
    coder: CookieSessions,
    rules: Rules,
}

impl Server {
    fn new(plan: &Plan, ring: Ring) -> Rc<Self> {
        let secrets = ring.iter().map(|(n, role)| (*role, secret(*n))).collect();
        let plan = Plan { secrets, ..plan.clone() };
        Rc::new(Self { coder: plan.dict(), rules: plan.rules::<Dict>() })
    }
}

fn deploy((plan, rings): &(Plan, [Ring; 2])) -> [Rc<Server>; 2] {
    rings.map(|ring| Server::new(plan, ring))
}

/// What the client has stored.
struct Cookie {
    pair: Vec<u8>,
    parts: Parts,
    /// `None` for a cookie that is dropped when the browser closes.
    dropped_at: Option<u64>,
}

struct Simulation {
    servers: [Rc<Server>; 2],
    /// The next ones.
    deployments: VecDeque<(Plan, [Ring; 2])>,
    /// The time of the client and of the first machine.
    now: u64,
    /// How far the clock of the second machine is ahead.
    ahead: u64,
    /// Whether the client drops a cookie after its `Max-Age`.
    obedient: bool,
    jar: Option<Cookie>,
    /// Every cookie that was stored.
    past: Vec<Vec<u8>>,
    ids: BTreeSet<Id>,
}

impl Simulation {
    fn read(input: &mut Input<'_>) -> Self {
        let plan = plan(input);
        let mut rotation = input.pick(&[ROTATION, ROTATION, STRANGERS]).to_vec();
        if input.rarely(2) {
            let len = rotation.len();
            rotation.rotate_left(2 % len);
        }
        // Each deployment shortens the limits, also of cookies already issued.
        let shorter = |timeout: Duration, n| Duration::from_secs(timeout.as_secs().div_ceil(n));
        let plans = (1..).map(|n| Plan {
            idle: shorter(plan.idle, n),
            absolute: shorter(plan.absolute, n),
            ..plan.clone()
        });
        let mut deployments: VecDeque<_> = plans.zip(rotation).collect();
        Self {
            servers: deploy(&deployments.pop_front().unwrap()),
            deployments,
            now: input.pick(&[NOW, NOW, 0, 299, 253_402_300_000, 1 << 40]),
            ahead: input.pick(&[60, 0, 300, 301, 330]),
            obedient: !input.rarely(3),
            jar: None,
            past: Vec::new(),
            ids: BTreeSet::new(),
        }
    }

    /// One request, what the handler does, and the response.
    fn visit(&mut self, input: &mut Input<'_>) {
        if input.rarely(16)
            && let Some(deployment) = self.deployments.pop_front()
        {
            self.servers = deploy(&deployment);
        }
        let which = input.below(2);
        self.wait(which, input);
        let mut header = self.header(input);
        let arrives = input.transport(self.servers[0].rules.transport);
        let initiator = input.pick(&Initiator::ALL);
        let now = self.clock(which);

        let server = Rc::clone(&self.servers[which]);
        let Server { coder, rules } = &*server;
        let outcome = rules.judge(&header, arrives, now);
        initiator.fill(&mut header);
        let session = coder.decode_at(&header, arrives, input.instant(now));
        rules.check(&session, &outcome, now);
        let model = Model::decoded(rules, arrives, &outcome, now)
            .held_back(initiator.is_held_back(rules.same_site, false));
        let mut handled = Handled::new(session, model);
        handled.work(rules, &mut self.ids, input);

        let mut headers = input.response_headers(rules.scope.cookie());
        let mut sent = self.encode(&mut handled, which, &mut headers, input);
        if input.rarely(6) {
            handled.work(rules, &mut self.ids, input);
            sent = self.encode(&mut handled, which, &mut headers, input).or(sent);
        }
        self.take(sent, set_cookies(&headers, rules.scope.cookie()).next());
    }

    /// The client stores what it is sent.
    fn take(&mut self, sent: Option<Cookie>, set_cookie: Option<&HeaderValue>) {
        let Some(set_cookie) = set_cookie else { return };
        self.jar = sent.filter(|cookie| set_cookie.as_bytes().starts_with(&cookie.pair));
        self.past.extend(self.jar.iter().map(|cookie| cookie.pair.clone()));
    }

    fn clock(&self, which: usize) -> u64 {
        self.now + if which == 1 { self.ahead } else { 0 }
    }

    /// Lets time pass: some seconds, or about until an instant in the life of the session.
    fn wait(&mut self, which: usize, input: &mut Input<'_>) {
        let (clock, rules) = (self.clock(which), &self.servers[which].rules);
        let parts = self.jar.as_ref().map_or_else(Parts::default, |cookie| cookie.parts.clone());
        let idle = rules.idle(parts.idle_override);
        let instant = match input.below(8) {
            0..=2 => u128::from(clock) + u128::from(input.byte()),
            3 => u128::from(clock) + u128::from(input.take::<u32>()) % u128::from(rules.absolute),
            4 | 5 => parts.sealed_at() + idle / 2,
            6 => parts.sealed_at() + idle,
            _ => u128::from(parts.created) + u128::from(rules.absolute),
        };
        let instant =
            u64::try_from(instant).unwrap().saturating_add_signed(input.pick(&[0, -1, 1, -2, 2]));
        self.now += instant.saturating_sub(clock);
        let (now, obedient, closes) = (self.now, self.obedient, input.rarely(16));
        self.jar = self.jar.take().filter(|cookie| match cookie.dropped_at {
            Some(dropped_at) => !obedient || now < dropped_at,
            None => !closes,
        });
    }

    /// What the client sends: its cookie, and rarely an earlier one, in one header or in several.
    fn header(&self, input: &mut Input<'_>) -> HeaderMap {
        let mut pairs: Vec<Vec<u8>> = self.jar.iter().map(|cookie| cookie.pair.clone()).collect();
        if input.rarely(4) {
            let name = &self.servers[0].rules.scope.name;
            let junk = [name.as_bytes(), b"=", input.bytes(12)].concat();
            let past = self.past.get(input.below(16)).cloned();
            pairs.insert(input.below(2).min(pairs.len()), past.unwrap_or(junk));
        }
        if input.rarely(2) {
            pairs = vec![pairs.join(&b"; "[..])];
        }
        cookie_headers(pairs.iter().map(Vec::as_slice))
    }

    /// How long the response takes: rarely about until the session ends.
    fn takes(&self, handled: &Handled, which: usize, input: &mut Input<'_>) -> u64 {
        match (input.below(8), &handled.model.loaded) {
            (5, Some(token)) => {
                let end =
                    u64::try_from(self.servers[which].rules.expires_at(&token.parts)).unwrap();
                end.saturating_add_signed(input.pick(&[0, -1, 1])).saturating_sub(self.clock(which))
            }
            (6, _) => u64::from(input.byte()),
            (7, _) => u64::from(input.take::<u32>()) % (2 * DAY),
            _ => 0,
        }
    }

    /// Encodes, and returns the cookie that was sent.
    fn encode(
        &mut self,
        handled: &mut Handled,
        decoder: usize,
        headers: &mut HeaderMap,
        input: &mut Input<'_>,
    ) -> Option<Cookie> {
        let which = if input.rarely(12) { 1 - decoder } else { decoder };
        self.now += self.takes(handled, which, input);
        let (now, status) = (self.clock(which), input.status());
        let Server { coder, rules } = &*self.servers[which];

        let row = handled.model.row(rules, which == decoder, status, headers, now);
        let before = headers.clone();
        let result = coder.encode_at(&handled.session, headers, status, input.instant(now));
        let parts = response::check(row, &handled.model, rules, &result, [&before, headers]);
        let received = coder.from_response(headers);
        assert!(received.is_none() || !matches!(row, Row::Removed));
        let (Row::Set { max_age, .. }, Some(parts)) = (row, parts) else { return None };
        handled.check_sent(&parts, &received.unwrap(), &mut self.ids);
        let set_cookie = set_cookies(headers, rules.scope.cookie()).next().unwrap();
        let pair = pair(set_cookie.as_bytes()).to_vec();
        Some(Cookie { pair, parts, dropped_at: max_age.map(|seconds| self.now + seconds) })
    }
}

/// The configuration of both machines.
fn plan(input: &mut Input<'_>) -> Plan {
    let limits = [
        (14 * DAY, 30 * DAY),
        (3600, DAY),
        (DAY, DAY),
        (101, 1000),
        (3, 7),
        (1, 400 * DAY),
        (1, 1),
        (2, 3),
    ];
    let (idle, absolute) = input.pick(&limits);
    let place = input.pick(&[("/", None), ("/", None), ("/app", None), ("/", Some("example.com"))]);
    let same_site = input.pick(&[SameSite::Lax, SameSite::Lax, SameSite::Strict, SameSite::None]);
    let insecure_http = input.rarely(6) && same_site != SameSite::None;
    Plan {
        same_site,
        insecure_http,
        idle: Duration::from_secs(idle),
        absolute: Duration::from_secs(absolute),
        path: place.0.into(),
        domain: place.1.map(str::to_owned),
        browser_session: input.rarely(5),
        issue: if input.rarely(3) { Issue::Eager } else { Issue::Lazy },
        padding: input.pick(&[None, None, Some(2), Some(64), Some(512)]),
        max_set_cookie_len: input.pick(&[4096, 4096, 1200]),
        ..Plan::default()
    }
}

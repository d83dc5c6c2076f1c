//! Random lives of one client between two machines in a rotation of secrets, held against a plain map and the
//! rules of the design, written down once more.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, SystemTime};

use crate::support::{DAY, NOW, at, cookies, line, pair, ring, secret, secs};
use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use sealed_session::{CookieSessions, Issue, KeyId, KeyRole, Rejection, Sent, Session, Transport};

type Map = BTreeMap<String, String>;
/// Secrets by number, the current one first.
type Ring = &'static [(u8, KeyRole)];
type Verdict = Result<KeyRole, Rejection>;

/// What the two machines hold, from one deployment of a rotation to the next.
const ONE_SECRET: [Ring; 2] = [&[(1, Current)], &[(1, Current)]];
const ANNOUNCED: [Ring; 2] = [&[(1, Current)], &[(1, Current), (2, Upcoming)]];
const HALF_ROTATED: [Ring; 2] = [&[(1, Current), (2, Upcoming)], &[(2, Current), (1, Previous)]];
const HALF_RETIRED: [Ring; 2] = [&[(2, Current), (1, Previous)], &[(2, Current)]];
const STRANGERS: [Ring; 2] = [&[(1, Current)], &[(2, Current)]];

#[derive(Clone, Copy, Debug)]
struct Setting {
    /// Idle and absolute timeout.
    limits: (u64, u64),
    browser_session: bool,
    issue: Issue,
    /// How far the clock of the second machine is ahead.
    ahead: u64,
    /// Whether the client drops a cookie once its `Max-Age` has passed.
    obedient: bool,
}

/// One request, what the handler does with the session, and the response.
#[derive(Clone, Debug)]
struct Visit {
    deploy: bool,
    close_browser: bool,
    wait: Wait,
    nanos: u64,
    transport: Transport,
    machine: usize,
    steps: Vec<Step>,
    takes: u64,
    /// Whether the other machine's coder answers.
    handed_over: bool,
    status: u16,
}

impl Visit {
    fn instant(&self, seconds: u64) -> SystemTime {
        at(seconds) + Duration::from_nanos(self.nanos)
    }
}

/// How long the client waits: so many seconds, or about until an instant in the life of its session.
#[derive(Clone, Copy, Debug)]
enum Wait {
    For(u64),
    UntilDue(i64),
    UntilIdle(i64),
    UntilTooOld(i64),
}

#[derive(Clone, Debug)]
enum Step {
    Set(&'static str, &'static str),
    Remove(&'static str),
    Clear,
    Renew,
    Invalidate,
    Touch,
    Confirm,
    Passive,
    SetIdleTimeout(Option<Duration>),
    AskForId,
}

prop_compose! {
    fn setting()(
        limits in select(vec![(14 * DAY, 30 * DAY), (3600, DAY), (DAY, DAY), (101, 1000), (3, 7), (1, 400 * DAY)]),
        browser_session in prop::bool::weighted(0.2),
        issue in select(vec![Issue::Lazy, Issue::Lazy, Issue::Eager]),
        // More than 300 s are refused.
        ahead in select(vec![60, 60, 60, 300, 301, 330]),
        obedient in prop::bool::weighted(0.6),
    ) -> Setting {
        Setting { limits, browser_session, issue, ahead, obedient }
    }
}

prop_compose! {
    fn visit()(
        [deploy, close_browser, handed_over, http] in prop::array::uniform4(prop::bool::weighted(0.05)),
        wait in wait(),
        nanos in 0..1_000_000_000_u64,
        machine in 0..2_usize,
        steps in vec(step(), 0..4),
        takes in prop_oneof![8 => Just(0), 2 => 0..5_u64, 1 => 0..2 * DAY],
        status in select(vec![200, 200, 200, 200, 302, 404, 100, 304, 500, 503]),
    ) -> Visit {
        let transport = if http { Transport::Http } else { Transport::Https };
        Visit { deploy, close_browser, wait, nanos, transport, machine, steps, takes, handed_over, status }
    }
}

fn wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        6 => (0..90_u64).prop_map(Wait::For),
        1 => (0..400 * DAY).prop_map(Wait::For),
        4 => (-2..3_i64).prop_map(Wait::UntilDue),
        2 => (-2..3_i64).prop_map(Wait::UntilIdle),
        1 => (-2..3_i64).prop_map(Wait::UntilTooOld),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let (key, value) = (|| select(vec!["", "user", "lang"]), select(vec!["", "alice", "bob"]));
    let timeout = prop_oneof![
        (0..3_000_u64).prop_map(Duration::from_millis),
        (0..60 * DAY).prop_map(Duration::from_secs),
        Just(Duration::MAX),
    ];
    prop_oneof![
        6 => (key(), value).prop_map(|(key, value)| Step::Set(key, value)),
        2 => key().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        1 => Just(Step::Renew),
        1 => Just(Step::Invalidate),
        1 => Just(Step::Touch),
        1 => Just(Step::Confirm),
        2 => Just(Step::Passive),
        1 => timeout.prop_map(|timeout| Step::SetIdleTimeout(Some(timeout))),
        1 => Just(Step::SetIdleTimeout(None)),
        1 => Just(Step::AskForId),
    ]
}

/// What a token holds, and the secret that it is sealed under.
#[derive(Clone, Debug)]
struct Sealed {
    secret: u8,
    id: String,
    data: Map,
    created: u64,
    renewed: u64,
    own: u64,
    confirmed: Option<u64>,
}

impl Setting {
    fn idle(&self, own: u64) -> u64 {
        if own == 0 { self.limits.0 } else { own }.min(self.limits.1)
    }

    fn expires_at(&self, created: u64, renewed: u64, own: u64) -> u64 {
        (renewed + self.idle(own)).min(created + self.limits.1)
    }

    fn is_due(&self, token: &Sealed, now: u64) -> bool {
        let idle = self.idle(token.own);
        now >= token.renewed + idle / 2 && token.renewed + idle < token.created + self.limits.1
    }

    /// The role of the secret that opens the token, or why it does not stand.
    fn judge(&self, token: &Sealed, ring: Ring, transport: Transport, now: u64) -> Verdict {
        let known = ring.iter().find(|(n, _)| *n == token.secret);
        match known {
            _ if transport == Transport::Http => Err(Rejection::OtherTransport),
            None => Err(Rejection::UnknownKey(key_id(token.secret))),
            _ if token.renewed > now + 300 => Err(Rejection::FromTheFuture),
            _ if now >= token.created + self.limits.1 => Err(Rejection::AbsoluteTimeout),
            _ if now >= token.renewed + self.idle(token.own) => Err(Rejection::IdleTimeout),
            Some((_, role)) => Ok(*role),
        }
    }

    fn coder(&self, secrets: Ring) -> CookieSessions {
        let keyring = secrets[1..].iter().fold(ring(secrets[0].0), |ring, (n, role)| match role {
            Previous => ring.previous(secret(*n)),
            _ => ring.upcoming(secret(*n)),
        });
        let builder = CookieSessions::builder(keyring).idle_timeout(secs(self.limits.0));
        let builder =
            builder.absolute_timeout(secs(self.limits.1)).browser_session(self.browser_session);
        builder.issue(self.issue).build().unwrap()
    }
}

fn key_id(n: u8) -> KeyId {
    CookieSessions::new(ring(n)).keys().next().unwrap().1
}

/// When the user was confirmed.
#[derive(Clone, Copy, Debug, Default)]
enum Confirmed {
    #[default]
    Never,
    At(u64),
    InThisRequest,
}

/// What a session is to be.
#[allow(clippy::struct_excessive_bools, reason = "each is one thing that the table asks for")]
#[derive(Debug, Default)]
struct Model {
    data: Map,
    /// Until it is invalidated.
    loaded: Option<(Sealed, KeyRole)>,
    id: Option<String>,
    own: u64,
    confirmed: Confirmed,
    renewed: bool,
    touched: bool,
    passive: bool,
    asked_for_id: bool,
    invalidated: bool,
    brought: bool,
    undecided: bool,
}

/// What a response is to be; times and `Max-Age` are those of a line that sets the cookie.
struct Answer {
    sent: Sent,
    created: u64,
    renewed: u64,
    confirmed: Option<u64>,
    max_age: Option<u64>,
}

impl Model {
    fn decoded(token: Option<&Sealed>, verdict: Option<Verdict>) -> Self {
        let undecided =
            matches!(verdict, Some(Err(Rejection::UnknownKey(_) | Rejection::FromTheFuture)));
        let fresh = Self { brought: token.is_some(), undecided, ..Self::default() };
        match (token.cloned(), verdict) {
            (Some(token), Some(Ok(role))) => Self {
                data: token.data.clone(),
                id: Some(token.id.clone()),
                own: token.own,
                confirmed: token.confirmed.map_or(Confirmed::Never, Confirmed::At),
                loaded: Some((token, role)),
                ..fresh
            },
            _ => fresh,
        }
    }

    fn take(&mut self, step: &Step, setting: &Setting) {
        match step {
            Step::Set(key, value) => drop(self.data.insert((*key).into(), (*value).into())),
            Step::Remove(key) => drop(self.data.remove(*key)),
            Step::Clear => self.data.clear(),
            Step::Renew => self.renew(),
            Step::Confirm => {
                self.renew();
                (self.touched, self.confirmed) = (true, Confirmed::InThisRequest);
            }
            Step::Passive => self.passive = true,
            Step::Invalidate => {
                let (brought, undecided, passive) = (self.brought, self.undecided, self.passive);
                *self = Self { brought, undecided, passive, invalidated: true, ..Self::default() };
            }
            Step::Touch => self.touched = true,
            Step::SetIdleTimeout(None) => self.own = 0,
            Step::SetIdleTimeout(Some(timeout)) => {
                let whole = timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0));
                self.own = whole.clamp(1, setting.limits.1);
            }
            Step::AskForId => self.asked_for_id = true,
        }
    }

    fn renew(&mut self) {
        (self.renewed, self.id, self.confirmed) = (true, None, Confirmed::Never);
    }

    fn is_written(&self, handed_over: bool) -> bool {
        let changed = match &self.loaded {
            Some((token, _)) => {
                self.renewed || self.own != token.own || self.data != token.data || handed_over
            }
            None => self.asked_for_id || !self.data.is_empty(),
        };
        changed || self.touched
    }

    /// The table of the design, row by row, for a machine with these secrets.
    fn answer(&self, setting: &Setting, visit: &Visit, ring: Ring, now: u64) -> Answer {
        let (created, renewed) = match &self.loaded {
            Some((token, _)) if !self.renewed => (token.created, token.renewed.max(now)),
            _ => (now, now),
        };
        let left = setting.expires_at(created, renewed, self.own).saturating_sub(now);
        let max_age = (!setting.browser_session || self.own > 0).then_some(left);

        let lazy = setting.issue == Issue::Lazy;
        let fit = !matches!(visit.status, 100..=199 | 304 | 500..=599);
        let written = self.is_written(visit.handed_over);
        let set_or_removed = if left > 0 { Sent::Set } else { Sent::Removed };
        let knows = |token: &Sealed| ring.iter().any(|(n, _)| *n == token.secret);
        let sent = match &self.loaded {
            _ if visit.transport == Transport::Http => Sent::Withheld,
            Some((token, _)) if !knows(token) => Sent::Withheld,
            _ if written => set_or_removed,
            None if lazy && self.invalidated && self.brought => Sent::Removed,
            None if lazy => Sent::Unchanged,
            None if self.undecided && !self.invalidated => Sent::Unchanged,
            None => set_or_removed,
            Some(_) if self.passive => Sent::Unchanged,
            Some((token, role)) if fit && (*role == Previous || setting.is_due(token, now)) => {
                set_or_removed
            }
            Some(_) => Sent::Unchanged,
        };
        let confirmed = match self.confirmed {
            Confirmed::Never => None,
            Confirmed::At(confirmed) => Some(confirmed),
            Confirmed::InThisRequest => Some(now),
        };
        Answer { sent, created, renewed, confirmed, max_age }
    }
}

/// What the client has stored.
struct Cookie {
    pair: String,
    token: Sealed,
    /// `None` for a cookie that goes when the browser closes.
    dropped_at: Option<u64>,
}

/// A coder and its ring.
type Machine = (CookieSessions, Ring);

struct World {
    setting: Setting,
    machines: [Machine; 2],
    /// What is to come.
    deployments: VecDeque<(Setting, [Machine; 2])>,
    /// The time of the client and of the first machine.
    now: u64,
    jar: Option<Cookie>,
    ids: BTreeSet<String>,
}

impl World {
    fn new(setting: Setting, rings: &[[Ring; 2]]) -> Self {
        let mut deployments = VecDeque::new();
        for (rings, n) in rings.iter().zip(1..) {
            // Each deployment shortens the limits, also for the cookies that are out.
            let limits = (setting.limits.0.div_ceil(n), setting.limits.1.div_ceil(n));
            let setting = Setting { limits, ..setting };
            deployments.push_back((setting, rings.map(|ring| (setting.coder(ring), ring))));
        }
        let (setting, machines) = deployments.pop_front().unwrap();
        Self { setting, machines, deployments, now: NOW, jar: None, ids: BTreeSet::new() }
    }

    fn deploy(&mut self) {
        if let Some((setting, machines)) = self.deployments.pop_front() {
            (self.setting, self.machines) = (setting, machines);
        }
    }

    fn clock(&self, machine: usize) -> u64 {
        self.now + if machine == 1 { self.setting.ahead } else { 0 }
    }

    /// Lets the time pass that the client waits, by the clock of the machine that it visits next.
    fn wait(&mut self, visit: &Visit) {
        let clock = self.clock(visit.machine);
        let until = |instant: fn(&Setting, &Sealed) -> u64, delta: i64| {
            let instant =
                self.jar.as_ref().map_or(clock, |cookie| instant(&self.setting, &cookie.token));
            instant.saturating_add_signed(delta).saturating_sub(clock)
        };
        self.now += match visit.wait {
            Wait::For(seconds) => seconds,
            Wait::UntilDue(delta) => {
                until(|limits, token| token.renewed + limits.idle(token.own) / 2, delta)
            }
            Wait::UntilIdle(delta) => {
                until(|limits, token| token.renewed + limits.idle(token.own), delta)
            }
            Wait::UntilTooOld(delta) => {
                until(|limits, token| token.created + limits.limits.1, delta)
            }
        };
        let (now, obedient) = (self.now, self.setting.obedient);
        self.jar = self.jar.take().filter(|cookie| match cookie.dropped_at {
            Some(dropped_at) => !obedient || now < dropped_at,
            None => !visit.close_browser,
        });
    }

    /// One request and its response; returns what came of them.
    fn serve(&mut self, visit: &Visit) -> [String; 2] {
        self.wait(visit);
        if visit.deploy {
            self.deploy();
        }
        let machines = self.machines.clone();
        let (sessions, ring) = &machines[visit.machine];

        let now = self.clock(visit.machine);
        let token = self.jar.as_ref().map(|cookie| &cookie.token);
        let verdict = token.map(|token| self.setting.judge(token, ring, visit.transport, now));
        let headers = cookies(self.jar.as_ref().map(|cookie| &cookie.pair));
        let mut session = sessions.decode_at(&headers, visit.transport, visit.instant(now));
        let mut model = Model::decoded(token, verdict);
        self.compare_decoded(&session, verdict, now);
        for step in &visit.steps {
            take(&mut session, step);
            model.take(step, &self.setting);
            if matches!(step, Step::AskForId) {
                model.id = Some(self.known_or_new(&session, model.id.as_deref()));
            }
            compare(&session, &model);
        }

        self.now += visit.takes;
        let machine = if visit.handed_over { 1 - visit.machine } else { visit.machine };
        let sent = self.answer(visit, &session, model, &machines[machine], self.clock(machine));
        [format!("{verdict:?}"), format!("{sent:?}")]
    }

    /// Answers, and lets the client take what it is told.
    fn answer(
        &mut self,
        visit: &Visit,
        session: &Session,
        model: Model,
        (sessions, ring): &Machine,
        now: u64,
    ) -> Sent {
        let mut headers = HeaderMap::new();
        let status = StatusCode::from_u16(visit.status).unwrap();
        let sent = sessions.encode_at(session, &mut headers, status, visit.instant(now)).unwrap();
        let expected = model.answer(&self.setting, visit, ring, now);
        assert_eq!(sent, expected.sent);
        if sent == Sent::Set {
            let received = sessions.from_response(&headers).unwrap();
            let id = self.known_or_new(&received, model.id.as_deref());
            let Answer { created, renewed, confirmed, .. } = expected;
            let token = Sealed {
                secret: ring[0].0,
                id,
                data: model.data,
                created,
                renewed,
                own: model.own,
                confirmed,
            };
            assert_eq!(max_age(&headers), expected.max_age);
            assert_eq!(entries(&received), token.data);
            self.compare_times(&received, &token);
            assert_eq!(received.confirmed_at(), token.confirmed.map(at));
            let dropped_at = expected.max_age.map(|seconds| self.now + seconds);
            self.jar = Some(Cookie { pair: pair(&headers), token, dropped_at });
        } else if sent == Sent::Removed {
            assert!(line(&headers).starts_with("__Host-session=;"));
            assert_eq!(max_age(&headers), Some(0));
            self.jar = None;
        } else {
            assert!(!headers.contains_key(SET_COOKIE));
        }
        sent
    }

    #[track_caller]
    fn compare_decoded(&self, session: &Session, verdict: Option<Verdict>, now: u64) {
        assert_eq!(session.rejection().copied(), verdict.and_then(Result::err));
        assert_eq!(session.opened_by(), verdict.and_then(Result::ok));
        if let (Some(Ok(_)), Some(cookie)) = (verdict, &self.jar) {
            assert_eq!(entries(session), cookie.token.data);
            assert_eq!(*session.id().expose_base64url(), cookie.token.id);
            self.compare_times(session, &cookie.token);
            let confirmed = cookie.token.confirmed.map(|confirmed| confirmed.min(now));
            assert_eq!(session.confirmed_at(), confirmed.map(at));
        } else {
            assert!(session.is_new() && session.is_empty());
            assert_eq!(session.confirmed_at(), None);
            assert_eq!(session.created_at(), at(now));
            assert_eq!(session.expires_at(), at(now + self.setting.limits.0));
        }
    }

    #[track_caller]
    fn compare_times(&self, session: &Session, token: &Sealed) {
        let expires_at = self.setting.expires_at(token.created, token.renewed, token.own);
        assert_eq!(session.created_at(), at(token.created));
        assert_eq!(session.expires_at(), at(expires_at));
    }

    /// The id of the session: the one that it had, or else one that nobody had.
    #[track_caller]
    fn known_or_new(&mut self, session: &Session, known: Option<&str>) -> String {
        let id = session.id().expose_base64url().to_string();
        match known {
            Some(known) => assert_eq!(id, known),
            None => assert!(self.ids.insert(id.clone()), "the id is new"),
        }
        id
    }
}

fn take(session: &mut Session, step: &Step) {
    match step {
        Step::Set(key, value) => session.set(key, value),
        Step::Remove(key) => drop(session.remove(key)),
        Step::Clear => session.clear(),
        Step::Renew => session.renew(),
        Step::Invalidate => session.invalidate(),
        Step::Touch => session.touch(),
        Step::Confirm => session.confirm(),
        Step::Passive => session.passive(),
        Step::SetIdleTimeout(timeout) => session.set_idle_timeout(*timeout),
        Step::AskForId => drop(session.id().expose_base64url()),
    }
}

#[track_caller]
fn compare(session: &Session, model: &Model) {
    assert_eq!(entries(session), model.data);
    assert_eq!(session.is_new(), model.loaded.is_none());
    assert_eq!(session.opened_by(), model.loaded.as_ref().map(|(_, role)| *role));
    assert_eq!(session.label().to_string() == "new", model.id.is_none());
}

fn entries(session: &Session) -> Map {
    session.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

#[track_caller]
fn max_age(headers: &HeaderMap) -> Option<u64> {
    line(headers).split("; ").find_map(|attribute| attribute.strip_prefix("Max-Age=")?.parse().ok())
}

/// Lives through the deployments, and returns what was seen: verdicts and what was sent.
fn live(cases: u32, deployments: &[[Ring; 2]]) -> BTreeSet<String> {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let seen = RefCell::new(BTreeSet::new());
    let result =
        TestRunner::new(config).run(&(setting(), vec(visit(), 1..60)), |(setting, visits)| {
            let mut world = World::new(setting, deployments);
            seen.borrow_mut().extend(visits.iter().flat_map(|visit| world.serve(visit)));
            Ok(())
        });
    result.unwrap_or_else(|error| panic!("{error}"));
    seen.into_inner()
}

#[test]
fn holds_while_the_new_secret_is_announced() {
    live(60, &[ANNOUNCED]);
}

#[test]
fn holds_while_one_machine_seals_under_the_new_secret() {
    live(60, &[HALF_ROTATED]);
}

#[test]
fn holds_while_the_old_secret_is_retired() {
    live(60, &[HALF_RETIRED]);
}

#[test]
fn holds_between_machines_that_share_no_secret() {
    live(60, &[STRANGERS]);
}

#[test]
fn holds_through_a_whole_rotation_in_which_everything_happens() {
    let seen = live(150, &[ONE_SECRET, ANNOUNCED, HALF_ROTATED, HALF_RETIRED]);
    let verdicts = [
        "None",
        "Current",
        "Previous",
        "Upcoming",
        "UnknownKey",
        "Future",
        "Absolute",
        "Idle",
        "Other",
    ];
    for what in verdicts.into_iter().chain(["Unchanged", "Set", "Removed", "Withheld"]) {
        assert!(seen.iter().any(|seen| seen.contains(what)), "{what} is not among {seen:?}");
    }
}

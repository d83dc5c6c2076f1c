//! Sites with a revocation hook, and what happens to one of them: tokens are sealed, time passes,
//! and sessions are denied.

use std::borrow::Cow;
use std::sync::LazyLock;
use std::time::Duration;

use http::HeaderMap;
use sealed_session::KeyRole::{Current, Previous, Upcoming};
use sealed_session::{CookieSessions, Dict, Issue, LocalDenyList, Revocation as _, Session};

use crate::common::{
    DAY, NOW, clock, cookie_headers, cookie_value, secret, session_id, set_cookies,
};
use crate::decode::Rules;
use crate::deny_list::DenyList;
use crate::hook::{AsyncHook, HookState, SyncHook};
use crate::input::Input;
use crate::parts::Parts;
use crate::payload::{Map, of_map};
use crate::plan::Plan;
use crate::revocation_rules::RevocationModel;

/// A configuration, with a hook that replies at once, with one that waits, and without one.
#[derive(Debug)]
pub struct Setup {
    pub rules: Rules,
    pub has_subjects: bool,
    pub with_sync: CookieSessions,
    pub with_async: CookieSessions,
    pub without: CookieSessions,
}

static SETUPS: LazyLock<[Setup; 4]> = LazyLock::new(|| {
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
    let setups = [(plan.clone(), true), (eager, true), (brief, true), (plan, false)];
    setups.map(|(plan, has_subjects)| {
        let builder = || {
            let builder = plan.apply(CookieSessions::builder(plan.keyring()));
            if has_subjects { builder.subject(user) } else { builder }
        };
        Setup {
            rules: plan.rules::<Dict>(),
            has_subjects,
            with_sync: builder().revocation(SyncHook).build().unwrap(),
            with_async: builder().revocation_async(AsyncHook).build().unwrap(),
            without: builder().build().unwrap(),
        }
    })
});

/// Whose session it is.
fn user(dict: &Dict) -> Option<Cow<'_, str>> {
    dict.get("user").map(Into::into)
}

/// A site with a hook and a deny list, its clients' tokens, and what is known of them.
#[derive(Debug)]
pub struct RevocationWorld {
    pub setup: &'static Setup,
    pub list: LocalDenyList,
    pub model: RevocationModel,
    /// Whether the clock is the real one, which layers use.
    pub real_time: bool,
    tokens: Vec<Vec<u8>>,
    /// When each session of `seal` was created.
    created: [Option<u64>; 6],
}

impl RevocationWorld {
    pub fn read(input: &mut Input<'_>) -> Self {
        let setup = &SETUPS[input.below(SETUPS.len())];
        let (most, is_attached, real_time) = (input.below(6), !input.rarely(4), input.rarely(4));
        let list = LocalDenyList::new(most);
        if is_attached {
            list.attached(Duration::from_secs(setup.rules.absolute));
        }
        HookState::install(list.clone());
        let deny_list = DenyList::new(most, is_attached.then_some(setup.rules.absolute));
        let now =
            if real_time { clock() } else { input.pick(&[NOW, NOW, 0, 299, 253_402_300_000]) };
        Self {
            setup,
            list,
            model: RevocationModel::new(&setup.rules, setup.has_subjects, deny_list, now),
            real_time,
            tokens: Vec::new(),
            created: [None; 6],
        }
    }

    /// Lets time pass, or rarely sets the clock back.
    pub fn wait(&mut self, input: &mut Input<'_>) {
        let absolute = self.setup.rules.absolute;
        let seconds = input.pick(&[0, 1, 3, 7, 300, 600, absolute - 1, absolute, absolute + 1]);
        if input.rarely(16) {
            (self.model.now, self.model.steady) = (self.model.now.saturating_sub(seconds), false);
        } else {
            self.model.now += seconds;
        }
    }

    /// Seals a token of one of six sessions, mostly one that would be accepted.
    pub fn seal(&mut self, input: &mut Input<'_>) {
        let (which, now) = (input.below(6), self.model.now);
        let ahead = input.pick(&[0, 0, 0, -1, -2, -5, -600, 5, 300, 301]);
        let created = *self.created[which].get_or_insert(now.saturating_add_signed(ahead));
        let age = input.pick(&[now.saturating_sub(created), 0, 1, 2, 5]);
        let map = match input.below(4) {
            0 => Map::new(),
            _ => Map::from([("user".into(), input.pick(&["alice", "bob", ""]).into())]),
        };
        let idle_override = input.pick(&[0, 0, 0, 1, DAY]);
        let id = [u8::try_from(which).unwrap(); 16];
        let payload = of_map(&map);
        let mut parts = Parts { id, created, age, idle_override, payload, ..Parts::default() };
        if input.rarely(16) {
            parts.payload.push(input.byte());
        }
        let keys = &self.setup.rules.keys;
        let (_, key) = if input.rarely(4) { input.pick(keys) } else { keys[0].clone() };
        let mut token = key.seal(&[input.byte(); 24], &parts.render()).into_bytes();
        if input.rarely(8) {
            input.edit(&mut token);
        }
        self.tokens.push(token);
    }

    /// Denies the sessions of a subject, but for `except`.
    pub fn deny_before(&mut self, except: Option<&Session>, input: &mut Input<'_>) {
        let subject = input.pick(&["alice", "bob", ""]);
        let now = self.model.now;
        let instant = match input.below(8) {
            0..=3 => now,
            4 => now.saturating_sub(input.byte().into()),
            5 => now.saturating_add(input.byte().into()),
            6 => self.created[input.below(6)].unwrap_or(now),
            _ => 0,
        };
        self.list.deny_before(subject, input.instant(instant), except.map(Session::id));
        let except = except.map(|session| session_id(session.id()));
        self.model.deny_list.deny_before(subject, instant, except, now);
    }

    /// `Cookie` headers with some of the tokens.
    pub fn header(&self, input: &mut Input<'_>) -> HeaderMap {
        let name = &self.setup.rules.scope.name;
        let token = |input: &mut Input<'_>| match self.tokens.len() {
            0 => input.bytes(8).to_vec(),
            len => self.tokens[len - 1 - input.below(len.min(256))].clone(),
        };
        let pairs = (0..input.pick(&[1, 1, 2, 3, 0, 10]))
            .map(|_| [name.as_bytes(), b"=", &token(input)].concat());
        let pairs: Vec<_> = pairs.collect();
        cookie_headers(pairs.iter().map(Vec::as_slice))
    }

    /// Compares the deny list.
    pub fn check_list(&self) {
        self.model.deny_list.check(&self.list);
    }

    /// The client keeps what it is sent.
    pub fn keep(&mut self, headers: &HeaderMap) {
        let cookie = self.setup.rules.scope.cookie();
        let name = cookie.name;
        let values = set_cookies(headers, cookie)
            .map(|header| cookie_value(header.as_bytes(), name).unwrap().to_vec());
        self.tokens.extend(values);
    }
}

//! Requests through the session layer at the real clock, with the hook of `hook`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::future::ready;

use http::header::{HeaderMap, RETRY_AFTER, SET_COOKIE};
use http::{Response, StatusCode, response};
use sealed_session::{Issue, SessionHandle, SessionLayer, Transport};

use crate::common::{at, clock, session_id};
use crate::encode::Model;
use crate::exchange::Exchange;
use crate::hook::{Asked, HookCall, HookState, Reply, replies};
use crate::input::Input;
use crate::layer::serve;
use crate::payload::{of_map, parse};
use crate::rejection::Reason;
use crate::response::{check, too_large, unless_unsent};
use crate::revocation_rules::{Expected, HookUse};
use crate::revocation_world::{RevocationWorld, Setup};
use crate::sealing::{Ending, Sealing};

/// A request, and what the hook replies.
#[derive(Debug)]
struct Visit {
    hook_use: HookUse,
    header: HeaderMap,
    arrives: Transport,
    /// The response of the handler.
    before: HeaderMap,
    status: StatusCode,
    query_replies: Vec<Reply>,
    asked: Asked,
    replies: Vec<Reply>,
    work: Vec<Work>,
}

/// What the handler found and did.
#[derive(Debug)]
struct Handling<'w> {
    world: &'w mut RevocationWorld,
    model: Model,
    /// The calls of the hook when the request was decoded.
    calls: Option<(Vec<HookCall>, Vec<HookCall>)>,
    seen: Option<(bool, Option<Reason>)>,
}

/// One request through a layer at the real clock. Returns whether it fell within one second.
pub fn visit(world: &mut RevocationWorld, input: &mut Input<'_>) -> bool {
    let visit = Visit::read(world, input);
    let request = (&visit.header, visit.arrives);
    let expected = world.model.expected(visit.hook_use, request, &visit.query_replies);
    let (rules, now) = (&world.setup.rules, world.model.now);
    let model = Model::decoded(rules, visit.arrives, &expected.outcome, now);
    let handling = RefCell::new(Handling { world, model, calls: None, seen: None });
    let (parts, body) = visit.serve(&handling, &expected).into_parts();
    let Handling { world, model, calls, seen } = handling.into_inner();
    if clock() != now {
        return false;
    }
    if expected.unchecked {
        assert!(calls.is_none() && body.is_none(), "the handler was called");
        assert_eq!(HookState::calls(), (expected.queries, vec![]));
        assert_eq!(parts.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(parts.headers.contains_key(RETRY_AFTER));
        assert_eq!(parts.headers.get(SET_COOKIE), None);
        return true;
    }
    assert_eq!(calls.expect("the handler was not called"), (expected.queries.clone(), vec![]));
    if let Some(seen) = seen {
        let outcome = &expected.outcome;
        assert_eq!(seen, (outcome.accepted.is_none(), outcome.rejection));
    }
    visit.check(world, (&model, &expected), &parts, body.is_none());
    true
}

impl Visit {
    fn read(world: &RevocationWorld, input: &mut Input<'_>) -> Self {
        use HookUse::{Awaited, Impossible, Sync};
        let rules = &world.setup.rules;
        Self {
            hook_use: input.pick(&[Awaited, Awaited, Sync, Impossible]),
            header: world.header(input),
            arrives: input.transport(rules.transport),
            before: input.response_headers(rules.scope.cookie()),
            status: input.status(),
            query_replies: replies(input),
            asked: Asked::read(input),
            replies: replies(input),
            work: (0..input.below(5)).map(|_| input.pick(&WORK)).collect(),
        }
    }

    /// The response of the layer.
    fn serve(&self, handling: &RefCell<Handling<'_>>, expected: &Expected) -> Response<Option<()>> {
        let Setup { with_sync, with_async, .. } = handling.borrow().world.setup;
        let opened = expected.outcome.accepted.as_ref().map(|token| token.parts.id);
        let handler = |handle: &SessionHandle| {
            let mut handling = handling.borrow_mut();
            handling.calls = Some(HookState::calls());
            for work in &self.work {
                let rejection = || handle.rejection().map(Reason::of);
                handling.seen.get_or_insert_with(|| (handle.is_new(), rejection()));
                work.run(handle, &mut handling, self);
            }
            HookState::prepare_encode(opened, self.asked, &self.replies);
            let mut response = Response::new(());
            *response.status_mut() = self.status;
            response.headers_mut().clone_from(&self.before);
            response
        };
        HookState::prepare_decode(&self.query_replies);
        let coder = if self.hook_use == HookUse::Sync { with_sync } else { with_async };
        let layer = SessionLayer::new(coder.clone()).transport(self.arrives);
        if self.hook_use == HookUse::Awaited {
            // The hook is polled first: its time is over if it has not replied by then.
            serve(&layer.check_revocation(|_| ready(())), &self.header, handler)
        } else {
            serve(&layer, &self.header, handler)
        }
    }

    /// Compares the response, and what the hook was called with when it was made.
    fn check(
        &self,
        world: &mut RevocationWorld,
        (model, Expected { outcome, .. }): (&Model, &Expected),
        response: &response::Parts,
        is_error: bool,
    ) {
        let (rules, before) = (&world.setup.rules, &self.before);
        let (queries, revocations) = HookState::calls();
        if self.work.is_empty() && rules.issue == Issue::Lazy {
            assert_eq!((queries, revocations), (vec![], vec![]));
            return assert_eq!((response.status, &response.headers), (self.status, before));
        }
        let row = model.row(rules, true, self.status, before, world.model.now);
        let (ended, sent) = (BTreeSet::new(), BTreeMap::new());
        let (site, hook_use) = (&world.model, self.hook_use);
        let sealing = Sealing { site, hook_use, outcome, model, ended: &ended, sent: &sent };
        sealing.check_queries(row, self.asked, &queries);
        let sealed = sealing.recheck(row, self.asked).ok();
        let sealed = sealed.map(|row| unless_unsent(row, model, rules));
        let sealed = sealed.filter(|row| too_large(*row, model, rules).is_none());
        let ending = sealed.map(|row| (row, sealing.check_ending(&self.replies, &revocations)));
        let Some((row, (ending, took))) = ending else {
            assert_eq!(revocations, [], "what fails ends no session");
            return check_error(response, is_error);
        };
        for (call, _) in took.iter().filter(|(_, reply)| *reply == Reply::AsListed) {
            world.model.list(call);
        }
        if let Ending::Fails = ending {
            return check_error(response, is_error);
        }
        assert_eq!((response.status, is_error), (self.status, false));
        check(row, model, rules, &Ok(row.sent()), [before, &response.headers]);
        world.keep(&response.headers);
    }
}

/// The client keeps its cookie.
fn check_error(response: &response::Parts, is_error: bool) {
    assert_eq!((response.status, is_error), (StatusCode::INTERNAL_SERVER_ERROR, true));
    assert_eq!(response.headers.get(SET_COOKIE), None);
}

/// What a handler does, or somebody else meanwhile.
#[derive(Clone, Copy, Debug)]
enum Work {
    Look,
    Write,
    Fill,
    Clear,
    AskForId,
    Renew,
    Invalidate,
    Revoke,
    LogOutOthers,
    LogOutEverywhere,
    LogOutElsewhere,
    RenewElsewhere,
}

const WORK: [Work; 12] = [
    Work::Revoke,
    Work::Look,
    Work::Write,
    Work::Renew,
    Work::Invalidate,
    Work::Clear,
    Work::AskForId,
    Work::Fill,
    Work::LogOutOthers,
    Work::LogOutEverywhere,
    Work::LogOutElsewhere,
    Work::RenewElsewhere,
];

impl Work {
    /// Does it to a session and to its model.
    fn run(self, handle: &SessionHandle, handling: &mut Handling<'_>, visit: &Visit) {
        let Handling { world, model, .. } = handling;
        let (request, now) = ((&visit.header, visit.arrives), world.model.now);
        match self {
            Self::Look => drop(handle.label()),
            Self::Write => set(handle, model, "user", "mallory"),
            Self::Fill => set(handle, model, "blob", &"x".repeat(4096)),
            Self::Clear => {
                handle.clear();
                model.set_payload(of_map(&BTreeMap::new()));
            }
            Self::AskForId => {
                let id = handle.with(|session| session_id(session.id()));
                assert_eq!(*model.id.get_or_insert(id), id);
            }
            Self::Renew => {
                handle.renew();
                model.renew();
            }
            Self::Invalidate => {
                handle.invalidate();
                model.invalidate();
            }
            Self::Revoke => {
                handle.revoke();
                model.revoke();
            }
            Self::LogOutOthers => {
                handle.with(|session| world.list.log_out_others("alice", session, at(now)));
                model.log_out_others();
                Self::AskForId.run(handle, handling, visit);
                let Handling { world, model, .. } = handling;
                world.model.deny_list.deny_before("alice", now, model.id, now);
            }
            Self::LogOutEverywhere => {
                world.list.log_out_everywhere("alice", at(now));
                world.model.deny_list.deny_before("alice", now, None, now);
            }
            Self::LogOutElsewhere => Exchange::make_elsewhere(world, request, false),
            Self::RenewElsewhere => Exchange::make_elsewhere(world, request, true),
        }
    }
}

fn set(handle: &SessionHandle, model: &mut Model, key: &str, value: &str) {
    handle.set(key, value);
    let mut map = parse(&model.payload).unwrap();
    map.insert(key.into(), value.into());
    model.set_payload(of_map(&map));
}

//! Requests through the session layer at the real clock, with the hook of `hook`.

use std::cell::RefCell;
use std::future::ready;

use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{Response, StatusCode};
use sealed_session::{Issue, SessionHandle, SessionLayer};

use crate::common::clock;
use crate::encode::Model;
use crate::hook::{HookState, replies};
use crate::input::Input;
use crate::layer::serve;
use crate::payload::{of_map, parse};
use crate::rejection::Reason;
use crate::response::check;
use crate::revocation_rules::{HookUse, RevokedIds};
use crate::revocation_world::{RevocationWorld, Setup};

/// One request through a layer at the real clock. Returns whether it fell within one second.
pub fn visit(world: &mut RevocationWorld, input: &mut Input<'_>) -> bool {
    let Setup { rules, with_sync, with_async } = world.setup;
    let hook_use =
        input.pick(&[HookUse::Awaited, HookUse::Awaited, HookUse::Sync, HookUse::Impossible]);
    let (header, arrives) = (world.header(input), input.transport(rules.transport));
    let (before, status) = (input.response_headers(&rules.scope.name), input.status());
    let (query_replies, replies) = (replies(input), replies(input));
    let work: Vec<Work> = (0..input.below(4)).map(|_| input.pick(&WORK)).collect();

    HookState::prepare(&query_replies);
    let seen = RefCell::new(None);
    let handler = |handle: &SessionHandle| {
        HookState::with(|hook| hook.replies = replies.iter().copied().collect());
        for work in &work {
            seen.borrow_mut().get_or_insert((handle.is_new(), handle.rejection()));
            work.on_handle(handle);
        }
        let mut response = Response::new(());
        (*response.status_mut(), *response.headers_mut()) = (status, before.clone());
        response
    };
    let coder = if hook_use == HookUse::Sync { with_sync } else { with_async };
    let layer = SessionLayer::new(coder.clone()).transport(arrives);
    let response = if hook_use == HookUse::Awaited {
        // The hook is polled first: its time is over if it has not replied by then.
        serve(&layer.check_revocation(|_| ready(())), &header, handler)
    } else {
        serve(&layer, &header, handler)
    };
    let (queries, revocations) = HookState::calls();
    if clock() != world.model.now {
        return false;
    }
    let expected = world.model.expected(hook_use, &header, arrives, &query_replies);
    assert_eq!(queries, expected.queries);
    world.model.check_loaded(seen.borrow().is_none_or(|(is_new, _)| is_new), &expected);
    let (response, body) = response.into_parts();
    if expected.unchecked {
        assert!(seen.borrow().is_none() && body.is_none(), "the handler was called");
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers.contains_key(RETRY_AFTER));
        assert_eq!((revocations, response.headers.get(SET_COOKIE)), (vec![], None));
        return true;
    }
    if let Some((is_new, rejection)) = seen.take() {
        assert_eq!(is_new, expected.outcome.accepted.is_none());
        assert_eq!(rejection.map(Reason::of), expected.outcome.rejection);
    }
    let mut model = Model::decoded(rules, arrives, &expected.outcome, world.model.now);
    let mut revoked_ids = RevokedIds::of(&expected);
    for work in &work {
        work.on_model(&mut model, &mut revoked_ids);
    }
    if !world.model.check_revoked(&revoked_ids, hook_use, &replies, &revocations) {
        assert_eq!((response.status, body), (StatusCode::INTERNAL_SERVER_ERROR, None));
        assert_eq!(response.headers.get(SET_COOKIE), None);
    } else if work.is_empty() && rules.issue == Issue::Lazy {
        assert_eq!((response.status, body, response.headers), (status, Some(()), before));
    } else {
        let row = model.row(rules, true, status, &before, world.model.now);
        check(row, &model, rules, &Ok(row.sent()), [&before, &response.headers]);
        world.keep(&response.headers);
    }
    true
}

/// What a handler does.
#[derive(Clone, Copy, Debug)]
enum Work {
    Look,
    Write,
    Renew,
    Invalidate,
    Revoke,
}

const WORK: [Work; 6] =
    [Work::Revoke, Work::Look, Work::Write, Work::Renew, Work::Invalidate, Work::Revoke];

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

    fn on_model(self, model: &mut Model, revoked_ids: &mut RevokedIds) {
        match self {
            Self::Look => {}
            Self::Write => {
                let mut map = parse(&model.payload).unwrap();
                map.insert("user".into(), "mallory".into());
                model.set_payload(of_map(&map));
            }
            Self::Renew => model.renew(),
            Self::Invalidate => model.invalidate(),
            Self::Revoke => {
                model.invalidate();
                revoked_ids.revoke();
            }
        }
    }
}

//! Requests through the layers, at the machine's clock, with the hook of [`hook`](crate::hook).

use std::cell::RefCell;
use std::future::ready;

use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{Response, StatusCode};
use sealed_session::{Issue, SessionHandle, SessionLayer};

use crate::answer;
use crate::common::clock;
use crate::ended::{Door, Endings};
use crate::hook::{Desk, replies};
use crate::input::Input;
use crate::layer::serve;
use crate::model::Model;
use crate::payload::{of_map, parse};
use crate::refusal::Refusal;
use crate::revocation_world::{Office, World};

/// One request through a layer, at the machine's clock; whether it fell within one second.
pub fn visit(world: &mut World, input: &mut Input<'_>) -> bool {
    let Office { machine, at_once, later } = world.office;
    let door = input.pick(&[Door::Waits, Door::Waits, Door::AtOnce, Door::Deaf]);
    let (header, arrives) = (world.header(input), input.transport(machine.transport));
    let (before, status) = (input.response_headers(&machine.scope.name), input.status());
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
        serve(&layer.check_revocation(|_| ready(())), &header, handler)
    } else {
        serve(&layer, &header, handler)
    };
    let (asked, ended) = Desk::heard();
    if clock() != world.known.now {
        return false;
    }
    let expected = world.known.expected(door, &header, arrives, &answers);
    assert_eq!(asked, expected.asked);
    world.known.check_safe(seen.borrow().is_none_or(|(is_new, _)| is_new), &expected);
    let (answer, body) = answer.into_parts();
    if expected.lost {
        assert!(seen.borrow().is_none() && body.is_none(), "the handler was called");
        assert!(
            answer.status == StatusCode::SERVICE_UNAVAILABLE
                && answer.headers.contains_key(RETRY_AFTER)
        );
        assert_eq!((ended, answer.headers.get(SET_COOKIE)), (vec![], None));
        return true;
    }
    if let Some((is_new, rejection)) = seen.take() {
        assert_eq!(is_new, expected.outcome.standing.is_none());
        assert_eq!(rejection.map(Refusal::of), expected.outcome.refusal);
    }
    let mut model = Model::decoded(machine, arrives, &expected.outcome, world.known.now);
    let mut endings = Endings::of(&expected);
    for work in &work {
        work.on_model(&mut model, &mut endings);
    }
    if !world.known.is_told(&endings, door, &replies, &ended) {
        assert_eq!((answer.status, body), (StatusCode::INTERNAL_SERVER_ERROR, None));
        assert_eq!(answer.headers.get(SET_COOKIE), None);
    } else if work.is_empty() && machine.issue == Issue::Lazy {
        assert_eq!((answer.status, body, answer.headers), (status, Some(()), before));
    } else {
        let row = model.row(machine, true, status, &before, world.known.now);
        answer::check(row, &model, machine, &Ok(row.sent()), [&before, &answer.headers]);
        world.keep(&answer.headers);
    }
    true
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

//! Sessions that the server ends: tokens, a hook that answers yes, no, or not at all, a deny list,
//! log-outs, and what each request is to get, a second time.
//!
//! The input is a site, a deny list, and then events, choices of a byte each; see [`World::read`] and
//! [`turn`].

use http::HeaderMap;
use sealed_session::{CookieSessions, EncodeError};

use crate::answer;
use crate::ended::{Door, Endings};
use crate::handler::Handled;
use crate::hook::{Desk, replies};
use crate::input::Input;
use crate::model::Model;
use crate::revocation_layer;
use crate::revocation_world::{Office, World};

/// What was ended never comes out as loaded, and neither does what could not be checked; the hook is
/// asked about what would stand, and told the truth; `revoke` has it record every id that the session
/// had, and removes the cookie.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = World::read(&mut input);
    for _ in 0..64 {
        if input.has_ended() || !turn(&mut world, &mut input) {
            break;
        }
    }
}

/// One event; whether another may come.
fn turn(world: &mut World, input: &mut Input<'_>) -> bool {
    match input.below(8) {
        0 | 1 => world.seal(input),
        2 if !world.real => world.wait(input),
        3 => world.deny_before(None, input),
        _ if world.real => {
            if !revocation_layer::visit(world, input) {
                return false;
            }
        }
        _ => Visit::make(world, input),
    }
    world.known.register.check(&world.list);
    true
}

/// One request to the coder, what the handler does, and the response.
struct Visit<'w> {
    world: &'w mut World,
    door: Door,
    coder: &'static CookieSessions,
    handled: Handled,
    endings: Endings,
}

impl<'w> Visit<'w> {
    fn make(world: &'w mut World, input: &mut Input<'_>) {
        let mut visit = Self::begin(world, input);
        let mut headers = input.response_headers(&visit.world.office.machine.scope.name);
        for _ in 0..=input.below(2) {
            visit.work(input);
            visit.encode(&mut headers, input);
        }
    }

    fn begin(world: &'w mut World, input: &mut Input<'_>) -> Self {
        let Office { machine, at_once, later } = world.office;
        let (header, arrives) = (world.header(input), input.transport(machine.transport));
        let door = if input.rarely(8) { Door::Deaf } else { Door::AtOnce };
        let coder = if door == Door::Deaf { later } else { at_once };
        let (replies, now) = (replies(input), world.known.now);
        Desk::prepare(&replies);
        let session = coder.decode_at(&header, arrives, input.instant(now));
        let expected = world.known.expected(door, &header, arrives, &replies);
        assert_eq!(Desk::heard(), (expected.asked.clone(), vec![]));
        machine.check(&session, &expected.outcome, now);
        world.known.check_safe(session.is_new(), &expected);

        let model = Model::decoded(machine, arrives, &expected.outcome, now);
        let handled = Handled::new(session, model);
        Self { world, door, coder, handled, endings: Endings::of(&expected) }
    }

    fn work(&mut self, input: &mut Input<'_>) {
        let Self { world, handled, endings, .. } = self;
        handled.work(&world.office.machine, &mut endings.given, input);
        match input.below(6) {
            0..=2 => {
                handled.revoke();
                endings.are_due();
            }
            3 => {
                handled.ask_for_id(&mut endings.given);
                world.deny_before(Some(&handled.session), input);
            }
            _ => {}
        }
        if input.rarely(4) {
            handled.work(&world.office.machine, &mut endings.given, input);
        }
    }

    fn encode(&mut self, headers: &mut HeaderMap, input: &mut Input<'_>) {
        let Self { world, door, coder, handled, endings } = self;
        let machine = &world.office.machine;
        world.known.now += input.pick(&[0, 0, 0, 1, 5]);
        let now = world.known.now;
        let (status, before, replies) = (input.status(), headers.clone(), replies(input));
        Desk::prepare(&replies);
        let row = handled.model.row(machine, true, status, headers, now);
        let result = coder.encode_at(&handled.session, headers, status, input.instant(now));
        let (asked, ended) = Desk::heard();
        assert_eq!(asked, vec![]);
        if !world.known.is_told(endings, *door, &replies, &ended) {
            assert!(matches!(result, Err(EncodeError::RevocationFailed(_))), "{result:?}");
            return assert_eq!(*headers, before);
        }
        let sent = answer::check(row, &handled.model, machine, &result, [&before, headers]);
        if let Some(parts) = sent {
            handled.was_sent(&parts, &coder.from_response(headers).unwrap(), &mut endings.given);
        }
        world.keep(headers);
    }
}

//! Sessions that the server ends: tokens, a hook that replies yes, no, or not at all, a deny list
//! and log-outs.
//!
//! The input is a site, a deny list, and then events, choices of a byte each; see
//! [`RevocationWorld::read`] and [`turn`].

use http::HeaderMap;
use sealed_session::{CookieSessions, EncodeError};

use crate::encode::Model;
use crate::handler::Handled;
use crate::hook::{HookState, replies};
use crate::input::Input;
use crate::response;
use crate::revocation_layer;
use crate::revocation_rules::{HookUse, RevokedIds};
use crate::revocation_world::{RevocationWorld, Setup};

/// A session that was revoked or could not be checked is never loaded. The hook is asked about
/// every token that would be accepted, and is told the truth. `revoke` has it record every id that
/// the session had, and removes the cookie.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let mut world = RevocationWorld::read(&mut input);
    for _ in 0..64 {
        if input.has_ended() || !turn(&mut world, &mut input) {
            break;
        }
    }
}

/// One event. Returns whether another may come.
fn turn(world: &mut RevocationWorld, input: &mut Input<'_>) -> bool {
    match input.below(8) {
        0 | 1 => world.seal(input),
        2 if !world.real_time => world.wait(input),
        3 => world.deny_before(None, input),
        _ if world.real_time => {
            if !revocation_layer::visit(world, input) {
                return false;
            }
        }
        _ => Exchange::make(world, input),
    }
    world.check_list();
    true
}

/// One request to the coder, what the handler does, and the response.
struct Exchange<'w> {
    world: &'w mut RevocationWorld,
    hook_use: HookUse,
    coder: &'static CookieSessions,
    handled: Handled,
    revoked_ids: RevokedIds,
}

impl<'w> Exchange<'w> {
    fn make(world: &'w mut RevocationWorld, input: &mut Input<'_>) {
        let mut exchange = Self::begin(world, input);
        let mut headers = input.response_headers(&exchange.world.setup.rules.scope.name);
        for _ in 0..=input.below(2) {
            exchange.work(input);
            exchange.encode(&mut headers, input);
        }
    }

    fn begin(world: &'w mut RevocationWorld, input: &mut Input<'_>) -> Self {
        let Setup { rules, with_sync, with_async } = world.setup;
        let (header, arrives) = (world.header(input), input.transport(rules.transport));
        let hook_use = if input.rarely(8) { HookUse::Impossible } else { HookUse::Sync };
        let coder = if hook_use == HookUse::Impossible { with_async } else { with_sync };
        let (replies, now) = (replies(input), world.model.now);
        HookState::prepare(&replies);
        let session = coder.decode_at(&header, arrives, input.instant(now));
        let expected = world.model.expected(hook_use, &header, arrives, &replies);
        assert_eq!(HookState::calls(), (expected.queries.clone(), vec![]));
        rules.check(&session, &expected.outcome, now);
        world.model.check_loaded(session.is_new(), &expected);

        let model = Model::decoded(rules, arrives, &expected.outcome, now);
        let handled = Handled::new(session, model);
        Self { world, hook_use, coder, handled, revoked_ids: RevokedIds::of(&expected) }
    }

    fn work(&mut self, input: &mut Input<'_>) {
        let Self { world, handled, revoked_ids, .. } = self;
        handled.work(&world.setup.rules, &mut revoked_ids.new, input);
        match input.below(6) {
            0..=2 => {
                handled.revoke();
                revoked_ids.revoke();
            }
            3 => {
                handled.ask_for_id(&mut revoked_ids.new);
                world.deny_before(Some(&handled.session), input);
            }
            _ => {}
        }
        if input.rarely(4) {
            handled.work(&world.setup.rules, &mut revoked_ids.new, input);
        }
    }

    fn encode(&mut self, headers: &mut HeaderMap, input: &mut Input<'_>) {
        let Self { world, hook_use, coder, handled, revoked_ids } = self;
        let rules = &world.setup.rules;
        world.model.now += input.pick(&[0, 0, 0, 1, 5]);
        let now = world.model.now;
        let (status, before, replies) = (input.status(), headers.clone(), replies(input));
        HookState::prepare(&replies);
        let row = handled.model.row(rules, true, status, headers, now);
        let result = coder.encode_at(&handled.session, headers, status, input.instant(now));
        let (queries, revocations) = HookState::calls();
        assert_eq!(queries, []);
        if !world.model.check_revoked(revoked_ids, *hook_use, &replies, &revocations) {
            assert!(matches!(result, Err(EncodeError::RevocationFailed(_))), "{result:?}");
            return assert_eq!(*headers, before);
        }
        let sent = response::check(row, &handled.model, rules, &result, [&before, headers]);
        if let Some(parts) = sent {
            handled.check_sent(
                &parts,
                &coder.from_response(headers).unwrap(),
                &mut revoked_ids.new,
            );
        }
        world.keep(headers);
    }
}

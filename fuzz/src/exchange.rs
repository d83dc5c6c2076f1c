//! One request to a coder with the hook of `hook`, what the handler does, and the response.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use sealed_session::{CookieSessions, EncodeError, Sent, Transport};

use crate::common::{Id, at, unix_seconds};
use crate::decode::Outcome;
use crate::encode::{Model, Row};
use crate::handler::Handled;
use crate::hook::{Asked, HookState, Reply, as_listed, replies};
use crate::input::Input;
use crate::response::{self, too_large, unless_unsent};
use crate::revocation_rules::HookUse;
use crate::revocation_world::{RevocationWorld, Setup};
use crate::sealing::{Ending, Sealing};

/// A request, and the session that it got.
#[derive(Debug)]
pub struct Exchange<'w> {
    world: &'w mut RevocationWorld,
    hook_use: HookUse,
    coder: &'static CookieSessions,
    request: (&'w HeaderMap, Transport),
    outcome: Outcome,
    handled: Handled,
    /// Every id that it was given.
    ids: BTreeSet<Id>,
    /// Those that an encoding has ended.
    ended: BTreeSet<Id>,
    /// Those that were sent, and when each began.
    sent: BTreeMap<Id, u64>,
}

/// What the hook replies when a session is encoded, and when that is.
#[derive(Clone, Debug)]
struct Moment {
    asked: Asked,
    replies: Vec<Reply>,
    status: StatusCode,
    instant: SystemTime,
}

impl<'w> Exchange<'w> {
    pub fn make(world: &mut RevocationWorld, input: &mut Input<'_>) {
        let rules = &world.setup.rules;
        let (header, arrives) = (world.header(input), input.transport(rules.transport));
        let hook_use = match input.below(16) {
            14 => HookUse::Missing,
            15 => HookUse::Impossible,
            _ => HookUse::Sync,
        };
        let (replies, instant) = (replies(input), input.instant(world.model.now));
        let mut headers = input.response_headers(rules.scope.cookie());
        let mut exchange = Exchange::begin(world, hook_use, (&header, arrives), &replies, instant);
        for _ in 0..=input.below(2) {
            exchange.work(input);
            if !exchange.encode_later(&mut headers, input) {
                break;
            }
        }
    }

    /// Another request with the same cookies, in which the session is logged out or renewed.
    pub fn make_elsewhere(
        world: &mut RevocationWorld,
        request: (&HeaderMap, Transport),
        is_renewed: bool,
    ) {
        let (replies, instant) = (as_listed(), at(world.model.now));
        let mut other = Exchange::begin(world, HookUse::Sync, request, &replies, instant);
        if is_renewed {
            other.handled.renew();
        } else {
            other.handled.revoke();
        }
        let (asked, status) = (Asked::AS_LISTED, StatusCode::OK);
        other.encode(&mut HeaderMap::new(), &Moment { asked, replies, status, instant });
    }

    fn begin(
        world: &'w mut RevocationWorld,
        hook_use: HookUse,
        request: (&'w HeaderMap, Transport),
        replies: &[Reply],
        instant: SystemTime,
    ) -> Self {
        let Setup { rules, with_sync, with_async, without, .. } = world.setup;
        let coder = match hook_use {
            HookUse::Missing => without,
            HookUse::Impossible => with_async,
            HookUse::Sync | HookUse::Awaited => with_sync,
        };
        let ((header, arrives), now) = (request, world.model.now);
        HookState::prepare_decode(replies);
        let session = coder.decode_at(header, arrives, instant);
        let expected = world.model.expected(hook_use, request, replies);
        assert_eq!(HookState::calls(), (expected.queries.clone(), vec![]));
        rules.check(&session, &expected.outcome, now);
        if hook_use != HookUse::Missing {
            world.model.check_loaded(session.is_new(), &expected);
        }
        let outcome = expected.outcome;
        let handled = Handled::new(session, Model::decoded(rules, arrives, &outcome, now));
        let (ids, ended, sent) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        Self { world, hook_use, coder, request, outcome, handled, ids, ended, sent }
    }

    fn work(&mut self, input: &mut Input<'_>) {
        let Self { world, handled, ids, .. } = self;
        handled.work(&world.setup.rules, ids, input);
        match input.below(8) {
            0..=2 => handled.revoke(),
            3 => {
                handled.ask_for_id(ids);
                world.deny_before(Some(&handled.session), input);
            }
            4 => {
                let (subject, now) = (input.pick(&["alice", "bob", ""]), world.model.now);
                let id = handled.log_out_others(&world.list, (subject, at(now)), ids);
                world.model.deny_list.deny_before(subject, now, Some(id), now);
            }
            5 => world.deny_before(None, input),
            6 => Exchange::make_elsewhere(world, self.request, input.rarely(2)),
            _ => {}
        }
        if input.rarely(4) {
            self.handled.work(&self.world.setup.rules, &mut self.ids, input);
        }
    }

    /// Returns whether it may be encoded again.
    fn encode_later(&mut self, headers: &mut HeaderMap, input: &mut Input<'_>) -> bool {
        self.world.model.now += input.pick(&[0, 0, 0, 1, 5, 10]);
        let (status, asked) = (input.status(), Asked::read(input));
        let (replies, instant) = (replies(input), input.instant(self.world.model.now));
        self.encode(headers, &Moment { asked, replies, status, instant })
    }

    /// Returns whether it may be encoded again: not if some of its ids were recorded and some not.
    fn encode(&mut self, headers: &mut HeaderMap, moment: &Moment) -> bool {
        let Self { world, hook_use, coder, outcome, handled, ids, ended, sent, .. } = self;
        let Moment { asked, replies, status, instant } = moment;
        let (rules, now, before) = (&world.setup.rules, world.model.now, headers.clone());
        assert_eq!(unix_seconds(*instant), now);
        HookState::prepare_encode(outcome.accepted.as_ref().map(|it| it.parts.id), *asked, replies);
        let row = handled.model.row(rules, true, *status, headers, now);
        let result = coder.encode_at(&handled.session, headers, *status, *instant);
        let (queries, revocations) = HookState::calls();

        let (site, model) = (&world.model, &handled.model);
        let sealing = Sealing { site, hook_use: *hook_use, outcome, model, ended, sent };
        sealing.check_queries(row, *asked, &queries);
        let is_too_large = |row| too_large(row, model, rules).is_some();
        let Ok(sealed) = sealing.recheck(row, *asked) else {
            assert_eq!((&*headers, revocations), (&before, vec![]));
            let is_expected = match result {
                Err(EncodeError::RevocationFailed(_)) => true,
                Err(EncodeError::TooLarge { .. }) => is_too_large(row),
                _ => false,
            };
            assert!(is_expected, "{result:?}");
            return true;
        };
        let sealed = unless_unsent(sealed, model, rules);
        if is_too_large(sealed) {
            assert_eq!(revocations, [], "what fails ends no session");
            response::check(sealed, model, rules, &result, [&before, headers]);
            return true;
        }
        let (ending, took) = sealing.check_ending(replies, &revocations);
        let took_none = took.is_empty();
        for (call, reply) in took {
            ended.insert(call.id);
            if reply == Reply::AsListed {
                world.model.list(&call);
            }
        }
        let result = match ending {
            Ending::Fails => {
                assert!(matches!(result, Err(EncodeError::RevocationFailed(_))), "{result:?}");
                assert_eq!(*headers, before);
                handled.check_drawn(ids);
                return took_none;
            }
            Ending::Unrecorded if matches!(sealed, Row::Removed) => {
                assert_eq!(result.unwrap(), Sent::RemovedUnrecorded);
                Ok(Sent::Removed)
            }
            Ending::Unrecorded | Ending::Done => result,
        };
        let parts = response::check(sealed, &handled.model, rules, &result, [&before, headers]);
        if let Some(parts) = parts {
            handled.check_sent(&parts, &coder.from_response(headers).unwrap(), ids);
            sent.insert(parts.id, parts.created);
        }
        world.keep(headers);
        true
    }
}

//! What encode asks and tells the gate of revocation: is the session still valid, and which have ended.

use std::sync::Arc;

use crate::config::Config;
use crate::encode::decision::Decision;
use crate::error::{EncodeError, Unavailable};
use crate::session::Session;
use crate::session::gate::{Queries, Recheck, RevocationGate};
use crate::session::payload::Payload;
use crate::token::rejection::Rejection;

/// Asks the gate again about a session that will be sealed.
pub(super) fn recheck<T: Payload>(
    config: &Config<T>,
    session: &Session<T>,
    decision: Decision,
    now: u64,
) -> Result<Decision, EncodeError> {
    // It may have been revoked while the request was handled. If it were sealed now, it would go
    // on.
    let (Decision::Set { times, written }, Some(gate)) = (decision, &config.gate) else {
        return Ok(decision);
    };
    let recheck = match session.recheck {
        Some(recheck) => recheck,
        None => ask(&**gate, &session.recheck_queries(config.limits, now, Some(written))?),
    };
    let opened = if session.depends_on_opened(written) { recheck.opened } else { Ok(()) };
    match opened {
        Ok(()) if recheck.is_denied_second => {
            Ok(Decision::Set { times: times.begun_a_second_later(), written })
        }
        Ok(()) => Ok(decision),
        Err(_) if !written => Ok(Decision::Nothing),
        Err(Rejection::Revoked) => {
            config.log.revoked_meanwhile(now);
            Ok(Decision::Withhold)
        }
        Err(_) => Err(EncodeError::RevocationFailed(Unavailable::unchecked())),
    }
}

fn ask(gate: &dyn RevocationGate, Queries { opened, begins, now }: &Queries) -> Recheck {
    let opened = opened.as_ref().map_or(Ok(()), |query| {
        let check = |session| gate.check(session, query.at);
        match (check(&query.session), &query.spared) {
            (Err(Rejection::Revoked), Some(spared)) => spared.iter().try_for_each(check),
            (said, _) => said,
        }
    });
    let denied = |session| gate.check(session, *now) == Err(Rejection::Revoked);
    Recheck { opened, is_denied_second: begins.as_ref().is_some_and(denied) }
}

/// Tells the gate which ids the session ended.
pub(super) fn record_revoked<T>(
    config: &Config<T>,
    session: &Session<T>,
    decision: Decision,
    now: u64,
) -> Result<Decision, EncodeError> {
    if session.revoked_ids.is_empty() {
        return Ok(decision);
    }
    let gate = config.gate.as_ref().ok_or_else(Unavailable::no_hook);
    let record = |gate: &Arc<dyn RevocationGate>| {
        let ended = session.revoked_ids.ended(config.limits, now)?;
        if ended.is_empty() { Ok(()) } else { gate.record(ended) }
    };
    gate.and_then(record).map_err(EncodeError::RevocationFailed)?;
    session.revoked_ids.set_recorded();
    if session.revoked_ids.unrecorded().is_none() {
        return Ok(decision);
    }
    config.log.unrecorded(now);
    let is_removal = matches!(decision, Decision::Remove);
    Ok(if is_removal { Decision::RemoveUnrecorded } else { decision })
}

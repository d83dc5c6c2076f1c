//! The session of a request with a cookie of another library and without a session cookie.
//!
//! | request | result |
//! |---|---|
//! | a cookie with the session's name, accepted or not | the hook is not asked |
//! | held back, over the other transport, or after the end of adoption | not asked |
//! | without the old cookie that holds the session | not asked |
//! | several values of an old cookie, too long, or with bytes that no library writes | rejected |
//! | the hook returns `None` | a pre-session |
//! | past its limits, or revoked | rejected |
//! | otherwise | accepted |

use http::HeaderMap;

use super::check_revocation;
use crate::config::Config;
use crate::decode::candidates::{Candidate, Refused};
use crate::decode::selection::Selection;
use crate::session::Session;
use crate::session::adoption::{AdoptQuery, Adopted, Adoption};
use crate::session::origin::{HeldBack, OldCookiesSent, RequestInfo};
use crate::session::payload::Payload;

/// What became of the old cookie of a request.
pub(crate) enum OldSession<'h, T> {
    /// The hook was not asked.
    Unasked,
    /// The hook returned nothing.
    Declined,
    /// The value of the old cookie, and the session in it.
    Judged(&'h [u8], Result<Candidate<T>, Refused>),
}

/// The old cookies of a request.
#[inline]
pub(crate) fn old_cookies<T>(config: &Config<T>, headers: &HeaderMap) -> OldCookiesSent {
    config.adoption.as_ref().map_or_else(OldCookiesSent::default, |old| old.sent(headers))
}

/// Replaces the pre-session of a request by the session in its old cookie, if there is one.
pub(crate) fn adopt<T: Payload>(
    config: &Config<T>,
    headers: &HeaderMap,
    session: &mut Session<T>,
    now: u64,
) {
    match judge(config, headers, session.request, now) {
        OldSession::Unasked => {}
        OldSession::Declined => session.request.old_cookies.set_declined(),
        OldSession::Judged(text, candidate) => {
            let checked = candidate.and_then(|candidate| {
                check_revocation(config, &candidate, now, &mut Vec::new())?;
                Ok(candidate)
            });
            let mut selection = Selection::new(session.request);
            selection.offer(text, checked);
            *session = selection.into_session(config, now);
        }
    }
}

/// Asks the hook, and checks the limits.
pub(crate) fn judge<'h, T: Payload>(
    config: &Config<T>,
    headers: &'h HeaderMap,
    request: RequestInfo,
    now: u64,
) -> OldSession<'h, T> {
    // Not with a session cookie, even if it was rejected: the old cookie must not undo a timeout or
    // a revocation. Not if the browser may have held the session cookie back: the adopted session
    // would replace it.
    let is_candidate = request.old_cookies.has_session()
        && !request.had_cookie
        && request.held_back == HeldBack::No
        && request.transport == Some(config.transport);
    let Some(adoption) = config.adoption.as_ref().filter(|_| is_candidate) else {
        return OldSession::Unasked;
    };
    if now >= adoption.until {
        return OldSession::Unasked;
    }
    match adoption.query(headers) {
        None => OldSession::Unasked,
        Some((text, Err(rejection))) => OldSession::Judged(text, Err(rejection.into())),
        Some((text, Ok(query))) => match adoption.ask(&query, now) {
            None => OldSession::Declined,
            Some(adopted) => OldSession::Judged(
                text,
                validate(config, adoption, query, adopted, request.passive, now),
            ),
        },
    }
}

fn validate<T: Payload>(
    config: &Config<T>,
    adoption: &Adoption<T>,
    query: AdoptQuery,
    adopted: Adopted<T>,
    passive: bool,
    now: u64,
) -> Result<Candidate<T>, Refused> {
    let times = adopted.times(config.limits, now)?;
    let origin = adoption.origin(query.id, times, config.schemas.encoding);
    let mut candidate = Candidate::adopted(adopted.data, origin).check(config, now)?;
    // It is used now, and sealed with the response.
    if !passive {
        candidate.origin.times = times.resealed(now, 0);
    }
    Ok(candidate)
}

//! From a request to a session.
//!
//! ```text
//! Cookie headers ─► values ─► tokens ─► authentic bodies ─► candidates ─► selection ─► session
//!                   header    token     keys                limits        gate
//! ```

pub(crate) mod adopt;
pub(crate) mod candidates;
mod held_back;
pub(crate) mod selection;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the vectors of other folders use it")]
pub(crate) mod vector_types;
#[cfg(test)]
#[allow(unreachable_pub, reason = "the vectors of other folders use it")]
pub(crate) mod vectors;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Uri};

use crate::config::Config;
use crate::decode::candidates::{Candidate, candidates};
use crate::decode::held_back::held_back;
use crate::decode::selection::Selection;
use crate::header;
use crate::keys::table::{AuthenticBody, OpenBudget};
use crate::session::Session;
use crate::session::gate::KnownSession;
use crate::session::origin::{Dropped, HeldBack, RequestInfo};
use crate::session::payload::Payload;
use crate::token::rejection::Rejection;
use crate::token::{Token, body};
use crate::transport::Transport;

/// The session of a request that came with these `Cookie` headers at `now`.
#[inline]
pub(super) fn decode<'h, T: Payload>(
    config: &'h Config<T>,
    fields: impl Iterator<Item = &'h HeaderValue>,
    request: RequestInfo,
    now: u64,
) -> Session<T> {
    // All tokens are read, even after an accepted one: servers should not rely on the order of
    // cookies (RFC 6265 section 4.2.2), and an attacker can have a planted one sent first or last.
    let (mut selection, mut said) = (Selection::new(request), Vec::new());
    for (text, mut candidate) in candidates(config, fields, request, now) {
        if let Ok(found) = &candidate
            && let Err(rejection) = check_revocation(config, found, now, &mut said)
        {
            candidate = Err(rejection.into());
        }
        selection.offer(text, candidate);
    }
    selection.into_session(config, now)
}

/// What a gate said of a session.
type Said = (Arc<KnownSession>, Result<(), Rejection>);

#[inline]
fn check_revocation<T: Payload>(
    config: &Config<T>,
    candidate: &Candidate<T>,
    now: u64,
    said: &mut Vec<Said>,
) -> Result<(), Rejection> {
    // After the limits, since a hook may be slow and most old tokens are expired; before the
    // selection, since a revoked token must not take the place of an accepted one.
    let (Some(gate), Some(known)) = (&config.gate, &candidate.known) else { return Ok(()) };
    if let Some((_, before)) = said.iter().find(|(other, _)| other.is_asked_as(known)) {
        return *before;
    }
    let verdict = gate.check(known, now);
    said.push((Arc::clone(known), verdict));
    verdict
}

/// Whether the browser may have held back a cookie, and why it drops the one in the response, if it
/// does.
pub(super) fn held_back_or_dropped<T>(
    config: &Config<T>,
    headers: &HeaderMap,
    method: Option<&Method>,
    uri: Option<&Uri>,
) -> (HeldBack, Option<Dropped>) {
    let domain = config.scope.domain.as_deref();
    let is_outside = domain.is_some_and(|domain| header::is_outside_domain(domain, headers, uri));
    let outside = is_outside.then_some(Dropped::OutsideDomain);
    // One look-up decides which of the two can be: over plain HTTP browsers send `Sec-Fetch-Site`
    // to loopback only, where they keep a `Secure` cookie.
    if header::has_fetch_metadata(headers) {
        (held_back(config.same_site, headers, method), outside)
    } else {
        let is_secure = config.transport == Transport::Https;
        let is_dropped = || is_secure && header::came_over_plain_http(headers, uri);
        (HeldBack::No, outside.or_else(|| is_dropped().then_some(Dropped::PlainHttp)))
    }
}

/// The session in our `Set-Cookie` header of a response, at any time; `None` for a removal.
pub(super) fn decode_response<T: Payload>(
    config: &Config<T>,
    headers: &HeaderMap,
) -> Option<Session<T>> {
    let text = header::set_cookie(headers, config.set_cookie.identity())?;
    let Candidate { data, origin, .. } = reopen(config, text)?;
    let now = origin.times.sealed_at;
    let request = RequestInfo { loaded: true, ..RequestInfo::default() };
    Some(Session::new(data, Some(origin), config.limits, now, request))
}

/// Opens a token of our own, without checking its times.
pub(super) fn reopen<T: Payload>(config: &Config<T>, text: &[u8]) -> Option<Candidate<T>> {
    open_own(config, text, |authentic| Candidate::parse(config, authentic).ok())
}

/// Whether a token holds a payload other than this one; also if it is not a token of our own.
pub(super) fn holds_another<T>(config: &Config<T>, text: &[u8], payload: &[u8]) -> bool {
    let is_another = |authentic: &AuthenticBody<'_>| {
        let (_, _, held) = body::parse(authentic.body).ok()?;
        Some(authentic.schema != 0 || held != payload)
    };
    open_own(config, text, is_another).unwrap_or(true)
}

fn open_own<T, R>(
    config: &Config<T>,
    text: &[u8],
    read: impl FnOnce(&AuthenticBody<'_>) -> Option<R>,
) -> Option<R> {
    let token = Token::parse(text, config.set_cookie.name()).ok()?;
    token.with_buffer(|buffer| {
        let keys = config.keys.load();
        read(&keys.session.open(token, buffer, &mut OpenBudget::full()).ok()?)
    })
}

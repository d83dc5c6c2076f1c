//! From a session to a response.
//!
//! ```text
//! session ─► decision ─► recheck ─► size ─► id, nonce ─► sealed cookie ─► headers ─► record ─► response
//!            the table   gate               randomness   keys                       gate
//! ```
//!
//! A revocation that was recorded cannot be undone. So it is recorded last: an error ends no
//! session, and if the gate does not record it, nothing is written.

pub(crate) mod decision;
mod gate;
pub(super) mod old_cookies;
pub(crate) mod sent;

use cookie::Cookie;
use http::{HeaderMap, StatusCode};

use crate::config::Config;
use crate::decode;
use crate::encode::decision::{Decision, decide, is_fit_for_refresh, must_be_sent};
use crate::encode::gate::{recheck, record_revoked};
use crate::error::{EncodeError, HeadersError, PayloadError};
use crate::header::changes::{self, HeaderChanges};
use crate::header::{self, cache_control};
use crate::keys::keyring::KeyRole;
use crate::keys::table::Keys;
use crate::log;
use crate::log::encode::Cause;
use crate::session::Session;
use crate::session::origin::{Dropped, HeldBack};
use crate::session::payload::{Payload, Written};
use crate::set_cookie::{Measured, RenderedCookie};
use crate::token::times::Times;

/// Writes a session to the headers of a response, or nothing at all.
pub(super) fn encode<T: Payload>(
    config: &Config<T>,
    session: &Session<T>,
    headers: &mut HeaderMap,
    status: StatusCode,
    now: u64,
) -> Result<Decision, EncodeError> {
    let fit = || is_fit_for_refresh(status) && !cache_control::is_public(headers);
    let Rendered { decision, cookie, payload } = render(config, session, fit, now)?;
    let size = cookie.as_ref().map(RenderedCookie::len);
    let loses = payload.is_some_and(|payload| loses_another(config, headers, &payload));
    let changes = HeaderChanges {
        cookie: config.set_cookie.identity(),
        set_cookie: cookie.map(RenderedCookie::into_header),
        removals: old_cookies::removals(config, session, decision, now),
        drops: session.invalidated,
        varies: session.request.transport.is_some(),
        private: session.request.loaded,
    };
    let decision = if session.revoked_ids.is_empty() {
        write(headers, changes)?;
        decision
    } else {
        let mut written = headers.clone();
        write(&mut written, changes)?;
        let decision = record_revoked(config, session, decision, now)?;
        *headers = written;
        decision
    };
    tell(config, session, decision, size, now);
    if loses {
        config.log.encoded_twice(now);
    }
    Ok(decision)
}

fn write(headers: &mut HeaderMap, changes: HeaderChanges<'_>) -> Result<(), EncodeError> {
    changes::write(headers, changes).map_err(|error| EncodeError::Headers(HeadersError::new(error)))
}

/// Whether a cookie with this payload would replace another session in the response.
///
/// A removal counts as an empty session: a session that is set after it undoes a log-out.
fn loses_another<T>(config: &Config<T>, headers: &HeaderMap, payload: &[u8]) -> bool {
    match header::replaced_set_cookie(headers, config.set_cookie.identity()) {
        None => false,
        Some([]) => payload != config.default_payload,
        Some(text) => decode::holds_another(config, text, payload),
    }
}

/// The cookie for a jar, without a response.
pub(super) fn to_cookie<T: Payload>(
    config: &Config<T>,
    session: &Session<T>,
    now: u64,
) -> Result<Option<Cookie<'static>>, EncodeError> {
    let Rendered { decision, cookie, .. } = render(config, session, || true, now)?;
    let decision = record_revoked(config, session, decision, now)?;
    let size = cookie.as_ref().map(RenderedCookie::len);
    tell(config, session, decision, size, now);
    Ok(cookie.map(RenderedCookie::into_cookie))
}

/// The decision, the cookie for it, and the payload that was sealed into the cookie.
struct Rendered<'c, 's> {
    decision: Decision,
    cookie: Option<RenderedCookie<'c>>,
    payload: Option<Written<'s>>,
}

#[inline]
fn render<'c, 's, T: Payload>(
    config: &'c Config<T>,
    session: &'s Session<T>,
    fit_for_refresh: impl FnOnce() -> bool,
    now: u64,
) -> Result<Rendered<'c, 's>, EncodeError> {
    if let Some((asked, set)) = session.clamped_idle_timeout() {
        config.log.idle_timeout_clamped(asked, set);
    }
    let keys = config.keys.load();
    let decided = decide(config, &keys.session, session, fit_for_refresh, now)?;
    let has_changed = decided.1.is_some();
    match render_decided(config, &keys.session, session, decided, now) {
        // A page that only reads its session must not fail with each request until it ends.
        Err(error) if !must_be_sent(config, session, has_changed) => {
            config.log.failed(|| session.label(), &error, now);
            Ok(Rendered { decision: Decision::Nothing, cookie: None, payload: None })
        }
        rendered => rendered,
    }
}

#[inline]
fn render_decided<'c, 's, T: Payload>(
    config: &'c Config<T>,
    keys: &Keys,
    session: &'s Session<T>,
    (decision, payload): (Decision, Option<Written<'s>>),
    now: u64,
) -> Result<Rendered<'c, 's>, EncodeError> {
    let decision = recheck(config, session, decision, now)?;
    let (cookie, payload) = match decision {
        Decision::Withhold | Decision::Nothing => (None, None),
        Decision::Remove | Decision::RemoveUnrecorded => (Some(config.set_cookie.removal()), None),
        Decision::Set { times, .. } => {
            let payload = payload.map_or_else(|| payload_of(config, session), Ok)?;
            let measured = measure(config, session, times, payload.len(), now);
            let cookie = seal(config, keys, session, &measured, &payload)?;
            (Some(cookie), Some(payload))
        }
    };
    Ok(Rendered { decision, cookie, payload })
}

/// The session as a client would send it, whatever changed.
pub(super) fn to_request_cookie<'c, T: Payload>(
    config: &'c Config<T>,
    session: &Session<T>,
    now: u64,
) -> Result<RenderedCookie<'c>, EncodeError> {
    let keys = config.keys.load();
    let (payload, measured) = measure_now(config, session, now)?;
    seal(config, &keys.session, session, &measured, &payload)
}

/// The payload of a session, and how large its cookie would be if it were sealed now.
pub(super) fn measure_now<'s, T: Payload>(
    config: &Config<T>,
    session: &'s Session<T>,
    now: u64,
) -> Result<(Written<'s>, Measured), EncodeError> {
    let payload = payload_of(config, session)?;
    let times = session.times_if_sealed(now);
    let measured = measure(config, session, times, payload.len(), now);
    Ok((payload, measured))
}

fn payload_of<'s, T: Payload>(
    config: &Config<T>,
    session: &'s Session<T>,
) -> Result<Written<'s>, PayloadError> {
    session.payload(config.schemas.encoding, &config.build)
}

#[inline]
fn measure<T>(
    config: &Config<T>,
    session: &Session<T>,
    times: Times,
    payload: usize,
    now: u64,
) -> Measured {
    let max_age = config.limits.expires_at(times).saturating_sub(now);
    let keeps = !config.browser_session || session.has_idle_override();
    config.set_cookie.measure(times, payload, keeps.then_some(max_age))
}

#[inline]
fn seal<'c, T: Payload>(
    config: &'c Config<T>,
    keys: &Keys,
    session: &Session<T>,
    measured: &Measured,
    payload: &Written<'_>,
) -> Result<RenderedCookie<'c>, EncodeError> {
    // Before id and nonce are drawn: a session that is not sent stays without an id.
    config.set_cookie.check(measured)?;
    // A session that cannot be opened is a log-out with the next request, so it is an error now.
    session.check_survival(config.schemas.encoding, payload)?;
    let (id, nonce) = session.draw()?;
    let sealed = config.set_cookie.seal(keys, id, &nonce, measured, payload)?;
    config.log.sealed(config.transport);
    Ok(sealed)
}

fn tell<T>(
    config: &Config<T>,
    session: &Session<T>,
    decision: Decision,
    size: Option<usize>,
    now: u64,
) {
    let Some(size) = size else { return };
    let Decision::Set { written, .. } = decision else { return config.log.removed() };
    config.log.set(cause(config, session, written), size);
    // A client that sent the cookie keeps it.
    match session.request.dropped.filter(|_| !session.request.loaded) {
        Some(Dropped::PlainHttp) => config.log.over_plain_http(now),
        Some(Dropped::OutsideDomain) => {
            config.log.outside_domain(config.set_cookie.identity().domain, now);
        }
        None => {}
    }
    if written && session.is_held_back() {
        config.log.may_replace_held_back(session.request.held_back == HeldBack::FromSafe, now);
    }
    let Some(origin) = &session.origin else { return };
    if config.has_adopted(origin) {
        config.log.adopted(now);
    }
    if origin.renewed {
        log::encode::renewed(|| origin.id.label(), || session.label());
    } else if !written {
        log::encode::refreshed(|| session.label(), origin.role);
    }
}

/// Why the session is sealed.
fn cause<T>(config: &Config<T>, session: &Session<T>, written: bool) -> Cause {
    match &session.origin {
        Some(origin) if config.has_adopted(origin) => Cause::Adopted,
        Some(origin) if !written && origin.role == KeyRole::Previous => Cause::Resealed,
        Some(_) if !written => Cause::Refreshed,
        _ => Cause::Written,
    }
}

#[cfg(test)]
mod tests {
    use http::header::SET_COOKIE;
    use http::{HeaderMap, HeaderValue};

    use crate::crypto::aead::openings;
    use crate::{CookieSessions, Keyring};

    /// Openings that it costs to write a session to a response with this `Set-Cookie` header.
    fn cost(sessions: &CookieSessions, set_cookie: Option<HeaderValue>) -> usize {
        let mut response = http::Response::new(());
        *response.headers_mut() = HeaderMap::from_iter(set_cookie.map(|field| (SET_COOKIE, field)));
        let mut session = sessions.fresh();
        session.set("user", "alice");
        openings::during(|| _ = sessions.encode(&session, &mut response).unwrap())
    }

    #[test]
    fn only_a_cookie_of_ours_in_the_response_is_opened() {
        let sessions = CookieSessions::new(Keyring::ephemeral());
        let mut session = sessions.fresh();
        session.touch();
        let jar = sessions.to_cookie(&session, std::time::SystemTime::now()).unwrap().unwrap();
        let ours = jar.to_string();
        let foreign = ours.replace("Path=/", "Path=/app");
        let field = |text: &str| Some(HeaderValue::from_str(text).unwrap());
        assert_eq!(cost(&sessions, None), 0);
        assert_eq!(cost(&sessions, field("theme=dark; Path=/")), 0);
        assert_eq!(cost(&sessions, field("__Host-session=; Path=/; Max-Age=0")), 0);
        assert_eq!(cost(&sessions, field(&foreign)), 0);
        assert_eq!(cost(&sessions, field(&ours)), 1);
    }
}

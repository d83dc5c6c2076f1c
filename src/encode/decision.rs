//! What `encode` does with a session: the first row that fits.
//!
//! | session | response |
//! |---|---|
//! | the request came over the other transport, or the secret that opened it was removed | withheld |
//! | invalidated and not written since, the request had a cookie with the session's name, or an old one, [`Issue::Lazy`] | removed |
//! | pre-session, held back, not written | nothing |
//! | pre-session, neither written nor asked for its id, `Lazy` | nothing |
//! | the same, `Eager`, not invalidated, a token was sent that this machine cannot judge | nothing |
//! | pre-session otherwise | set |
//! | loaded and changed (also by `renew`, `confirm` or another timeout), or decoded by another build, or adopted and the request not passive | set |
//! | loaded, the request not passive, due or opened by a previous secret, and the response is fit for a refresh | set |
//! | loaded otherwise | nothing |
//!
//! A build is one call of `build()`; clones belong to it. A build with the same scope as the build
//! that decoded the session checks that it still has the secret that opened it. A build with
//! another scope has other keys, and seals the session.
//!
//! A pre-session is written if its payload is not the default one, or if it was touched or
//! confirmed. Asking for
//! a CSRF token is asking for the id. Held back: the browser may have a session that it did not
//! send with a request of another site ([`HeldBack`](crate::session::origin::HeldBack)), none was
//! accepted, and there is no cookie that a log-out has to remove.
//!
//! A session that is to be set and cannot be sealed is an error if something would be lost: it was
//! written, left by a log-out, or decoded from another cookie. Otherwise nothing is sent.

use http::StatusCode;

use crate::config::{Config, Issue};
use crate::error::{EncodeError, PayloadError};
use crate::keys::keyring::KeyRole;
use crate::keys::table::Keys;
use crate::session::Session;
use crate::session::origin::Origin;
use crate::session::payload::{Payload, Written};
use crate::token::times::Times;

/// What to do.
#[derive(Clone, Copy)]
pub(crate) enum Decision {
    Withhold,
    Remove,
    /// The same for a session whose revocation no gate could record.
    RemoveUnrecorded,
    Nothing,
    /// Sealed with these times.
    Set {
        times: Times,
        /// Otherwise it is sealed only to refresh it.
        written: bool,
    },
}

/// Why a session is withheld.
enum Withheld {
    OtherTransport,
    SecretRemoved,
}

/// The decision, and the payload where it took that to find out.
pub(super) fn decide<'s, T: Payload>(
    config: &Config<T>,
    keys: &Keys,
    session: &'s Session<T>,
    fit_for_refresh: impl FnOnce() -> bool,
    now: u64,
) -> Result<(Decision, Option<Written<'s>>), EncodeError> {
    if let Some(reason) = withheld(config, keys, session) {
        log_withheld(config, session, &reason, now);
        return Ok((Decision::Withhold, None));
    }
    let payload = changed_payload(config, session)?;
    let is_from_elsewhere = |origin: &Origin| {
        // A passive request moves the end of no session, and the next one adopts it as well.
        let is_left_as_it_is = session.request.passive && config.has_adopted(origin);
        !is_left_as_it_is && !origin.build.is_same_build(&config.build)
    };
    let written = payload.is_some()
        || is_marked(session)
        || session.origin.as_ref().is_some_and(is_from_elsewhere);
    if !written && session.is_held_back() {
        return Ok((Decision::Nothing, None));
    }
    let request = &session.request;
    let set = match &session.origin {
        _ if written || session.was_asked_for_id() => true,
        Some(origin) => needs_reseal(config, origin, now) && !request.passive && fit_for_refresh(),
        None if config.issue == Issue::Eager => {
            session.invalidated || !request.maybe_valid_elsewhere
        }
        None if session.removes() => return Ok((Decision::Remove, None)),
        None => false,
    };
    let times = session.times_if_sealed(now);
    let decision = match set {
        false => Decision::Nothing,
        // It ended while the response was made. Browsers take a `Max-Age` below 1 as a removal (RFC
        // 6265 section 5.2.2), so it is reported as one and has the attributes of one.
        true if config.limits.expires_at(times) <= now => Decision::Remove,
        true => Decision::Set { times, written },
    };
    Ok((decision, payload))
}

fn changed_payload<'s, T: Payload>(
    config: &Config<T>,
    session: &'s Session<T>,
) -> Result<Option<Written<'s>>, PayloadError> {
    session.changed_payload(config.schemas.encoding, &config.default_payload)
}

/// Why a session may not be sealed, if so.
fn withheld<T>(config: &Config<T>, keys: &Keys, session: &Session<T>) -> Option<Withheld> {
    // A secret that was removed while the request was handled may have leaked. A session that it
    // opened may be forged; sealed again, it would outlive the leak. Key ids are compared, so with
    // n keys, n of 65,536 removed secrets are mistaken for one that is still there.
    let removed =
        |origin: &Origin| !keys.have(origin.secret) && origin.build.has_same_scope(&config.build);
    if session.request.transport.is_some_and(|transport| transport != config.transport) {
        Some(Withheld::OtherTransport)
    } else if session.origin.as_ref().is_some_and(removed) {
        Some(Withheld::SecretRemoved)
    } else {
        None
    }
}

/// Whether withholding the session loses a change.
fn is_lost<T: Payload>(config: &Config<T>, session: &Session<T>) -> bool {
    session.was_asked_for_id() || is_written(config, session)
}

/// Whether the application has changed the session, other than to a new one.
fn is_changed<T: Payload>(config: &Config<T>, session: &Session<T>) -> bool {
    session.revoked_ids.was_revoked()
        || is_marked(session)
        || !matches!(changed_payload(config, session), Ok(None))
}

/// Whether the application has written to the session, or ended it.
pub(crate) fn is_written<T: Payload>(config: &Config<T>, session: &Session<T>) -> bool {
    session.removes() || is_changed(config, session)
}

fn log_withheld<T: Payload>(config: &Config<T>, session: &Session<T>, reason: &Withheld, now: u64) {
    match reason {
        _ if !is_lost(config, session) => {}
        Withheld::OtherTransport => config.log.withheld(config.transport, now),
        Withheld::SecretRemoved => config.log.secret_removed(now),
    }
}

/// Whether it counts as written whatever its payload is.
fn is_marked<T: Payload>(session: &Session<T>) -> bool {
    session.touched || session.is_renewed_or_retimed()
}

/// Whether something is lost if the session is not sent, so that it is an error if it cannot be
/// sealed.
///
/// Of a session that was only read, or touched, the client keeps the cookie that it sent.
pub(super) fn must_be_sent<T: Payload>(
    config: &Config<T>,
    session: &Session<T>,
    has_changed: bool,
) -> bool {
    // Decoded from another cookie, which the application may remove in the same response.
    let is_moved = |origin: &Origin| {
        !config.has_adopted(origin) && !origin.build.has_same_scope(&config.build)
    };
    let is_lost = match &session.origin {
        Some(origin) => session.is_renewed_or_retimed() || is_moved(origin),
        None => session.touched || session.invalidated,
    };
    has_changed || is_lost
}

/// Whether an unchanged session is sealed again.
pub(crate) fn needs_reseal<T>(config: &Config<T>, origin: &Origin, now: u64) -> bool {
    // Not for an *upcoming* secret: the machine that sealed it is ahead of this one, and two would
    // seal each other's cookies again and again.
    origin.role == KeyRole::Previous || config.limits.needs_refresh(origin.times, now)
}

/// Whether a response may carry a cookie that the handler did not ask for.
pub(super) fn is_fit_for_refresh(status: StatusCode) -> bool {
    !(status.is_informational() || status.is_server_error() || status == StatusCode::NOT_MODIFIED)
}

//! The flash cookie, which is sealed and opened like that of a session.
//!
//! ```text
//! name    = full name of the session cookie ‖ "-flash"
//! scope   = that of the session, with purpose "flash", this name, and schema "flash"
//! body    = 16 zero bytes ‖ varint created ‖ 0 ‖ 0 ‖ varint pad ‖ payload ‖ pad zero bytes
//! ```
//!
//! Token and frame are those of a session, see [`token`](crate::token). The body begins like that
//! of a session, but without an id, an age or its own timeout. `created` is when it was sealed;
//! [`payload`](crate::flash::payload) has the ages of messages that were pushed before. A cookie
//! with this name is untrusted: it is accepted if it opens, for 300 seconds, and only if every byte
//! is valid.

use http::header::{HeaderMap, HeaderValue};
use http::{Method, StatusCode};

use crate::config::{Config, OtherCookie};
use crate::encode::sent::Sent;
use crate::error::{EncodeError, HeadersError};
use crate::flash::message::{LIFETIME, QueuedMessage};
use crate::flash::payload::{read, write};
use crate::flash::{Flash, Message};
use crate::header::changes::{self, HeaderChanges};
use crate::keys::table::Keys;
use crate::log;
use crate::sealer::accepted::Opener;
use crate::set_cookie::RenderedCookie;
use crate::token::Token;
use crate::transport::Transport;

/// The purpose of the cookie.
pub(super) const PURPOSE: &str = "flash";

/// The messages of a request.
pub(super) fn decode<T>(
    config: &Config<T>,
    cookie: &OtherCookie,
    fields: &mut dyn Iterator<Item = &HeaderValue>,
    transport: Transport,
    now: u64,
) -> Flash {
    if transport != config.transport {
        return Flash::arriving(Vec::new(), Some(transport), None);
    }
    let keys = config.keys.load().keys_for(&cookie.purpose);
    let (accepted, rejected) = opener(cookie, &keys).select(fields, now, read);
    if let (None, Some((rejection, text))) = (&accepted, rejected) {
        let key_id = Token::parse(text, cookie.set_cookie.name()).ok().map(|token| token.key_id);
        log::flash::rejected(rejection, key_id, text.len());
    }
    let (queue, key) = accepted.map(|accepted| (accepted.value, accepted.secret)).unzip();
    let mut queue = queue.unwrap_or_default();
    queue.retain(|queued| queued.lasts(now));
    Flash::arriving(queue, Some(transport), key)
}

/// Whether a response to this method may have a body (RFC 9110 sections 9.3.2 and 9.3.6).
pub(super) fn may_have_body(method: &Method) -> bool {
    ![Method::HEAD, Method::CONNECT].contains(method)
}

/// Whether a response of this status may have a body (RFC 9110 sections 6.4.1 and 15.3.6).
pub(super) fn has_body(status: StatusCode) -> bool {
    let without = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED];
    !status.is_informational() && !without.contains(&status)
}

/// Writes messages to the headers of a response; an error changes nothing.
pub(super) fn encode<T>(
    config: &Config<T>,
    cookie: &OtherCookie,
    flash: &Flash,
    headers: &mut HeaderMap,
    has_body: bool,
    now: u64,
) -> Result<Sent, EncodeError> {
    let written = render(config, cookie, flash, has_body, now).and_then(|(sent, rendered)| {
        let changes = HeaderChanges {
            removals: Vec::new(),
            cookie: cookie.set_cookie.identity(),
            set_cookie: rendered.map(RenderedCookie::into_header),
            drops: flash.shows(has_body),
            varies: flash.transport.is_some(),
            private: flash.key.is_some(),
        };
        let written = changes::write(headers, changes).map_err(HeadersError::new);
        written.map(|()| sent).map_err(EncodeError::Headers)
    });
    written.inspect_err(|error| config.log.flash_failed(error, now))
}

/// What the response does with the messages, and the cookie for it.
fn render<'c, T>(
    config: &Config<T>,
    cookie: &'c OtherCookie,
    flash: &Flash,
    has_body: bool,
    now: u64,
) -> Result<(Sent, Option<RenderedCookie<'c>>), EncodeError> {
    let unshown = flash.unshown(has_body);
    // Messages before the first pushed one are in the browser, and stay there if nothing is sent.
    let pushed = unshown.iter().position(|queued| queued.pushed_at.is_none());
    if flash.transport.is_some_and(|transport| transport != config.transport) {
        if pushed.is_some() {
            config.log.flash_withheld(config.transport, now);
        }
        return Ok((Sent::Withheld, None));
    }
    if let Some(first) = pushed {
        let keys = config.keys.load().keys_for(&cookie.purpose);
        // Messages of a removed secret would outlive a leak if they were sealed again.
        let is_removed = flash.key.is_some_and(|key| !keys.have(key));
        let lasting = if is_removed { &unshown[first..] } else { unshown };
        return Ok((Sent::Set, Some(seal(config, cookie, &keys, lasting, now)?)));
    }
    if flash.shows(has_body) && flash.key.is_some() {
        return Ok((Sent::Removed, Some(cookie.set_cookie.removal())));
    }
    Ok((Sent::Unchanged, None))
}

pub(super) fn seal<'c, T>(
    config: &Config<T>,
    cookie: &'c OtherCookie,
    keys: &Keys,
    queue: &[QueuedMessage],
    now: u64,
) -> Result<RenderedCookie<'c>, EncodeError> {
    let lasting = queue.iter().filter(|queued| queued.lasts(now));
    let pushed_at = |queued: &QueuedMessage| queued.pushed_at.unwrap_or(now);
    // Later than now if another machine's clock is ahead: an age is never negative.
    let created = lasting.clone().map(pushed_at).fold(now, u64::max);
    let messages: Vec<(u64, &Message)> =
        lasting.map(|queued| (created - pushed_at(queued), &queued.message)).collect();
    let payload = write(&messages);
    let measured = cookie.measure(created, payload.len(), LIFETIME)?;
    let sealed = cookie.seal(keys, &measured, &payload)?;
    config.log.sealed(config.transport);
    Ok(sealed)
}

/// What opens the cookie.
pub(super) fn opener<'k>(cookie: &'k OtherCookie, keys: &'k Keys) -> Opener<'k> {
    Opener { keys, name: cookie.set_cookie.name(), binding: None, lifetime: LIFETIME }
}

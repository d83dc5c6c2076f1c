//! The flash cookie: messages in, messages out, sealed and opened as sessions are (feature `flash`).
//!
//! ```text
//! name    = full name of the session cookie ‖ "-flash"
//! scope   = that of the session, with purpose "flash", this name, and schema "flash"
//! body    = 16 zero bytes ‖ varint created ‖ 0 ‖ 0 ‖ varint pad ‖ payload ‖ pad zero bytes
//! ```
//!
//! Token and frame are those of a session, see [`token`](crate::token); so is the head of the body,
//! without an id, an age or a timeout of its own. `created` is when it was sealed;
//! [`payload`](crate::flash::payload) has the ages of messages that were pushed before. A cookie of
//! our name is hostile: what opens is accepted for 300 seconds, and only if every byte is valid.

use std::time::SystemTime;

use http::header::{COOKIE, HeaderMap, HeaderValue};
use http::{Method, Request, Response, StatusCode};

use crate::config::{Config, OtherCookie};
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::decode::candidates::open_each;
use crate::error::{EncodeError, HeadersError};
use crate::flash::message::{LIFETIME, QueuedMessage};
use crate::flash::payload::{read, write};
use crate::flash::{Flash, Message};
use crate::header;
use crate::header::changes::{self, HeaderChanges};
use crate::keys::table::{Keys, OpenBudget};
use crate::log;
use crate::session::lifetime::Limits;
use crate::session::payload::Payload;
use crate::sessions::{CookieSessions, Sent};
use crate::set_cookie::RenderedCookie;
use crate::token::id::{ID_LEN, KeyId, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::{Times, unix_seconds};
use crate::token::{Token, body};
use crate::transport::Transport;

const LIMITS: Limits = Limits { idle: LIFETIME, absolute: LIFETIME };
/// Messages belong to no session.
const NO_ID: SessionId = SessionId([0; ID_LEN]);

/// The purpose of the cookie.
pub(super) const PURPOSE: &str = "flash";

/// Flash messages of a request and of a response.
impl<T: Payload> CookieSessions<T> {
    /// The messages that a request brings.
    ///
    /// The transport is the one in the request's extensions, or else the configuration's own.
    pub fn decode_flash<B>(&self, request: &Request<B>) -> Flash {
        let transport = request.extensions().get().copied().unwrap_or(self.transport());
        let flash = self.decode_flash_at(request.headers(), transport, self.0.clock.now());
        Flash { without_body: !may_have_body(request.method()), ..flash }
    }

    /// The same, of header fields that came over `transport` at `now`.
    ///
    /// It depends on nothing but its arguments, cannot fail and does not panic, whatever the client
    /// sends. It does not know the method: leave the messages of a HEAD request where they are, and
    /// do not [`take`](Flash::take) them.
    ///
    /// # Security
    /// `transport` is how the client reached the site, as for [`decode_at`](Self::decode_at).
    pub fn decode_flash_at(
        &self,
        headers: &HeaderMap,
        transport: Transport,
        now: SystemTime,
    ) -> Flash {
        decode(
            &self.0,
            &self.0.other_cookie(PURPOSE),
            &mut headers.get_all(COOKIE).into_iter(),
            transport,
            unix_seconds(now),
        )
    }

    /// Writes messages to a response, or removes those that were taken; [`Flash`] has the rules.
    ///
    /// # Errors
    /// Messages whose line is longer than [`max_set_cookie_len`](crate::Builder::max_set_cookie_len); a response full of header fields; an
    /// operating system without randomness. The response is then as it was.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::{Level, Sent};
    ///
    /// let mut flash = sessions.decode_flash(&http::Request::new(()));
    /// assert_eq!(sessions.encode_flash(&flash, &mut http::Response::new(()))?, Sent::Unchanged);
    /// flash.push(Level::Info, "You are logged out.")?;
    /// assert_eq!(sessions.encode_flash(&flash, &mut http::Response::new(()))?, Sent::Set);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn encode_flash<B>(
        &self,
        flash: &Flash,
        response: &mut Response<B>,
    ) -> Result<Sent, EncodeError> {
        let has_body = !flash.without_body && has_body(response.status());
        let (cookie, now) = (self.0.other_cookie(PURPOSE), self.0.clock.unix_seconds());
        encode(&self.0, &cookie, flash, response.headers_mut(), has_body, now)
    }

    /// The same, to the header fields of a response, at `now`.
    ///
    /// It does not know the status and takes the response for one with a body, unless
    /// [`decode_flash`](Self::decode_flash) has seen a HEAD request: with 204 or 304, leave the
    /// messages where they are, and do not [`take`](Flash::take) them.
    ///
    /// # Errors
    /// Those of [`encode_flash`](Self::encode_flash).
    pub fn encode_flash_at(
        &self,
        flash: &Flash,
        headers: &mut HeaderMap,
        now: SystemTime,
    ) -> Result<Sent, EncodeError> {
        let cookie = self.0.other_cookie(PURPOSE);
        encode(&self.0, &cookie, flash, headers, !flash.without_body, unix_seconds(now))
    }

    /// `name=token`, as a client would send these messages in a `Cookie` field, for tests.
    ///
    /// # Errors
    /// Those of [`encode_flash`](Self::encode_flash), but for the header fields.
    pub fn flash_cookie(&self, flash: &Flash) -> Result<HeaderValue, EncodeError> {
        let cookie = self.0.other_cookie(PURPOSE);
        let keys = self.0.keys.load().keys_for(&cookie.purpose);
        let now = self.0.clock.unix_seconds();
        Ok(seal(&self.0, &cookie, &keys, flash.waiting(), now)?.into_pair())
    }

    /// What our `Set-Cookie` line of a response says to the next page, for tests; `None` without one, or for a removal.
    pub fn received_flash(&self, headers: &HeaderMap) -> Option<Flash> {
        let cookie = self.0.other_cookie(PURPOSE);
        let keys = self.0.keys.load().keys_for(&cookie.purpose);
        let text = header::set_cookie(headers, cookie.set_cookie.identity())?;
        let found = open(&cookie, &keys, text, &mut OpenBudget::full(), None).ok()?;
        Some(Flash::arriving(found.messages, None, Some(found.key)))
    }
}

/// The messages that a request brought.
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
    let (found, rejected) = select(cookie, &keys, fields, now);
    if let (None, Some((rejection, text))) = (&found, rejected) {
        let key_id = Token::parse(text, cookie.set_cookie.name()).ok().map(|token| token.key_id);
        log::flash_rejected(rejection, key_id, text.len());
    }
    let (queue, key) = found.map(|found| (found.messages, found.key)).unzip();
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

/// Writes messages to the header fields of a response, or nothing at all.
pub(super) fn encode<T>(
    config: &Config<T>,
    cookie: &OtherCookie,
    flash: &Flash,
    headers: &mut HeaderMap,
    has_body: bool,
    now: u64,
) -> Result<Sent, EncodeError> {
    try_encode(config, cookie, flash, headers, has_body, now).inspect_err(tell_failed)
}

fn try_encode<T>(
    config: &Config<T>,
    cookie: &OtherCookie,
    flash: &Flash,
    headers: &mut HeaderMap,
    has_body: bool,
    now: u64,
) -> Result<Sent, EncodeError> {
    let (sent, rendered) = render(config, cookie, flash, has_body, now)?;
    let changes = HeaderChanges {
        cookie: cookie.set_cookie.identity(),
        set_cookie: rendered.map(RenderedCookie::into_header),
        drops: flash.shows(has_body),
        varies: flash.transport.is_some(),
        private: flash.key.is_some(),
    };
    changes::write(headers, changes)
        .map_err(|error| EncodeError::Headers(HeadersError::new(error)))?;
    Ok(sent)
}

/// What is to be done with the messages, and the cookie that does it.
fn render<'c, T>(
    config: &Config<T>,
    cookie: &'c OtherCookie,
    flash: &Flash,
    has_body: bool,
    now: u64,
) -> Result<(Sent, Option<RenderedCookie<'c>>), EncodeError> {
    let unshown = flash.unshown(has_body);
    // The others are in the browser, and stay there if nothing is sent.
    let pushed = unshown.iter().position(|queued| queued.pushed_at.is_none());
    if flash.transport.is_some_and(|transport| transport != config.transport) {
        if pushed.is_some() {
            config.log.flash_withheld(config.transport, now);
        }
        return Ok((Sent::Withheld, None));
    }
    if let Some(first) = pushed {
        let keys = config.keys.load().keys_for(&cookie.purpose);
        // Sealed again under another secret, messages of one that was removed would outlive the leak.
        let is_removed = flash.key.is_some_and(|key| !keys.have(key));
        let lasting = if is_removed { &unshown[first..] } else { unshown };
        return Ok((Sent::Set, Some(seal(config, cookie, &keys, lasting, now)?)));
    }
    if flash.shows(has_body) && flash.key.is_some() {
        return Ok((Sent::Removed, Some(cookie.set_cookie.removal())));
    }
    Ok((Sent::Unchanged, None))
}

fn seal<'c, T>(
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
    let set_cookie = &cookie.set_cookie;
    let measured = set_cookie.measure(Times::starting(created, 0), payload.len(), Some(LIFETIME));
    set_cookie.check(&measured)?;
    let sealed = set_cookie.seal(keys, &NO_ID, &random::bytes()?, &measured, &payload)?;
    config.log.sealed(keys.ephemeral, config.transport);
    Ok(sealed)
}

fn tell_failed(error: &EncodeError) {
    let reason = match error {
        EncodeError::TooLarge { .. } => "their line is too long",
        EncodeError::Headers(_) => "the response is full of header fields",
        _ => "the operating system gave no random bytes",
    };
    log::flash_failed(&reason, error.size_and_limit());
}

/// Messages that opened.
struct Found {
    key: KeyId,
    /// When they were sealed, and the nonce.
    sealed: (u64, [u8; NONCE_LEN]),
    messages: Vec<QueuedMessage>,
}

/// The messages that were sealed last, or else why there are none.
fn select<'h>(
    cookie: &OtherCookie,
    keys: &Keys,
    fields: &mut dyn Iterator<Item = &'h HeaderValue>,
    now: u64,
) -> (Option<Found>, Option<(Rejection, &'h [u8])>) {
    let mut newest: Option<Found> = None;
    let mut rejected: Option<(Rejection, &[u8])> = None;
    let values = header::cookies(fields, cookie.set_cookie.name());
    for (text, found) in
        open_each(values, |text, budget| open(cookie, keys, text, budget, Some(now)))
    {
        match found {
            Ok(found) if newest.as_ref().is_some_and(|newest| newest.sealed > found.sealed) => {}
            Ok(found) => newest = Some(found),
            Err(rejection) if rejected.is_some_and(|(far, _)| far.stage() >= rejection.stage()) => {
            }
            Err(rejection) => rejected = Some((rejection, text)),
        }
    }
    (newest, rejected)
}

/// Opens a token; without `now`, the time plays no part.
fn open<'t>(
    cookie: &OtherCookie,
    keys: &Keys,
    text: &'t [u8],
    budget: &mut OpenBudget<'t>,
    now: Option<u64>,
) -> Result<Found, Rejection> {
    let token = Token::parse(text, cookie.set_cookie.name())?;
    token.with_buffer(|buffer| {
        let authentic = keys.open(token, buffer, budget)?;
        let (created, payload) = parse(authentic.body).ok_or(Rejection::Corrupt)?;
        now.map_or(Ok(()), |now| LIMITS.validate(Times::starting(created, 0), now))?;
        let messages = read(payload, created).ok_or(Rejection::Corrupt)?;
        Ok(Found { key: authentic.secret, sealed: (created, authentic.nonce), messages })
    })
}

/// When a body was sealed, and its payload.
fn parse(body: &[u8]) -> Option<(u64, &[u8])> {
    let (id, times, payload) = body::parse(body)?;
    let is_plain = id.0 == NO_ID.0 && times == Times::starting(times.created, 0);
    is_plain.then_some((times.created, payload))
}

#[cfg(test)]
#[path = "vectors.rs"]
mod vectors;

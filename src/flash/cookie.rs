//! The flash cookie: messages in, messages out, sealed and opened as sessions are (feature `flash`).
//!
//! ```text
//! name    = full name of the session cookie ‖ "-flash"
//! scope   = that of the session, with purpose "flash", this name, and schema "flash"
//! body    = 16 zero bytes ‖ varint created ‖ 0 ‖ 0 ‖ varint pad ‖ payload ‖ pad zero bytes
//! payload = varint count ‖ count times: level (1) ‖ varint length ‖ text              postcard of Vec<(u8, &str)>
//!           level: 0 info, 1 success, 2 warning, 3 error
//! ```
//!
//! Token and frame are those of a session, see [`token`](crate::token); so is the head of the body, without an id, an
//! age or a timeout of its own. A cookie of our name is hostile: what opens stands for 300 seconds, and only if every
//! byte is in order.
//!
//! Without the feature `no_flash.rs` stands in its place.

use std::time::SystemTime;

use http::header::{COOKIE, HeaderMap, HeaderValue};
use http::{Request, Response};

use crate::config::{Config, Transport};
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::crypto::secret_bytes::Wiped;
use crate::encode::set_cookie::{MAX_AGE, sensitive};
use crate::error::{EncodeError, HeadersError};
use crate::flash::{Flash, Level, MAX_MESSAGES, Message, fit};
use crate::header;
use crate::header::changes::{self, Gains};
use crate::keys::keyring::{KeyId, Keyring};
use crate::keys::table::{Keys, Openings, Scopes};
use crate::log;
use crate::session::lifetime::{Limits, Times, seconds};
use crate::session::payload::Payload;
use crate::sessions::{CookieSessions, Sent};
use crate::token::body::{self, Layout};
use crate::token::id::{ID_LEN, SessionId};
use crate::token::rejection::Rejection;
use crate::token::scope::Scope;
use crate::token::varint;
use crate::token::{self, OVERHEAD, Token};

/// Seconds that messages wait to be read.
const LIFETIME: u64 = 300;
const LIMITS: Limits = Limits { idle: LIFETIME, absolute: LIFETIME };
const NO_ID: [u8; ID_LEN] = [0; ID_LEN];

/// What the keys of the flash cookie are derived for.
pub(crate) struct FlashScope {
    name: String,
    scopes: Scopes,
}

impl FlashScope {
    pub(crate) fn of(session: &Scope) -> Self {
        let name = format!("{}-flash", session.full_name());
        let own = session.bytes_named("flash", &name, "flash");
        Self { name, scopes: Scopes { own, others: Vec::new() } }
    }
}

/// What the flash cookie is called, and its keys.
pub(crate) struct FlashKeys {
    name: String,
    keys: Keys,
}

impl FlashKeys {
    pub(crate) fn derive(keyring: &Keyring, scope: &FlashScope) -> Self {
        Self { name: scope.name.clone(), keys: Keys::derive(keyring, &scope.scopes) }
    }
}

/// Flash messages (feature `flash`).
impl<T: Payload> CookieSessions<T> {
    /// The messages that a request brings.
    ///
    /// The transport is the one in the request's extensions, or else the configuration's own.
    pub fn decode_flash<B>(&self, request: &Request<B>) -> Flash {
        let transport = request.extensions().get().copied().unwrap_or(self.transport());
        self.decode_flash_at(request.headers(), transport, self.0.clock.now())
    }

    /// The same, of header fields that came over `transport` at `now`.
    ///
    /// It depends on nothing but its arguments, cannot fail and does not panic, whatever the client sends.
    ///
    /// # Security
    /// `transport` is how the client reached the site, as for [`decode_at`](Self::decode_at).
    pub fn decode_flash_at(
        &self,
        headers: &HeaderMap,
        transport: Transport,
        now: SystemTime,
    ) -> Flash {
        self.0.decode_flash(&mut headers.get_all(COOKIE).into_iter(), transport, now)
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
        self.encode_flash_at(flash, response.headers_mut(), self.0.clock.now())
    }

    /// The same, to the header fields of a response, at `now`.
    ///
    /// # Errors
    /// Those of [`encode_flash`](Self::encode_flash).
    pub fn encode_flash_at(
        &self,
        flash: &Flash,
        headers: &mut HeaderMap,
        now: SystemTime,
    ) -> Result<Sent, EncodeError> {
        self.0.encode_flash(flash, headers, now)
    }

    /// `name=token`, as a client would send these messages in a `Cookie` field, for tests.
    ///
    /// # Errors
    /// Those of [`encode_flash`](Self::encode_flash), but for the header fields.
    pub fn flash_cookie(&self, flash: &Flash) -> Result<HeaderValue, EncodeError> {
        let keys = self.0.keys.load();
        let pair = self.0.seal_flash(&keys.flash, flash.messages(), self.0.clock.seconds())?;
        Ok(sensitive(pair))
    }

    /// What our `Set-Cookie` line of a response says to the next page, for tests; `None` without one, or for a removal.
    pub fn received_flash(&self, headers: &HeaderMap) -> Option<Flash> {
        let keys = self.0.keys.load();
        let text = header::set_cookie(headers, self.0.cookie_named(&keys.flash.name))?;
        let Found { key, messages, .. } =
            keys.flash.open(text, &mut Openings::none(), None).ok()?;
        Some(Flash::arriving(messages, None, Some(key)))
    }
}

impl<T: Payload> Config<T> {
    pub(crate) fn decode_flash(
        &self,
        fields: &mut dyn Iterator<Item = &HeaderValue>,
        transport: Transport,
        now: SystemTime,
    ) -> Flash {
        let none = Flash::arriving(Vec::new(), Some(transport), None);
        if transport != self.transport {
            return none;
        }
        let found = self.keys.load().flash.find(fields, seconds(now));
        found
            .map_or(none, |found| Flash::arriving(found.messages, Some(transport), Some(found.key)))
    }

    pub(crate) fn encode_flash(
        &self,
        flash: &Flash,
        headers: &mut HeaderMap,
        now: SystemTime,
    ) -> Result<Sent, EncodeError> {
        self.try_encode_flash(flash, headers, seconds(now)).inspect_err(log::flash_failed)
    }

    fn try_encode_flash(
        &self,
        flash: &Flash,
        headers: &mut HeaderMap,
        now: u64,
    ) -> Result<Sent, EncodeError> {
        let table = self.keys.load();
        let keys = &table.flash;
        let (sent, line) = self.judge_flash(keys, flash, now)?;
        let gains = Gains {
            cookie: self.cookie_named(&keys.name),
            line,
            drops: flash.taken,
            varies: flash.transport.is_some(),
            private: flash.key.is_some(),
        };
        changes::write(headers, gains)
            .map_err(|error| EncodeError::Headers(HeadersError::new(error)))?;
        Ok(sent)
    }

    /// What is done, and the line that does it. The rows stand at [`Flash`].
    fn judge_flash(
        &self,
        keys: &FlashKeys,
        flash: &Flash,
        now: u64,
    ) -> Result<(Sent, Option<HeaderValue>), EncodeError> {
        let is_pushed = !flash.pushed().is_empty();
        if flash.transport.is_some_and(|transport| transport != self.transport) {
            if is_pushed {
                log::flash_withheld(self, now);
            }
            return Ok((Sent::Withheld, None));
        }
        if is_pushed {
            let pair = self.seal_flash(keys, keys.lasting(flash), now)?;
            return Ok((Sent::Set, Some(self.with_attributes(pair, Some(LIFETIME)))));
        }
        if flash.taken && flash.key.is_some() {
            return Ok((
                Sent::Removed,
                Some(self.with_attributes(format!("{}=", keys.name), Some(0))),
            ));
        }
        Ok((Sent::Unchanged, None))
    }

    /// Seals messages: `name=token`, with room for the attributes.
    fn seal_flash(
        &self,
        keys: &FlashKeys,
        messages: &[Message],
        now: u64,
    ) -> Result<String, EncodeError> {
        let payload = write(messages);
        let layout = Layout::new(Times::starting(now, 0), payload.len(), self.padding);
        let value = token::len(OVERHEAD + layout.len);
        let size =
            keys.name.len() + 1 + value + self.attributes.len() + MAX_AGE.len() + "300".len();
        let too_large = EncodeError::TooLarge { size, limit: self.max_set_cookie_len };
        if size > self.max_set_cookie_len {
            return Err(too_large);
        }
        let nonce = random::bytes()?;
        let body = |body: &mut Vec<u8>| layout.write(&SessionId(NO_ID), &payload, body);
        let frame = keys.keys.seal(&nonce, layout.len, body).ok_or(too_large)?;
        log::sealed(self, &keys.keys);
        let mut pair = String::with_capacity(size);
        pair.push_str(&keys.name);
        pair.push('=');
        token::render(&frame, &mut pair);
        Ok(pair)
    }
}

/// Messages that were opened.
struct Found {
    key: KeyId,
    /// When they were sealed, and the nonce, so that the order in which cookies are sent decides nothing.
    age: (u64, [u8; NONCE_LEN]),
    messages: Vec<Message>,
}

impl FlashKeys {
    /// What a rotation meanwhile leaves of the messages: what a secret opened that is gone is as good as forged.
    fn lasting<'f>(&self, flash: &'f Flash) -> &'f [Message] {
        let is_retired = flash.key.is_some_and(|key| !self.keys.have(key));
        if is_retired { flash.pushed() } else { flash.messages() }
    }

    /// The newest of the cookies of our name that stand; the others change nothing.
    fn find(&self, fields: &mut dyn Iterator<Item = &HeaderValue>, now: u64) -> Option<Found> {
        let (newest, refusal) = self.judge(fields, now);
        if let (None, Some((rejection, text))) = (&newest, refusal) {
            log::flash_rejected(&self.name, rejection, text);
        }
        newest
    }

    /// The same, and what came furthest of the others.
    fn judge<'h>(
        &self,
        fields: &mut dyn Iterator<Item = &'h HeaderValue>,
        now: u64,
    ) -> (Option<Found>, Option<(Rejection, &'h [u8])>) {
        let mut openings = Openings::none();
        let mut newest: Option<Found> = None;
        let mut refusal: Option<(Rejection, &[u8])> = None;
        for text in header::cookies(fields, &self.name) {
            if openings.are_spent() {
                refusal = Some((Rejection::TooMany, text));
                break;
            }
            if openings.include(text) {
                continue;
            }
            match self.open(text, &mut openings, Some(now)) {
                Ok(found) if newest.as_ref().is_some_and(|newest| newest.age > found.age) => {}
                Ok(found) => newest = Some(found),
                Err(rejection)
                    if refusal.is_some_and(|(far, _)| far.stage() >= rejection.stage()) => {}
                Err(rejection) => refusal = Some((rejection, text)),
            }
        }
        (newest, refusal)
    }

    /// Opens one; without `now`, whatever its time.
    fn open<'t>(
        &self,
        text: &'t [u8],
        openings: &mut Openings<'t>,
        now: Option<u64>,
    ) -> Result<Found, Rejection> {
        let token = Token::parse(text, &self.name)?;
        token.with_room(|room| {
            let opened = self.keys.open(token, room, openings)?;
            let (created, payload) = parse(opened.body).ok_or(Rejection::Corrupt)?;
            now.map_or(Ok(()), |now| LIMITS.admit(Times::starting(created, 0), now))?;
            let messages = read(payload).ok_or(Rejection::Corrupt)?;
            Ok(Found { key: opened.key, age: (created, opened.nonce), messages })
        })
    }
}

/// When a body was sealed, and its payload.
fn parse(body: &[u8]) -> Option<(u64, &[u8])> {
    let (id, times, payload) = body::parse(body)?;
    let is_plain = id.0 == NO_ID && times == Times::starting(times.created, 0);
    is_plain.then_some((times.created, payload))
}

fn write(messages: &[Message]) -> Wiped {
    let len = |number: usize| varint::len(number as u64);
    let lens = messages.iter().map(|message| 1 + len(message.text.len()) + message.text.len());
    // Room for all: a buffer that grows leaves texts behind.
    let mut payload = Vec::with_capacity(len(messages.len()) + lens.sum::<usize>());
    varint::write(messages.len() as u64, &mut payload);
    for Message { level, text } in messages {
        payload.push(level.byte());
        varint::write(text.len() as u64, &mut payload);
        payload.extend(text.as_bytes());
    }
    Wiped(payload)
}

/// Reads a payload, to the last byte; `None` for what `push` would not have let through.
fn read(mut payload: &[u8]) -> Option<Vec<Message>> {
    let rest = &mut payload;
    let count = usize::try_from(varint::read(rest)?).ok()?;
    if !(1..=MAX_MESSAGES).contains(&count) {
        return None;
    }
    let messages = (0..count).map(|_| read_message(rest)).collect::<Option<Vec<_>>>()?;
    (rest.is_empty() && fit(&messages)).then_some(messages)
}

fn read_message(rest: &mut &[u8]) -> Option<Message> {
    let (level, tail) = rest.split_first()?;
    *rest = tail;
    let len = usize::try_from(varint::read(rest)?).ok()?;
    let (text, tail) = rest.split_at_checked(len)?;
    *rest = tail;
    Some(Message { level: Level::of(*level)?, text: str::from_utf8(text).ok()?.to_owned() })
}

#[cfg(test)]
#[path = "vectors.rs"]
mod vectors;

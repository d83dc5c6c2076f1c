//! The line that goes out: measured before it is sealed, sealed into the place where it is sent from.

use http::HeaderValue;

use crate::config::Config;
use crate::error::EncodeError;
use crate::keys::table::{Keys, Openings};
use crate::log;
use crate::session::Session;
use crate::session::payload::{Payload, Written};
use crate::token::body::Layout;
use crate::token::times::Times;
use crate::token::{self, OVERHEAD, Token};

pub(crate) const MAX_AGE: &str = "; Max-Age=";

/// A session as it will stand in a line.
pub(crate) struct Draft<'s> {
    keys: &'s Keys,
    payload: Written<'s>,
    layout: Layout,
    /// In seconds; `None` when the browser is to forget the cookie when it closes.
    pub(crate) max_age: Option<u64>,
    /// Bytes of the whole line.
    pub(crate) size: usize,
}

impl<T: Payload> Config<T> {
    pub(crate) fn draft<'s>(
        &self,
        keys: &'s Keys,
        session: &'s Session<T>,
        times: Times,
        payload: Option<Written<'s>>,
        now: u64,
    ) -> Result<Draft<'s>, EncodeError> {
        let payload = payload.map_or_else(|| session.payload(), Ok)?;
        let layout = Layout::new(times, payload.len(), self.padding);
        let max_age = self.limits.expires_at(times).saturating_sub(now);
        let max_age = (!self.browser_session || session.has_own_timeout()).then_some(max_age);
        let digits = |seconds: u64| seconds.checked_ilog10().map_or(1, |log| log as usize + 1);
        let size = self.name.len()
            + 1
            + token::len(OVERHEAD + layout.len)
            + self.attributes.len()
            + max_age.map_or(0, |seconds| MAX_AGE.len() + digits(seconds));
        Ok(Draft { keys, payload, layout, max_age, size })
    }

    /// The whole `Set-Cookie` line.
    pub(crate) fn line(
        &self,
        session: &Session<T>,
        draft: &Draft<'_>,
    ) -> Result<HeaderValue, EncodeError> {
        let mut line = String::with_capacity(draft.size);
        self.pair_into(session, draft, &mut line)?;
        Ok(self.with_attributes(line, draft.max_age))
    }

    /// The line that makes a browser drop the cookie.
    pub(crate) fn removal(&self) -> HeaderValue {
        self.with_attributes(format!("{}=", self.name), Some(0))
    }

    /// `name=token`, as a client sends it back.
    pub(crate) fn pair(
        &self,
        session: &Session<T>,
        draft: &Draft<'_>,
    ) -> Result<HeaderValue, EncodeError> {
        let mut pair = String::new();
        self.pair_into(session, draft, &mut pair)?;
        Ok(sensitive(pair))
    }

    fn pair_into(
        &self,
        session: &Session<T>,
        draft: &Draft<'_>,
        out: &mut String,
    ) -> Result<(), EncodeError> {
        out.push_str(&self.name);
        out.push('=');
        self.token_into(session, draft, out)
    }

    /// Seals the session; the one place that does.
    pub(crate) fn token_into(
        &self,
        session: &Session<T>,
        draft: &Draft<'_>,
        out: &mut String,
    ) -> Result<(), EncodeError> {
        let Draft { keys, payload, layout, size, .. } = draft;
        let too_large = EncodeError::TooLarge { size: *size, limit: self.max_set_cookie_len };
        if *size > self.max_set_cookie_len {
            return Err(too_large);
        }
        let (id, nonce) = session.draw()?;
        let frame = keys.seal(&nonce, layout.len, |body| layout.write(id, payload, body));
        let start = out.len();
        token::render(&frame.ok_or(too_large)?, out);
        debug_assert!(
            self.reads_back(keys, &out.as_bytes()[start..]),
            "the payload type does not read back what it wrote; see the table at `sealed_session::Payload`"
        );
        log::sealed(self, keys);
        Ok(())
    }

    fn reads_back(&self, keys: &Keys, text: &[u8]) -> bool {
        let Ok(token) = Token::parse(text, &self.name) else { return false };
        token.with_room(|room| {
            let opened = keys.open(token, room, &mut Openings::none());
            opened.is_ok_and(|opened| self.read(&opened).is_some())
        })
    }

    pub(crate) fn with_attributes(&self, mut line: String, max_age: Option<u64>) -> HeaderValue {
        line.push_str(&self.attributes);
        if let Some(seconds) = max_age {
            line.push_str(MAX_AGE);
            line.push_str(itoa::Buffer::new().format(seconds));
        }
        sensitive(line)
    }
}

#[allow(
    clippy::expect_used,
    reason = "name and attributes are checked when the configuration is built"
)]
pub(crate) fn sensitive(text: String) -> HeaderValue {
    let mut value = HeaderValue::try_from(text).expect("ASCII without control characters");
    value.set_sensitive(true);
    value
}

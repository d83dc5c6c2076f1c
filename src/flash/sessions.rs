//! The methods of `CookieSessions` for flash messages.

use std::time::SystemTime;

use http::header::{COOKIE, HeaderMap, HeaderValue};
use http::{Request, Response};

use crate::encode::sent::Sent;
use crate::error::EncodeError;
use crate::flash::Flash;
use crate::flash::cookie::{PURPOSE, decode, encode, has_body, may_have_body, opener, seal};
use crate::flash::payload::read;
use crate::header;
use crate::keys::table::OpenBudget;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::token::times::unix_seconds;
use crate::transport::Transport;

/// Flash messages.
impl<T: Payload> CookieSessions<T> {
    /// Returns the flash messages of a request.
    ///
    /// The transport is the [`Transport`] in the request's extensions, or else that of these
    /// sessions.
    pub fn decode_flash<B>(&self, request: &Request<B>) -> Flash {
        let transport = request.extensions().get().copied().unwrap_or(self.transport());
        let flash = self.decode_flash_at(request.headers(), transport, self.0.clock.now());
        Flash { without_body: !may_have_body(request.method()), ..flash }
    }

    /// Returns the flash messages of headers that came over `transport` at `now`.
    ///
    /// The result depends on the arguments only. It cannot fail, and no request makes it panic. The
    /// method of the request is unknown here: do not [`take`](Flash::take) the
    /// messages of a HEAD request.
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

    /// Writes flash messages to a response, or removes the ones that were taken; see [`Flash`].
    ///
    /// # Errors
    /// Messages whose `Set-Cookie` header is longer than
    /// [`max_set_cookie_len`](crate::Builder::max_set_cookie_len); a response with too many
    /// headers; an operating system that returns no random bytes. The response is then unchanged.
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

    /// Writes flash messages to the headers of a response, at `now`.
    ///
    /// The status is unknown here, and the response counts as one with a body, unless
    /// [`decode_flash`](Self::decode_flash) has seen a HEAD request. With status 204 or 304, do not
    /// [`take`](Flash::take) the messages.
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

    /// Returns the `Cookie` header of a client with these messages, for tests.
    ///
    /// # Errors
    /// Those of [`encode_flash`](Self::encode_flash), except for headers.
    pub fn flash_cookie(&self, flash: &Flash) -> Result<HeaderValue, EncodeError> {
        let cookie = self.0.other_cookie(PURPOSE);
        let keys = self.0.keys.load().keys_for(&cookie.purpose);
        let now = self.0.clock.unix_seconds();
        Ok(seal(&self.0, &cookie, &keys, flash.waiting(), now)?.into_pair())
    }

    /// Reads the flash messages in the `Set-Cookie` header of a response, for tests.
    pub fn received_flash(&self, headers: &HeaderMap) -> Option<Flash> {
        let cookie = self.0.other_cookie(PURPOSE);
        let keys = self.0.keys.load().keys_for(&cookie.purpose);
        let text = header::set_cookie(headers, cookie.set_cookie.identity())?;
        let opened = opener(&cookie, &keys).open(text, &mut OpenBudget::full(), None, read).ok()?;
        Some(Flash::arriving(opened.value, None, Some(opened.secret)))
    }
}

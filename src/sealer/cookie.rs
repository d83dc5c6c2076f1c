//! A value in a cookie of its own.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http::HeaderMap;
use http::header::{COOKIE, HeaderValue};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::builder::validate::{check_name, require};
use crate::config::{OtherCookie, SameSite};
use crate::encode::sent::Sent;
use crate::error::{ConfigError, EncodeError, HeadersError};
use crate::header;
use crate::header::changes::{self, HeaderChanges};
use crate::keys::table::Purpose;
use crate::sealer::accepted::Opener;
use crate::sealer::sealing::{check_survival, read};
use crate::sealer::{Sealer, in_scope, schema};
use crate::session::lifetime::LONGEST;
use crate::session::typed::{self, Encoding};
use crate::token::rejection::Rejection;
use crate::token::scope::Scope;
use crate::token::times::{Times, unix_seconds};
use crate::transport::Transport;

/// A cookie of its own for the values of a [`Sealer`].
///
/// [`Sealer::in_cookie`] makes it.
pub struct SealedCookie<V> {
    pub(super) sealer: Sealer<V>,
    pub(super) cookie: Arc<OtherCookie>,
}

impl<V> Sealer<V> {
    /// Keeps the values in a cookie of this name.
    ///
    /// The cookie has the prefix, the path, the domain and the other attributes of the session
    /// cookie, with `same_site` and with the lifetime of the sealer as its `Max-Age`. Its keys are
    /// its own: a value from the cookie does not open elsewhere, and a value from elsewhere does
    /// not open in the cookie.
    ///
    /// With [`SameSite::None`] the cookie is sent with a form of another site too, such as
    /// OAuth's `response_mode=form_post`, where a session cookie is held back.
    ///
    /// # Errors
    /// - A name that is not a token, has a prefix, is that of the session cookie, or begins with
    ///   that and `-`, as other cookies of the library do.
    /// - `SameSite::None` under [`insecure_http`](crate::Builder::insecure_http).
    /// - A name so long that no value fits into the cookie.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use http::{HeaderMap, header::COOKIE};
    /// use sealed_session::{CookieSessions, Keyring, SameSite, Sent};
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let flow = sessions
    ///     .sealer::<String>("oauth", Duration::from_secs(600))?
    ///     .in_cookie("oauth", SameSite::None)?;
    /// let (https, now) = (sessions.transport(), SystemTime::now());
    ///
    /// let mut response = HeaderMap::new();
    /// assert_eq!(flow.encode(&"verifier".into(), &mut response, https, now)?, Sent::Set);
    /// let set_cookie = response["set-cookie"].to_str()?;
    /// assert!(set_cookie.starts_with("__Host-oauth=") && set_cookie.ends_with("Max-Age=600"));
    ///
    /// // The browser sends it back.
    /// let pair = set_cookie.split(';').next().unwrap();
    /// let request = HeaderMap::from_iter([(COOKIE, pair.parse()?)]);
    /// assert_eq!(flow.decode(&request, https, now)?, Some("verifier".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_cookie(
        &self,
        name: &str,
        same_site: SameSite,
    ) -> Result<SealedCookie<V>, ConfigError> {
        let (scope, session) = (self.config.scope(), self.config.set_cookie());
        check_name("in_cookie", name)?;
        let other = name
            .strip_prefix(&*scope.name)
            .is_none_or(|rest| !matches!(rest.bytes().next(), None | Some(b'-')));
        let expected = "a name that is not that of the session cookie, nor begins with that and -";
        require(other, "in_cookie", &name, expected)?;
        let secure = scope.transport == Transport::Https || same_site != SameSite::None;
        let found = format_args!("{name:?} with SameSite::{same_site:?}");
        let expected = "Strict or Lax under insecure_http: without TLS, forms of other sites bring no cookie, so OAuth \
                        needs response_mode=query";
        require(secure, "in_cookie", &found, expected)?;
        let full_name = Scope { name: name.to_owned(), ..scope.clone() }.full_name();
        let keys = scope.bytes_named(&in_scope(&self.purpose), &full_name, &schema());
        let set_cookie = session.renamed(full_name).with_same_site(same_site.attribute());
        let size = set_cookie.measure(Times::starting(LONGEST.created, 0), 1, Some(self.lifetime));
        set_cookie
            .check(&size)
            .map_err(|_| ConfigError::NoRoom { size: size.size, limit: set_cookie.limit() })?;
        let purpose = Purpose { scope: keys, others: Vec::new() };
        let cookie = Arc::new(OtherCookie { set_cookie, purpose });
        Ok(SealedCookie { sealer: self.clone(), cookie })
    }
}

impl<V> SealedCookie<V> {
    /// The full name of the cookie, with its prefix.
    pub fn name(&self) -> &str {
        self.cookie.set_cookie.name()
    }

    /// Removes the cookie from the browser.
    ///
    /// The value in it can still be opened: whoever copied the cookie can send it until it ends. Over
    /// the other transport nothing is removed, and a warning is logged.
    ///
    /// # Errors
    /// A response with too many headers, which is then unchanged.
    pub fn remove(
        &self,
        headers: &mut HeaderMap,
        transport: Transport,
    ) -> Result<Sent, EncodeError> {
        if self.is_withheld(transport, || self.sealer.config.now()) {
            return Ok(Sent::Withheld);
        }
        self.write(headers, self.cookie.set_cookie.removal().into_header())?;
        Ok(Sent::Removed)
    }

    /// Whether the request came over the other transport, which is logged.
    fn is_withheld(&self, transport: Transport, now: impl FnOnce() -> u64) -> bool {
        let Sealer { config, purpose, .. } = &self.sealer;
        let own = config.scope().transport;
        if transport != own {
            config.log().cookie_withheld(purpose, own, now());
        }
        transport != own
    }

    fn write(&self, headers: &mut HeaderMap, set_cookie: HeaderValue) -> Result<(), EncodeError> {
        let changes = HeaderChanges {
            cookie: self.cookie.set_cookie.identity(),
            set_cookie: Some(set_cookie),
            removals: Vec::new(),
            drops: true,
            varies: true,
            private: true,
        };
        changes::write(headers, changes)
            .map_err(|error| EncodeError::Headers(HeadersError::new(error)))
    }
}

impl<V: Serialize + DeserializeOwned> SealedCookie<V> {
    /// Returns the value in the cookie of a request; `None` if it has no such cookie.
    ///
    /// If several cookies have this name, at most 8 are opened. Of those that are accepted, the one
    /// that was sealed last is returned. `transport` is how the client reached the site, as for
    /// [`decode_at`](crate::CookieSessions::decode_at).
    ///
    /// A response that depends on the value and does not write the cookie must not be cached: give
    /// it `Cache-Control: private` and `Vary: Cookie`.
    ///
    /// # Errors
    /// If no cookie is accepted: those of [`Sealer::open`], for the cookie that passed the most
    /// checks; [`TooMany`](Rejection::TooMany) cookies;
    /// [`OtherTransport`](Rejection::OtherTransport).
    pub fn decode(
        &self,
        headers: &HeaderMap,
        transport: Transport,
        now: SystemTime,
    ) -> Result<Option<V>, Rejection> {
        let fields = || headers.get_all(COOKIE).into_iter();
        if transport != self.sealer.config.scope().transport {
            let sent = header::cookies(fields(), self.name()).next();
            return sent
                .map_or(Ok(None), |text| Err(self.rejects(Rejection::OtherTransport, text)));
        }
        let keys = self.sealer.config.keys_for(&self.cookie.purpose);
        let lifetime = self.sealer.lifetime;
        let opener = Opener { keys: &keys, name: self.name(), binding: None, lifetime };
        match opener.select(fields(), unix_seconds(now), read) {
            (Some(accepted), _) => Ok(Some(accepted.value)),
            (None, Some((reason, text))) => Err(self.rejects(reason, text)),
            (None, None) => Ok(None),
        }
    }

    fn rejects(&self, reason: Rejection, text: &[u8]) -> Rejection {
        self.sealer.tell_rejected(reason, text, self.name());
        reason
    }

    /// Writes a value to the headers of a response, at `now`.
    ///
    /// It replaces the cookie. The response becomes private, as one with a session does.
    /// `transport` is how the client reached the site: over the other one, nothing is written, and a
    /// warning is logged.
    ///
    /// # Errors
    /// A `Set-Cookie` header that is longer than
    /// [`max_set_cookie_len`](crate::Builder::max_set_cookie_len); a value that does not serialize,
    /// or does not read back as it was written; a response with too many headers; an operating
    /// system that returns no random bytes. The response is then unchanged.
    pub fn encode(
        &self,
        value: &V,
        headers: &mut HeaderMap,
        transport: Transport,
        now: SystemTime,
    ) -> Result<Sent, EncodeError> {
        if self.is_withheld(transport, || unix_seconds(now)) {
            return Ok(Sent::Withheld);
        }
        let written = typed::write(Encoding::Named, value)?;
        let (len, lifetime) = (written.bytes.len(), self.sealer.lifetime);
        let measured = self.cookie.measure(unix_seconds(now), len, lifetime)?;
        check_survival(value, &written)?;
        let keys = self.sealer.config.keys_for(&self.cookie.purpose);
        let sealed = self.cookie.seal(&keys, &measured, &written.bytes)?;
        self.write(headers, sealed.into_header())?;
        self.sealer.config.log().sealed(transport);
        Ok(Sent::Set)
    }
}

impl<V> Clone for SealedCookie<V> {
    fn clone(&self) -> Self {
        Self { sealer: self.sealer.clone(), cookie: Arc::clone(&self.cookie) }
    }
}

/// Shows the name and the sealer, and no key.
impl<V> fmt::Debug for SealedCookie<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCookie")
            .field("name", &self.name())
            .field("sealer", &self.sealer)
            .finish_non_exhaustive()
    }
}

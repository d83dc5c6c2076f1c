//! The public methods: from request to session, from session to response.

use std::time::SystemTime;

use cookie::Cookie;
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};

pub use crate::config::CookieSessions;
use crate::decode::adopt::{adopt, old_cookies};
use crate::decode::{decode, decode_response, held_back_or_dropped};
use crate::encode::old_cookies::removals_for_jar;
use crate::encode::sent::Sent;
use crate::encode::{encode, measure_now, to_cookie, to_request_cookie};
use crate::error::EncodeError;
use crate::keys::keyring::KeyRole;
use crate::session::Session;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::session::typed::Shape;
use crate::token::id::KeyId;
use crate::token::times::unix_seconds;
use crate::transport::Transport;

/// From request to session.
impl<T: Payload> CookieSessions<T> {
    /// Returns the session of a request, or a new one.
    ///
    /// The transport is the [`Transport`] in the request's extensions, or else that of these
    /// sessions.
    pub fn decode<B>(&self, request: &Request<B>) -> Session<T> {
        let transport = request.extensions().get().copied();
        self.decode_now(request.headers(), (request.method(), request.uri()), transport)
    }

    /// Returns the session of a request without a body.
    pub fn decode_parts(&self, parts: &Parts) -> Session<T> {
        let transport = parts.extensions.get().copied();
        self.decode_now(&parts.headers, (&parts.method, &parts.uri), transport)
    }

    fn decode_now(
        &self,
        headers: &HeaderMap,
        target: (&Method, &Uri),
        transport: Option<Transport>,
    ) -> Session<T> {
        let transport = transport.unwrap_or(self.transport());
        self.decode_from(headers, Some(target), transport, self.0.clock.now())
    }

    /// Returns the session of headers that came over `transport` at `now`.
    ///
    /// The result depends on the arguments only. It cannot fail, and does not panic, whatever the
    /// client sends.
    ///
    /// # Security
    /// `transport` is how the client reached the site. A server with two listeners has to pass on
    /// which one it was. If you pass [`transport()`](Self::transport), every request counts as one
    /// over the configured transport.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::{Duration, SystemTime};
    /// use http::{HeaderMap, header::COOKIE};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert(COOKIE, sessions.request_cookie(&sessions.fresh())?);
    /// let (https, now) = (sessions.transport(), SystemTime::now());
    /// assert!(!sessions.decode_at(&headers, https, now).is_new());
    ///
    /// let next_month = now + Duration::from_secs(31 * 24 * 3600);
    /// assert!(sessions.decode_at(&headers, https, next_month).is_new());
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn decode_at(
        &self,
        headers: &HeaderMap,
        transport: Transport,
        now: SystemTime,
    ) -> Session<T> {
        self.decode_from(headers, None, transport, now)
    }

    #[inline]
    fn decode_from(
        &self,
        headers: &HeaderMap,
        target: Option<(&Method, &Uri)>,
        transport: Transport,
        now: SystemTime,
    ) -> Session<T> {
        let old_cookies = old_cookies(&self.0, headers);
        let transport = Some(transport);
        let request = RequestInfo { transport, old_cookies, ..RequestInfo::default() };
        let fields = headers.get_all(COOKIE).into_iter();
        let mut session = decode(&self.0, fields, request, unix_seconds(now));
        // Neither can be if a cookie was accepted, so those headers need not be read.
        if !session.request.loaded {
            let (method, uri) = target.unzip();
            let (held_back, dropped) = held_back_or_dropped(&self.0, headers, method, uri);
            session.request.held_back = held_back;
            session.request.dropped = dropped;
            if old_cookies.has_session() {
                adopt(&self.0, headers, &mut session, unix_seconds(now));
            }
        }
        session
    }

    /// Returns a new session without a request, for tests.
    pub fn fresh(&self) -> Session<T> {
        let now = self.0.clock.unix_seconds();
        Session::pre(T::default(), self.0.limits, now, RequestInfo::default())
    }

    /// Reads the session in the `Set-Cookie` header of a response, for tests.
    ///
    /// `None` without such a header, or if it removes the cookie. The time is not checked: a
    /// session that has expired is returned as well.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let mut response = http::Response::new(());
    /// sessions.encode(&session, &mut response)?;
    /// let session = sessions.from_response(response.headers()).unwrap();
    /// assert_eq!(session.get("user"), Some("alice"));
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn from_response(&self, headers: &HeaderMap) -> Option<Session<T>> {
        decode_response(&self.0, headers)
    }
}

/// From session to response.
impl<T: Payload> CookieSessions<T> {
    /// Writes a session to a response if it has to be sent.
    ///
    /// It has to be sent if it has changed, or is due for a refresh.
    ///
    /// Decode a request once: if two sessions are encoded to one response, the second replaces the
    /// first. If their payloads differ, a warning is logged.
    ///
    /// # Errors
    /// A `Set-Cookie` header that is too long; a payload that does not serialize; a response with
    /// too many headers; an operating system that returns no random bytes; a revocation that was
    /// not recorded. The response is then unchanged.
    ///
    /// A session that was only read, or only touched, is not an error if it cannot be sealed again:
    /// the result is [`Sent::Unchanged`], the client keeps its cookie, and the reason is logged.
    /// Neither is a pre-session to which nothing was written.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::{EncodeError, Sent};
    ///
    /// let (mut session, mut response) = (sessions.fresh(), http::Response::new(()));
    /// session.set("notes", "x".repeat(5000));
    /// let Err(EncodeError::TooLarge { size, limit }) = sessions.encode(&session, &mut response) else { panic!() };
    /// assert!(size > limit && response.headers().is_empty());
    ///
    /// session.remove("notes"); // important data belongs in a database
    /// session.set("user", "alice");
    /// assert_eq!(sessions.encode(&session, &mut response)?, Sent::Set);
    /// # Ok::<(), EncodeError>(())
    /// ```
    pub fn encode<B>(
        &self,
        session: &Session<T>,
        response: &mut Response<B>,
    ) -> Result<Sent, EncodeError> {
        let status = response.status();
        self.encode_at(session, response.headers_mut(), status, self.0.clock.now())
    }

    /// Writes the session to the headers of a response with `status`, at `now`.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode).
    pub fn encode_at(
        &self,
        session: &Session<T>,
        headers: &mut HeaderMap,
        status: StatusCode,
        now: SystemTime,
    ) -> Result<Sent, EncodeError> {
        let encoded = encode(&self.0, session, headers, status, unix_seconds(now));
        encoded.map(Sent::from).inspect_err(|error| self.tell_failed(session, error, now))
    }

    /// Returns the cookie for a framework with a cookie jar.
    ///
    /// `None` if there is nothing to send.
    ///
    /// Put it into the jar with `add`, also to remove the cookie: a removal is a cookie with
    /// `Max-Age=0`. A jar does not have the response. So set `Vary: Cookie` and `Cache-Control:
    /// private` yourself, and do not refresh a session with an error response or with one for
    /// shared caches.
    ///
    /// For a framework with another version of `cookie`, parse `cookie.to_string()`. A version
    /// without `Partitioned` drops that attribute: append the text as a `Set-Cookie` header there.
    ///
    /// # Security
    /// The `Debug` of a `cookie::Cookie` shows its value, which is the token.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), except for headers.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::SystemTime;
    ///
    /// let mut session = sessions.fresh();
    /// assert!(sessions.to_cookie(&session, SystemTime::now())?.is_none());
    /// session.set("user", "alice");
    /// let cookie = sessions.to_cookie(&session, SystemTime::now())?.unwrap();
    /// assert_eq!((cookie.name(), cookie.path()), ("__Host-session", Some("/")));
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn to_cookie(
        &self,
        session: &Session<T>,
        now: SystemTime,
    ) -> Result<Option<Cookie<'static>>, EncodeError> {
        let cookie = to_cookie(&self.0, session, unix_seconds(now));
        cookie.inspect_err(|error| self.tell_failed(session, error, now))
    }

    /// Returns the removals of old cookies for a framework with a cookie jar.
    ///
    /// Put them into the jar if [`to_cookie`](Self::to_cookie) returned a cookie. There are none
    /// without [`adopt`](crate::Builder::adopt).
    pub fn old_cookie_removals(
        &self,
        session: &Session<T>,
        now: SystemTime,
    ) -> impl Iterator<Item = Cookie<'static>> + use<T> {
        removals_for_jar(&self.0, session, unix_seconds(now)).into_iter()
    }

    /// Returns the `Cookie` header of a client with this session, for tests.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), except for headers.
    pub fn request_cookie(&self, session: &Session<T>) -> Result<HeaderValue, EncodeError> {
        let cookie = to_request_cookie(&self.0, session, self.0.clock.unix_seconds())?;
        Ok(cookie.into_pair())
    }

    /// Returns the size that the `Set-Cookie` header of this session would have, in bytes.
    ///
    /// # Errors
    /// A payload that does not serialize.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("draft", "x".repeat(3000));
    /// if sessions.set_cookie_len(&session)? > 3072 {
    ///     session.remove("draft"); // before it is too long
    /// }
    /// assert!(!session.contains("draft"));
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn set_cookie_len(&self, session: &Session<T>) -> Result<usize, EncodeError> {
        let (_, measured) = measure_now(&self.0, session, self.0.clock.unix_seconds())?;
        Ok(measured.size)
    }

    fn tell_failed(&self, session: &Session<T>, error: &EncodeError, now: SystemTime) {
        self.0.log.failed(|| session.label(), error, unix_seconds(now));
    }
}

/// Settings and keys.
impl<T> CookieSessions<T> {
    /// The transport of these sessions: [`Transport::Http`] under
    /// [`insecure_http`](crate::Builder::insecure_http), else [`Transport::Https`].
    pub fn transport(&self) -> Transport {
        self.0.transport
    }

    /// Whether the current secret is a boot key: then every session ends with the process.
    pub fn is_ephemeral(&self) -> bool {
        self.0.keys.load().session.ephemeral
    }

    /// The shape of a typed payload, as eight hex digits; `None` for a [`Dict`](crate::Dict).
    ///
    /// It is what the type asks of serde when it reads its default value. Two types of one shape
    /// read each other's bytes, as far as the default value shows what is inside. With
    /// [`compact`](crate::Builder::compact) the shape is part of the keys. A test that pins it
    /// fails when the type changes:
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    ///
    /// let sessions = CookieSessions::typed::<(bool, u32)>(Keyring::ephemeral(), "visits-1").compact().build()?;
    /// assert_eq!(sessions.shape(), Some("9777a5f7"));
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn shape(&self) -> Option<&str> {
        self.0.shape.as_ref().map(Shape::as_str)
    }

    /// Role and id of each key, the current one first.
    ///
    /// Machines with the same secrets and settings have the same keys.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    ///
    /// let secret = Secret::generate();
    /// let here = CookieSessions::new(Keyring::new(secret.clone()));
    /// let there = CookieSessions::new(Keyring::new(secret));
    /// assert!(here.keys().eq(there.keys()));
    /// for (role, id) in here.keys() {
    ///     println!("{role} {id}"); // current 3f0a
    /// }
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = (KeyRole, KeyId)> {
        self.0.key_names().into_iter()
    }

    /// Replaces the secrets of every clone at once, while requests are served.
    ///
    /// No request waits for it. A request is decoded with the keyring at the time of `decode`, and
    /// its response is sealed with the keyring at the time of `encode`. After this method has
    /// returned, nothing is sealed under an older keyring. A fleet changes its secrets in
    /// [three steps](crate::guide::secrets#rotate-a-secret); each of them is one call of this method.
    ///
    /// If the current secret was not among those before, the event in the log says so. If none of
    /// those before is left, every session ends, and a warning is logged.
    ///
    /// If the keyring has the secrets that are in use, in the same roles, this method does nothing
    /// and logs nothing. So a program that follows a file can call it every few seconds ([the
    /// guide](crate::guide::secrets#rotate-without-a-restart)).
    ///
    /// It takes some microseconds for each secret. If two calls run at the same time, either may be
    /// the last one.
    ///
    /// # Security
    /// After a leak, leave the secret out of the new keyring. From then on it opens nothing. A
    /// session that it opened in a request that is still being handled is not sent again, whatever
    /// was written to it ([`Sent::Withheld`](crate::Sent::Withheld)).
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Secret};
    ///
    /// let (old, new) = (Secret::generate(), Secret::generate());
    /// let sessions = CookieSessions::new(Keyring::new(old.clone()));
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let cookie = sessions.request_cookie(&session)?;
    ///
    /// sessions.rotate(Keyring::new(old.clone()).upcoming(new.clone()));
    /// // … once every machine has it:
    /// sessions.rotate(Keyring::new(new).previous(old));
    ///
    /// let request = http::Request::builder().header("cookie", cookie).body(())?;
    /// assert_eq!(sessions.decode(&request).get("user"), Some("alice"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "rotation")]
    #[allow(
        clippy::needless_pass_by_value,
        reason = "the secrets are wiped once they are no longer needed"
    )]
    pub fn rotate(&self, keyring: crate::keys::keyring::Keyring) {
        let Some(rotation) = self.0.keys.replace(&keyring) else { return };
        self.0.log.rotated(self.0.set_cookie.name(), &rotation, || self.0.key_names());
        if keyring.is_ephemeral() {
            self.0.log.boot_key();
        }
    }
}

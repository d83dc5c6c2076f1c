//! The configured coder: from request to session, from session to response.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use cookie::{Cookie, time};
use http::header::COOKIE;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Request, Response, StatusCode};

use crate::builder::Builder;
use crate::config::{Config, Transport};
use crate::decode::candidates::{Outcome, Read};
use crate::encode::decision::{Decision, is_fit_for_refresh};
use crate::error::{EncodeError, HeadersError};
use crate::header;
use crate::header::cache_control;
use crate::header::changes::{self, Gains};
use crate::keys::keyring::{KeyId, KeyRole, Keyring};
use crate::keys::table::Openings;
use crate::log;
use crate::session::Session;
use crate::session::dict::Dict;
use crate::session::lifetime::seconds;
use crate::session::origin::Arrival;
use crate::session::payload::Payload;
use crate::token::Token;
use crate::token::rejection::Rejection;

/// Turns requests into sessions and writes sessions to responses; cheap to clone, `Send` and `Sync`.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Keyring, Sent};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
///
/// let mut session = sessions.decode(&Request::new(()));
/// session.set("user", "alice");
/// let mut response = Response::new(());
/// assert_eq!(sessions.encode(&session, &mut response)?, Sent::Set);
/// assert!(response.headers()["set-cookie"].to_str().unwrap().starts_with("__Host-session="));
///
/// // The browser sends it back.
/// let request = Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
/// let session = sessions.decode(&request);
/// assert_eq!(session.get("user"), Some("alice"));
/// assert_eq!(sessions.encode(&session, &mut Response::new(()))?, Sent::Unchanged);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CookieSessions<T = Dict>(pub(crate) Arc<Config<T>>);

/// What [`encode`](CookieSessions::encode) did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sent {
    /// No line: the client has what there is.
    Unchanged,
    /// A line with the session.
    Set,
    /// A line that removes the cookie.
    Removed,
    /// No line, because the request came over the other transport, or because the secret that opened the session was
    /// rotated out while the request was answered.
    Withheld,
}

impl CookieSessions {
    /// Sessions with a dictionary, all settings at their defaults.
    ///
    /// Make it once and clone it: a session that one build decoded and another encodes is sent each time.
    #[allow(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "the defaults are held by a test"
    )]
    pub fn new(keyring: Keyring) -> Self {
        Self::builder(keyring).build().expect("the defaults are in order")
    }

    /// Begins a configuration of sessions with a dictionary.
    pub fn builder(keyring: Keyring) -> Builder<Dict> {
        Builder::new(keyring, None)
    }

    /// Begins a configuration of sessions with a `T`; see [`Payload`] for what it may be.
    ///
    /// The schema names the type and its version, 1 to 64 bytes, not `dict`. Another schema has other keys, so
    /// that a cookie is never read as another type; [`upgrade_from`](Builder::upgrade_from) opens those of an
    /// older one.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring};
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize, Default)]
    /// struct Account {
    ///     user: Option<String>,
    ///     visits: u32,
    /// }
    ///
    /// let sessions = CookieSessions::typed::<Account>(Keyring::ephemeral(), "account-1").build()?;
    /// let mut session = sessions.fresh();
    /// session.data_mut().visits += 1;
    /// assert_eq!(session.data().visits, 1);
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn typed<T: Payload>(keyring: Keyring, schema: impl Into<String>) -> Builder<T> {
        Builder::new(keyring, Some(schema.into()))
    }
}

/// Requests in.
impl<T: Payload> CookieSessions<T> {
    /// The session of a request, old or fresh.
    ///
    /// The transport is the one in the request's extensions, or else the configuration's own.
    pub fn decode<B>(&self, request: &Request<B>) -> Session<T> {
        self.decode_now(request.headers(), request.extensions())
    }

    /// The same, of a request without its body.
    pub fn decode_parts(&self, parts: &Parts) -> Session<T> {
        self.decode_now(&parts.headers, &parts.extensions)
    }

    fn decode_now(&self, headers: &HeaderMap, extensions: &Extensions) -> Session<T> {
        let transport = extensions.get().copied().unwrap_or(self.transport());
        self.decode_at(headers, transport, self.0.clock.now())
    }

    /// The same, of header fields that came over `transport` at `now`.
    ///
    /// It depends on nothing but its arguments, cannot fail and does not panic, whatever the client sends.
    ///
    /// # Security
    /// `transport` is how the client reached the site. A server with two listeners has to pass on which one it
    /// was: [`transport()`](Self::transport) in its place takes every request for one over the configured one.
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
        self.decode_fields(headers.get_all(COOKIE).into_iter(), transport, now)
    }

    /// The same, of the `Cookie` fields alone.
    pub(crate) fn decode_fields<'h>(
        &'h self,
        fields: impl Iterator<Item = &'h HeaderValue>,
        transport: Transport,
        now: SystemTime,
    ) -> Session<T> {
        let now = seconds(now);
        let check = |read, _: &[u8]| self.0.check(&read, now).map(|()| Some(read));
        match self.admit(fields, transport, now, check) {
            Some(outcome) => self.settle(outcome, transport, now),
            None => {
                self.pre_session(now, Arrival { transport: Some(transport), ..Arrival::default() })
            }
        }
    }

    /// What became of the tokens; `None` if there is no cookie of our name.
    #[inline]
    pub(crate) fn admit<'h>(
        &'h self,
        fields: impl Iterator<Item = &'h HeaderValue>,
        transport: Transport,
        now: u64,
        check: impl FnMut(Read<T>, &'h [u8]) -> Result<Option<Read<T>>, Rejection>,
    ) -> Option<Outcome<'h, T>> {
        let mut values = header::cookies(fields, &self.0.name);
        let first = values.next()?;
        if transport == self.0.transport {
            return Some(self.0.admit(first, &mut values, now, check));
        }
        Some(Outcome { refusal: Some((Rejection::OtherTransport, first)), ..Outcome::none() })
    }

    /// The session that this makes.
    #[inline]
    pub(crate) fn settle(
        &self,
        outcome: Outcome<'_, T>,
        transport: Transport,
        now: u64,
    ) -> Session<T> {
        let mut arrival =
            Arrival { transport: Some(transport), brought: true, ..Arrival::default() };
        if let Some(read) = outcome.standing {
            return self.load(read, now, arrival);
        }
        (arrival.undecided, arrival.unchecked) = (outcome.undecided, outcome.unchecked);
        if let Some((rejection, text)) = outcome.refusal {
            log::rejected(&self.0, rejection, text, now);
            arrival.rejection = Some(rejection);
        }
        self.pre_session(now, arrival)
    }

    /// A pre-session that no request brought, for tests.
    pub fn fresh(&self) -> Session<T> {
        self.pre_session(self.0.clock.seconds(), Arrival::default())
    }

    /// What our `Set-Cookie` line of a response holds, for tests; `None` without one, or for a removal.
    ///
    /// The time plays no part: a session that has ended is returned as well.
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
        let text = header::set_cookie(headers, self.0.cookie_named(&self.0.name))?;
        let token = Token::parse(text, &self.0.name).ok()?;
        let read = token.with_room(|room| {
            let opened = self.0.keys.load().open(token, room, &mut Openings::none()).ok()?;
            self.0.read(&opened)
        })?;
        let now = read.opened.times.renewed;
        Some(self.load(read, now, Arrival::default()))
    }

    fn pre_session(&self, now: u64, arrival: Arrival) -> Session<T> {
        Session::pre(T::default(), self.0.limits, now, arrival)
    }

    fn load(&self, read: Read<T>, now: u64, arrival: Arrival) -> Session<T> {
        Session::loaded(read.data, read.opened, self.0.limits, now, arrival)
    }
}

/// Responses out.
impl<T: Payload> CookieSessions<T> {
    /// Writes a session to a response, if there is something to tell the client.
    ///
    /// # Errors
    /// A session whose line is too long; a payload that does not serialize; a response full of header fields; an
    /// operating system without randomness; a revocation that was not recorded. The response is then as it was.
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
    /// session.remove("notes"); // what a user cannot do without goes into a database
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

    /// The same, to the header fields of a response with `status`, at `now`.
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
        let sent = self.try_encode(session, headers, status, seconds(now));
        sent.inspect_err(|error| log::failed(session, error))
    }

    /// The same for a framework that keeps a jar of cookies: `None` if there is nothing to tell the client.
    ///
    /// Set with `add`, a removal too: it is a cookie with `Max-Age=0`. A jar knows nothing of the answer, so
    /// `Vary: Cookie`, `Cache-Control: private` and the exemption of errors and of answers for shared caches from
    /// refreshes are up to you.
    ///
    /// A framework with another version of `cookie` takes it as text, `cookie.to_string()`; a version without
    /// `Partitioned` drops that, so append the text as a `Set-Cookie` field there.
    ///
    /// # Security
    /// The `Debug` of a `cookie::Cookie` shows its value, which is the token.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), but for the header fields.
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
        let cookie = self.cookie_at(session, seconds(now));
        cookie.inspect_err(|error| log::failed(session, error))
    }

    /// `name=token`, as a client would send the session in a `Cookie` field, for tests.
    ///
    /// # Errors
    /// Those of [`encode`](Self::encode), but for the header fields.
    pub fn request_cookie(&self, session: &Session<T>) -> Result<HeaderValue, EncodeError> {
        let (keys, now) = (self.0.keys.load(), self.0.clock.seconds());
        let draft = self.0.draft(&keys, session, session.times_if_sealed(now), None, now)?;
        self.0.pair(session, &draft)
    }

    /// How many bytes the `Set-Cookie` line of this session would have, to act before it is too long.
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
        let (keys, now) = (self.0.keys.load(), self.0.clock.seconds());
        Ok(self.0.draft(&keys, session, session.times_if_sealed(now), None, now)?.size)
    }

    fn try_encode(
        &self,
        session: &Session<T>,
        headers: &mut HeaderMap,
        status: StatusCode,
        now: u64,
    ) -> Result<Sent, EncodeError> {
        self.0.record(session, now)?;
        let keys = self.0.keys.load();
        let fit = || is_fit_for_refresh(status) && !cache_control::is_public(headers);
        let (decision, payload) = self.0.decide(&keys, session, fit, now)?;
        let line = match decision {
            Decision::Withhold | Decision::Nothing => None,
            Decision::Remove => Some(self.0.removal()),
            Decision::Set { times, .. } => {
                let draft = self.0.draft(&keys, session, times, payload, now)?;
                Some(self.0.line(session, &draft)?)
            }
        };
        let gains = Gains {
            cookie: self.0.cookie_named(&self.0.name),
            line,
            drops: session.invalidated,
            varies: session.arrival.transport.is_some(),
            private: session.arrival.loaded,
        };
        changes::write(headers, gains)
            .map_err(|error| EncodeError::Headers(HeadersError::new(error)))?;
        log::encoded(session, decision);
        Ok(match decision {
            Decision::Withhold => Sent::Withheld,
            Decision::Nothing => Sent::Unchanged,
            Decision::Remove => Sent::Removed,
            Decision::Set { .. } => Sent::Set,
        })
    }

    fn cookie_at(
        &self,
        session: &Session<T>,
        now: u64,
    ) -> Result<Option<Cookie<'static>>, EncodeError> {
        self.0.record(session, now)?;
        let keys = self.0.keys.load();
        let mut cookie = self.0.template.clone();
        let (decision, payload) = self.0.decide(&keys, session, || true, now)?;
        match decision {
            Decision::Withhold | Decision::Nothing => return Ok(None),
            Decision::Remove => cookie.set_max_age(time::Duration::ZERO),
            Decision::Set { times, .. } => {
                let draft = self.0.draft(&keys, session, times, payload, now)?;
                let mut token = String::new();
                self.0.token_into(session, &draft, &mut token)?;
                cookie.set_value(token);
                let seconds = |seconds: u64| time::Duration::seconds(seconds.cast_signed());
                cookie.set_max_age(draft.max_age.map(seconds));
            }
        }
        log::encoded(session, decision);
        Ok(Some(cookie))
    }
}

/// What is configured.
impl<T> CookieSessions<T> {
    /// The transport of these sessions: [`Transport::Http`] under
    /// [`insecure_http`](Builder::insecure_http), else [`Transport::Https`].
    pub fn transport(&self) -> Transport {
        self.0.transport
    }

    /// Whether the current secret is a boot key, so that every session ends with the process.
    pub fn is_ephemeral(&self) -> bool {
        self.0.keys.load().ephemeral
    }

    /// Role and id of each key, the current one first; machines with the same secrets and settings have the same.
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
        self.0.keys.load().names().collect::<Vec<_>>().into_iter()
    }
}

impl<T> Clone for CookieSessions<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for CookieSessions<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CookieSessions")
            .field("name", &self.0.name)
            .field("transport", &self.0.transport)
            .field("keys", &self.keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

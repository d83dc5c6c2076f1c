//! The session: what a handler reads and writes.

pub(crate) mod clock;
pub(crate) mod dict;
pub(crate) mod lifetime;
pub(crate) mod origin;
pub(crate) mod payload;

use std::{
    fmt,
    str::FromStr,
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use zeroize::Zeroizing;

use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::error::{PayloadError, RngError};
use crate::keys::keyring::KeyRole;
use crate::revocation_gate::Endings;
use crate::session::dict::Dict;
use crate::session::lifetime::Limits;
use crate::session::origin::{Arrival, Provenance};
use crate::session::payload::{Payload, Written};
use crate::token::id::{ID_LEN, Label, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::{Times, instant};

/// A session: data, and what is known of its id, its times and its cookie.
///
/// It comes from [`decode`](crate::CookieSessions::decode), always, and is written by
/// [`encode`](crate::CookieSessions::encode), when it changed. One that no cookie stood for is a
/// *pre-session*: empty, and not sent to the client until something is written.
///
/// ```
/// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
/// # let request = http::Request::new(());
/// let mut session = sessions.decode(&request);
/// assert!(session.is_new());
/// session.set("user", "alice");
/// session.renew(); // a new id at log-in, against session fixation
/// assert_eq!(session.get("user"), Some("alice"));
/// ```
pub struct Session<T = Dict> {
    data: T,
    /// Whether `data` may differ from what was opened, or from the default.
    borrowed: bool,
    /// The id, once it is drawn; before `renew` that of a loaded session is the one that was opened.
    drawn: OnceLock<SessionId>,
    /// While it is the session that was opened.
    pub(crate) opened: Option<Provenance>,
    pub(crate) arrival: Arrival,
    limits: Limits,
    /// The second at which it was decoded.
    now: u64,
    /// Its own idle timeout in seconds; 0 for none.
    idle_override: u64,
    pub(crate) touched: bool,
    pub(crate) invalidated: bool,
    /// What is to be ended on the server.
    pub(crate) endings: Endings,
}

impl<T> Session<T> {
    /// The payload.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// The id, 128 bits; drawn now if there is none yet, which counts as writing.
    ///
    /// # Panics
    /// If it has to be drawn and the operating system has no randomness to give.
    #[allow(
        clippy::panic,
        reason = "documented; the signature cannot carry the error, `encode` does"
    )]
    pub fn id(&self) -> &SessionId {
        let draw = || SessionId(random::bytes().unwrap_or_else(|error| panic!("{error}")));
        self.known_id().unwrap_or_else(|| self.drawn.get_or_init(draw))
    }

    /// The name for logs; `new` for a session without an id, before it is first sent and after `renew`.
    pub fn label(&self) -> Label {
        self.known_id().map_or(Label::NEW, SessionId::label)
    }

    /// When it began; of a pre-session and after [`renew`](Self::renew), when it was decoded.
    pub fn created_at(&self) -> SystemTime {
        instant(self.times().created)
    }

    /// When it ends unless it is used before, at most the end of the year 9999.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::Duration;
    ///
    /// let mut session = sessions.fresh();
    /// session.set_idle_timeout(Duration::from_secs(3600));
    /// assert_eq!(session.expires_at(), session.created_at() + Duration::from_secs(3600));
    /// ```
    pub fn expires_at(&self) -> SystemTime {
        instant(self.limits.expires_at(self.times()))
    }

    /// Whether it is a pre-session: no cookie stood for it.
    pub fn is_new(&self) -> bool {
        self.opened.is_none()
    }

    /// The role of the secret that opened it; `None` for a pre-session.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, KeyRole, Keyring, Secret};
    ///
    /// let (old, new) = (Secret::generate(), Secret::generate());
    /// let before = CookieSessions::new(Keyring::new(old.clone()));
    /// let request = http::Request::builder().header("cookie", before.request_cookie(&before.fresh())?).body(())?;
    ///
    /// let sessions = CookieSessions::new(Keyring::new(new).previous(old));
    /// assert_eq!(sessions.decode(&request).opened_by(), Some(KeyRole::Previous));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn opened_by(&self) -> Option<KeyRole> {
        self.opened.as_ref().map(|opened| opened.role)
    }

    /// Why the cookie that was sent did not become the session; for the server's eyes.
    ///
    /// # Security
    /// The answer must not depend on it: who guesses cookies would learn from the difference.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::Rejection;
    ///
    /// let request = http::Request::builder().header("cookie", "__Host-session=?").body(())?;
    /// let session = sessions.decode(&request);
    /// assert!(session.is_new());
    /// assert_eq!(session.rejection(), Some(&Rejection::Malformed));
    /// # Ok::<(), http::Error>(())
    /// ```
    pub fn rejection(&self) -> Option<&Rejection> {
        self.arrival.rejection.as_ref()
    }

    /// Gives it a new id and a new beginning, and keeps the data: call it at log-in.
    ///
    /// # Security
    /// Against session fixation: who planted or knew the old id has nothing by it.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("cart", "3 apples");
    /// let before = session.id().expose_base64url();
    ///
    /// session.renew();
    /// assert_ne!(session.id().expose_base64url(), before);
    /// assert_eq!(session.get("cart"), Some("3 apples"));
    /// ```
    pub fn renew(&mut self) {
        let drawn = self.drawn.get();
        match &mut self.opened {
            Some(opened) => opened.renewed = true,
            // An id that was handed out has been asked for, also when another takes its place.
            None => self.touched |= drawn.is_some(),
        }
        self.endings.remember(None, drawn);
        // Not taken out: it is wiped where it is.
        self.drawn = OnceLock::new();
    }

    /// Sends it again even if nothing changed.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use sealed_session::Sent;
    ///
    /// let mut session = sessions.fresh(); // nothing is in it, so nothing would be sent
    /// session.touch();
    /// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Set);
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn touch(&mut self) {
        self.touched = true;
    }

    /// Sets the idle timeout of this session alone ("remember me"), which then goes before the configured one.
    ///
    /// Rounded up to whole seconds, at least one and at most the absolute timeout. `renew` keeps it,
    /// `invalidate` drops it.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::Duration;
    ///
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// session.set_idle_timeout(Duration::from_secs(7 * 24 * 3600));
    /// let mut response = http::Response::new(());
    /// sessions.encode(&session, &mut response)?;
    /// assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=604800"));
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn set_idle_timeout(&mut self, timeout: Duration) {
        let seconds = timeout.as_secs().saturating_add(u64::from(timeout.subsec_nanos() > 0));
        self.idle_override = seconds.clamp(1, self.limits.absolute);
    }

    pub(crate) fn pre(data: T, limits: Limits, now: u64, arrival: Arrival) -> Self {
        Self {
            data,
            borrowed: false,
            drawn: OnceLock::new(),
            opened: None,
            arrival,
            limits,
            now,
            idle_override: 0,
            touched: false,
            invalidated: false,
            endings: Endings::default(),
        }
    }

    /// Times of the session as it is: as they were opened, or as they will be when it is sealed.
    fn times(&self) -> Times {
        match &self.opened {
            Some(opened) if self.idle_override == opened.times.idle_override && !opened.renewed => {
                opened.times
            }
            _ => self.times_if_sealed(self.now),
        }
    }

    /// Times that go into a token sealed at `now`.
    pub(crate) fn times_if_sealed(&self, now: u64) -> Times {
        match &self.opened {
            Some(opened) if !opened.renewed => opened.times.resealed(now, self.idle_override),
            _ => Times::starting(now, self.idle_override),
        }
    }

    /// Whether it has an id: it was opened, sealed, or asked for it.
    pub(crate) fn has_id(&self) -> bool {
        self.known_id().is_some()
    }

    /// The id, if it has one.
    pub(crate) fn known_id(&self) -> Option<&SessionId> {
        match &self.opened {
            Some(opened) if !opened.renewed => Some(&opened.id),
            _ => self.drawn.get(),
        }
    }

    /// Whether it has an idle timeout of its own.
    pub(crate) fn has_own_timeout(&self) -> bool {
        self.idle_override != 0
    }

    /// Whether it is the session that was opened, under a new id or with another timeout.
    pub(crate) fn renewed_or_retimed(&self) -> bool {
        let changed = |opened: &Provenance| {
            opened.renewed || opened.times.idle_override != self.idle_override
        };
        self.opened.as_ref().is_some_and(changed)
    }

    /// The id and a nonce to seal it with, in one draw if both are needed.
    pub(crate) fn draw(&self) -> Result<(&SessionId, [u8; NONCE_LEN]), RngError> {
        if let Some(id) = self.known_id() {
            return Ok((id, random::bytes()?));
        }
        let drawn = Zeroizing::new(random::bytes::<{ ID_LEN + NONCE_LEN }>()?);
        let (mut id, mut nonce) = ([0; ID_LEN], [0; NONCE_LEN]);
        id.copy_from_slice(&drawn[..ID_LEN]);
        nonce.copy_from_slice(&drawn[ID_LEN..]);
        Ok((self.drawn.get_or_init(|| SessionId(id)), nonce))
    }
}

impl<T: Payload> Session<T> {
    /// The payload, to be changed; `encode` then finds out whether it was.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, Keyring, Sent};
    ///
    /// let sessions = CookieSessions::typed::<Vec<u32>>(Keyring::ephemeral(), "cart-1").build()?;
    /// let mut session = sessions.fresh();
    /// session.data_mut().push(42);
    /// assert_eq!(session.data(), &[42]);
    /// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Set);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn data_mut(&mut self) -> &mut T {
        self.borrowed = true;
        if let Some(opened) = &mut self.opened
            && opened.payload.is_none()
        {
            opened.payload = self.data.write().ok().map(Written::into_wiped);
        }
        &mut self.data
    }

    /// Makes it a fresh, empty pre-session: call it at log-out.
    ///
    /// Unless something is written after it, [`encode`](crate::CookieSessions::encode) removes the cookie that
    /// the request brought, also one that this machine could not open.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// # let mut session = sessions.fresh();
    /// # session.set("user", "alice");
    /// use sealed_session::Sent;
    ///
    /// let request = http::Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
    /// let mut session = sessions.decode(&request);
    /// assert_eq!(session.get("user"), Some("alice"));
    /// session.invalidate();
    /// assert_eq!(session.get("user"), None);
    /// assert_eq!(sessions.encode(&session, &mut http::Response::new(()))?, Sent::Removed);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn invalidate(&mut self) {
        let fresh = Self::pre(T::default(), self.limits, self.now, self.arrival);
        let mut endings = std::mem::take(&mut self.endings);
        endings.remember(self.opened.as_ref(), self.drawn.get());
        *self = Self { invalidated: true, endings, ..fresh };
    }

    pub(crate) fn loaded(
        data: T,
        opened: Provenance,
        limits: Limits,
        now: u64,
        arrival: Arrival,
    ) -> Self {
        let idle_override = opened.times.idle_override;
        Self {
            opened: Some(opened),
            idle_override,
            ..Self::pre(data, limits, now, Arrival { loaded: true, ..arrival })
        }
    }

    /// A copy to use when the session itself is sent already.
    #[cfg(feature = "tower")]
    pub(crate) fn copy(&self) -> Self {
        let data = self.data.write().ok().and_then(|payload| T::read(&payload)).unwrap_or_default();
        Self {
            drawn: self.drawn.clone(),
            opened: self.opened.clone(),
            idle_override: self.idle_override,
            ..Self::pre(data, self.limits, self.now, self.arrival)
        }
    }

    /// What every way of writing changes.
    #[cfg(feature = "tower")]
    pub(crate) fn marks(&self) -> impl PartialEq + use<T> {
        (self.borrowed, self.touched, self.invalidated, self.idle_override, self.has_id())
    }

    /// The payload, serialized.
    pub(crate) fn payload(&self) -> Result<Written<'_>, PayloadError> {
        self.data.write()
    }

    /// The payload, if it differs from the one that was opened, or from `default` if none was.
    pub(crate) fn changed_payload(
        &self,
        default: &[u8],
    ) -> Result<Option<Written<'_>>, PayloadError> {
        if !self.borrowed {
            return Ok(None);
        }
        let payload = self.payload()?;
        let before = match &self.opened {
            Some(opened) => opened.payload.as_deref(),
            None => Some(default),
        };
        Ok((before != Some(&*payload)).then_some(payload))
    }
}

/// The dictionary's own methods, so that a handler reads and writes the session itself.
impl Session<Dict> {
    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.data.get(key)
    }

    /// Puts `value` under `key`, in place of what was there.
    pub fn set(&mut self, key: impl AsRef<str>, value: impl AsRef<str>) {
        self.data_mut().set(key, value);
    }

    /// Takes the value out that is under `key`.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("step", "2");
    /// assert_eq!(session.remove("step").as_deref(), Some("2"));
    /// assert_eq!(session.remove("step"), None);
    /// ```
    pub fn remove(&mut self, key: &str) -> Option<String> {
        self.data_mut().remove(key)
    }

    /// Whether there is a value under `key`.
    pub fn contains(&self, key: &str) -> bool {
        self.data.contains(key)
    }

    /// Keys and values, ascending by the bytes of the keys.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// session.set("lang", "en");
    /// assert_eq!(session.iter().collect::<Vec<_>>(), [("lang", "en"), ("user", "alice")]);
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.data.iter()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// Drops all entries, and keeps the session: see [`invalidate`](Self::invalidate) for log-out.
    pub fn clear(&mut self) {
        self.data_mut().clear();
    }

    /// The value under `key`, parsed.
    ///
    /// # Errors
    /// A value that `V` does not parse.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("visits", "3");
    /// assert_eq!(session.parse::<u64>("visits"), Some(Ok(3)));
    /// assert_eq!(session.parse::<u64>("clicks"), None);
    /// ```
    pub fn parse<V: FromStr>(&self, key: &str) -> Option<Result<V, V::Err>> {
        self.get(key).map(str::parse)
    }
}

/// Shows label, state and times, no id and no value.
impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("label", &self.label())
            .field("is_new", &self.is_new())
            .field("opened_by", &self.opened_by())
            .field("expires_at", &self.expires_at())
            .field("rejection", &self.rejection())
            .finish_non_exhaustive()
    }
}

//! The session: what a handler reads and writes.

pub(crate) mod adoption;
mod changed;
mod confirmation;
pub(crate) mod dict;
pub(crate) mod gate;
pub(crate) mod lifetime;
pub(crate) mod origin;
pub(crate) mod payload;
pub(crate) mod revoked_ids;
mod state;
pub(crate) mod typed;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use crate::crypto::random;
use crate::keys::keyring::KeyRole;
use crate::session::dict::Dict;
use crate::session::gate::{KnownSession, Recheck, Subject};
use crate::session::lifetime::Limits;
use crate::session::origin::{Origin, RequestInfo};
use crate::session::payload::{Payload, Written};
use crate::session::revoked_ids::RevokedIds;
use crate::token::id::{Label, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::{Confirmation, instant};

/// A session: its data, its id and its times.
///
/// [`decode`](crate::CookieSessions::decode) always returns a session, and
/// [`encode`](crate::CookieSessions::encode) writes it to the response if it has changed. Without
/// an accepted cookie it is a *pre-session*: empty, and not sent to the client until something is
/// written.
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
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one thing that the table of encode asks for"
)]
pub struct Session<T = Dict> {
    data: T,
    /// Whether `data` may differ from what was opened, or from the default.
    borrowed: bool,
    /// The id that was drawn, if one was; before `renew` that of a loaded session is the one in its
    /// origin.
    new_id: OnceLock<SessionId>,
    /// The id that will be drawn, if a gate was asked about it before. It is not a reason to send
    /// the session. It is in a box, so that an empty place holds no bytes of the stack, which may
    /// be those of an id.
    next_id: OnceLock<Box<SessionId>>,
    /// While it is the session that was opened.
    pub(super) origin: Option<Origin>,
    pub(super) request: RequestInfo,
    limits: Limits,
    /// The second at which it was decoded.
    now: u64,
    /// Its own idle timeout in seconds; 0 for none.
    idle_override: u64,
    /// The seconds that were asked for, if they were out of bounds and `idle_override` differs. That
    /// is rare, so they are in a box.
    clamped_from: Option<Box<u64>>,
    /// When its user last proved who they are; what is later than the sealing is cut to it.
    confirmation: Confirmation,
    pub(super) touched: bool,
    /// Whether it is a pre-session that had another id before `renew`.
    had_id: bool,
    pub(super) invalidated: bool,
    /// The session that was opened, as a gate knows it, if there is one; kept when this one leaves
    /// it.
    pub(super) known: Option<Arc<KnownSession>>,
    /// Whose sessions they are, if there is a gate.
    pub(super) subject: Option<Subject<T>>,
    /// The second response of a gate that waits, if it was asked again.
    pub(super) recheck: Option<Recheck>,
    /// What is to be ended on the server.
    pub(super) revoked_ids: RevokedIds,
}

// A request moves its session several times, and `memcpy` takes a loop for more than that.
const _: () = assert!(size_of::<Session>() <= 256);

/// Data and log-in.
impl<T> Session<T> {
    /// The payload.
    pub fn data(&self) -> &T {
        &self.data
    }

    /// Gives the session a new id and keeps the data: call it at log-in.
    ///
    /// The session begins anew: the absolute timeout counts from now. A [confirmation](Self::confirm)
    /// is dropped.
    ///
    /// # Security
    /// It prevents session fixation: an attacker who planted or knows the old id gains nothing.
    ///
    /// It keeps all data, including that of the last user, such as `second_factor=passed`. When
    /// another user logs in, begin with [`invalidate`](Self::invalidate):
    ///
    /// ```
    /// use sealed_session::Session;
    ///
    /// fn log_in(session: &mut Session, user: &str) {
    ///     if session.get("user").is_some_and(|before| before != user) {
    ///         session.invalidate();
    ///     }
    ///     session.renew();
    ///     session.set("user", user);
    /// }
    ///
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// let mut session = sessions.fresh();
    /// session.set("cart", "3 apples");
    /// let before = session.id().expose_base64url();
    /// log_in(&mut session, "alice"); // a visitor becomes a user
    /// assert_ne!(session.id().expose_base64url(), before);
    /// assert_eq!(session.get("cart"), Some("3 apples"));
    ///
    /// session.set("second_factor", "passed");
    /// log_in(&mut session, "bob"); // on the same browser
    /// assert_eq!(session.iter().collect::<Vec<_>>(), [("user", "bob")]);
    /// ```
    pub fn renew(&mut self) {
        self.give_new_id();
        self.confirmation = Confirmation::NEVER;
    }

    /// Renews it and keeps the confirmation: the user stays the same.
    pub(crate) fn give_new_id(&mut self) {
        match &mut self.origin {
            Some(origin) => origin.renewed = true,
            // An id that was handed out has been asked for, even if another one replaces it.
            None => self.had_id |= self.new_id.get().is_some(),
        }
        self.remember_given();
        if let Some(known) = self.known.as_ref().filter(|known| known.subject.is_some()) {
            self.revoked_ids.end_renewed(known);
        }
        // Replaced and not taken out: it is wiped where it is.
        self.new_id = OnceLock::new();
        self.next_id = OnceLock::new();
    }

    /// Sets the idle timeout of this session only ("remember me"); `None` resets it.
    ///
    /// It takes precedence over the configured one. It is rounded up to whole seconds, and clamped
    /// to at least one second and at most the absolute timeout, which is 30 days by default. To
    /// remember for longer, raise [`absolute_timeout`](crate::Builder::absolute_timeout). The first
    /// clamp is logged at WARN, when the session is encoded.
    ///
    /// `renew` keeps the timeout, so a log-in without "remember me" has to reset it. `invalidate`
    /// resets it too. Setting an equal timeout is not a change.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::Duration;
    ///
    /// let days = |days: u64| Duration::from_secs(days * 24 * 3600);
    /// let remember_me = true; // what the log-in form says
    /// let mut session = sessions.fresh();
    /// session.set_idle_timeout(remember_me.then_some(days(21)));
    /// assert_eq!(session.expires_at(), session.created_at() + days(21));
    ///
    /// session.set_idle_timeout(None); // the configured one again, 14 days by default
    /// assert_eq!(session.expires_at(), session.created_at() + days(14));
    /// ```
    pub fn set_idle_timeout(&mut self, timeout: impl Into<Option<Duration>>) {
        let rounded_up =
            |time: Duration| time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
        let asked = timeout.into().map(rounded_up);
        let clamped = asked.map(|seconds| seconds.clamp(1, self.limits.absolute));
        self.clamped_from = asked.filter(|_| asked != clamped).map(Box::new);
        self.idle_override = clamped.unwrap_or(0);
    }

    /// Sends the session again even if nothing changed.
    ///
    /// The idle timeout begins again. Without it, a request in the first half of that time sends
    /// nothing. [Call it](crate::guide::ending_sessions#log-me-out-after-30-minutes-without-a-click)
    /// in each request that counts as use, if a session must end a fixed time after the last one. On
    /// an empty session it issues the session, so check that there is a user. If the session of a
    /// cookie cannot be sealed again, the client keeps the cookie, and the reason is logged.
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

    /// Keeps the request from refreshing the session: call it for a poll or a prefetch.
    ///
    /// A request that the browser makes by itself is no activity of the user. Without this call, a
    /// page that polls would keep the session from ever reaching its idle timeout. An unchanged
    /// session is not sealed again either, whichever secret opened it. What is written is sent as
    /// always, and then the idle timeout begins again. A pre-session is issued as always.
    /// [`SessionLayer::passive`](crate::SessionLayer::passive) tells such requests by their path or
    /// headers.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// use std::time::{Duration, SystemTime};
    /// use http::{HeaderMap, StatusCode, header::COOKIE};
    /// use sealed_session::Sent;
    ///
    /// let cookies = HeaderMap::from_iter([(COOKIE, sessions.request_cookie(&sessions.fresh())?)]);
    /// let now = SystemTime::now() + Duration::from_secs(8 * 24 * 3600); // past half of 14 days
    /// let mut session = sessions.decode_at(&cookies, sessions.transport(), now);
    /// let send = |session: &_| sessions.encode_at(session, &mut HeaderMap::new(), StatusCode::OK, now);
    /// assert_eq!(send(&session)?, Sent::Set);
    /// session.passive();
    /// assert_eq!(send(&session)?, Sent::Unchanged);
    /// # Ok::<(), sealed_session::EncodeError>(())
    /// ```
    pub fn passive(&mut self) {
        self.request.passive = true;
    }
}

/// Changes of the data, and log-out.
impl<T: Payload> Session<T> {
    /// Empties the session and drops its id: call it at log-out.
    ///
    /// It is a pre-session then. Unless something is written to it,
    /// [`encode`](crate::CookieSessions::encode) removes the cookie of the request, even one that
    /// this machine could not open.
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
        self.remember_given();
        self.data = T::default();
        self.borrowed = false;
        // Field by field: to move a whole session here would copy bytes of the stack, which may be
        // those of an id.
        self.new_id = OnceLock::new();
        self.next_id = OnceLock::new();
        self.origin = None;
        (self.idle_override, self.clamped_from) = (0, None);
        self.confirmation = Confirmation::NEVER;
        (self.touched, self.had_id, self.invalidated) = (false, false, true);
        self.recheck = None;
    }

    /// The payload, to be changed; `encode` checks whether it was.
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
        if let Some(origin) = &mut self.origin
            && origin.payload.is_none()
        {
            let written = payload::write(origin.encoding, &self.data);
            origin.payload = written.ok().map(Written::into_secret_bytes);
        }
        &mut self.data
    }
}

/// Id, times, and where it comes from.
impl<T> Session<T> {
    /// The id, which is drawn now if there is none yet.
    ///
    /// Asking for the id is a reason to send the session, except in response to a request of
    /// another site whose cookie the browser may have held back ([the
    /// guide](crate::guide::cross_site)).
    ///
    /// # Panics
    /// If it has to be drawn and the operating system returns no random bytes.
    #[allow(
        clippy::panic,
        reason = "documented; the signature cannot carry the error, `encode` does"
    )]
    pub fn id(&self) -> &SessionId {
        let draw = || SessionId(random::bytes().unwrap_or_else(|error| panic!("{error}")));
        let next = || self.next_id.get().map_or_else(draw, |id| SessionId::clone(id));
        self.known_id().unwrap_or_else(|| self.new_id.get_or_init(next))
    }

    /// The name for logs; `new` for a session without an id.
    pub fn label(&self) -> Label {
        self.known_id().map_or(Label::NEW, SessionId::label)
    }

    /// When it began; for a pre-session and after [`renew`](Self::renew), when it was decoded.
    pub fn created_at(&self) -> SystemTime {
        instant(self.times().created)
    }

    /// When it ends if no later response refreshes it.
    ///
    /// The earlier of the idle and the absolute timeout, at most the end of the year 9999. For a
    /// pre-session, both count from now.
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

    /// Whether it is a pre-session: no cookie was accepted for it.
    pub fn is_new(&self) -> bool {
        self.origin.is_none()
    }

    /// The role of the secret that opened it; `None` for a pre-session.
    ///
    /// A session that was [adopted](crate::Builder::adopt) counts as opened by a previous one.
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
        self.origin.as_ref().map(|origin| origin.role)
    }

    /// Why the cookie that was sent did not become the session. For logs only.
    ///
    /// # Security
    /// The response must not depend on it: an attacker who guesses cookies would learn from the
    /// difference. The one exception is [`Unchecked`](Rejection::Unchecked): the revocation store did
    /// not respond, and a 503 keeps the user from appearing logged out.
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
        self.request.rejection.as_ref()
    }
}

/// Shows the label, the state and the times, but neither the id nor a value.
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

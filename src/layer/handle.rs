//! The handle: one session, shared by the layer, the handler and the tasks that it spawns.
//!
//! It opens the session on first use. Every method is synchronous, so no lock is held across an
//! await. The lock is held while the session is read, written or copied, but not while it is opened
//! or sent, because that calls clock, hook and subscribers of the application. If two threads use
//! it first at the same time, both open the session, and the first result is kept for both.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use crate::config::Config;
use crate::header::CookieIdentity;
use crate::keys::keyring::KeyRole;
use crate::layer::in_use::{Blank, InUse, Work};
use crate::layer::state::{Lazy, State};
use crate::log;
use crate::session::Session;
use crate::session::dict::Dict;
use crate::session::origin::RequestInfo;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::token::id::{Label, SessionId};
use crate::token::rejection::Rejection;

/// The session of a request: reads and writes it, from any thread, without `await`.
///
/// [`SessionLayer`](crate::SessionLayer) puts it into the request's extensions; with axum it is an
/// extractor. The first use opens the session. A request that never uses it costs nothing more.
/// Clones are cheap and share the session.
///
/// ```
/// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
/// use sealed_session::SessionHandle;
///
/// async fn greet(session: SessionHandle) -> String {
///     format!("Hello, {}!", session.get("user").unwrap_or_default())
/// }
///
/// // A unit test of the handler, without a layer:
/// let mut session = sessions.fresh();
/// session.set("user", "alice");
/// let greeting = greet(SessionHandle::for_test(session));
/// # let mut greeting = std::pin::pin!(greeting);
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # let std::task::Poll::Ready(greeting) = greeting.as_mut().poll(&mut context) else { unreachable!() };
/// assert_eq!(greeting, "Hello, alice!");
/// ```
///
/// The methods are those of [`Session`], and return owned values. With a
/// [payload of your own](CookieSessions::typed), read it with [`data`](Self::data) and change it
/// with [`update`](Self::update). [`with`](Self::with) gives access to the session itself.
///
/// # After the response has been sent
///
/// The handle may outlive the response: a WebSocket, a streamed body or a spawned task reads the
/// session of the request. It is opened at the first use, and is a snapshot from then on;
/// [`expires_at`](Self::expires_at) tells when it ends.
///
/// What is written before the response is sent is sent with it. What is written later is lost, and
/// logged as an error. So is what is written after the response was given up, because the client
/// hung up or a time limit passed. [The module](crate::layer) has the details.
pub struct SessionHandle<T = Dict>(pub(super) Arc<Mutex<State<T>>>);

impl<T: Payload> SessionHandle<T> {
    /// Returns a copy of the payload.
    ///
    /// [`with`](Self::with) reads a payload that is not `Clone`, in place.
    pub fn data(&self) -> T
    where
        T: Clone,
    {
        self.read(|session| session.data().clone())
    }

    /// Changes the payload in a closure.
    ///
    /// ```
    /// # use sealed_session::{CookieSessions, Keyring, SessionHandle};
    /// # let sessions = CookieSessions::typed::<u32>(Keyring::ephemeral(), "visits-1").build()?;
    /// # let session: SessionHandle<u32> = SessionHandle::for_test(sessions.fresh());
    /// let visits = session.update(|visits| {
    ///     *visits += 1;
    ///     *visits
    /// });
    /// assert_eq!((visits, session.data()), (1, 1));
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn update<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        self.write(|session| {
            let blank = Blank::of(session);
            let data = session.data_mut();
            let _given = InUse::enter(self.address(), Work::Closure(blank));
            change(data)
        })
    }

    /// Calls a closure with the session itself.
    ///
    /// It reads a payload that is not `Clone`, and makes several changes at once: other handles of
    /// the same session wait until the closure returns. After the response has been sent, the
    /// closure gets a copy, as the next request would read it; what it writes is lost, and logged.
    ///
    /// # Panics
    /// If the closure uses a handle of the same session, which would wait for itself.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// # use sealed_session::SessionHandle;
    /// # let session = SessionHandle::for_test(sessions.fresh());
    /// session.set("step", "1");
    /// let step = session.with(|session| {
    ///     session.set("step", "2"); // no other handle can write in between
    ///     session.parse::<u32>("step")
    /// });
    /// assert_eq!(step, Some(Ok(2)));
    /// ```
    pub fn with<R>(&self, use_session: impl FnOnce(&mut Session<T>) -> R) -> R {
        self.write(|session| {
            let _given = InUse::enter(self.address(), Work::Closure(Blank::of(session)));
            use_session(session)
        })
    }

    /// Gives the session a new id and keeps its data: call it at log-in.
    ///
    /// See [`Session::renew`].
    pub fn renew(&self) {
        self.write(Session::renew);
    }

    /// Replaces the session with a new, empty one: call it at log-out.
    ///
    /// See [`Session::invalidate`].
    pub fn invalidate(&self) {
        self.write(Session::invalidate);
    }

    /// Sends the session again, even if it has not changed.
    ///
    /// See [`Session::touch`].
    pub fn touch(&self) {
        self.write(Session::touch);
    }

    /// Keeps the request from refreshing the session: call it for a poll or a prefetch.
    ///
    /// See [`Session::passive`].
    pub fn passive(&self) {
        self.write(Session::passive);
    }

    /// Records that the user has just proved who they are, and renews the session.
    ///
    /// See [`Session::confirm`].
    pub fn confirm(&self) {
        self.write(Session::confirm);
    }

    /// Returns when the user last proved who they are.
    ///
    /// See [`Session::confirmed_at`].
    pub fn confirmed_at(&self) -> Option<SystemTime> {
        self.read(Session::confirmed_at)
    }

    /// Returns whether the user proved who they are within this time before the request.
    ///
    /// See [`Session::confirmed_within`].
    pub fn confirmed_within(&self, limit: Duration) -> bool {
        self.read(|session| session.confirmed_within(limit))
    }

    /// Sets an idle timeout for this session alone.
    ///
    /// See [`Session::set_idle_timeout`].
    pub fn set_idle_timeout(&self, timeout: impl Into<Option<Duration>>) {
        let timeout = timeout.into();
        self.write(|session| session.set_idle_timeout(timeout));
    }

    /// Returns the id. Asking for it is a reason to send the session.
    ///
    /// See [`Session::id`].
    ///
    /// # Panics
    /// If a new id is needed and the operating system returns no random bytes.
    pub fn id(&self) -> SessionId {
        self.write(|session| session.id().clone())
    }

    /// Returns the label of the session, for logs.
    ///
    /// See [`Session::label`].
    pub fn label(&self) -> Label {
        self.read(Session::label)
    }

    /// Returns when the session began.
    ///
    /// See [`Session::created_at`].
    pub fn created_at(&self) -> SystemTime {
        self.read(Session::created_at)
    }

    /// Returns when the session expires.
    ///
    /// See [`Session::expires_at`].
    pub fn expires_at(&self) -> SystemTime {
        self.read(Session::expires_at)
    }

    /// Returns whether the session is new.
    ///
    /// See [`Session::is_new`].
    pub fn is_new(&self) -> bool {
        self.read(Session::is_new)
    }

    /// Returns the kind of secret that opened the session.
    ///
    /// See [`Session::opened_by`].
    pub fn opened_by(&self) -> Option<KeyRole> {
        self.read(Session::opened_by)
    }

    /// Returns why the cookie of the request was rejected.
    ///
    /// See [`Session::rejection`].
    pub fn rejection(&self) -> Option<Rejection> {
        self.read(|session| session.rejection().copied())
    }

    /// Makes a handle without a request, for unit tests of handlers.
    pub fn for_test(session: Session<T>) -> Self {
        Self::of(Lazy::Opened(session), None)
    }
}

impl<T: Payload> SessionHandle<T> {
    pub(super) fn of(session: Lazy<T>, sessions: Option<CookieSessions<T>>) -> Self {
        Self(Arc::new(Mutex::new(State::new(session, sessions))))
    }

    /// Reads the session.
    pub(crate) fn read<R>(&self, read: impl FnOnce(&Session<T>) -> R) -> R {
        match self.stand_in() {
            Some(session) => read(&session),
            None => self.locked(|session, _| read(session)),
        }
    }

    /// Writes to the session, or to a copy if the response has been sent.
    pub(crate) fn write<R>(&self, write: impl FnOnce(&mut Session<T>) -> R) -> R {
        if let Some(stand_in) = self.stand_in() {
            return write_in_vain(stand_in, write, log::layer::written_inside);
        }
        let written = self.locked(|session, sender| {
            let Some(config) = sender else { return ControlFlow::Break((write(session), None)) };
            match session.copy(config.schemas.encoding, &config.build) {
                Ok(copy) => ControlFlow::Continue((copy, write)),
                // The session itself, because a late handle must not show another payload.
                Err(error) => ControlFlow::Break((write(session), Some(error))),
            }
        });
        match written {
            ControlFlow::Break((result, error)) => {
                if let Some(error) = error {
                    log::layer::not_copied(&error);
                }
                result
            }
            ControlFlow::Continue((copy, write)) => {
                write_in_vain(copy, write, log::layer::written_late)
            }
        }
    }

    /// Opens the session if it is unopened, and locks it. After the response has been sent, `work`
    /// is given the configuration that sent it.
    pub(crate) fn locked<R>(
        &self,
        work: impl FnOnce(&mut Session<T>, Option<&Config<T>>) -> R,
    ) -> R {
        loop {
            let mut state = self.lock();
            let State { session, unused, is_sent, sessions } = &mut *state;
            let arrived = match session {
                Lazy::Opened(session) => {
                    *unused = false;
                    let blank = Blank::of(session);
                    let _locked = InUse::enter(self.address(), Work::Library(blank));
                    let sender = sessions.as_ref().filter(|_| *is_sent);
                    return work(session, sender.map(|sessions| &*sessions.0));
                }
                Lazy::Unopened(arrived) => arrived.clone(),
            };
            drop(state);
            let session = arrived.open(self.address());
            let lost = self.lock().offer(session);
            drop(lost);
        }
    }

    /// An empty session, for code that the library calls while it works on the real one in this
    /// thread.
    fn stand_in(&self) -> Option<Session<T>> {
        let blank = InUse::blank(self.address())?;
        // A `Default` that uses the handle would call itself without end.
        let _making = InUse::enter(self.address(), Work::Closure(blank));
        Some(Session::pre(T::default(), blank.limits, blank.now, RequestInfo::default()))
    }
}

/// Writes to a session that is not sent, and calls `warn` if the session has changed.
fn write_in_vain<T: Payload, R>(
    mut session: Session<T>,
    write: impl FnOnce(&mut Session<T>) -> R,
    warn: fn(),
) -> R {
    let before = session.marks();
    let result = write(&mut session);
    if session.marks() != before {
        warn();
    }
    result
}

/// For the layers.
impl<T: Payload> SessionHandle<T> {
    /// Whether the request has a cookie with the session's name, or a session of another library.
    pub(crate) fn had_cookie(&self) -> bool {
        // Only the hook of the application knows the latter.
        if self.lock().is_to_be_adopted() {
            self.locked(|_, _| ());
        }
        self.lock().had_cookie()
    }
}

/// For the layers, without opening the session.
impl<T> SessionHandle<T> {
    /// The sessions of the layer; `None` for a handle of a test.
    pub(crate) fn sessions(&self) -> Option<CookieSessions<T>> {
        self.lock().sessions.clone()
    }

    /// Whether it may send this cookie.
    pub(super) fn may_send(&self, cookie: CookieIdentity<'_>) -> bool {
        self.sessions().is_none_or(|sessions| sessions.0.set_cookie.identity() == cookie)
    }
}

impl<T> SessionHandle<T> {
    /// A panic inside `with` does not poison the lock: the session is as the closure left it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl<T> Clone for SessionHandle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Shows the session if it is open, and does not open it.
impl<T> fmt::Debug for SessionHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Unlocked before it is printed, because the formatter may be the application's code.
        let session = match self.0.try_lock() {
            Ok(state) => state.show(f.alternate()),
            Err(TryLockError::Poisoned(state)) => state.into_inner().show(f.alternate()),
            Err(TryLockError::WouldBlock) => r#""in use""#.to_owned(),
        };
        f.debug_struct("SessionHandle").field("session", &format_args!("{session}")).finish()
    }
}

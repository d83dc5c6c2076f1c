//! The handle: one session, shared by the layer, the handler and whatever it starts (feature `tower`).
//!
//! It opens the session on first use. It holds no lock across an await: every method is synchronous, and `with`
//! holds it while its closure runs, no longer.

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::Response;
use http::header::{COOKIE, HeaderMap, HeaderValue};

use crate::config::Issue;
use crate::decode::decode;
use crate::error::EncodeError;
use crate::header;
use crate::keys::keyring::KeyRole;
use crate::log;
use crate::session::Session;
use crate::session::dict::Dict;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;
use crate::token::id::Label;
use crate::token::rejection::Rejection;
use crate::transport::Transport;

/// The session of a request, in its extensions: a cheap clone, `Send` and `Sync`, synchronous.
///
/// [`SessionLayer`](crate::SessionLayer) puts it there. The first use opens the session; a request that never
/// uses it costs nothing more. What is written until the head of the response goes out is sent with it; what comes
/// later, from a streamed body or a spawned task, is refused and logged.
///
/// The methods mirror those of [`Session`] and return owned values; [`with`](Self::with) gives the session itself.
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
pub struct SessionHandle<T = Dict>(Arc<Mutex<State<T>>>);

pub(crate) struct State<T> {
    pub(crate) session: Lazy<T>,
    /// Those that the request came to; none for a handle of a test.
    sessions: Option<CookieSessions<T>>,
    /// Whether only the layer has opened it, to check it, and nobody asked for it so far.
    unused: bool,
    /// Whether the head of the response has been sent.
    head_sent: bool,
}

pub(crate) enum Lazy<T> {
    Unopened(Unopened<T>),
    Opened(Session<T>),
}

/// What a request brought.
pub(crate) struct Unopened<T> {
    pub(crate) sessions: CookieSessions<T>,
    /// The `Cookie` fields, of which there is one for the most part.
    cookies: (Option<HeaderValue>, Vec<HeaderValue>),
    pub(crate) transport: Transport,
}

impl<T> Unopened<T> {
    pub(crate) fn fields(&self) -> impl Iterator<Item = &HeaderValue> {
        self.cookies.0.iter().chain(&self.cookies.1)
    }
}

impl<T: Payload> Lazy<T> {
    fn open(&mut self) -> &mut Session<T> {
        match self {
            Self::Opened(session) => session,
            Self::Unopened(request) => {
                let config = &request.sessions.0;
                let now = config.clock.unix_seconds();
                let session = decode(config, request.fields(), request.transport, now);
                *self = Self::Opened(session);
                self.open()
            }
        }
    }
}

impl<T: Payload> State<T> {
    fn open(&mut self) -> &mut Session<T> {
        self.unused = false;
        self.session.open()
    }

    /// What can be read when the head has been sent: a copy, or an empty session if it was not opened in time.
    fn copy(&self) -> Session<T> {
        match &self.session {
            Lazy::Opened(session) => session.copy(),
            Lazy::Unopened(request) => {
                log::used_late();
                request.sessions.fresh()
            }
        }
    }
}

impl<T> State<T> {
    /// Takes the session, of which nobody has asked so far.
    pub(crate) fn hand_over(&mut self, session: Session<T>) {
        self.session = Lazy::Opened(session);
        self.unused = true;
    }
}

impl<T: Payload> SessionHandle<T> {
    /// A handle of a session without a request, for unit tests of handlers.
    pub fn for_test(session: Session<T>) -> Self {
        Self::of(Lazy::Opened(session), None)
    }

    pub(super) fn arriving(
        sessions: CookieSessions<T>,
        headers: &HeaderMap,
        transport: Transport,
    ) -> Self {
        let mut fields = headers.get_all(COOKIE).into_iter().cloned();
        let cookies = (fields.next(), fields.collect());
        let known = Some(sessions.clone());
        Self::of(Lazy::Unopened(Unopened { sessions, cookies, transport }), known)
    }

    fn of(session: Lazy<T>, sessions: Option<CookieSessions<T>>) -> Self {
        let state = State { session, sessions, unused: false, head_sent: false };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Gives the session itself while a closure runs.
    ///
    /// Other handles of the same session wait that long. Once the head of the response has gone, the closure gets
    /// a copy, and what it writes is refused and logged.
    ///
    /// # Panics
    /// If the closure uses a handle of the same session, which could only wait for itself.
    ///
    /// ```
    /// # let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
    /// # use sealed_session::SessionHandle;
    /// # let session = SessionHandle::for_test(sessions.fresh());
    /// session.set("step", "1");
    /// let step = session.with(|session| {
    ///     session.set("step", "2"); // both at once, whoever else holds the handle
    ///     session.parse::<u32>("step")
    /// });
    /// assert_eq!(step, Some(Ok(2)));
    /// ```
    pub fn with<R>(&self, use_session: impl FnOnce(&mut Session<T>) -> R) -> R {
        let _held = InUse::enter(self);
        let mut state = self.lock();
        if !state.head_sent {
            return use_session(state.open());
        }
        let mut copy = state.copy();
        let before = copy.marks();
        let result = use_session(&mut copy);
        if copy.marks() != before {
            log::written_late();
        }
        result
    }

    pub(crate) fn read<R>(&self, use_session: impl FnOnce(&Session<T>) -> R) -> R {
        let _held = InUse::enter(self);
        let mut state = self.lock();
        if state.head_sent && matches!(state.session, Lazy::Unopened(_)) {
            return use_session(&state.copy());
        }
        use_session(state.open())
    }

    /// Opens the session at once if there is a hook to be asked; whether that gave no answer.
    pub(crate) fn is_unchecked(&self) -> bool {
        let mut state = self.lock();
        if let Lazy::Unopened(request) = &state.session
            && request.sessions.0.gate.is_some()
            && request.cookies.0.is_some()
        {
            state.unused = true;
            state.session.open();
        }
        matches!(&state.session, Lazy::Opened(session) if session.request.unchecked)
    }

    /// Writes the session to the response, if it was opened or every visitor is issued one.
    pub(super) fn send<B>(
        &self,
        sessions: &CookieSessions<T>,
        response: &mut Response<B>,
    ) -> Result<(), EncodeError> {
        let mut state = self.lock();
        state.head_sent = true;
        let unused = state.unused || matches!(state.session, Lazy::Unopened(_));
        if unused && sessions.0.issue == Issue::Lazy {
            return Ok(());
        }
        sessions.encode(state.open(), response).map(|_| ())
    }

    /// A copy of the payload.
    pub fn data(&self) -> T
    where
        T: Clone,
    {
        self.read(|session| session.data().clone())
    }

    /// Changes the payload.
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
        self.with(|session| change(session.data_mut()))
    }

    /// See [`Session::label`].
    pub fn label(&self) -> Label {
        self.read(Session::label)
    }

    /// See [`Session::created_at`].
    pub fn created_at(&self) -> SystemTime {
        self.read(Session::created_at)
    }

    /// See [`Session::expires_at`].
    pub fn expires_at(&self) -> SystemTime {
        self.read(Session::expires_at)
    }

    /// See [`Session::is_new`].
    pub fn is_new(&self) -> bool {
        self.read(Session::is_new)
    }

    /// See [`Session::opened_by`].
    pub fn opened_by(&self) -> Option<KeyRole> {
        self.read(Session::opened_by)
    }

    /// See [`Session::rejection`].
    pub fn rejection(&self) -> Option<Rejection> {
        self.read(|session| session.rejection().copied())
    }

    /// See [`Session::renew`].
    pub fn renew(&self) {
        self.with(Session::renew);
    }

    /// See [`Session::invalidate`].
    pub fn invalidate(&self) {
        self.with(Session::invalidate);
    }

    /// See [`Session::touch`].
    pub fn touch(&self) {
        self.with(Session::touch);
    }

    /// See [`Session::set_idle_timeout`].
    pub fn set_idle_timeout(&self, timeout: Duration) {
        self.with(|session| session.set_idle_timeout(timeout));
    }
}

/// What extensions ask, without opening the session.
impl<T> SessionHandle<T> {
    /// Whether the request brought a cookie with the session's name.
    pub(crate) fn had_cookie(&self) -> bool {
        match &self.lock().session {
            Lazy::Opened(session) => session.request.had_cookie,
            Lazy::Unopened(request) => {
                let name = request.sessions.0.set_cookie.name();
                header::cookies(request.fields(), name).next().is_some()
            }
        }
    }

    /// The sessions that the request came to; none for a handle of a test.
    pub(crate) fn sessions(&self) -> Option<CookieSessions<T>> {
        self.lock().sessions.clone()
    }
}

impl<T> SessionHandle<T> {
    /// A panic inside `with` poisons nothing: the session is as the closure left it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends writing, where no response is written to.
    pub(crate) fn close(&self) {
        self.lock().head_sent = true;
    }
}

impl<T> Clone for SessionHandle<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// Shows whether the session was opened, and does not open it.
impl<T> fmt::Debug for SessionHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SessionHandle");
        match self.0.try_lock().as_deref() {
            Ok(State { session: Lazy::Opened(session), .. }) => shown.field("session", session),
            Ok(_) => shown.field("session", &"unopened"),
            Err(_) => shown.field("session", &"in use"),
        };
        shown.finish()
    }
}

thread_local! {
    /// The sessions whose locks this thread holds.
    static IN_USE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// Remembers that this thread holds a session, so that a second attempt panics and does not wait for ever.
struct InUse(usize);

impl InUse {
    fn enter<T>(handle: &SessionHandle<T>) -> Self {
        let address = Arc::as_ptr(&handle.0).addr();
        IN_USE.with_borrow_mut(|held| {
            assert!(
                !held.contains(&address),
                "a SessionHandle was used inside `SessionHandle::with` of the same session; use the session that \
                 the closure was given"
            );
            held.push(address);
        });
        Self(address)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        IN_USE.with_borrow_mut(|held| held.retain(|address| *address != self.0));
    }
}

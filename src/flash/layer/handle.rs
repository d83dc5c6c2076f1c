//! The handle: the messages of one request, shared by the layer and the handler.
//!
//! It opens the cookie on first use. It holds no lock across an await, and none while it opens or
//! sends, because that calls clock and subscribers of the application. If two threads use it first
//! at the same time, both open the cookie, and the first result is kept for both.

use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use http::{HeaderMap, HeaderValue};

use crate::config::{Config, OtherCookie};
use crate::encode::sent::Sent;
use crate::error::EncodeError;
use crate::flash::cookie;
use crate::flash::{Flash, FlashError, Level, Message};
use crate::layer::in_use::{Blank, InUse, Work};
use crate::layer::state::CookieFields;
use crate::log;
use crate::session::payload::Payload;
use crate::transport::Transport;

/// The flash messages of a request: pushes and takes them, without `await`.
///
/// [`FlashLayer`](crate::FlashLayer) puts it into the request's extensions; with axum it is an
/// extractor. It has no payload type. The first use opens the cookie. Clones are cheap and share
/// the messages.
///
/// What is pushed and taken before the response is sent takes effect with it. Afterwards `push` is
/// an error and `take` returns nothing; both are logged.
///
/// ```
/// use sealed_session::{Flash, FlashError, FlashHandle, Level};
///
/// fn save(flash: &FlashHandle) -> Result<(), FlashError> {
///     flash.push(Level::Success, "Saved.")
/// }
///
/// // A unit test of the handler, without a layer:
/// let flash = FlashHandle::for_test(Flash::new());
/// save(&flash)?;
/// assert_eq!(flash.take()[0].text(), "Saved.");
/// # Ok::<(), sealed_session::FlashError>(())
/// ```
#[derive(Clone)]
pub struct FlashHandle(Arc<Mutex<FlashState>>);

enum FlashState {
    /// Not used so far.
    Unopened(ArrivedFlash),
    Opened(Flash),
    /// The response has been sent.
    Sent,
}

/// What is needed to open the messages of a request.
#[derive(Clone)]
struct ArrivedFlash {
    coder: Arc<dyn Coder>,
    cookies: CookieFields,
    transport: Transport,
}

/// A configuration without the payload type of its sessions.
pub(super) trait Coder: Send + Sync {
    fn transport(&self) -> Transport;

    fn open(&self, fields: &mut dyn Iterator<Item = &HeaderValue>, transport: Transport) -> Flash;

    fn send(
        &self,
        flash: &Flash,
        headers: &mut HeaderMap,
        has_body: bool,
    ) -> Result<Sent, EncodeError>;
}

/// A configuration with its payload type, and the flash cookie.
pub(super) struct FlashCoder<T> {
    pub(super) config: Arc<Config<T>>,
    pub(super) cookie: Arc<OtherCookie>,
}

impl<T: Payload> Coder for FlashCoder<T> {
    fn transport(&self) -> Transport {
        self.config.transport
    }

    fn open(&self, fields: &mut dyn Iterator<Item = &HeaderValue>, transport: Transport) -> Flash {
        cookie::decode(
            &self.config,
            &self.cookie,
            fields,
            transport,
            self.config.clock.unix_seconds(),
        )
    }

    fn send(
        &self,
        flash: &Flash,
        headers: &mut HeaderMap,
        has_body: bool,
    ) -> Result<Sent, EncodeError> {
        let now = self.config.clock.unix_seconds();
        cookie::encode(&self.config, &self.cookie, flash, headers, has_body, now)
    }
}

impl FlashState {
    /// Shows the number of messages, and does not open them.
    fn show(&self, is_pretty: bool) -> String {
        match self {
            Self::Opened(flash) if is_pretty => format!("{flash:#?}"),
            Self::Opened(flash) => format!("{flash:?}"),
            Self::Unopened(_) => r#""unopened""#.to_owned(),
            Self::Sent => r#""sent""#.to_owned(),
        }
    }
}

impl ArrivedFlash {
    fn open(&self) -> Flash {
        self.coder.open(&mut self.cookies.iter(), self.transport)
    }
}

impl FlashHandle {
    /// Adds a message for the next page; see [`Flash::push`].
    ///
    /// # Errors
    /// Those of [`Flash::push`]; a message that is pushed after the response has been sent.
    ///
    /// ```
    /// use sealed_session::{Flash, FlashError, FlashHandle, Level};
    ///
    /// let flash = FlashHandle::for_test(Flash::new());
    /// assert_eq!(flash.push(Level::Warning, "Your card ends soon."), Ok(()));
    /// let refused = flash.push(Level::Info, "x".repeat(2000));
    /// assert!(matches!(refused, Err(FlashError::TooLong { limit: 1024, .. })));
    /// assert_eq!(flash.len(), 1);
    /// ```
    pub fn push(&self, level: Level, text: impl Into<String>) -> Result<(), FlashError> {
        // Before the lock, because `into` is the caller's code.
        let message = Message { level, text: text.into() };
        let added = self.locked(|flash| flash.map(|flash| flash.add(message)));
        added.unwrap_or_else(|| {
            log::flash::late();
            Err(FlashError::TooLate)
        })
    }

    /// Takes all messages, in order; see [`Flash::take`].
    ///
    /// After the response has been sent it returns none, because they could not be removed.
    #[must_use = "the messages are removed and have to be shown"]
    pub fn take(&self) -> Vec<Message> {
        self.locked(|flash| flash.map(Flash::take)).unwrap_or_else(|| {
            log::flash::late();
            Vec::new()
        })
    }

    /// Returns the number of messages that have not been taken.
    ///
    /// It is 0 after the response has been sent.
    pub fn len(&self) -> usize {
        self.locked(|flash| flash.map_or(0, |flash| flash.len()))
    }

    /// Returns whether there is no message to take.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes a handle without a request, for unit tests of handlers.
    pub fn for_test(flash: Flash) -> Self {
        Self::of(FlashState::Opened(flash))
    }
}

impl FlashHandle {
    pub(super) fn arriving(
        coder: Arc<dyn Coder>,
        headers: &HeaderMap,
        transport: Transport,
    ) -> Self {
        let cookies = CookieFields::of(headers);
        Self::of(FlashState::Unopened(ArrivedFlash { coder, cookies, transport }))
    }

    fn of(state: FlashState) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// Ends it, and writes the messages to the response if they were used. An error is logged, and
    /// the response is still sent.
    pub(super) fn send(&self, coder: &dyn Coder, headers: &mut HeaderMap, has_body: bool) {
        if let FlashState::Opened(flash) = self.end() {
            let _ = coder.send(&flash, headers, has_body);
        }
    }

    /// Ends it without a response.
    pub(super) fn close(&self) {
        drop(self.end());
    }

    fn end(&self) -> FlashState {
        mem::replace(&mut *self.lock(), FlashState::Sent)
    }

    /// Opens the messages if they are unopened, and locks them. There are none after the response
    /// has been sent, and for code that is called while they are opened.
    fn locked<R>(&self, work: impl FnOnce(Option<&mut Flash>) -> R) -> R {
        let address = Arc::as_ptr(&self.0).addr();
        if InUse::blank(address).is_some() {
            return work(None);
        }
        loop {
            let mut state = self.lock();
            let arrived = match &mut *state {
                FlashState::Unopened(arrived) => arrived.clone(),
                FlashState::Opened(flash) => return work(Some(flash)),
                FlashState::Sent => return work(None),
            };
            drop(state);
            let opening = InUse::enter(address, Work::Library(Blank::NO_SESSION));
            let flash = arrived.open();
            drop(opening);
            let mut state = self.lock();
            if let FlashState::Unopened(_) = *state {
                *state = FlashState::Opened(flash);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, FlashState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows whether the cookie is open, and does not open it.
impl fmt::Debug for FlashHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Unlocked before it is printed, because the formatter may be the application's code.
        let flash = match self.0.try_lock() {
            Ok(state) => state.show(f.alternate()),
            Err(TryLockError::Poisoned(state)) => state.into_inner().show(f.alternate()),
            Err(TryLockError::WouldBlock) => r#""in use""#.to_owned(),
        };
        f.debug_struct("FlashHandle").field("flash", &format_args!("{flash}")).finish()
    }
}

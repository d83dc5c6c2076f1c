//! The handle: the messages of one request, shared by the layer and the handler (features `flash` and `tower`).
//!
//! It opens the cookie on first use. It holds no lock across an await, nor while it opens or sends,
//! when clock and subscribers of the application are called. Two threads that ask first at once
//! both open it, and the first one's messages are kept.

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

/// The flash messages of a request, in its extensions: a cheap clone, `Send` and `Sync`, synchronous.
///
/// [`FlashLayer`](crate::FlashLayer) puts it there, whatever the payload type of the sessions. The first use opens the
/// cookie. What is pushed and taken before the response is sent goes with it; later it is refused and
/// logged.
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
    /// Nobody asked for them so far.
    Unopened(ArrivedFlash),
    Opened(Flash),
    /// The response was sent.
    Sent,
}

/// What came with a request.
#[derive(Clone)]
struct ArrivedFlash {
    coder: Arc<dyn Coder>,
    cookies: CookieFields,
    transport: Transport,
}

/// A configuration, whatever the payload type of its sessions.
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

/// Sessions of any payload type, and the cookie of messages beside theirs.
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
    /// Shows the messages' number, and does not open them.
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
    /// A handle without a request, for unit tests of handlers.
    pub fn for_test(flash: Flash) -> Self {
        Self::of(FlashState::Opened(flash))
    }

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

    /// See [`Flash::push`].
    ///
    /// # Errors
    /// Those of [`Flash::push`]; a message that comes after the response has been sent.
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
        // Before the lock, since it is the caller's code.
        let message = Message { level, text: text.into() };
        let added = self.locked(|flash| flash.map(|flash| flash.add(message)));
        added.unwrap_or_else(|| {
            log::flash_late();
            Err(FlashError::TooLate)
        })
    }

    /// See [`Flash::take`]; none once the response has been sent, since they could not be removed.
    #[must_use = "the messages are gone then; whoever asked for them has to show them"]
    pub fn take(&self) -> Vec<Message> {
        self.locked(|flash| flash.map(Flash::take)).unwrap_or_else(|| {
            log::flash_late();
            Vec::new()
        })
    }

    /// The number of messages that nobody took; 0 once the response has been sent.
    pub fn len(&self) -> usize {
        self.locked(|flash| flash.map_or(0, |flash| flash.len()))
    }

    /// Whether there is no message to take.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends it, and writes to the response if anybody asked for the messages. An error is logged: the response goes out
    /// all the same.
    pub(super) fn send(&self, coder: &dyn Coder, headers: &mut HeaderMap, has_body: bool) {
        if let FlashState::Opened(flash) = self.end() {
            let _ = coder.send(&flash, headers, has_body);
        }
    }

    /// Ends it, where no response is written to.
    pub(super) fn close(&self) {
        drop(self.end());
    }

    fn end(&self) -> FlashState {
        mem::replace(&mut *self.lock(), FlashState::Sent)
    }

    /// Opens the messages if nobody did, and locks them; none once the response was sent, and for
    /// what their opening calls.
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

/// Shows whether the cookie was opened, and does not open it.
impl fmt::Debug for FlashHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Before it is printed, since that is the application's code.
        let flash = match self.0.try_lock() {
            Ok(state) => state.show(f.alternate()),
            Err(TryLockError::Poisoned(state)) => state.into_inner().show(f.alternate()),
            Err(TryLockError::WouldBlock) => r#""in use""#.to_owned(),
        };
        f.debug_struct("FlashHandle").field("flash", &format_args!("{flash}")).finish()
    }
}

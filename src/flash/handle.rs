//! The handle: the messages of one request, shared by the layer and the handler (features `flash` and `tower`).
//!
//! It opens the cookie on first use. It holds no lock across an await, and runs no code of others under it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderValue, header::COOKIE};

use crate::config::Config;
use crate::config::OtherCookie;
use crate::error::EncodeError;
use crate::flash::cookie;
use crate::flash::{Flash, FlashError, Level, Message};
use crate::log;
use crate::session::payload::Payload;
use crate::sessions::Sent;
use crate::transport::Transport;

/// The flash messages of a request, in its extensions: a cheap clone, `Send` and `Sync`, synchronous.
///
/// [`FlashLayer`](crate::FlashLayer) puts it there, whatever the payload type of the sessions. The first use opens the
/// cookie. What is pushed and taken until the head of the response goes out is sent with it; later it is refused and
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

struct FlashState {
    flash: LazyFlash,
    /// Whether the head of the response has gone.
    gone: bool,
}

enum LazyFlash {
    /// Nobody asked for them so far.
    Unopened {
        coder: Arc<dyn Coder>,
        /// The first `Cookie` field, and what HTTP/2 split off.
        cookies: (Option<HeaderValue>, Vec<HeaderValue>),
        transport: Transport,
    },
    Opened(Flash),
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

impl LazyFlash {
    fn open(&mut self) -> &mut Flash {
        match self {
            Self::Opened(flash) => flash,
            Self::Unopened { coder, cookies, transport } => {
                let mut fields = cookies.0.iter().chain(&cookies.1);
                *self = Self::Opened(coder.open(&mut fields, *transport));
                self.open()
            }
        }
    }
}

impl FlashHandle {
    /// A handle without a request, for unit tests of handlers.
    pub fn for_test(flash: Flash) -> Self {
        Self::of(LazyFlash::Opened(flash))
    }

    pub(super) fn arriving(
        coder: Arc<dyn Coder>,
        headers: &HeaderMap,
        transport: Transport,
    ) -> Self {
        let mut fields = headers.get_all(COOKIE).into_iter().cloned();
        let cookies = (fields.next(), fields.collect());
        Self::of(LazyFlash::Unopened { coder, cookies, transport })
    }

    fn of(flash: LazyFlash) -> Self {
        Self(Arc::new(Mutex::new(FlashState { flash, gone: false })))
    }

    /// See [`Flash::push`].
    ///
    /// # Errors
    /// Those of [`Flash::push`]; a message that comes when the head of the response has gone.
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
        let mut state = self.lock();
        if state.gone {
            log::flash_late();
            return Err(FlashError::TooLate);
        }
        state.flash.open().add(message)
    }

    /// See [`Flash::take`]; none once the head of the response has gone, since they could not be removed.
    #[must_use = "the messages are gone then; whoever asked for them has to show them"]
    pub fn take(&self) -> Vec<Message> {
        let mut state = self.lock();
        if state.gone {
            log::flash_late();
            return Vec::new();
        }
        state.flash.open().take()
    }

    /// The number of messages that nobody took; 0 once the head of the response has gone.
    pub fn len(&self) -> usize {
        let mut state = self.lock();
        if state.gone { 0 } else { state.flash.open().len() }
    }

    /// Whether there is no message to take.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends it, and writes to the response if anybody asked for the messages. An error is logged: the answer goes out
    /// all the same.
    pub(super) fn send(&self, coder: &dyn Coder, headers: &mut HeaderMap, has_body: bool) {
        let mut state = self.lock();
        state.gone = true;
        if let LazyFlash::Opened(flash) = &state.flash {
            let _ = coder.send(flash, headers, has_body);
        }
    }

    /// Ends it, where no response is written to.
    pub(super) fn close(&self) {
        self.lock().gone = true;
    }

    fn lock(&self) -> MutexGuard<'_, FlashState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows whether the cookie was opened, and does not open it.
impl fmt::Debug for FlashHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("FlashHandle");
        match self.0.try_lock().as_deref() {
            Ok(FlashState { flash: LazyFlash::Opened(flash), .. }) => shown.field("flash", flash),
            Ok(_) => shown.field("flash", &"unopened"),
            Err(_) => shown.field("flash", &"in use"),
        };
        shown.finish()
    }
}

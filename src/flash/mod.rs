//! Flash messages: pushed by one request, shown once by the next (feature `flash`).
//!
//! They are in a separate cookie; [`Flash`] says what is sent when.
//!
//! # What happens to a request
//!
//! 1. On arrival the layer puts a [`FlashHandle`] into the request's extensions, and does nothing
//!    else.
//! 2. The first use of the handle opens the cookie.
//! 3. When the inner service responds, the layer writes the messages to the response if the handle
//!    was used. Messages that cannot be written, because the header is too long or the response has
//!    too many headers, are lost, and logged as an error. The response is still sent, because it
//!    reports work that has been done.
//! 4. After the response has been sent, `push` is an error, `take` returns nothing, and both are
//!    logged.
//!
//! The layer does not need a [`SessionLayer`](crate::SessionLayer). If there is one, put the flash
//! layer inside it: if a session cannot be sent, an error replaces the response, and the messages
//! of the handler must be dropped with the response. Of two flash layers the inner one is used.

mod cookie;
#[cfg(feature = "tower")]
mod layer;
mod message;
mod payload;
mod sessions;
#[cfg(test)]
mod vectors;

#[cfg(feature = "axum")]
pub use layer::MissingFlashLayer;
#[cfg(feature = "tower")]
pub use layer::{FlashFuture, FlashHandle, FlashLayer, FlashService};
pub use message::{FlashError, Level, Message};

use std::fmt;

use crate::flash::message::{MAX_MESSAGES, MAX_TEXT, QueuedMessage, fit, text_len};
use crate::token::id::KeyId;
use crate::transport::Transport;

/// Flash messages: those of this request, and those for the next one.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Keyring, Level, Sent};
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let mut flash = sessions.decode_flash(&Request::new(()));
/// flash.push(Level::Success, "Your order is on its way.")?;
/// let mut redirect = Response::new(());
/// assert_eq!(sessions.encode_flash(&flash, &mut redirect)?, Sent::Set);
///
/// // The browser follows the redirect.
/// let request = Request::builder().header("cookie", sessions.flash_cookie(&flash)?).body(())?;
/// let mut flash = sessions.decode_flash(&request);
/// let messages = flash.take();
/// assert_eq!(messages[0].level(), Level::Success);
/// assert_eq!(messages[0].text(), "Your order is on its way.");
/// assert_eq!(sessions.encode_flash(&flash, &mut Response::new(()))?, Sent::Removed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What is sent
///
/// A cookie with the session cookie's name and `-flash`, such as `__Host-session-flash`. It has the
/// attributes of the session cookie, but `Max-Age=300`. Its keys are derived from the same secrets,
/// and differ from those of sessions. The first row that fits applies:
///
/// | messages | response |
/// |---|---|
/// | the request came over the other transport | withheld |
/// | some were pushed and not taken | set: those that arrived and were not taken, then the pushed ones |
/// | those that arrived were taken | removed |
/// | otherwise | nothing: messages that arrived stay until they are taken or have ended |
///
/// A message ends 300 seconds after the response in which it was first sent, even if later
/// responses send it again.
///
/// A response without a body shows nothing, so all messages count as not taken. Such responses are
/// those to a HEAD request, for which frameworks run the handler of GET, and those with status 1xx,
/// 204, 205 or 304. Messages that were taken stay in the browser, or are sent again before the
/// pushed ones; if there are too many, the oldest are dropped.
///
/// Otherwise the status does not matter: a message that breaks a page must not break every page
/// after it. A response with messages is made private in the same way as one with a session. Encode
/// the session first. If that fails, do not encode the messages: they would report work that was
/// not saved.
///
/// If several cookies have this name, at most 8 are opened. Of those that open and have not
/// expired, the one that was sealed last is accepted. A cookie that does not open is ignored and
/// not removed, because another machine may have its key.
///
/// # Where others differ
///
/// | | Rails, Django, Phoenix | here, because |
/// |---|---|---|
/// | stored in | the session; Django: a cookie or the session | a cookie, so that a message never overwrites what another request writes to the session |
/// | ends | Rails: after the next request, read or not; Phoenix: the same, except for redirects; Django: when it is read | when it is read, except in a HEAD request: an image, a redirect or a preview in between removes nothing |
/// | can be read by the request that pushed it | yes; Rails and Phoenix show it again in the next request, except with `flash.now` and responses that do not redirect | yes, and then it has ended, as in Django |
/// | never read | Django: until the browser closes | 300 seconds, which the server checks |
/// | too many or too long | Rails and Phoenix: an error when the response is sent; Django: the oldest are dropped | an error of `push`; messages that *arrived* are dropped first, so that no client can make `push` fail |
/// | messages of one level | Rails and Phoenix: one | any number, in order |
/// | format | Rails and Phoenix: any value; Django may mark it as HTML | plain text |
/// | after a log-out | Rails, with `reset_session`: removed | stays: it says "Good-bye" |
///
/// # Two tabs
///
/// Each response has all messages, and the last response wins. If two requests push at the same
/// time, one message is lost. If two requests read at the same time, both show the message.
///
/// # Security
/// A text may contain what a client sent: escape it in HTML. A message cannot be made without the
/// secret, but a client can send an old one again within its 300 seconds. Without `__Host-`, a
/// sibling host can plant a message that it received itself. So a message may inform, but must not
/// decide anything.
#[derive(Default)]
pub struct Flash {
    /// The messages that were taken, then those that arrived, then those that were pushed.
    queue: Vec<QueuedMessage>,
    /// How many were taken. They are kept for a response without a body, which shows nothing.
    taken: usize,
    /// The transport of the request; `None` if there was no request.
    transport: Option<Transport>,
    /// The key that opened the messages of the request.
    key: Option<KeyId>,
    /// Whether a response to the request's method has no body.
    without_body: bool,
}

impl Flash {
    /// Adds a message for the next page.
    ///
    /// At most 8 messages are sent, with 1,024 bytes of text together. If there are more, the
    /// oldest that arrived are dropped.
    ///
    /// # Errors
    /// More than 8 pushed messages; more than 1,024 bytes of text in pushed messages. Messages that
    /// were pushed before stay.
    ///
    /// # Security
    /// Every user of the browser can read the text for 300 seconds: put no password and no code
    /// into it.
    ///
    /// ```
    /// use sealed_session::{Flash, FlashError, Level};
    ///
    /// let mut flash = Flash::new();
    /// assert_eq!(flash.push(Level::Error, "The card was declined."), Ok(()));
    /// let long = "x".repeat(1024);
    /// assert_eq!(flash.push(Level::Info, long), Err(FlashError::TooLong { bytes: 1046, limit: 1024 }));
    /// ```
    pub fn push(&mut self, level: Level, text: impl Into<String>) -> Result<(), FlashError> {
        self.add(Message { level, text: text.into() })
    }

    fn add(&mut self, message: Message) -> Result<(), FlashError> {
        let pushed = self.waiting().iter().filter(|queued| queued.pushed_at.is_none());
        let bytes = text_len(pushed.clone().map(|queued| &queued.message)) + message.text.len();
        if pushed.count() >= MAX_MESSAGES {
            return Err(FlashError::TooMany { limit: MAX_MESSAGES });
        }
        if bytes > MAX_TEXT {
            return Err(FlashError::TooLong { bytes, limit: MAX_TEXT });
        }
        self.queue.push(QueuedMessage { message, pushed_at: None });
        // The pushed messages fit, so only messages that arrived are dropped.
        let surplus = self.waiting().len() - last_that_fit(self.waiting()).len();
        self.queue.drain(self.taken..self.taken + surplus);
        Ok(())
    }

    /// Takes all messages, in order: those that arrived, then those that were pushed.
    ///
    /// They are not sent again, and the response removes the cookie. Only a response without a
    /// body, for example to a HEAD request, leaves them for the next page.
    ///
    /// ```
    /// use sealed_session::{Flash, Level};
    ///
    /// let mut flash = Flash::new();
    /// flash.push(Level::Warning, "Your trial ends tomorrow.")?;
    /// assert_eq!(flash.take()[0].text(), "Your trial ends tomorrow.");
    /// assert!(flash.take().is_empty());
    /// # Ok::<(), sealed_session::FlashError>(())
    /// ```
    #[must_use = "the messages are removed and have to be shown"]
    pub fn take(&mut self) -> Vec<Message> {
        let messages = self.waiting().iter().map(|queued| queued.message.clone()).collect();
        // A response without a body sends them again, but no more than fit.
        self.queue.drain(..self.queue.len() - last_that_fit(&self.queue).len());
        self.taken = self.queue.len();
        messages
    }

    /// Returns the number of messages that have not been taken.
    pub fn len(&self) -> usize {
        self.waiting().len()
    }

    /// Returns whether there is no message to take.
    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    /// Makes an empty list of messages, for tests.
    pub fn new() -> Self {
        Self::default()
    }

    fn arriving(
        queue: Vec<QueuedMessage>,
        transport: Option<Transport>,
        key: Option<KeyId>,
    ) -> Self {
        Self { queue, transport, key, ..Self::default() }
    }

    fn waiting(&self) -> &[QueuedMessage] {
        &self.queue[self.taken..]
    }

    /// The messages for the next page: if this page shows nothing, also those that were taken.
    fn unshown(&self, has_body: bool) -> &[QueuedMessage] {
        if has_body { self.waiting() } else { last_that_fit(&self.queue) }
    }

    /// Whether this page shows messages.
    fn shows(&self, has_body: bool) -> bool {
        has_body && self.taken > 0
    }
}

/// The newest messages that may be sent together.
fn last_that_fit(mut queue: &[QueuedMessage]) -> &[QueuedMessage] {
    while let [_, newer @ ..] = queue
        && !fit(queue.iter().map(|queued| &queued.message))
    {
        queue = newer;
    }
    queue
}

/// Shows the number of messages, and no text.
impl fmt::Debug for Flash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flash").field("len", &self.len()).finish_non_exhaustive()
    }
}

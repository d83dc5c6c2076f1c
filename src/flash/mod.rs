//! Flash messages: pushed by one request, shown once by the next (feature `flash`).
//!
//! They travel in a cookie of their own, which `cookie.rs` seals and opens.
//!
//! # What happens to a request
//!
//! 1. On arrival the layer puts a [`FlashHandle`] into the request's extensions, and does nothing else.
//! 2. The first use of the handle opens the cookie.
//! 3. When the inner service responds, the messages are written to the response, if anybody asked
//!    for them, as [`Flash`] says. Messages that cannot be written, because the header is too long
//!    or there are too many, are logged and lost: the response tells of work that is done, and is
//!    sent.
//! 4. The response has been sent. What is pushed or taken now is refused and logged.
//!
//! It needs no [`SessionLayer`](crate::SessionLayer). Put it inside of every one that there is: the
//! response of a session that cannot be sent is replaced by an error, and the messages of a handler
//! that thought otherwise have to go with it. Of two flash layers the inner one is used.

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

/// The messages of a request: those that came with it, and those for the next one.
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
/// A cookie called like the session's with `-flash` after it, `__Host-session-flash`, with the same attributes and
/// `Max-Age=300`. It has keys of its own, under the same secrets. The first row that fits:
///
/// | messages | response |
/// |---|---|
/// | the request came over the other transport | withheld |
/// | some were pushed, and not taken | set: those that arrived and were not taken, and after them the pushed ones |
/// | those that arrived were taken | removed |
/// | otherwise | nothing: what arrived stays, until it is taken or has ended |
///
/// A message ends 300 seconds after the response that it was pushed to was sent, also if it goes
/// out again with others.
///
/// A response without a body shows nothing, so there all messages count as not taken: the response
/// to a HEAD request, for which frameworks run the handler of GET, and one with status 1xx, 204,
/// 205 or 304. What was taken stays in the browser, or goes out again in front of what was pushed;
/// where there are too many, the oldest make room.
///
/// Otherwise the status plays no part: a message that breaks a page must not break every page after
/// it. What makes a response private is what makes one with a session private. But write the
/// session first, and no messages if that is an error: they would tell of what was not saved.
///
/// Of several cookies of the name the one sealed last is accepted, of those that open and are within their time; at most 8
/// are opened. What does not open is no message, and is not removed either: another machine may have its key.
///
/// # Where others differ
///
/// | | Rails, Django, Phoenix | here, because |
/// |---|---|---|
/// | kept in | the session; Django: a cookie, or the session | a cookie: a message never undoes what another request writes to the session |
/// | gone | Rails: after the next request, read or not; Phoenix: the same, but for redirects; Django: once read | once read, and not for a HEAD request: an image, a redirect or a preview in between takes nothing away |
/// | read by the request that pushed it | yes; Rails and Phoenix show it again at the next one, but for `flash.now` and responses that do not redirect | yes, and then it is gone, as in Django |
/// | never read | Django: until the browser closes | 300 seconds, which the server checks |
/// | too much | Rails and Phoenix: an error when the response goes out; Django: the oldest are dropped | an error of `push`; what *arrived* makes room, so that no client makes `push` fail |
/// | one kind has | Rails and Phoenix: one text | any number, in order |
/// | a text is | Rails, Phoenix: any value; Django may mark it as HTML | plain text |
/// | log-out | Rails, with `reset_session`: gone | stays: it says "Good-bye" |
///
/// # Two tabs
///
/// Each response carries all messages, and the last one wins: of two that push at once, one message is lost. Two that
/// read at once both show it.
///
/// # Security
/// A text may hold what a client sent: escape it in HTML. Nobody without the secret can make a message, but a client
/// can send an old one again within its 300 seconds, and without `__Host-` a sibling host can plant one that it was
/// sent itself. So a message informs, and decides nothing.
#[derive(Default)]
pub struct Flash {
    /// Those that were taken, and after them those that wait: the ones that arrived, then the ones
    /// that were pushed.
    queue: Vec<QueuedMessage>,
    /// How many of them were taken: kept for a response without a body, which shows nothing.
    taken: usize,
    /// How the request came, for one that was decoded.
    transport: Option<Transport>,
    /// The key that opened what arrived.
    key: Option<KeyId>,
    /// Whether a response to the request's method has no body.
    without_body: bool,
}

impl Flash {
    /// No messages, as of a request without any; for tests.
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

    /// Says something to whoever is shown the next page.
    ///
    /// Up to 8 messages go out, of 1,024 bytes together. Of those that arrived and were not taken, the oldest make
    /// room.
    ///
    /// # Errors
    /// A message after 8 that were pushed and not taken; a text with which theirs have more than 1,024 bytes. What was
    /// pushed before stays.
    ///
    /// # Security
    /// The text is for whoever has the browser, for 300 seconds: no password and no code.
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
        // What was pushed fits, so that no more than what arrived goes.
        let surplus = self.waiting().len() - last_that_fit(self.waiting()).len();
        self.queue.drain(self.taken..self.taken + surplus);
        Ok(())
    }

    /// Takes all messages out, in order: those that arrived, then those that were pushed.
    ///
    /// That is reading them: they are not sent again, and the response removes the cookie. Only a
    /// response without a body, to a HEAD request say, leaves them for the next page: nobody has
    /// seen them.
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
    #[must_use = "the messages are gone then; whoever asked for them has to show them"]
    pub fn take(&mut self) -> Vec<Message> {
        let messages = self.waiting().iter().map(|queued| queued.message.clone()).collect();
        // No more is kept than goes out.
        self.queue.drain(..self.queue.len() - last_that_fit(&self.queue).len());
        self.taken = self.queue.len();
        messages
    }

    /// The number of messages that nobody took.
    pub fn len(&self) -> usize {
        self.waiting().len()
    }

    /// Whether there is no message, or all were taken.
    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    fn waiting(&self) -> &[QueuedMessage] {
        &self.queue[self.taken..]
    }

    /// What is for the next page: if this one shows nothing, also what was taken for it.
    fn unshown(&self, has_body: bool) -> &[QueuedMessage] {
        if has_body { self.waiting() } else { last_that_fit(&self.queue) }
    }

    /// Whether this page shows some.
    fn shows(&self, has_body: bool) -> bool {
        has_body && self.taken > 0
    }
}

/// As many as may go out together; the oldest make room.
fn last_that_fit(mut queue: &[QueuedMessage]) -> &[QueuedMessage] {
    while let [_, newer @ ..] = queue
        && !fit(queue.iter().map(|queued| &queued.message))
    {
        queue = newer;
    }
    queue
}

/// Shows how many messages there are, and no text.
impl fmt::Debug for Flash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flash").field("len", &self.len()).finish_non_exhaustive()
    }
}

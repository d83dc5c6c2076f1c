//! One message: its level, its text, and how many may be sent together.

use std::{error::Error, fmt};

use zeroize::Zeroize;

/// The most messages that are sent at once.
pub(super) const MAX_MESSAGES: usize = 8;
/// The most bytes of all their texts together.
pub(super) const MAX_TEXT: usize = 1024;
/// How long a message waits to be shown, in seconds.
pub(super) const LIFETIME: u64 = 300;

/// A flash message: a level and a text, which is wiped on drop.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Message {
    pub(super) level: Level,
    pub(super) text: String,
}

impl Message {
    /// Returns the level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns the text as it was pushed.
    ///
    /// # Security
    /// It is plain text: escape it in HTML.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

/// Shows the level, not the text.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("level", &self.level).finish_non_exhaustive()
    }
}

/// A message, and the second in which it was pushed; `None` if this request pushed it.
pub(super) struct QueuedMessage {
    pub(super) message: Message,
    pub(super) pushed_at: Option<u64>,
}

impl QueuedMessage {
    /// Whether it may be shown at `now`.
    pub(super) fn lasts(&self, now: u64) -> bool {
        self.pushed_at.is_none_or(|pushed_at| now < pushed_at.saturating_add(LIFETIME))
    }
}

/// The level of a message, from `Info` to `Error`.
///
/// ```
/// use sealed_session::Level;
///
/// assert_eq!(Level::Success.to_string(), "success");
/// assert!(Level::Error > Level::Warning);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// For information; `notice` in Rails, `info` in Phoenix.
    Info,
    /// It worked.
    Success,
    /// It worked, with a restriction.
    Warning,
    /// It failed; `alert` in Rails.
    Error,
}

impl Level {
    /// All levels, each at the index of its byte in a token.
    const ALL: [Self; 4] = [Self::Info, Self::Success, Self::Warning, Self::Error];

    pub(super) fn of(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }

    pub(super) fn byte(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Why a message was not pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FlashError {
    /// There are already as many messages as may be sent at once.
    TooMany {
        /// The number of messages that are allowed.
        limit: usize,
    },
    /// The texts of all messages together are too long.
    TooLong {
        /// The number of bytes that the texts would have.
        bytes: usize,
        /// The number of bytes that are allowed.
        limit: usize,
    },
    /// The response has been sent.
    TooLate,
}

impl fmt::Display for FlashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMany { limit } => {
                write!(f, "{limit} flash messages are pushed already; expected at most {limit}")
            }
            Self::TooLong { bytes, limit } => {
                write!(f, "the flash messages have {bytes} bytes of text; expected at most {limit}")
            }
            Self::TooLate => {
                f.write_str("the flash message was pushed after the response was sent")
            }
        }
    }
}

impl Error for FlashError {}

/// Whether messages may be sent together.
pub(super) fn fit<'m>(messages: impl Iterator<Item = &'m Message> + Clone) -> bool {
    messages.clone().count() <= MAX_MESSAGES && text_len(messages) <= MAX_TEXT
}

pub(super) fn text_len<'m>(messages: impl Iterator<Item = &'m Message>) -> usize {
    messages.map(|message| message.text.len()).sum()
}

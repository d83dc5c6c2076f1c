//! The search for the field with the token in the beginning of a form, whatever its type.

use crate::csrf::token::CsrfError;

/// Every value of the field that decides, or why none is known.
pub(super) type Values = Result<Vec<String>, CsrfError>;

/// The search in one form. Each call gets the whole beginning of the body that was read so far.
pub(super) trait FieldSearch: Send {
    /// Whether that is enough; `None` if it goes on.
    fn feed(&mut self, text: &[u8]) -> Option<Values>;

    /// The limit is reached, and the body goes on; `None` if the beginning does not decide.
    fn cut(&mut self, text: &[u8]) -> Option<Values>;

    /// The body has ended.
    fn end(&mut self, text: &[u8]) -> Values;
}

/// The search in a body, or why the body is not read.
pub(super) type Announced = Result<Box<dyn FieldSearch>, Unread>;

/// Why a body is not read.
pub(super) struct Unread {
    pub(super) reason: CsrfError,
    /// What to do if a token is missing, for the log.
    pub(super) advice: &'static str,
}

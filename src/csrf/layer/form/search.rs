//! The search for the field with the token, in at most so many bytes of a form.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use crate::csrf::layer::form::multipart::{Scanned, Scanner};
use crate::csrf::layer::form::parameters::{essence, parameter};
use crate::csrf::token::CsrfError;

/// Every value of the field, or why the form is not read to its end.
pub(super) type Values = Result<Vec<String>, CsrfError>;

/// The search in one form.
pub(super) struct Search<'n> {
    pub(super) name: &'n str,
    /// Bytes that are read at most.
    pub(super) limit: usize,
}

/// The beginning of a form, by its type.
pub(super) enum Beginning {
    Urlencoded(Vec<u8>),
    Multipart(Scanner),
}

impl Beginning {
    /// The empty beginning of the form that the headers announce; `None` for what is not a form.
    pub(super) fn of(headers: &HeaderMap) -> Option<Result<Self, CsrfError>> {
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        // With several, nobody knows how the application reads the body.
        let (Some(value), None) = (types.next(), types.next()) else { return None };
        let value = value.as_bytes();
        if essence(value).eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            return Some(Ok(Self::Urlencoded(Vec::new())));
        }
        if !essence(value).eq_ignore_ascii_case(b"multipart/form-data") {
            return None;
        }
        Some(match &parameter(value, "boundary")[..] {
            [boundary] if !boundary.is_empty() => Ok(Self::Multipart(Scanner::new(boundary))),
            _ => Err(CsrfError::BrokenForm),
        })
    }

    fn len(&self) -> usize {
        match self {
            Self::Urlencoded(text) => text.len(),
            Self::Multipart(scanner) => scanner.len(),
        }
    }

    /// What was read, as it was sent.
    pub(super) fn into_bytes(self) -> Bytes {
        match self {
            Self::Urlencoded(text) => text.into(),
            Self::Multipart(scanner) => scanner.into_bytes(),
        }
    }
}

impl Search<'_> {
    /// Takes more of the form off `bytes`, up to the limit; `None` if that was not enough.
    pub(super) fn feed(&self, beginning: &mut Beginning, bytes: &mut Bytes) -> Option<Values> {
        let read = bytes.split_to(bytes.len().min(self.limit - beginning.len()));
        let is_over = !bytes.is_empty();
        let too_large = Err(CsrfError::FormTooLarge { limit: self.limit });
        match beginning {
            Beginning::Urlencoded(text) => {
                text.extend_from_slice(&read);
                is_over
                    .then(|| self.pairs_within(text))
                    .map(|values| if values.is_empty() { too_large } else { Ok(values) })
            }
            Beginning::Multipart(scanner) => match scanner.feed(&read, self.name) {
                Scanned::Value(value) => {
                    // A token is ASCII: a text that loses something here is not one.
                    Some(Ok(vec![String::from_utf8_lossy(&value).into_owned()]))
                }
                Scanned::End => Some(Ok(Vec::new())),
                Scanned::Broken => Some(Err(CsrfError::BrokenForm)),
                Scanned::Nothing => is_over.then_some(too_large),
            },
        }
    }

    /// The values before the last separator: what comes after it may go on behind the limit.
    fn pairs_within(&self, text: &[u8]) -> Vec<String> {
        let end = text.iter().rposition(|byte| *byte == b'&').unwrap_or(0);
        self.urlencoded(&text[..end])
    }

    /// The whole form has been fed, and that was not enough.
    pub(super) fn end(&self, beginning: &Beginning) -> Values {
        match beginning {
            Beginning::Urlencoded(text) => Ok(self.urlencoded(text)),
            Beginning::Multipart(_) => Err(CsrfError::BrokenForm),
        }
    }

    /// The values of the field in a form, or in a query.
    pub(super) fn urlencoded(&self, text: &[u8]) -> Vec<String> {
        let fields = form_urlencoded::parse(text).filter(|(name, _)| name == self.name);
        fields.map(|(_, value)| value.into_owned()).collect()
    }
}

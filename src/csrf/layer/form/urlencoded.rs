//! The search in an `application/x-www-form-urlencoded` body, and in a query.

use std::sync::Arc;

use crate::csrf::layer::form::search::{FieldSearch, Values};

pub(super) struct UrlencodedSearch {
    pub(super) name: Arc<str>,
}

/// A second field with the name would be refused, so the search goes on to the end or to the limit.
impl FieldSearch for UrlencodedSearch {
    fn feed(&mut self, _: &[u8]) -> Option<Values> {
        None
    }

    /// The values before the last separator: what comes after it may go on behind the limit.
    fn cut(&mut self, text: &[u8]) -> Option<Values> {
        let end = text.iter().rposition(|byte| *byte == b'&').unwrap_or(0);
        Some(values(&text[..end], &self.name)).filter(|values| !values.is_empty()).map(Ok)
    }

    fn end(&mut self, text: &[u8]) -> Values {
        Ok(values(text, &self.name))
    }
}

/// The values of a field in a form, or in a query.
pub(super) fn values(text: &[u8], name: &str) -> Vec<String> {
    let fields = form_urlencoded::parse(text).filter(|(found, _)| found == name);
    fields.map(|(_, value)| value.into_owned()).collect()
}

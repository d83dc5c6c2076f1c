//! What is sealed of the payload, and whether it differs from what was opened.

use crate::error::PayloadError;
use crate::session::Session;
use crate::session::origin::{BuildScope, Origin};
use crate::session::payload::{self, Payload, Written};
use crate::session::typed::Encoding;

impl<T: Payload> Session<T> {
    /// The payload as it is to be sealed by a build.
    pub(crate) fn payload(
        &self,
        encoding: Encoding,
        build: &BuildScope,
    ) -> Result<Written<'_>, PayloadError> {
        // A payload that was not borrowed mutably is sealed as it was opened: a newer release may
        // have written fields that this type does not know. Bytes of another schema cannot be
        // sealed under this one.
        match &self.origin {
            Some(Origin { payload: Some(opened), build: before, .. })
                if !self.borrowed && before.has_same_scope(build) =>
            {
                Ok(Written::Held(opened))
            }
            _ => payload::write(encoding, &self.data),
        }
    }

    /// A copy of the payload, as a request with the session would have it.
    pub(super) fn copied_payload(
        &self,
        encoding: Encoding,
        build: &BuildScope,
    ) -> Result<T, PayloadError> {
        let written = self.payload(encoding, build)?;
        self.check_survival(encoding, &written)?;
        payload::read(encoding, &written).ok_or_else(|| PayloadError::lost(String::new()))
    }

    /// Whether what was written of the payload reads back as the payload.
    pub(crate) fn check_survival(
        &self,
        encoding: Encoding,
        written: &Written<'_>,
    ) -> Result<(), PayloadError> {
        payload::check_survival(encoding, &self.data, written)
    }

    /// The payload, if it differs from the one that was opened, or from `default` if none was.
    pub(crate) fn changed_payload(
        &self,
        encoding: Encoding,
        default: &[u8],
    ) -> Result<Option<Written<'_>>, PayloadError> {
        if !self.borrowed {
            return Ok(None);
        }
        let payload = payload::write(encoding, &self.data)?;
        let before = match &self.origin {
            Some(origin) => origin.payload.as_deref(),
            None => Some(default),
        };
        if before != Some(&*payload) {
            return Ok(Some(payload));
        }
        // Equal bytes may be another value, which would not survive: `Some(None)` instead of
        // `None`.
        self.check_survival(encoding, &payload)?;
        Ok(None)
    }
}

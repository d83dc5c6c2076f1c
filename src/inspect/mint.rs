//! Makes the cookie of a new session.

use std::time::{Duration, SystemTime};
use std::{error::Error, fmt};

use http::StatusCode;
use http::header::{HeaderMap, SET_COOKIE};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::config::CookieSessions;
use crate::error::EncodeError;
use crate::inspect::value::{AnyValue, RestOfPayload};
use crate::session::dict::Dict;
use crate::session::payload::Payload;
use crate::token::id::Label;

/// The cookie of a new session.
pub struct Minted {
    /// `name=token`.
    pub pair: String,
    /// The whole `Set-Cookie` header value.
    pub set_cookie: String,
    /// Names the session in logs.
    pub label: Label,
    /// When it ends.
    pub expires_at: SystemTime,
}

/// Shows the label only.
impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted").field("label", &self.label).finish_non_exhaustive()
    }
}

/// Why a cookie cannot be made. It shows no value.
#[derive(Debug)]
pub enum MintError {
    /// The data are not a JSON object.
    NotAnObject,
    /// An entry of a dictionary is neither text, a number nor a truth value.
    NotText {
        /// Its place, from 1.
        entry: usize,
    },
    /// Compact payloads need the type.
    Compact,
    /// It cannot be sealed.
    Encode(EncodeError),
}

impl fmt::Display for MintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnObject => {
                f.write_str(r#"the entries are no JSON object; expected {"user": "alice"}"#)
            }
            Self::NotText { entry } => write!(
                f,
                "entry {entry} of the JSON object has a value that is no text; a dictionary holds text: expected a \
                 string, a number, true or false",
            ),
            Self::Compact => f.write_str(
                "a compact payload cannot be minted: its bytes have no names, and only the application's type says \
                 what they mean",
            ),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl Error for MintError {}

/// A payload that can be made from JSON.
pub(super) trait FromJson: Payload {
    fn from_json(value: Value) -> Result<Self, MintError>;
}

impl FromJson for Dict {
    fn from_json(value: Value) -> Result<Self, MintError> {
        let Value::Object(entries) = value else { return Err(MintError::NotAnObject) };
        let mut dict = Self::new();
        for ((key, value), entry) in entries.into_iter().zip(1..) {
            match value {
                Value::String(text) => dict.set(key, &*Zeroizing::new(text)),
                Value::Number(number) => dict.set(key, number),
                Value::Bool(flag) => dict.set(key, flag),
                _ => return Err(MintError::NotText { entry }),
            }
        }
        Ok(dict)
    }
}

impl FromJson for AnyValue {
    fn from_json(value: Value) -> Result<Self, MintError> {
        Ok(value.into())
    }
}

impl FromJson for RestOfPayload {
    fn from_json(_: Value) -> Result<Self, MintError> {
        Err(MintError::Compact)
    }
}

/// Seals a new session that ends after `lasts`, unless it is used.
pub(super) fn mint<T: FromJson>(
    sessions: &CookieSessions<T>,
    value: Value,
    lasts: Duration,
    now: SystemTime,
) -> Result<Minted, MintError> {
    let mut session = sessions.fresh();
    *session.data_mut() = T::from_json(value)?;
    session.set_idle_timeout(lasts);
    session.touch();
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_at(&session, &mut headers, StatusCode::OK, now);
    sent.map_err(MintError::Encode)?;
    let set_cookie = headers.get(SET_COOKIE).and_then(|value| value.to_str().ok());
    let set_cookie = set_cookie.unwrap_or_default().to_owned();
    let pair = set_cookie.split(';').next().unwrap_or_default().to_owned();
    // What was sealed, not what was meant.
    let sealed = sessions.from_response(&headers);
    let expires_at = sealed.map_or(now, |session| session.expires_at());
    Ok(Minted { pair, set_cookie, label: session.label(), expires_at })
}

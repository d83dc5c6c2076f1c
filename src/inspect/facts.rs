//! What a token says: plain facts, without its id and without a key.

use serde_json::Value;

use crate::crypto::secret_bytes::SecretBytes;
use crate::inspect::settings::PayloadSchema;
use crate::inspect::value::{AnyValue, hex};
use crate::keys::keyring::KeyRole;
use crate::session::dict::Dict;
use crate::session::payload;
use crate::session::typed::Encoding;
use crate::token::id::{KeyId, Label};
use crate::token::rejection::Rejection;
use crate::transport::Transport;

/// What tokens are sealed for.
#[derive(Clone, Debug)]
pub struct ScopeFacts {
    /// With its prefix.
    pub full_name: String,
    /// Without it.
    pub name: String,
    /// How the client reached the site.
    pub transport: Transport,
    /// `Path` of the cookie.
    pub path: String,
    /// `Domain` of the cookie.
    pub domain: Option<String>,
    /// Whether it is partitioned.
    pub partitioned: bool,
    /// Tells applications with one secret apart.
    pub context: String,
    /// The schema of the payload, as it is in the scope.
    pub schema: String,
}

/// One token, judged by itself.
#[derive(Debug)]
pub struct TokenFacts {
    /// Characters.
    pub length: usize,
    /// If version and key id are readable.
    pub version: Option<u8>,
    /// If they are, and the version is known.
    pub key_id: Option<KeyId>,
    /// If a secret opened it.
    pub opened: Option<OpenedFacts>,
    /// What the next response does with the session, or why the token is rejected.
    pub verdict: Result<NextResponse, Rejection>,
}

/// What the next response does with an accepted session that the application does not change.
#[derive(Debug)]
pub enum NextResponse {
    /// Nothing.
    Nothing,
    /// It is due: sealed again, with a later end.
    Refreshed,
    /// A previous secret or an older schema opened it: sealed again.
    Resealed,
    /// It cannot be sealed again.
    Fails(String),
}

/// A token that a secret opened.
#[derive(Debug)]
pub struct OpenedFacts {
    /// The role of the secret.
    pub role: KeyRole,
    /// Its place in the keyring, from 1: the current one, the previous ones, the upcoming ones.
    pub place: usize,
    /// The schema that it was sealed for.
    pub schema: PayloadSchema,
    /// Unless the body is not well-formed.
    pub session: Option<SessionFacts>,
}

/// What a well-formed body says. Times are in seconds since 1970.
#[derive(Debug)]
pub struct SessionFacts {
    /// Names the session in logs.
    pub label: Label,
    /// When the session began.
    pub created: u64,
    /// When this token was sealed.
    pub sealed_at: u64,
    /// The idle timeout of this session only, in seconds.
    pub own_idle_timeout: Option<u64>,
    /// When its user last proved who they are.
    pub confirmed_at: Option<u64>,
    /// The first second past the idle timeout.
    pub idle_end: u64,
    /// The first second past the absolute timeout.
    pub absolute_end: u64,
    /// The first second at which it is not accepted anymore.
    pub expires_at: u64,
    /// From when a response refreshes it; `None` if that would extend nothing.
    pub refresh_at: Option<u64>,
    /// Tags that this release does not know.
    pub unknown_extensions: Vec<u8>,
    /// Bytes of padding.
    pub padding: usize,
    /// What the application stored.
    pub payload: PayloadFacts,
}

/// What the application stored.
pub struct PayloadFacts {
    pub(super) bytes: SecretBytes,
    pub(super) schema: PayloadSchema,
}

/// The content of a payload.
pub enum Data {
    /// Of a dictionary, sorted.
    Entries(Vec<(String, String)>),
    /// Of a payload with names.
    Value(Value),
    /// Hex digits of one that cannot be read here.
    Bytes(String),
}

impl PayloadFacts {
    /// Bytes.
    #[allow(clippy::len_without_is_empty, reason = "it is a size")]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How it is written.
    pub fn encoding(&self) -> &'static str {
        match self.schema {
            PayloadSchema::Dict => "dictionary",
            PayloadSchema::Named(_) => Encoding::Named.as_str(),
            PayloadSchema::Compact { .. } => Encoding::Compact.as_str(),
        }
    }

    /// What it holds. It is as secret as the session.
    pub fn expose(&self) -> Data {
        let read = match self.schema {
            PayloadSchema::Dict => payload::read(Encoding::Named, &self.bytes).map(entries),
            PayloadSchema::Named(_) => payload::read(Encoding::Named, &self.bytes)
                .map(|value: AnyValue| Data::Value(value.to_json())),
            PayloadSchema::Compact { .. } => None,
        };
        read.unwrap_or_else(|| Data::Bytes(hex(&self.bytes)))
    }
}

#[allow(clippy::needless_pass_by_value, reason = "it is wiped here")]
fn entries(dict: Dict) -> Data {
    Data::Entries(dict.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
}

/// Shows no value.
impl std::fmt::Debug for Data {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Data(..)")
    }
}

/// Shows no byte.
impl std::fmt::Debug for PayloadFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PayloadFacts").field("len", &self.len()).finish_non_exhaustive()
    }
}

/// The tokens of a request, and what `decode` makes of them.
#[derive(Debug)]
pub struct RequestFacts {
    /// In the order they were sent.
    pub tokens: Vec<TokenFacts>,
    /// Whether `decode` looks at each of them: it opens at most eight.
    pub looked_at: Vec<bool>,
    /// The place of the accepted one in `tokens`.
    pub outcome: Result<usize, Rejection>,
}

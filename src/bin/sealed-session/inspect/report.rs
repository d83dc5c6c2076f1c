//! What is found, with the names that `--json` has.

use sealed_session::inspect::{
    Data, Inspector, NextResponse, OpenedFacts, ScopeFacts, SessionFacts, TokenFacts, word,
};
use sealed_session::{Rejection, Transport};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::inspect::search::Fit;
use crate::time::Instant;

/// Everything that is found.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) at: Instant,
    pub(super) scope: ScopeReport,
    /// `None` if there are no secrets.
    pub(super) secrets: Option<Vec<KeyReport>>,
    pub(super) verdict: Verdict,
    /// The rejection of the whole request.
    pub(super) reason: Option<&'static str>,
    pub(super) explanation: Option<Explanation>,
    /// The number of the token that becomes the session.
    pub(super) accepted_token: Option<usize>,
    pub(super) tokens: Vec<TokenReport>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Verdict {
    Accepted,
    Rejected,
    /// There are no secrets to open it with.
    Unknown,
}

#[derive(Serialize)]
pub(super) struct ScopeReport {
    pub(super) cookie: String,
    pub(super) transport: &'static str,
    pub(super) path: String,
    pub(super) domain: Option<String>,
    pub(super) partitioned: bool,
    pub(super) context: String,
    pub(super) schema: String,
    pub(super) idle_timeout_seconds: u64,
    pub(super) absolute_timeout_seconds: u64,
}

#[derive(Serialize)]
pub(super) struct KeyReport {
    pub(super) role: String,
    pub(super) key_id: String,
}

#[derive(Serialize)]
pub(super) struct TokenReport {
    /// From 1, in the order they were sent.
    pub(super) number: usize,
    /// Its own name, if it is not that of the scope.
    pub(super) found_name: Option<String>,
    pub(super) length: usize,
    pub(super) version: Option<u8>,
    pub(super) key_id: Option<String>,
    pub(super) secret: Option<SecretReport>,
    pub(super) schema: Option<String>,
    pub(super) session: Option<SessionReport>,
    /// Whether `decode` looks at it.
    pub(super) looked_at: bool,
    pub(super) verdict: Verdict,
    pub(super) reason: Option<&'static str>,
    pub(super) explanation: Option<Explanation>,
    /// What the next response does.
    pub(super) next_response: Option<&'static str>,
    pub(super) next_response_error: Option<String>,
    /// What would open it.
    pub(super) fits: Vec<Fit>,
}

/// The secret that opened it.
#[derive(Clone, Serialize)]
pub(super) struct SecretReport {
    pub(super) role: String,
    pub(super) place: usize,
    pub(super) of: usize,
}

#[derive(Serialize)]
pub(super) struct SessionReport {
    pub(super) label: String,
    pub(super) created: Instant,
    pub(super) sealed: Instant,
    pub(super) expires: Instant,
    pub(super) idle_end: Instant,
    pub(super) absolute_end: Instant,
    pub(super) refresh_from: Option<Instant>,
    pub(super) own_idle_timeout_seconds: Option<u64>,
    pub(super) confirmed: Option<Instant>,
    pub(super) unknown_extensions: Vec<u8>,
    pub(super) payload: PayloadReport,
}

#[derive(Serialize)]
pub(super) struct PayloadReport {
    pub(super) encoding: &'static str,
    pub(super) bytes: usize,
    pub(super) padding_bytes: usize,
    /// Only if it is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Value>,
}

/// A rejection, explained.
#[derive(Clone, Serialize)]
pub(super) struct Explanation {
    /// What was found.
    pub(super) found: String,
    /// What usually causes it.
    pub(super) cause: String,
    /// What to do.
    pub(super) advice: String,
}

impl Explanation {
    pub(super) fn new(
        found: impl Into<String>,
        cause: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self { found: found.into(), cause: cause.into(), advice: advice.into() }
    }
}

impl ScopeReport {
    pub(super) fn of(inspector: &Inspector) -> Self {
        let ScopeFacts { full_name, transport, path, domain, partitioned, context, schema, .. } =
            inspector.scope();
        Self {
            cookie: full_name,
            transport: if transport == Transport::Http { "http" } else { "https" },
            path,
            domain,
            partitioned,
            context,
            schema,
            idle_timeout_seconds: inspector.idle_timeout().as_secs(),
            absolute_timeout_seconds: inspector.absolute_timeout().as_secs(),
        }
    }
}

impl KeyReport {
    pub(super) fn all(inspector: &Inspector) -> Vec<Self> {
        let key = |(role, id): &(_, _)| Self { role: format!("{role}"), key_id: format!("{id}") };
        inspector.keys().iter().map(key).collect()
    }
}

impl TokenReport {
    /// What is known of a token without any secret.
    pub(super) fn of_head(number: usize, length: usize, head: Result<String, Rejection>) -> Self {
        let version = match &head {
            Ok(_) => Some(1),
            Err(Rejection::UnknownVersion(version)) => Some(*version),
            Err(_) => None,
        };
        let reason = head.as_ref().err().copied();
        Self {
            number,
            found_name: None,
            length,
            version,
            key_id: head.ok(),
            secret: None,
            schema: None,
            session: None,
            looked_at: true,
            verdict: if reason.is_some() { Verdict::Rejected } else { Verdict::Unknown },
            reason: reason.map(word),
            explanation: None,
            next_response: None,
            next_response_error: None,
            fits: Vec::new(),
        }
    }

    pub(super) fn of(number: usize, facts: &TokenFacts, secrets: usize, show_data: bool) -> Self {
        let empty = Self::of_head(number, facts.length, Err(Rejection::Malformed));
        let secret = |opened: &OpenedFacts| SecretReport {
            role: opened.role.to_string(),
            place: opened.place,
            of: secrets,
        };
        let opened = facts.opened.as_ref();
        let (next_response, next_response_error) = match &facts.verdict {
            Ok(next) => (Some(next_word(next)), failure(next)),
            Err(_) => (None, None),
        };
        Self {
            version: facts.version,
            key_id: facts.key_id.map(|id| id.to_string()),
            secret: opened.map(secret),
            schema: opened.map(|opened| opened.schema.in_scope()),
            session: opened
                .and_then(|opened| opened.session.as_ref())
                .map(|session| SessionReport::of(session, show_data)),
            verdict: if facts.verdict.is_ok() { Verdict::Accepted } else { Verdict::Rejected },
            reason: facts.verdict.as_ref().err().copied().map(word),
            next_response,
            next_response_error,
            ..empty
        }
    }
}

impl SessionReport {
    fn of(session: &SessionFacts, show_data: bool) -> Self {
        let payload = &session.payload;
        Self {
            label: session.label.to_string(),
            created: Instant(session.created),
            sealed: Instant(session.sealed_at),
            expires: Instant(session.expires_at),
            idle_end: Instant(session.idle_end),
            absolute_end: Instant(session.absolute_end),
            refresh_from: session.refresh_at.map(Instant),
            own_idle_timeout_seconds: session.own_idle_timeout,
            confirmed: session.confirmed_at.map(Instant),
            unknown_extensions: session.unknown_extensions.clone(),
            payload: PayloadReport {
                encoding: payload.encoding(),
                bytes: payload.len(),
                padding_bytes: session.padding,
                data: show_data.then(|| to_json(payload.expose())),
            },
        }
    }
}

fn to_json(data: Data) -> Value {
    match data {
        Data::Entries(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key, Value::String(value)));
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Data::Value(value) => value,
        Data::Bytes(hex) => Value::String(format!("0x{hex}")),
    }
}

fn next_word(next: &NextResponse) -> &'static str {
    match next {
        NextResponse::Nothing => "nothing",
        NextResponse::Refreshed => "refresh",
        NextResponse::Resealed => "re-seal",
        NextResponse::Fails(_) => "error",
    }
}

fn failure(next: &NextResponse) -> Option<String> {
    match next {
        NextResponse::Fails(reason) => Some(reason.clone()),
        _ => None,
    }
}

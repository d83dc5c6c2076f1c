//! Judges tokens with the functions of `decode`, and keeps what they found.

use http::StatusCode;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use std::time::SystemTime;

use crate::config::{Config, CookieSessions};
use crate::crypto::secret_bytes::SecretBytes;
use crate::decode::candidates::{Candidate, candidates};
use crate::encode::decision::needs_reseal;
use crate::encode::sent::Sent;
use crate::encode::to_request_cookie;
use crate::error::EncodeError;
use crate::header;
use crate::inspect::facts::{
    NextResponse, OpenedFacts, PayloadFacts, RequestFacts, SessionFacts, TokenFacts,
};
use crate::inspect::settings::PayloadSchema;
use crate::keys::keyring::KeyRole;
use crate::keys::table::{AuthenticBody, Keys, OpenBudget};
use crate::session::lifetime::Limits;
use crate::session::origin::{Origin, RequestInfo};
use crate::session::payload::Payload;
use crate::token::id::{KeyId, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::unix_seconds;
use crate::token::{Token, VERSION, body};

/// Sessions of a payload type, and what the type does not say.
pub(super) struct Judge<T> {
    pub(super) sessions: CookieSessions<T>,
    /// Every schema that is opened, in the order of the key table.
    pub(super) schemas: Vec<PayloadSchema>,
    /// How many secrets there are.
    pub(super) secrets: usize,
}

/// Version and key id of a token that has the form of one.
pub(super) fn head(text: &[u8], name: &str) -> Result<KeyId, Rejection> {
    let token = Token::parse(text, name)?;
    token.with_buffer(|buffer| token.frame(buffer).map(drop))?;
    Ok(token.key_id)
}

impl<T: Payload> Judge<T> {
    fn config(&self) -> &Config<T> {
        &self.sessions.0
    }

    /// Judges one token.
    pub(super) fn token(&self, text: &[u8], now: SystemTime) -> TokenFacts {
        let mut facts = TokenFacts {
            length: text.len(),
            version: None,
            key_id: None,
            opened: None,
            verdict: Err(Rejection::Malformed),
        };
        let token = match Token::parse(text, self.config().set_cookie.name()) {
            Ok(token) => token,
            Err(rejection) => {
                if let Rejection::UnknownVersion(version) = rejection {
                    facts.version = Some(version);
                }
                return TokenFacts { verdict: Err(rejection), ..facts };
            }
        };
        (facts.version, facts.key_id) = (Some(VERSION), Some(token.key_id));
        token.with_buffer(|buffer| {
            let keys = self.config().keys.load();
            match keys.session.open(token, buffer, &mut OpenBudget::full()) {
                Err(rejection) => facts.verdict = Err(rejection),
                Ok(authentic) => {
                    facts.opened = Some(self.opened(&keys.session, &authentic));
                    let now = unix_seconds(now);
                    let valid = Candidate::validate(self.config(), &authentic, now);
                    facts.verdict =
                        valid.map(|_| NextResponse::Nothing).map_err(|refused| refused.rejection);
                }
            }
        });
        if facts.verdict.is_ok() {
            facts.verdict = self.next_response(text, now);
        }
        facts
    }

    fn opened(&self, keys: &Keys, authentic: &AuthenticBody<'_>) -> OpenedFacts {
        let AuthenticBody { secret, role, schema, .. } = *authentic;
        // The first names are those of the secrets, in their order, for the first schema. Under
        // another schema the role is the weaker one of two.
        let ring: Vec<(KeyRole, KeyId)> = keys.names().take(self.secrets).collect();
        let is_it = |(of, id): &(KeyRole, KeyId)| *id == secret && (schema > 0 || *of == role);
        let place = ring.iter().position(is_it).unwrap_or_default();
        let schema = self.schemas[schema].clone();
        let limits = self.config().limits;
        let session = session(limits, authentic.body, &schema);
        OpenedFacts { role: ring[place].0, place: place + 1, schema, session }
    }

    /// Decodes the session and encodes it, as in a request that changes nothing.
    fn next_response(&self, text: &[u8], now: SystemTime) -> Result<NextResponse, Rejection> {
        let headers: HeaderMap = HeaderValue::from_bytes(&[self.name(), b"=", text].concat())
            .map(|value| (COOKIE, value))
            .into_iter()
            .collect();
        let session = self.sessions.decode_at(&headers, self.sessions.transport(), now);
        if let Some(rejection) = session.rejection() {
            return Err(*rejection);
        }
        let is_old = session.opened_by() == Some(KeyRole::Previous);
        let mut response = HeaderMap::new();
        let fails = |error: EncodeError| NextResponse::Fails(error.to_string());
        let (config, seconds) = (self.config(), unix_seconds(now));
        let is_due = |origin: &Origin| needs_reseal(config, origin, seconds);
        Ok(match self.sessions.encode_at(&session, &mut response, StatusCode::OK, now) {
            Ok(Sent::Set) if is_old => NextResponse::Resealed,
            Ok(Sent::Set) => NextResponse::Refreshed,
            // A response without it, because it cannot be sealed.
            Ok(_) if session.origin.as_ref().is_some_and(is_due) => {
                to_request_cookie(config, &session, seconds)
                    .map_or_else(fails, |_| NextResponse::Nothing)
            }
            Ok(_) => NextResponse::Nothing,
            Err(error) => fails(error),
        })
    }

    fn name(&self) -> &[u8] {
        self.config().set_cookie.name().as_bytes()
    }

    /// Judges the tokens of a request, each by itself and all together; `None` if there is none.
    pub(super) fn request(&self, headers: &HeaderMap, now: SystemTime) -> Option<RequestFacts> {
        let config = self.config();
        let fields = || headers.get_all(COOKIE).into_iter();
        let values: Vec<&[u8]> = header::cookies(fields(), config.set_cookie.name()).collect();
        let transport = Some(config.transport);
        let request = RequestInfo { transport, ..RequestInfo::default() };
        let mut looked_at = vec![false; values.len()];
        let mut newest: Option<(usize, Candidate<T>)> = None;
        for (text, judged) in candidates(config, fields(), request, unix_seconds(now)) {
            let same = |(_, value): &(usize, &&[u8])| **value == text;
            let is_left = judged.as_ref().is_err_and(|r| r.rejection == Rejection::TooMany);
            values.iter().enumerate().filter(same).for_each(|(at, _)| looked_at[at] = !is_left);
            let place = values.iter().position(|value| *value == text);
            if let (Ok(found), Some(place)) = (judged, place)
                && newest.as_ref().is_none_or(|(_, newest)| found.is_newer_than(newest))
            {
                newest = Some((place, found));
            }
        }
        let session = self.sessions.decode_at(headers, config.transport, now);
        let outcome = match session.rejection() {
            Some(rejection) => Err(*rejection),
            None => Ok(newest?.0),
        };
        let tokens = values.iter().map(|text| self.token(text, now)).collect();
        Some(RequestFacts { tokens, looked_at, outcome })
    }

    /// Whether it is a cookie of flash messages of these settings.
    pub(super) fn opens_as_flash(&self, text: &[u8]) -> bool {
        let cookie = self.config().other_cookie("flash");
        let keys = self.config().keys.load().keys_for(&cookie.purpose);
        Token::parse(text, cookie.set_cookie.name()).is_ok_and(|token| {
            token.with_buffer(|buffer| keys.open(token, buffer, &mut OpenBudget::full()).is_ok())
        })
    }
}

/// What a body says, if it is well-formed.
fn session(limits: Limits, bytes: &[u8], schema: &PayloadSchema) -> Option<SessionFacts> {
    let parts = body::split(bytes)?;
    // With the confirmation, if all extensions are known.
    let times = match body::parse(bytes) {
        Ok((_, times, _)) => times,
        Err(_) => parts.times,
    };
    Some(SessionFacts {
        label: SessionId(*parts.id).label(),
        created: times.created,
        sealed_at: times.sealed_at,
        own_idle_timeout: Some(times.idle_override).filter(|own| *own > 0),
        confirmed_at: times.confirmation.seconds(),
        idle_end: limits.idle_end(times),
        absolute_end: limits.absolute_end(times),
        expires_at: limits.expires_at(times),
        refresh_at: limits.refresh_at(times),
        unknown_extensions: parts.unknown_extensions(),
        padding: parts.padding.len(),
        payload: PayloadFacts {
            bytes: SecretBytes(parts.payload.to_vec()),
            schema: schema.clone(),
        },
    })
}

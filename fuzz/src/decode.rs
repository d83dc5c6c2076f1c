//! The rules of decode, written a second time: which cookies are ours, and which token is accepted.
//!
//! Every token within the budget is judged first. What the request gets follows from the verdicts.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use sealed_session::{Issue, KeyRole, SameSite, Session, Transport};

use crate::common::{capped, from_base64url, session_id, trim};
use crate::format::{self, Frame, Key, Nonce, Scope};
use crate::parts::Parts;
use crate::payload::Known;
use crate::rejection::Reason;

/// A configuration, as the rules need it.
#[derive(Clone, Debug)]
pub struct Rules {
    pub scope: Scope,
    pub transport: Transport,
    /// In the order in which they are tried.
    pub keys: Vec<(KeyRole, Key)>,
    pub idle: u64,
    pub absolute: u64,
    pub same_site: SameSite,
    pub browser_session: bool,
    pub issue: Issue,
    /// 1 for none.
    pub padding: usize,
    pub max_set_cookie_len: usize,
    pub default_payload: Vec<u8>,
    /// Whether these are the bytes of a payload.
    pub reads: fn(&[u8]) -> bool,
}

/// A token that is accepted.
#[derive(Clone, Debug)]
pub struct Accepted {
    pub role: KeyRole,
    pub key: [u8; 2],
    pub nonce: Nonce,
    pub parts: Parts,
}

/// What a request must get.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub had_cookie: bool,
    pub accepted: Option<Accepted>,
    pub rejection: Option<Reason>,
    /// Of each token that was looked at.
    pub rejections: Vec<Reason>,
    /// Whether another machine may accept a token that this one rejects.
    pub maybe_valid_elsewhere: bool,
    /// The tokens that are authentic and accepted, here or later: what `revoke` ends.
    pub authentic: Vec<Accepted>,
}

impl Rules {
    /// These rules for tokens that are bound to something.
    pub fn bound(&self, binding: &[u8]) -> Self {
        let mut rules = self.clone();
        for (_, key) in &mut rules.keys {
            key.binding = binding.to_vec();
        }
        rules
    }

    /// Whether there is a key of this id.
    pub fn has_key(&self, id: [u8; 2]) -> bool {
        self.keys.iter().any(|(_, key)| key.id == id)
    }

    /// Judges the `Cookie` headers of a request.
    pub fn judge(&self, header: &HeaderMap, arrives: Transport, now: u64) -> Outcome {
        self.judge_with_hook(header, arrives, now, |_| Ok(()))
    }

    /// Asks a revocation hook about every token that would be accepted.
    pub fn judge_with_hook(
        &self,
        header: &HeaderMap,
        arrives: Transport,
        now: u64,
        mut hook: impl FnMut(&Accepted) -> Result<(), Reason>,
    ) -> Outcome {
        let values = values(header, &self.scope.name);
        if arrives != self.transport {
            let rejection = (!values.is_empty()).then_some(Reason::OtherTransport);
            return Outcome { had_cookie: !values.is_empty(), rejection, ..Outcome::default() };
        }
        let (mut accepted, mut rejections, mut authentic) = (Vec::new(), Vec::new(), Vec::new());
        for opened in self.openings(&values) {
            let verdict = opened.and_then(|token| {
                let verdict = self.validate(&token, now).and_then(|()| hook(&token));
                if matches!(verdict, Ok(()) | Err(Reason::FromTheFuture)) {
                    authentic.push(token.clone());
                }
                verdict.map(|()| token)
            });
            match verdict {
                Ok(token) => accepted.push(token),
                Err(reason) => rejections.push(reason),
            }
        }
        if accepted.iter().any(|token: &Accepted| token.parts.id != accepted[0].parts.id) {
            accepted.clear();
            rejections.push(Reason::Ambiguous);
        }
        // The one rejection that takes precedence over a token that is accepted.
        let unchecked = rejections.iter().find(|reason| **reason == Reason::Unchecked).copied();
        if unchecked.is_some() {
            accepted.clear();
        }
        // `max_by_key` returns the last of equals; the rules want the first one sent.
        let newest =
            accepted.into_iter().rev().max_by_key(|token| (token.parts.sealed_at(), token.nonce));
        Outcome {
            had_cookie: !values.is_empty(),
            rejection: match newest {
                Some(_) => None,
                None => unchecked.or_else(|| Reason::furthest(&rejections)),
            },
            accepted: newest,
            maybe_valid_elsewhere: rejections.iter().any(|reason| reason.may_be_valid_elsewhere()),
            rejections,
            authentic,
        }
    }

    /// What becomes of each value that is looked at.
    pub fn verdicts(&self, values: &[&[u8]], now: u64) -> Vec<Result<Accepted, Reason>> {
        let validate = |token: Accepted| self.validate(&token, now).map(|()| token);
        self.openings(values).into_iter().map(|opened| opened.and_then(validate)).collect()
    }

    /// What each value that is looked at opens to, whatever its times.
    pub fn openings(&self, values: &[&[u8]]) -> Vec<Result<Accepted, Reason>> {
        let (mut openings, mut opened) = (0, Vec::new());
        let mut tokens = Vec::new();
        for value in values {
            if openings == 8 {
                tokens.push(Err(Reason::TooMany));
                break;
            }
            if opened.contains(value) {
                continue;
            }
            let before = openings;
            tokens.push(self.open(value, &mut openings));
            if openings > before {
                opened.push(value);
            }
        }
        tokens
    }

    /// Opens the token in a value, whatever its times.
    pub fn open(&self, value: &[u8], openings: &mut u32) -> Result<Accepted, Reason> {
        if value.len() > 4096 - self.scope.name.len() - 1 {
            return Err(Reason::TooLong);
        }
        let head = value.get(..4).and_then(from_base64url).ok_or(Reason::Malformed)?;
        if head[0] != 1 {
            return Err(Reason::UnknownVersion(head[0]));
        }
        let id = [head[1], head[2]];
        let keys: Vec<_> = self.keys.iter().filter(|(_, key)| key.id == id).collect();
        if keys.is_empty() {
            return Err(Reason::UnknownKey(id));
        }
        let frame = Frame::parse(value).ok_or(Reason::Malformed)?;
        for (role, key) in keys {
            if *openings == 8 {
                return Err(Reason::TooMany);
            }
            *openings += 1;
            if let Some(body) = key.open(&frame) {
                let parts = Parts::parse(&body).ok_or(Reason::Corrupt)?;
                if let Some(tag) = parts.unknown_extension() {
                    return Err(Reason::UnknownExtension(tag));
                }
                if !(self.reads)(&parts.payload) {
                    return Err(Reason::Corrupt);
                }
                return Ok(Accepted { role: *role, key: key.id, nonce: frame.nonce, parts });
            }
        }
        Err(Reason::Forged)
    }

    /// What a token of a response holds, which must be sealed under the current secret.
    pub fn open_sent(&self, token: &[u8]) -> Parts {
        let frame = Frame::parse(token).expect("a token");
        let body = self.keys[0].1.open(&frame).expect("sealed under the current secret");
        Parts::parse(&body).expect("a well-formed body")
    }

    pub fn validate(&self, token: &Accepted, now: u64) -> Result<(), Reason> {
        let (now, absolute) = (u128::from(now), u128::from(self.absolute));
        if token.parts.sealed_at() > now + 300 {
            Err(Reason::FromTheFuture)
        } else if now >= u128::from(token.parts.created) + absolute {
            Err(Reason::AbsoluteTimeout)
        } else if now >= self.expires_at(&token.parts) {
            Err(Reason::IdleTimeout)
        } else {
            Ok(())
        }
    }

    pub fn idle(&self, idle_override: u64) -> u128 {
        let idle = if idle_override == 0 { self.idle } else { idle_override };
        u128::from(idle.min(self.absolute))
    }

    pub fn expires_at(&self, parts: &Parts) -> u128 {
        let idle_end = parts.sealed_at() + self.idle(parts.idle_override);
        idle_end.min(u128::from(parts.created) + u128::from(self.absolute))
    }

    pub fn needs_refresh(&self, parts: &Parts, now: u64) -> bool {
        let idle = self.idle(parts.idle_override);
        let extends =
            parts.sealed_at() + idle < u128::from(parts.created) + u128::from(self.absolute);
        u128::from(now) >= parts.sealed_at() + idle / 2 && extends
    }

    /// The attributes of a `Set-Cookie` header.
    pub fn attributes(&self, max_age: Option<u64>) -> BTreeSet<String> {
        let Scope { path, domain, https, partitioned, .. } = &self.scope;
        let always =
            ["HttpOnly".into(), format!("SameSite={:?}", self.same_site), format!("Path={path}")];
        let sometimes = [
            (!domain.is_empty()).then(|| format!("Domain={domain}")),
            https.then(|| "Secure".into()),
            partitioned.then(|| "Partitioned".into()),
            max_age.map(|seconds| format!("Max-Age={seconds}")),
        ];
        always.into_iter().chain(sometimes.into_iter().flatten()).collect()
    }

    /// Bytes of the `Set-Cookie` header of a token with so many characters.
    pub fn set_cookie_len(&self, token: usize, max_age: Option<u64>) -> usize {
        let attributes: usize =
            self.attributes(max_age).iter().map(|attribute| "; ".len() + attribute.len()).sum();
        self.scope.name.len() + "=".len() + token + attributes
    }

    /// Compares a session that was decoded at `now` to what it must be.
    pub fn check<T: Known>(&self, session: &Session<T>, outcome: &Outcome, now: u64) {
        assert_eq!(session.rejection().copied().map(Reason::of), outcome.rejection);
        assert_eq!(session.is_new(), outcome.accepted.is_none());
        let Some(Accepted { role, parts, .. }) = &outcome.accepted else {
            assert_eq!(session.opened_by(), None);
            assert_eq!(session.data().bytes(), self.default_payload);
            assert_eq!(session.label().as_str(), "new");
            assert_eq!(session.created_at(), capped(now.into()));
            assert_eq!(session.confirmed_at(), None);
            return assert_eq!(session.expires_at(), capped(u128::from(now) + self.idle(0)));
        };
        assert_eq!(session.opened_by(), Some(*role));
        assert!(session.data().is_read_from(&parts.payload));
        assert_eq!(session_id(session.id()), parts.id);
        assert_eq!(session.label().as_str(), format::label(&parts.id));
        assert_eq!(session.created_at(), capped(parts.created.into()));
        let confirmed_at = parts.confirmed_at().map(|confirmed_at| confirmed_at.min(now));
        assert_eq!(session.confirmed_at(), confirmed_at.map(|at| capped(at.into())));
        assert_eq!(session.expires_at(), capped(self.expires_at(parts)));
    }
}

/// The values of the cookies with this name, in order: byte by byte, as the rules are worded.
pub fn values<'h>(header: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    let mut values = Vec::new();
    for pairs in header.get_all(COOKIE).iter().map(HeaderValue::as_bytes) {
        let mut start = 0;
        let is_end = |at: &usize| pairs.get(*at).is_none_or(|byte| *byte == b';');
        for end in (0..=pairs.len()).filter(is_end) {
            values.extend(value(&pairs[start..end], name));
            start = end + 1;
        }
    }
    values
}

fn value<'h>(pair: &'h [u8], name: &str) -> Option<&'h [u8]> {
    let pair = trim(pair);
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    (&pair[..equals] == name.as_bytes()).then(|| &pair[equals + 1..])
}

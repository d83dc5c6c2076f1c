//! The rules of decode, a second time: which cookies are ours, and which of their tokens stands.
//!
//! Every token that may be looked at is judged first; what the request gets is then read off the verdicts.

use std::collections::BTreeSet;

use http::{HeaderMap, HeaderValue, header::COOKIE};
use sealed_session::{Issue, KeyRole, SameSite, Session, Transport};

use crate::common::{capped, from_base64url, session_id, trim};
use crate::format::{self, Frame, Key, Nonce, Scope};
use crate::parts::Parts;
use crate::payload::Known;
use crate::refusal::Refusal;

/// A configuration, as the rules need it.
#[derive(Clone, Debug)]
pub struct Machine {
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

/// A token that stands.
#[derive(Clone, Debug)]
pub struct Standing {
    pub role: KeyRole,
    pub key: [u8; 2],
    pub nonce: Nonce,
    pub parts: Parts,
}

/// What a request is to get.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub brought: bool,
    pub standing: Option<Standing>,
    pub refusal: Option<Refusal>,
    /// Whether another machine may take a token that this one refused.
    pub undecided: bool,
}

impl Machine {
    /// Judges the `Cookie` fields of a request.
    pub fn judge(&self, fields: &HeaderMap, arrives: Transport, now: u64) -> Outcome {
        self.judge_asking(fields, arrives, now, |_| Ok(()))
    }

    /// The same, with a hook that is asked about every token that would stand.
    pub fn judge_asking(
        &self,
        fields: &HeaderMap,
        arrives: Transport,
        now: u64,
        mut hook: impl FnMut(&Standing) -> Result<(), Refusal>,
    ) -> Outcome {
        let values = values(fields, &self.scope.name);
        if arrives != self.transport {
            let refusal = (!values.is_empty()).then_some(Refusal::OtherTransport);
            return Outcome { brought: !values.is_empty(), refusal, ..Outcome::default() };
        }
        let verdicts = self.verdicts(&values, now).into_iter();
        let verdicts: Vec<_> = verdicts
            .map(|verdict| verdict.and_then(|token| hook(&token).map(|()| token)))
            .collect();
        let mut refusals: Vec<Refusal> =
            verdicts.iter().filter_map(|verdict| verdict.clone().err()).collect();
        let mut standing: Vec<Standing> = verdicts.into_iter().filter_map(Result::ok).collect();
        if standing.iter().any(|token| token.parts.id != standing[0].parts.id) {
            standing.clear();
            refusals.push(Refusal::Ambiguous);
        }
        // Of equals the last is the maximum; here the first, as only tokens made by hand have equal nonces.
        let newest =
            standing.into_iter().rev().max_by_key(|token| (token.parts.renewed(), token.nonce));
        Outcome {
            brought: !values.is_empty(),
            refusal: if newest.is_some() { None } else { Refusal::furthest(&refusals) },
            standing: newest,
            undecided: refusals.iter().any(|refusal| refusal.is_undecided()),
        }
    }

    /// What becomes of each value that is looked at.
    pub fn verdicts(&self, values: &[&[u8]], now: u64) -> Vec<Result<Standing, Refusal>> {
        let (mut openings, mut opened) = (0, Vec::new());
        let mut verdicts = Vec::new();
        for value in values {
            if openings == 8 {
                verdicts.push(Err(Refusal::TooMany));
                break;
            }
            if opened.contains(value) {
                continue;
            }
            let before = openings;
            let verdict = self.open(value, &mut openings).and_then(|token| self.admit(token, now));
            if openings > before {
                opened.push(value);
            }
            verdicts.push(verdict);
        }
        verdicts
    }

    /// The token in a value, whatever its times.
    pub fn open(&self, value: &[u8], openings: &mut u32) -> Result<Standing, Refusal> {
        if value.len() > 4096 - self.scope.name.len() - 1 {
            return Err(Refusal::TooLong);
        }
        let head = value.get(..4).and_then(from_base64url).ok_or(Refusal::Malformed)?;
        if head[0] != 1 {
            return Err(Refusal::UnknownVersion(head[0]));
        }
        let id = [head[1], head[2]];
        let keys: Vec<_> = self.keys.iter().filter(|(_, key)| key.id == id).collect();
        if keys.is_empty() {
            return Err(Refusal::UnknownKey(id));
        }
        let frame = Frame::parse(value).ok_or(Refusal::Malformed)?;
        for (role, key) in keys {
            if *openings == 8 {
                return Err(Refusal::TooMany);
            }
            *openings += 1;
            if let Some(body) = key.open(&frame) {
                let parts = Parts::parse(&body).filter(|parts| (self.reads)(&parts.payload));
                let parts = parts.ok_or(Refusal::Corrupt)?;
                return Ok(Standing { role: *role, key: key.id, nonce: frame.nonce, parts });
            }
        }
        Err(Refusal::Forged)
    }

    /// What a token of a response holds, which the current secret has to open.
    pub fn opened(&self, token: &[u8]) -> Parts {
        let frame = Frame::parse(token).expect("a token");
        let body = self.keys[0].1.open(&frame).expect("sealed under the current secret");
        Parts::parse(&body).expect("a well-formed body")
    }

    fn admit(&self, token: Standing, now: u64) -> Result<Standing, Refusal> {
        let (now, absolute) = (u128::from(now), u128::from(self.absolute));
        if token.parts.renewed() > now + 300 {
            Err(Refusal::FromTheFuture)
        } else if now >= u128::from(token.parts.created) + absolute {
            Err(Refusal::AbsoluteTimeout)
        } else if now >= self.expires_at(&token.parts) {
            Err(Refusal::IdleTimeout)
        } else {
            Ok(token)
        }
    }

    pub fn idle(&self, own: u64) -> u128 {
        let idle = if own == 0 { self.idle } else { own };
        u128::from(idle.min(self.absolute))
    }

    pub fn expires_at(&self, parts: &Parts) -> u128 {
        let idle_end = parts.renewed() + self.idle(parts.own);
        idle_end.min(u128::from(parts.created) + u128::from(self.absolute))
    }

    pub fn is_due(&self, parts: &Parts, now: u64) -> bool {
        let idle = self.idle(parts.own);
        let extends =
            parts.renewed() + idle < u128::from(parts.created) + u128::from(self.absolute);
        u128::from(now) >= parts.renewed() + idle / 2 && extends
    }

    /// The attributes of a `Set-Cookie` line.
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

    /// Bytes of the line of a token with so many characters.
    pub fn set_cookie_len(&self, token: usize, max_age: Option<u64>) -> usize {
        let attributes: usize =
            self.attributes(max_age).iter().map(|attribute| "; ".len() + attribute.len()).sum();
        self.scope.name.len() + "=".len() + token + attributes
    }

    /// Compares a session that was decoded at `now` to what it is to be.
    pub fn check<T: Known>(&self, session: &Session<T>, outcome: &Outcome, now: u64) {
        assert_eq!(session.rejection().copied().map(Refusal::of), outcome.refusal);
        assert_eq!(session.is_new(), outcome.standing.is_none());
        let Some(Standing { role, parts, .. }) = &outcome.standing else {
            assert_eq!(session.opened_by(), None);
            assert_eq!(session.data().bytes(), self.default_payload);
            assert_eq!(session.label().as_str(), "new");
            assert_eq!(session.created_at(), capped(now.into()));
            return assert_eq!(session.expires_at(), capped(u128::from(now) + self.idle(0)));
        };
        assert_eq!(session.opened_by(), Some(*role));
        assert!(session.data().is_read_from(&parts.payload));
        assert_eq!(session_id(session.id()), parts.id);
        assert_eq!(session.label().as_str(), format::label(&parts.id));
        assert_eq!(session.created_at(), capped(parts.created.into()));
        assert_eq!(session.expires_at(), capped(self.expires_at(parts)));
    }
}

/// The values of the cookies called `name`, in order: byte by byte, as the rules are worded.
pub fn values<'h>(fields: &'h HeaderMap, name: &str) -> Vec<&'h [u8]> {
    let mut values = Vec::new();
    for field in fields.get_all(COOKIE).iter().map(HeaderValue::as_bytes) {
        let mut start = 0;
        for end in (0..=field.len()).filter(|end| field.get(*end).is_none_or(|byte| *byte == b';'))
        {
            values.extend(value(&field[start..end], name));
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

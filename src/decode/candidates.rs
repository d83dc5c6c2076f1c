//! Opens the tokens of a request one after the other.

use std::iter;
use std::sync::Arc;

use http::HeaderValue;

use crate::config::Config;
use crate::crypto::aead::NONCE_LEN;
use crate::header;
use crate::keys::table::{AuthenticBody, OpenBudget};
use crate::session::gate::KnownSession;
use crate::session::origin::{Origin, RequestInfo};
use crate::session::payload::Payload;
use crate::token::rejection::Rejection;
use crate::token::{Token, body};

/// A token that is authentic, well-formed and within its limits.
pub(crate) struct Candidate<T> {
    pub(super) data: T,
    pub(super) origin: Origin,
    /// The session as a gate knows it, if there is one.
    pub(crate) known: Option<Arc<KnownSession>>,
    nonce: [u8; NONCE_LEN],
}

/// Why a token is not accepted.
pub(crate) struct Refused {
    pub(crate) rejection: Rejection,
    /// The session in it, if it may be accepted at another time: `revoke` ends that too.
    pub(super) session: Option<Arc<KnownSession>>,
}

impl From<Rejection> for Refused {
    fn from(rejection: Rejection) -> Self {
        Self { rejection, session: None }
    }
}

/// The value of a cookie with the session's name, and the candidate in it or why there is none.
pub(crate) type Judged<'t, C, E> = (&'t [u8], Result<C, E>);

/// Opens the tokens of a request for a session, in the order they were sent.
#[inline]
pub(crate) fn candidates<'t, T: Payload>(
    config: &'t Config<T>,
    fields: impl Iterator<Item = &'t HeaderValue>,
    request: RequestInfo,
    now: u64,
) -> impl Iterator<Item = Judged<'t, Candidate<T>, Refused>> {
    let name = config.set_cookie.name();
    let keys = config.keys.load();
    open_each(header::cookies(fields, name), move |text, budget| {
        // Before anything is opened: over plain HTTP anyone on the network path can read and plant
        // cookies (RFC 6265 section 8.3), so such a cookie is not accepted as a session of an HTTPS
        // site.
        if request.transport != Some(config.transport) {
            return Err(Rejection::OtherTransport.into());
        }
        let token = Token::parse(text, name)?;
        token.with_buffer(|buffer| {
            let authentic = keys.session.open(token, buffer, budget)?;
            Candidate::validate(config, &authentic, now)
        })
    })
}

/// Opens each value once, until the budget is spent. If values are left then, the last result is
/// `TooMany`.
///
/// The only loop over cookie values, for the session cookie and for every other one.
#[inline]
pub(crate) fn open_each<'t, C, E: From<Rejection>>(
    mut values: impl Iterator<Item = &'t [u8]>,
    mut open: impl FnMut(&'t [u8], &mut OpenBudget<'t>) -> Result<C, E>,
) -> impl Iterator<Item = Judged<'t, C, E>> {
    let mut budget = OpenBudget::full();
    let mut ended = false;
    iter::from_fn(move || {
        while !ended {
            let text = values.next()?;
            // One `TooMany` says that some were left out. The rest is not read, because a request
            // full of cookies would otherwise cost in proportion to its size.
            if budget.is_spent() {
                ended = true;
                return Some((text, Err(Rejection::TooMany.into())));
            }
            if !budget.has_opened(text) {
                return Some((text, open(text, &mut budget)));
            }
        }
        None
    })
}

impl<T: Payload> Candidate<T> {
    /// Checks that it is well-formed and within its limits.
    #[inline]
    pub(crate) fn validate(
        config: &Config<T>,
        authentic: &AuthenticBody<'_>,
        now: u64,
    ) -> Result<Self, Refused> {
        Self::parse(config, authentic)?.check(config, now)
    }

    /// Checks that it is within its limits.
    #[inline]
    pub(super) fn check(mut self, config: &Config<T>, now: u64) -> Result<Self, Refused> {
        // Before the limits: a token that was sealed in the future will be accepted later, so
        // `revoke` has to know its id now.
        if config.gate.is_some() {
            self.known = Some(self.as_known(config));
        }
        if let Err(rejection) = config.limits.validate(self.origin.times, now) {
            let later = rejection == Rejection::FromTheFuture;
            return Err(Refused { rejection, session: self.known.filter(|_| later) });
        }
        Ok(self)
    }

    /// The session of an old cookie, which has no token.
    pub(super) fn adopted(data: T, origin: Origin) -> Self {
        Self { data, origin, known: None, nonce: [0; NONCE_LEN] }
    }

    /// Reads head, payload and padding, which must fill the body to the last byte.
    #[inline]
    pub(super) fn parse(
        config: &Config<T>,
        authentic: &AuthenticBody<'_>,
    ) -> Result<Self, Rejection> {
        // An authentic token need not be well-formed: another build, or a bug, may have sealed it.
        // Reading on after an error would make a session that was never written. No byte is parsed
        // before the tag is verified, so clients cannot choose what is parsed here.
        let (id, times, payload) = body::parse(authentic.body)?;
        let (data, payload) =
            config.schemas.read(authentic.schema, payload).ok_or(Rejection::Corrupt)?;
        let AuthenticBody { secret, role, nonce, .. } = *authentic;
        let build = config.build;
        let encoding = config.schemas.encoding;
        let origin = Origin { build, id, secret, role, times, encoding, payload, renewed: false };
        Ok(Self { data, origin, known: None, nonce })
    }

    /// The session as a gate knows it.
    fn as_known(&self, config: &Config<T>) -> Arc<KnownSession> {
        let subject = config.subject.and_then(|subject| subject(&self.data));
        let known = KnownSession::new(&self.origin.id, self.origin.times.created, config.limits);
        Arc::new(known.of(subject))
    }

    /// Whether it was sealed after another token of the same session.
    pub(crate) fn is_newer_than(&self, other: &Self) -> bool {
        // The token that was sealed last has the latest data. For two of one second that is
        // unknown. Then the nonce decides, so that every machine chooses the same one in any order.
        let age = |one: &Self| (one.origin.times.sealed_at, one.nonce);
        age(self) > age(other)
    }

    /// Takes it out of its place on the heap.
    pub(crate) fn take(&mut self) -> Self {
        // A move would leave a copy of the id in that place, and nothing wipes it.
        let data = std::mem::take(&mut self.data);
        Self { data, origin: self.origin.clone(), known: self.known.take(), nonce: self.nonce }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::COOKIE};

    use crate::crypto::aead::openings;
    use crate::{CookieSessions, Keyring, Rejection, Secret, Transport};

    fn secret(n: u32) -> Secret {
        let bytes: Vec<u8> = n.to_be_bytes().into_iter().chain(100..128).collect();
        Secret::from_bytes(&bytes).unwrap()
    }

    /// So many distinct tokens that name a key of the ring and were not sealed under it.
    fn forged(sessions: &CookieSessions, count: usize) -> Vec<String> {
        let mut session = sessions.fresh();
        session.set("user", "alice");
        let seal = || sessions.request_cookie(&session).unwrap().to_str().unwrap().to_owned();
        let last = |pair: &str| if pair.ends_with('A') { 'Q' } else { 'A' };
        let forge = |pair: String| format!("{}{}", &pair[..pair.len() - 1], last(&pair));
        (0..count).map(|_| forge(seal())).collect()
    }

    /// Openings that a request with these cookies costs, and its rejection.
    fn cost(sessions: &CookieSessions, pairs: &[String]) -> (usize, Option<Rejection>) {
        let field = HeaderValue::try_from(pairs.join("; ")).unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, field)]);
        let mut rejection = None;
        let count = openings::during(|| {
            let session =
                sessions.decode_at(&headers, Transport::Https, std::time::SystemTime::now());
            rejection = session.rejection().copied();
        });
        (count, rejection)
    }

    #[test]
    fn a_header_of_64_kib_costs_eight_openings() {
        let sessions = CookieSessions::new(Keyring::new(secret(0)));
        let pairs = forged(&sessions, 64 * 1024 / 120);
        assert!(pairs.join("; ").len() > 60_000);
        assert_eq!(cost(&sessions, &pairs), (8, Some(Rejection::TooMany)));
        assert_eq!(cost(&sessions, &pairs[..8]), (8, Some(Rejection::Forged)));
    }

    #[test]
    fn equal_values_cost_one_opening() {
        let sessions = CookieSessions::new(Keyring::new(secret(0)));
        let pairs = vec![forged(&sessions, 1).remove(0); 400];
        assert_eq!(cost(&sessions, &pairs), (1, Some(Rejection::Forged)));
    }

    #[test]
    fn a_token_that_names_no_key_of_the_ring_costs_none() {
        let sessions = CookieSessions::new(Keyring::new(secret(0)));
        let pairs = forged(&CookieSessions::new(Keyring::new(secret(1))), 20);
        assert_eq!(cost(&sessions, &pairs).0, 0);
    }

    #[test]
    fn each_key_under_one_key_id_costs_an_opening_and_the_ninth_is_not_tried() {
        let id = |n: u32| CookieSessions::new(Keyring::new(secret(n))).keys().next().unwrap().1;
        let mut seen = std::collections::HashMap::new();
        let (one, other) =
            (0..).find_map(|n| seen.insert(id(n), n).map(|before| (before, n))).unwrap();
        let sessions = CookieSessions::new(Keyring::new(secret(one)).previous(secret(other)));
        assert_eq!(cost(&sessions, &forged(&sessions, 1)), (2, Some(Rejection::Forged)));
        assert_eq!(cost(&sessions, &forged(&sessions, 4)), (8, Some(Rejection::Forged)));
        assert_eq!(cost(&sessions, &forged(&sessions, 5)), (8, Some(Rejection::TooMany)));
    }
}

//! Admission: of the tokens that a request brought, the one that becomes the session.
//!
//! A token *stands* when it opened, is well-formed and is within its limits. What does not stand is junk, and
//! junk never shadows what stands.

use crate::aead::NONCE_LEN;
use crate::body;
use crate::config::Config;
use crate::id::SessionId;
use crate::keyring::KeyRole;
use crate::keys::{Opened, Openings};
use crate::lifetime::Times;
use crate::payload::Payload;
use crate::rejection::Rejection;
use crate::token::{Scratch, Token};
use crate::wiped::Wiped;

/// A token that was opened and is well-formed.
pub(crate) struct Read<T> {
    pub(crate) id: SessionId,
    pub(crate) times: Times,
    pub(crate) role: KeyRole,
    pub(crate) data: T,
    pub(crate) payload: Option<Wiped>,
    nonce: [u8; NONCE_LEN],
}

/// What became of the tokens of one request.
pub(crate) struct Outcome<'t, T> {
    /// The one that stands, if any.
    pub(crate) standing: Option<Read<T>>,
    /// Otherwise the reason, and the token that gave it.
    pub(crate) refusal: Option<(Rejection, &'t [u8])>,
    /// Whether one of the tokens may stand on another machine.
    pub(crate) undecided: bool,
}

impl<T: Payload> Config<T> {
    /// Judges the values of the cookies of our name, the first of them and the `others`.
    pub(crate) fn admit<'t>(
        &self,
        first: &'t [u8],
        others: impl Iterator<Item = &'t [u8]>,
        now: u64,
    ) -> Outcome<'t, T> {
        let mut openings = Openings::none();
        let mut outcome = Outcome { standing: None, refusal: None, undecided: false };
        for text in std::iter::once(first).chain(others) {
            if openings.are_spent() {
                outcome.refuse(Rejection::TooMany, text);
                break;
            }
            if openings.include(text) {
                continue;
            }
            match self.judge(text, &mut openings, now) {
                Ok(read) if outcome.contradicts(&read) => {
                    outcome.standing = None;
                    outcome.refuse(Rejection::Ambiguous, text);
                    break;
                }
                Ok(read) => outcome.keep_newest(read),
                Err(rejection) => outcome.refuse(rejection, text),
            }
        }
        outcome
    }

    fn judge<'t>(&self, text: &'t [u8], openings: &mut Openings<'t>, now: u64) -> Result<Read<T>, Rejection> {
        let token = Token::parse(text, &self.name)?;
        let mut scratch = Scratch::fitting(token);
        let read = read(&self.keys.open(token, &mut scratch, openings)?)?;
        self.limits.admit(read.times, now)?;
        Ok(read)
    }
}

/// Authentic is not well-formed: head, payload and padding have to be there to the last byte.
pub(crate) fn read<T: Payload>(opened: &Opened<'_>) -> Result<Read<T>, Rejection> {
    let (id, times, payload) = body::parse(opened.body).ok_or(Rejection::Corrupt)?;
    let data = T::read(payload).ok_or(Rejection::Corrupt)?;
    Ok(Read { id, times, role: opened.role, data, payload: T::original(payload), nonce: opened.nonce })
}

impl<'t, T> Outcome<'t, T> {
    /// Whether two different sessions stand.
    fn contradicts(&self, read: &Read<T>) -> bool {
        self.standing.as_ref().is_some_and(|standing| !standing.id.same_as(&read.id))
    }

    /// Of one session, the token sealed last; within one second the nonce decides, so that the order in which
    /// they were sent does not.
    fn keep_newest(&mut self, read: Read<T>) {
        let age = |read: &Read<T>| (read.times.renewed, read.nonce);
        if self.standing.as_ref().is_none_or(|standing| age(&read) > age(standing)) {
            self.standing = Some(read);
        }
    }

    fn refuse(&mut self, rejection: Rejection, text: &'t [u8]) {
        self.undecided |= rejection.is_undecided();
        if self.refusal.is_none_or(|(furthest, _)| rejection.stage() > furthest.stage()) {
            self.refusal = Some((rejection, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header::COOKIE};

    use crate::aead::openings;
    use crate::{CookieSessions, Keyring, Rejection, Secret, Transport};

    fn secret(n: u32) -> Secret {
        let mut bytes = [7; 32];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        Secret::from_bytes(&bytes).unwrap()
    }

    /// So many distinct tokens that name a key of the ring and were not sealed under it.
    fn forged(sessions: &CookieSessions, count: usize) -> Vec<String> {
        let mut session = sessions.fresh();
        session.set("user", "alice");
        let seal = || sessions.cookie(&session).unwrap().to_str().unwrap().to_owned();
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
            let session = sessions.decode_at(&headers, Transport::Https, std::time::SystemTime::now());
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
        let (one, other) = (0..).find_map(|n| seen.insert(id(n), n).map(|before| (before, n))).unwrap();
        let sessions = CookieSessions::new(Keyring::new(secret(one)).previous(secret(other)));
        assert_eq!(cost(&sessions, &forged(&sessions, 1)), (2, Some(Rejection::Forged)));
        assert_eq!(cost(&sessions, &forged(&sessions, 4)), (8, Some(Rejection::Forged)));
        assert_eq!(cost(&sessions, &forged(&sessions, 5)), (8, Some(Rejection::TooMany)));
    }
}

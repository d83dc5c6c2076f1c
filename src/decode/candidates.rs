//! Admission: of the tokens that a request brought, the one that becomes the session.
//!
//! A token *stands* when it opened, is well-formed, is within its limits and is not revoked. What does not stand is
//! junk, and junk never shadows what stands.

use crate::config::Config;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::secret_bytes::Wiped;
use crate::keys::table::{Opened, Openings};
use crate::session::origin::Provenance;
use crate::session::payload::Payload;
use crate::token::Token;
use crate::token::body;
use crate::token::rejection::Rejection;

/// A token that was opened and is well-formed.
pub(crate) struct Read<T> {
    pub(crate) data: T,
    pub(crate) opened: Provenance,
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
    /// Whether one of them would stand if it could have been checked for revocation.
    pub(crate) unchecked: bool,
}

impl<T: Payload> Config<T> {
    /// Judges the values of the cookies of our name, the first of them and the `others`.
    ///
    /// Of what would stand, `check` takes what it keeps for later.
    pub(crate) fn admit<'t>(
        &self,
        first: &'t [u8],
        others: &mut impl Iterator<Item = &'t [u8]>,
        now: u64,
        mut check: impl FnMut(Read<T>, &'t [u8]) -> Result<Option<Read<T>>, Rejection>,
    ) -> Outcome<'t, T> {
        let keys = self.keys.load();
        let mut openings = Openings::none();
        let mut outcome = Outcome::none();
        for text in std::iter::once(first).chain(others) {
            if openings.are_spent() {
                outcome.refuse(Rejection::TooMany, text);
                break;
            }
            if openings.include(text) {
                continue;
            }
            let judge = |token: Token<'t>| {
                token.with_room(|room| {
                    let opened = keys.open(token, room, &mut openings)?;
                    match check(self.judge(&opened, now)?, text)? {
                        Some(read) => outcome.contend(read),
                        None => Ok(()),
                    }
                })
            };
            if let Err(rejection) = Token::parse(text, &self.name).and_then(judge) {
                outcome.refuse(rejection, text);
                if rejection == Rejection::Ambiguous {
                    break;
                }
            }
        }
        outcome
    }

    /// What is well-formed and within its limits.
    fn judge(&self, opened: &Opened<'_>, now: u64) -> Result<Read<T>, Rejection> {
        let Some(read) = self.read(opened) else { return Err(Rejection::Corrupt) };
        self.limits.admit(read.opened.times, now)?;
        Ok(read)
    }

    /// Authentic is not well-formed: head, payload and padding have to be there to the last byte.
    pub(crate) fn read(&self, opened: &Opened<'_>) -> Option<Read<T>> {
        let (id, times, payload) = body::parse(opened.body)?;
        let (data, payload) = self.read_payload(opened.schema, payload)?;
        let Opened { key, role, nonce, .. } = *opened;
        let opened = Provenance { coder: self.id, id, key, role, times, payload, renewed: false };
        Some(Read { data, opened, nonce })
    }

    /// The payload of a schema, and a copy of what was read where it takes one to tell later whether it changed.
    fn read_payload(&self, schema: usize, payload: &[u8]) -> Option<(T, Option<Wiped>)> {
        match schema.checked_sub(1) {
            None => Some((T::read(payload)?, T::original(payload))),
            Some(other) => Some((self.upgrades.read(other, payload)?, None)),
        }
    }
}

impl<T> Read<T> {
    /// Of one session, the token sealed last stands; within one second the nonce decides, so that the order in
    /// which they were sent does not.
    fn age(&self) -> (u64, [u8; NONCE_LEN]) {
        (self.opened.times.renewed, self.nonce)
    }

    /// Takes it out of a place on the heap, where a move would leave a copy of the id that nobody wipes.
    #[cfg(all(feature = "revocation", feature = "tower"))]
    pub(crate) fn take(&mut self) -> Self
    where
        T: Default,
    {
        Self {
            data: std::mem::take(&mut self.data),
            opened: self.opened.clone(),
            nonce: self.nonce,
        }
    }
}

impl<'t, T> Outcome<'t, T> {
    pub(crate) fn none() -> Self {
        Self { standing: None, refusal: None, undecided: false, unchecked: false }
    }

    /// Puts what stands into its place, if nothing newer is there.
    pub(crate) fn contend(&mut self, read: Read<T>) -> Result<(), Rejection> {
        if self
            .standing
            .as_ref()
            .is_some_and(|standing| !standing.opened.id.same_as(&read.opened.id))
        {
            return Err(Rejection::Ambiguous);
        }
        if self.standing.as_ref().is_none_or(|standing| read.age() > standing.age()) {
            self.standing = Some(read);
        }
        Ok(())
    }

    /// Nothing stands beside what is ambiguous.
    pub(crate) fn refuse(&mut self, rejection: Rejection, text: &'t [u8]) {
        if rejection == Rejection::Ambiguous {
            self.standing = None;
        }
        self.undecided |= rejection.is_undecided();
        self.unchecked |= rejection == Rejection::Unchecked;
        if self.refusal.is_none_or(|(furthest, _)| rejection.stage() > furthest.stage()) {
            self.refusal = Some((rejection, text));
        }
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

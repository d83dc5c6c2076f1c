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
        let mut scratch = Scratch::new();
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
            match self.judge(text, &mut scratch, &mut openings, now) {
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

    fn judge<'t>(
        &self,
        text: &'t [u8],
        scratch: &mut Scratch,
        openings: &mut Openings<'t>,
        now: u64,
    ) -> Result<Read<T>, Rejection> {
        let token = Token::parse(text, &self.name)?;
        let read = read(&self.keys.open(token, scratch, openings)?)?;
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

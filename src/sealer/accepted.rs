//! Opens what is sealed without a session: values of a [`Sealer`](crate::Sealer), and the content
//! of other cookies.
//!
//! ```text
//! body    = 16 zero bytes ‖ varint created ‖ 0 ‖ 0 ‖ varint pad ‖ payload ‖ pad zero bytes
//! ```
//!
//! The body begins like that of a session, but without an id, an age or its own timeout. `created`
//! is when it was sealed. It ends a fixed time later, as configured where it is opened.

use http::HeaderValue;

use crate::config::OtherCookie;
use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::decode::candidates::open_each;
use crate::error::EncodeError;
use crate::header;
use crate::keys::table::{Keys, OpenBudget};
use crate::session::lifetime::Limits;
use crate::set_cookie::{Measured, RenderedCookie};
use crate::token::binding::Binding;
use crate::token::id::{ID_LEN, KeyId, SessionId};
use crate::token::rejection::Rejection;
use crate::token::times::Times;
use crate::token::{Token, body, varint};

/// What is sealed belongs to no session.
pub(crate) const NO_ID: SessionId = SessionId([0; ID_LEN]);

/// A value that opened, is well-formed and has not ended.
pub(crate) struct Accepted<V> {
    pub(crate) value: V,
    /// The secret that opened it, by the id of its key.
    pub(crate) secret: KeyId,
    /// When it was sealed, and the nonce.
    pub(crate) sealed: (u64, [u8; NONCE_LEN]),
}

/// What was accepted of a request, and of the rejected tokens the one that came furthest.
pub(crate) type Judgement<'h, V> = (Option<Accepted<V>>, Option<(Rejection, &'h [u8])>);

/// What it takes to open a token.
pub(crate) struct Opener<'k> {
    pub(crate) keys: &'k Keys,
    /// The full name of the cookie; empty for a value that is in none.
    pub(crate) name: &'k str,
    pub(crate) binding: Option<&'k Binding>,
    /// For how many seconds a value is accepted.
    pub(crate) lifetime: u64,
}

impl Opener<'_> {
    /// Opens a token; without `now`, its time is not checked.
    pub(crate) fn open<'t, V>(
        &self,
        text: &'t [u8],
        budget: &mut OpenBudget<'t>,
        now: Option<u64>,
        read: impl FnOnce(&[u8], u64) -> Option<V>,
    ) -> Result<Accepted<V>, Rejection> {
        let token = Token::parse(text, self.name)?;
        token.with_buffer(|buffer| {
            let authentic = self.keys.open_bound(self.binding, token, buffer, budget)?;
            let (id, times, payload) = body::parse(authentic.body)?;
            let created = times.created;
            // The byte itself: the sum with the last second of a `u64` hides every age.
            let is_new = authentic.body.get(ID_LEN + varint::len(created)) == Some(&0);
            let is_plain = id.0 == NO_ID.0 && is_new && times == Times::starting(created, 0);
            let value = if is_plain { read(payload, created) } else { None };
            let value = value.ok_or(Rejection::Corrupt)?;
            let limits = Limits { idle: self.lifetime, absolute: self.lifetime };
            now.map_or(Ok(()), |now| limits.validate(times, now))?;
            Ok(Accepted { value, secret: authentic.secret, sealed: (created, authentic.nonce) })
        })
    }

    /// Of the cookies of a request, the one that was sealed last, or why there is none.
    pub(crate) fn select<'h, V>(
        &self,
        fields: impl Iterator<Item = &'h HeaderValue>,
        now: u64,
        read: impl Fn(&[u8], u64) -> Option<V>,
    ) -> Judgement<'h, V> {
        let mut newest: Option<Accepted<V>> = None;
        let mut rejected: Option<(Rejection, &[u8])> = None;
        let open = |text, budget: &mut _| self.open(text, budget, Some(now), &read);
        for (text, opened) in open_each(header::cookies(fields, self.name), open) {
            match opened {
                Ok(next) if newest.as_ref().is_some_and(|newest| newest.sealed > next.sealed) => {}
                Ok(next) => newest = Some(next),
                Err(rejection)
                    if rejected.is_some_and(|(far, _)| far.stage() >= rejection.stage()) => {}
                Err(rejection) => rejected = Some((rejection, text)),
            }
        }
        (newest, rejected)
    }
}

/// Another cookie, written.
impl OtherCookie {
    /// How large it will be; an error if that is too large.
    pub(crate) fn measure(
        &self,
        created: u64,
        payload: usize,
        lifetime: u64,
    ) -> Result<Measured, EncodeError> {
        let times = Times::starting(created, 0);
        let measured = self.set_cookie.measure(times, payload, Some(lifetime));
        self.set_cookie.check(&measured)?;
        Ok(measured)
    }

    pub(crate) fn seal(
        &self,
        keys: &Keys,
        measured: &Measured,
        payload: &[u8],
    ) -> Result<RenderedCookie<'_>, EncodeError> {
        self.set_cookie.seal(keys, &NO_ID, &random::bytes()?, measured, payload)
    }
}

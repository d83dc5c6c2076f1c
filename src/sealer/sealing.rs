//! A value to text, and back.

use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::crypto::aead::NONCE_LEN;
use crate::crypto::random;
use crate::error::EncodeError;
use crate::keys::table::OpenBudget;
use crate::log;
use crate::sealer::Sealer;
use crate::sealer::accepted::{NO_ID, Opener};
use crate::session::typed::{self, Encoded, Encoding};
use crate::token::binding::Binding;
use crate::token::rejection::Rejection;
use crate::token::times::{Times, unix_seconds};
use crate::token::{self, MAX_COOKIE, OVERHEAD, Token};

/// Characters that a value may have: what a token of a cookie without a name may have.
// A bound, because the text is from the client. URLs of this length pass browsers, and servers by
// their defaults.
const MAX_LEN: usize = MAX_COOKIE - 1;

impl<V: Serialize + DeserializeOwned> Sealer<V> {
    /// Seals a value at `now`, as text of the characters `A`–`Z`, `a`–`z`, `0`–`9`, `-` and `_`.
    ///
    /// It can be in a URL or a form as it is. It is 91 characters long for a value of one byte, and
    /// four characters longer for each three bytes more.
    ///
    /// # Errors
    /// A value that would be longer than 4,095 characters; one that does not serialize, or does not
    /// read back as it was written; an operating system that returns no random bytes.
    pub fn seal(&self, value: &V, now: SystemTime) -> Result<String, EncodeError> {
        self.seal_bound(None, value, now)
    }

    /// Opens a value at `now`.
    ///
    /// It does not panic, whatever the client sends. More than 4,095 bytes are not read.
    ///
    /// # Errors
    /// - [`TooLong`](Rejection::TooLong), [`Malformed`](Rejection::Malformed),
    ///   [`UnknownVersion`](Rejection::UnknownVersion): not a sealed value.
    /// - [`UnknownKey`](Rejection::UnknownKey): of another purpose, of other settings (path, domain,
    ///   context, transport, `partitioned`), in a cookie, or under a secret that is not in the
    ///   keyring.
    /// - [`Forged`](Rejection::Forged): not sealed with this secret, changed since, or bound.
    /// - [`Corrupt`](Rejection::Corrupt): a value of another type.
    /// - [`FromTheFuture`](Rejection::FromTheFuture): sealed more than 300 seconds after `now`.
    /// - [`AbsoluteTimeout`](Rejection::AbsoluteTimeout): past its lifetime.
    pub fn open(&self, text: &str, now: SystemTime) -> Result<V, Rejection> {
        self.open_bound(None, text, now)
    }

    pub(super) fn seal_bound(
        &self,
        binding: Option<&Binding>,
        value: &V,
        now: SystemTime,
    ) -> Result<String, EncodeError> {
        let written = typed::write(Encoding::Named, value)?;
        let times = Times::starting(unix_seconds(now), 0);
        let layout = self.config.set_cookie().layout(times, written.bytes.len());
        let size = token::len(OVERHEAD + layout.len);
        let too_large = EncodeError::TooLarge { size, limit: MAX_LEN };
        if size > MAX_LEN {
            return Err(too_large);
        }
        check_survival(value, &written)?;
        let nonce: [u8; NONCE_LEN] = random::bytes()?;
        let keys = self.config.keys_for(&self.keys);
        let frame = keys.seal_bound(binding, &nonce, layout.len, |out| {
            layout.write(&NO_ID, &written.bytes, out);
        });
        let mut text = String::with_capacity(size);
        token::render(&frame.ok_or(too_large)?, &mut text);
        self.config.log().sealed(self.config.scope().transport);
        Ok(text)
    }

    pub(super) fn open_bound(
        &self,
        binding: Option<&Binding>,
        text: &str,
        now: SystemTime,
    ) -> Result<V, Rejection> {
        let keys = self.config.keys_for(&self.keys);
        let opener = Opener { keys: &keys, name: "", binding, lifetime: self.lifetime };
        let now = Some(unix_seconds(now));
        let judged = opener.open(text.as_bytes(), &mut OpenBudget::full(), now, read);
        judged.map(|accepted| accepted.value).inspect_err(|reason| {
            self.tell_rejected(*reason, text.as_bytes(), "");
        })
    }

    /// Logs why a value was not accepted that was in a cookie of this name, or in none.
    pub(super) fn tell_rejected(&self, reason: Rejection, text: &[u8], name: &str) {
        let key_id = Token::parse(text, name).ok().map(|token| token.key_id);
        log::decode::value_rejected(&self.purpose, reason, key_id, text.len());
    }
}

/// What is sealed can be opened.
pub(super) fn check_survival<V: Serialize + DeserializeOwned>(
    value: &V,
    written: &Encoded,
) -> Result<(), EncodeError> {
    Ok(typed::check_survival(Encoding::Named, value, written)?)
}

pub(super) fn read<V: DeserializeOwned>(payload: &[u8], _: u64) -> Option<V> {
    typed::read(Encoding::Named, payload)
}

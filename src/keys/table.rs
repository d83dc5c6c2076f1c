//! The key table: the keys of a keyring for one scope, and for those that differ from it in the schema alone.
//!
//! It alone seals, and it alone makes an [`Opened`]: there is no other way from bytes to a session.

use zeroize::{Zeroize, Zeroizing};

use crate::crypto::aead::{Cipher, NONCE_LEN};
use crate::keys::keyring::{KeyRole, Keyring};
use crate::keys::secret::Secret;
use crate::token::id::KeyId;
use crate::token::rejection::Rejection;
use crate::token::{self, Frame, OVERHEAD, Token};

/// Tokens that one request may have opened; each key tried counts.
pub(crate) const MAX_OPENINGS: usize = 8;

/// What the keys of each secret are derived for.
pub(crate) struct Scopes {
    pub(crate) own: Vec<u8>,
    /// Those of older and newer schemas, which only open, and the weakest role that they give a key.
    pub(crate) others: Vec<(KeyRole, Vec<u8>)>,
}

/// Every key of a keyring.
pub(crate) struct Keys {
    current: Key,
    others: Vec<Key>,
    pub(crate) ephemeral: bool,
}

struct Key {
    id: KeyId,
    role: KeyRole,
    schema: usize,
    cipher: Cipher,
}

impl Keys {
    pub(crate) fn derive(keyring: &Keyring, scopes: &Scopes) -> Self {
        let current = Key::derive(&keyring.current, KeyRole::Current, 0, &scopes.own);
        // Room for all: a table that grows leaves keys behind.
        let mut others =
            Vec::with_capacity((keyring.others.len() + 1) * (scopes.others.len() + 1) - 1);
        others.extend(
            keyring.others.iter().map(|(role, secret)| Key::derive(secret, *role, 0, &scopes.own)),
        );
        for (schema, (role, scope)) in (1..).zip(&scopes.others) {
            others.push(Key::derive(&keyring.current, *role, schema, scope));
            let role_of = |of_secret: KeyRole| of_secret.max(*role);
            let keys = keyring.others.iter();
            others.extend(
                keys.map(|(role, secret)| Key::derive(secret, role_of(*role), schema, scope)),
            );
        }
        Self { current, others, ephemeral: keyring.is_ephemeral() }
    }

    /// Role and id of each key, the current one first.
    pub(crate) fn names(&self) -> impl Iterator<Item = (KeyRole, KeyId)> {
        self.all().map(|key| (key.role, key.id))
    }

    /// Whether there is a key of this id.
    pub(crate) fn have(&self, id: KeyId) -> bool {
        self.all().any(|key| key.id == id)
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// A whole frame under the current key; `write_body` appends a body of `body_len` bytes to it.
    ///
    /// The nonce is an argument, so that known answers can be tested; `random` draws it.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        body_len: usize,
        write_body: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(OVERHEAD + body_len);
        token::begin_frame(self.current.id, nonce, &mut bytes);
        let start = bytes.len();
        write_body(&mut bytes);
        let (front, body) = bytes.split_at_mut(start);
        let tag = self.current.cipher.seal(nonce, &front[..token::AAD_LEN], body)?;
        bytes.extend(tag);
        Some(bytes)
    }

    /// Opens a token, in the room for its frame, with each key that has its key id, in turn.
    pub(crate) fn open<'t, 'b>(
        &self,
        token: Token<'t>,
        room: &'b mut [u8],
        openings: &mut Openings<'t>,
    ) -> Result<Opened<'b>, Rejection> {
        let mut rejection = Rejection::UnknownKey(token.key_id);
        for key in self.all().filter(|key| key.id == token.key_id) {
            let Frame { aad, nonce, sealed } = token.frame(room)?;
            openings.count(token.text)?;
            if let Some(body) = key.cipher.open(nonce, aad, sealed) {
                let (nonce, len) = (*nonce, body.len());
                let Key { id, role, schema, .. } = *key;
                return Ok(Opened { key: id, role, schema, nonce, body: token::body(room, len) });
            }
            rejection = Rejection::Forged;
        }
        Err(rejection)
    }
}

impl Key {
    fn derive(secret: &Secret, role: KeyRole, schema: usize, scope: &[u8]) -> Self {
        let prk = secret.prk();
        let bytes = Zeroizing::new(prk.expand("key", scope));
        Self { id: KeyId(prk.expand("key id", scope)), role, schema, cipher: Cipher::new(&bytes) }
    }
}

/// The tokens that a request had opened so far.
pub(crate) struct Openings<'t> {
    tokens: [&'t [u8]; MAX_OPENINGS],
    spent: usize,
}

impl<'t> Openings<'t> {
    #[inline]
    pub(crate) fn none() -> Self {
        Self { tokens: [&[]; MAX_OPENINGS], spent: 0 }
    }

    #[inline]
    pub(crate) fn are_spent(&self) -> bool {
        self.spent == MAX_OPENINGS
    }

    /// Whether the same text was opened before.
    #[inline]
    pub(crate) fn include(&self, text: &[u8]) -> bool {
        self.tokens[..self.spent].contains(&text)
    }

    #[inline]
    fn count(&mut self, text: &'t [u8]) -> Result<(), Rejection> {
        *self.tokens.get_mut(self.spent).ok_or(Rejection::TooMany)? = text;
        self.spent += 1;
        Ok(())
    }
}

/// An authentic body, wiped on drop.
///
/// Authentic means that a holder of the secret sealed it for this scope, not that it is well-formed or still
/// within its limits: that is for admission to find out.
pub(crate) struct Opened<'b> {
    pub(crate) key: KeyId,
    pub(crate) role: KeyRole,
    /// Whose payload it is: 0 for the configuration's own schema, then those that it upgrades from, in order.
    pub(crate) schema: usize,
    pub(crate) nonce: [u8; NONCE_LEN],
    pub(crate) body: &'b mut [u8],
}

impl Drop for Opened<'_> {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}

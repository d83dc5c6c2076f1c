//! The key table: the keys of each secret of a keyring, for each purpose.
//!
//! Only this file seals, and only it makes an [`AuthenticBody`]: there is no other way from bytes
//! to a session.
//!
//! A purpose is bytes from above ([`Scope`](crate::token::scope::Scope)). The first purpose is that
//! of sessions; keys of other purposes are derived from the extracted secrets when they are first
//! used. So every purpose follows when the table is replaced, and unused purposes cost nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use zeroize::{Zeroize, Zeroizing};

use crate::crypto::aead::{Cipher, NONCE_LEN};
use crate::crypto::kdf::Prk;
use crate::keys::keyring::{KeyRole, Keyring};
use crate::token::binding::Binding;
use crate::token::id::KeyId;
use crate::token::rejection::Rejection;
use crate::token::{self, Frame, OVERHEAD, Token};

/// Tokens that one request may have opened; each key tried counts.
// A client chooses how many cookies it sends, and an opening is the one step of a rejection that
// costs microseconds (CWE-405; RFC 5077 section 5.4). Browsers send one cookie for each path and
// domain under which the name was set, so that honest ones stay far below eight.
pub(super) const MAX_OPENINGS: usize = 8;

/// What keys are derived for.
#[derive(Clone)]
pub(crate) struct Purpose {
    /// The scope whose keys seal and open.
    pub(crate) scope: Vec<u8>,
    /// Those of older and newer schemas, which only open, and the strongest role of their keys.
    pub(crate) others: Vec<(KeyRole, Vec<u8>)>,
}

/// The keys of sessions, and what other keys are derived from.
pub(crate) struct KeyTable {
    secrets: ExtractedSecrets,
    pub(crate) session: Keys,
    /// Keys that were derived so far, by their scope.
    others: RwLock<BTreeMap<Vec<u8>, Arc<Keys>>>,
}

/// What the secrets of a keyring were extracted to.
// These are kept instead of the secrets: they are enough to derive keys for other purposes later,
// and do not reveal a secret that other software may use too.
struct ExtractedSecrets {
    current: Prk,
    others: Vec<(KeyRole, Prk)>,
    ephemeral: bool,
}

impl ExtractedSecrets {
    fn all(&self) -> impl Iterator<Item = &Prk> {
        std::iter::once(&self.current).chain(self.others.iter().map(|(_, secret)| secret))
    }

    fn have(&self, secret: &Prk) -> bool {
        self.all().any(|known| known.ct_eq(secret))
    }
}

/// What replacing the secrets means for sessions.
pub(crate) struct Rotation {
    /// None of the old secrets is left.
    pub(crate) ends_all: bool,
    /// The current secret was not among the old ones: other machines may not have it. Only this one
    /// has a boot key in any case.
    pub(crate) current_is_new: bool,
}

impl KeyTable {
    pub(crate) fn derive(keyring: &Keyring, session: &Purpose) -> Self {
        // With capacity for all: a vector that grows moves its keys and leaves copies of them.
        let mut others = Vec::with_capacity(keyring.others.len());
        others.extend(keyring.others.iter().map(|(role, secret)| (*role, secret.prk())));
        let ephemeral = keyring.is_ephemeral();
        let secrets = ExtractedSecrets { current: keyring.current.prk(), others, ephemeral };
        Self { session: Keys::derive(&secrets, session), secrets, others: RwLock::default() }
    }

    /// Whether both come from the same secrets, in the same roles and order.
    pub(super) fn has_secrets_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.secrets, &other.secrets);
        let pairs = || one.others.iter().zip(&other.others);
        one.ephemeral == other.ephemeral
            && one.others.len() == other.others.len()
            && pairs().all(|((one, _), (other, _))| one == other)
            && one.current.ct_eq(&other.current)
            && pairs().all(|((_, one), (_, other))| one.ct_eq(other))
    }

    /// What it means for sessions that this table replaces another one.
    pub(super) fn rotation_from(&self, old: &Self) -> Rotation {
        let (new, old) = (&self.secrets, &old.secrets);
        Rotation {
            ends_all: !new.all().any(|secret| old.have(secret)),
            current_is_new: !new.ephemeral && !old.have(&new.current),
        }
    }

    /// The keys of another purpose, derived now if this is their first use.
    pub(crate) fn keys_for(&self, purpose: &Purpose) -> Arc<Keys> {
        let known = self.others.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = known.get(&purpose.scope) {
            return Arc::clone(keys);
        }
        // Derived without the lock, so that no request waits for HKDF. Of two threads that derive
        // the same keys at once, the first one's are kept.
        drop(known);
        let derived = Arc::new(Keys::derive(&self.secrets, purpose));
        let mut known = self.others.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(purpose.scope.clone()).or_insert(derived))
    }
}

/// The keys of one purpose.
pub(crate) struct Keys {
    current: Key,
    others: Vec<Key>,
    pub(crate) ephemeral: bool,
}

struct Key {
    id: KeyId,
    /// The id of the same secret's key for the purpose's own schema, which stands for the secret.
    secret: KeyId,
    role: KeyRole,
    schema: usize,
    cipher: Cipher,
}

impl Keys {
    fn derive(secrets: &ExtractedSecrets, purpose: &Purpose) -> Self {
        let ExtractedSecrets { current, others: older, ephemeral } = secrets;
        let mut others = Vec::with_capacity((older.len() + 1) * (purpose.others.len() + 1) - 1);
        let own = &purpose.scope;
        others.extend(older.iter().map(|(role, prk)| Key::derive(prk, *role, own, (0, own))));
        for (schema, (strongest, scope)) in (1..).zip(&purpose.others) {
            // The weaker of two roles: with another schema even the current secret only opens.
            let derive = |prk, role| Key::derive(prk, role, own, (schema, scope));
            others.push(derive(current, *strongest));
            others.extend(older.iter().map(|(role, prk)| derive(prk, *strongest.max(role))));
        }
        let current = Key::derive(current, KeyRole::Current, own, (0, own));
        Self { current, others, ephemeral: *ephemeral }
    }

    /// Role and id of each key, the current one first.
    pub(crate) fn names(&self) -> impl Iterator<Item = (KeyRole, KeyId)> {
        self.all().map(|key| (key.role, key.id))
    }

    /// Whether they have this secret, as an [`AuthenticBody`] of the same scope names it.
    pub(crate) fn have(&self, secret: KeyId) -> bool {
        self.all().any(|key| key.secret == secret)
    }

    /// Whose payloads the first key with this id seals, as an [`AuthenticBody`] counts schemas.
    pub(crate) fn schema(&self, id: KeyId) -> usize {
        self.all().find(|key| key.id == id).map_or(0, |key| key.schema)
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        // Of keys that share an id the current one is tried first: it sealed most tokens.
        std::iter::once(&self.current).chain(&self.others)
    }

    /// A whole frame under the current key; `write_body` appends a body of `body_len` bytes to it.
    ///
    /// The nonce is an argument, so that known tokens can be tested; `random` draws it.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        body_len: usize,
        write_body: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Vec<u8>> {
        self.seal_bound(None, nonce, body_len, write_body)
    }

    /// The same, bound to what opening has to name again.
    #[inline]
    pub(crate) fn seal_bound(
        &self,
        binding: Option<&Binding>,
        nonce: &[u8; NONCE_LEN],
        body_len: usize,
        write_body: impl FnOnce(&mut Vec<u8>),
    ) -> Option<Vec<u8>> {
        // The plaintext is in this buffer until it is encrypted in place. It never grows, which
        // would leave the plaintext where it was before.
        let mut bytes = Vec::with_capacity(OVERHEAD + body_len);
        token::begin_frame(self.current.id, nonce, &mut bytes);
        let start = bytes.len();
        write_body(&mut bytes);
        let (front, body) = bytes.split_at_mut(start);
        let head = &front[..token::AAD_LEN];
        let bound = binding.map(|binding| binding.additional_data(head));
        let aad = bound.as_ref().map_or(head, |bound| bound);
        let tag = self.current.cipher.seal(nonce, aad, body)?;
        bytes.extend(tag);
        Some(bytes)
    }

    /// Opens a token, in a buffer for its frame, with each key that has its key id, in turn.
    pub(crate) fn open<'t, 'b>(
        &self,
        token: Token<'t>,
        buffer: &'b mut [u8],
        budget: &mut OpenBudget<'t>,
    ) -> Result<AuthenticBody<'b>, Rejection> {
        self.open_bound(None, token, buffer, budget)
    }

    /// The same, if it was sealed with this binding.
    #[inline]
    pub(crate) fn open_bound<'t, 'b>(
        &self,
        binding: Option<&Binding>,
        token: Token<'t>,
        buffer: &'b mut [u8],
        budget: &mut OpenBudget<'t>,
    ) -> Result<AuthenticBody<'b>, Rejection> {
        let mut rejection = Rejection::UnknownKey(token.key_id);
        for key in self.all().filter(|key| key.id == token.key_id) {
            // Decoded for each key: a failed opening may have overwritten the buffer (`ring`, `graviola`).
            let Frame { aad: head, nonce, sealed } = token.frame(buffer)?;
            // Each key that is tried counts, not each token. Where two keys share an id, a request
            // could otherwise cost twice the bound, and whether it can would be left to chance.
            budget.spend(token.text)?;
            let bound = binding.map(|binding| binding.additional_data(head));
            let aad = bound.as_ref().map_or(&head[..], |bound| bound);
            if let Some(body) = key.cipher.open(nonce, aad, sealed) {
                let (nonce, len) = (*nonce, body.len());
                let Key { secret, role, schema, .. } = *key;
                let body = token::body(buffer, len);
                return Ok(AuthenticBody { secret, role, schema, nonce, body });
            }
            rejection = Rejection::Forged;
        }
        Err(rejection)
    }
}

impl Key {
    /// The key of a schema, by its number and its scope; `own` is the scope of the first.
    fn derive(prk: &Prk, role: KeyRole, own: &[u8], (schema, scope): (usize, &[u8])) -> Self {
        // Two labels: the id is public and must tell nothing of the key (RFC 5869 section 3.2).
        let bytes = Zeroizing::new(prk.expand("key", scope));
        let id = |scope| KeyId(prk.expand("key id", scope));
        Self { id: id(scope), secret: id(own), role, schema, cipher: Cipher::new(&bytes) }
    }
}

/// The openings that one request may still cost, and the tokens that were opened.
pub(crate) struct OpenBudget<'t> {
    tokens: [&'t [u8]; MAX_OPENINGS],
    spent: usize,
}

impl<'t> OpenBudget<'t> {
    #[inline]
    pub(crate) fn full() -> Self {
        Self { tokens: [&[]; MAX_OPENINGS], spent: 0 }
    }

    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.spent == MAX_OPENINGS
    }

    /// Whether the same text was opened before.
    #[inline]
    pub(crate) fn has_opened(&self, text: &[u8]) -> bool {
        // Equal tokens have equal texts, because a frame has only one text. So repeating a token
        // costs no opening, and another spelling of it is malformed.
        self.tokens[..self.spent].contains(&text)
    }

    #[inline]
    fn spend(&mut self, text: &'t [u8]) -> Result<(), Rejection> {
        *self.tokens.get_mut(self.spent).ok_or(Rejection::TooMany)? = text;
        self.spent += 1;
        Ok(())
    }
}

/// An authentic body, wiped on drop.
///
/// Authentic means that it was sealed with the secret for this scope. Whether it is well-formed and
/// within its limits is checked by `decode`.
pub(crate) struct AuthenticBody<'b> {
    /// The secret that opened it, by the id of its key for the purpose's own schema.
    pub(crate) secret: KeyId,
    pub(crate) role: KeyRole,
    /// Whose payload it is: 0 for the purpose's own schema, then the others in order.
    pub(crate) schema: usize,
    pub(crate) nonce: [u8; NONCE_LEN],
    pub(crate) body: &'b mut [u8],
}

impl Drop for AuthenticBody<'_> {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}

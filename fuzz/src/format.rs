//! Frame and keys of the wire format, written a second time.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::common::{CookieIdentity, Id, base64url, from_base64url, hmac_sha256};

pub type Nonce = [u8; 24];

/// What a key is bound to.
#[derive(Clone, Debug)]
pub struct Scope {
    pub purpose: &'static str,
    /// With its prefix.
    pub name: String,
    pub https: bool,
    pub path: String,
    pub domain: String,
    pub partitioned: bool,
    pub context: String,
    pub schema: String,
}

impl Scope {
    /// What browsers tell its cookie by.
    pub fn cookie(&self) -> CookieIdentity<'_> {
        CookieIdentity { name: &self.name, path: &self.path, domain: &self.domain }
    }

    fn bytes(&self) -> Vec<u8> {
        let flag = |flag: bool| vec![u8::from(flag)];
        let parts = [
            length_prefixed(self.purpose),
            length_prefixed(&self.name),
            flag(self.https),
            length_prefixed(&self.path),
            length_prefixed(&self.domain),
            flag(self.partitioned),
            length_prefixed(&self.context),
            length_prefixed(&self.schema),
        ];
        parts.concat()
    }
}

pub fn length_prefixed(text: &str) -> Vec<u8> {
    let len = u16::try_from(text.len()).expect("no part of a scope is that long");
    [&len.to_be_bytes(), text.as_bytes()].concat()
}

/// One secret's key for one scope.
#[derive(Clone)]
pub struct Key {
    pub id: [u8; 2],
    /// The end of the additional data: what its tokens are bound to.
    pub binding: Vec<u8>,
    cipher: XChaCha20Poly1305,
}

impl Key {
    pub fn derive(secret: &[u8], scope: &Scope) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"sealed-session v1"), secret);
        let info = |label: &str| [length_prefixed(label), scope.bytes()].concat();
        let (mut key, mut id) = ([0; 32], [0; 2]);
        hkdf.expand(&info("key"), &mut key).unwrap();
        hkdf.expand(&info("key id"), &mut id).unwrap();
        Self { id, binding: Vec::new(), cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// The token of a body.
    pub fn seal(&self, nonce: &Nonce, body: &[u8]) -> String {
        let head = [1, self.id[0], self.id[1]];
        let aad = &[&head[..], &self.binding].concat();
        let sealed = self.cipher.encrypt(nonce.into(), Payload { msg: body, aad }).unwrap();
        base64url(&[&head[..], nonce, &sealed].concat())
    }

    /// The body of a frame, if this key sealed it.
    pub fn open(&self, frame: &Frame) -> Option<Vec<u8>> {
        let aad = &[&frame.aad[..], &self.binding].concat();
        let payload = Payload { msg: &frame.sealed, aad };
        self.cipher.decrypt((&frame.nonce).into(), payload).ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A token, decoded and cut into its parts.
#[derive(Debug)]
pub struct Frame {
    aad: [u8; 3],
    pub nonce: Nonce,
    /// Ciphertext and tag.
    sealed: Vec<u8>,
}

impl Frame {
    pub fn parse(text: &[u8]) -> Option<Self> {
        let bytes = from_base64url(text)?;
        let sealed = bytes.get(27..).filter(|sealed| sealed.len() >= 16)?.to_vec();
        Some(Self {
            aad: bytes[..3].try_into().unwrap(),
            nonce: bytes[3..27].try_into().unwrap(),
            sealed,
        })
    }
}

/// What names a session in logs.
pub fn label(id: &Id) -> String {
    base64url(&hmac_sha256(id, b"sealed-session v1 label")[..9])
}

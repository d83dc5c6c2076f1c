//! Text, frame and keys of the wire format, a second time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use base64::{alphabet, engine::DecodePaddingMode};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

pub type Nonce = [u8; 24];
pub type Id = [u8; 16];

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
    fn bytes(&self) -> Vec<u8> {
        let lp = |text: &str| prefixed(text);
        let flag = |flag: bool| vec![u8::from(flag)];
        let parts = [
            lp(self.purpose),
            lp(&self.name),
            flag(self.https),
            lp(&self.path),
            lp(&self.domain),
            flag(self.partitioned),
            lp(&self.context),
            lp(&self.schema),
        ];
        parts.concat()
    }
}

pub fn prefixed(text: &str) -> Vec<u8> {
    let len = u16::try_from(text.len()).expect("no part of a scope is that long");
    [&len.to_be_bytes(), text.as_bytes()].concat()
}

/// One secret's key for one scope.
#[derive(Clone)]
pub struct Key {
    pub id: [u8; 2],
    cipher: XChaCha20Poly1305,
}

impl Key {
    pub fn derive(secret: &[u8], scope: &Scope) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(b"sealed-session v1"), secret);
        let info = |label: &str| [prefixed(label), scope.bytes()].concat();
        let (mut key, mut id) = ([0; 32], [0; 2]);
        hkdf.expand(&info("key"), &mut key).unwrap();
        hkdf.expand(&info("key id"), &mut id).unwrap();
        Self { id, cipher: XChaCha20Poly1305::new(&key.into()) }
    }

    /// The token of a body.
    pub fn seal(&self, nonce: &Nonce, body: &[u8]) -> String {
        let aad = [1, self.id[0], self.id[1]];
        let sealed = self.cipher.encrypt(nonce.into(), Payload { msg: body, aad: &aad }).unwrap();
        render(&[&aad[..], nonce, &sealed].concat())
    }

    /// The body of a frame, if this key sealed it.
    pub fn open(&self, frame: &Frame) -> Option<Vec<u8>> {
        let payload = Payload { msg: &frame.sealed, aad: &frame.aad };
        self.cipher.decrypt((&frame.nonce).into(), payload).ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A token taken apart.
#[derive(Debug)]
pub struct Frame {
    aad: [u8; 3],
    pub nonce: Nonce,
    /// Ciphertext and tag.
    sealed: Vec<u8>,
}

impl Frame {
    pub fn parse(text: &[u8]) -> Option<Self> {
        let bytes = parse(text)?;
        let sealed = bytes.get(27..).filter(|sealed| sealed.len() >= 16)?.to_vec();
        Some(Self {
            aad: bytes[..3].try_into().unwrap(),
            nonce: bytes[3..27].try_into().unwrap(),
            sealed,
        })
    }
}

pub fn render(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a text; canonical is the one text that they render to.
pub fn parse(text: &[u8]) -> Option<Vec<u8>> {
    let lax = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = GeneralPurpose::new(&alphabet::URL_SAFE, lax).decode(text).ok()?;
    (render(&bytes).as_bytes() == text).then_some(bytes)
}

/// The name of a session in logs.
#[allow(clippy::disallowed_methods, reason = "nothing here is secret")]
pub fn label(id: &Id) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(id).unwrap();
    mac.update(b"sealed-session v1 label");
    render(&mac.finalize().into_bytes()[..9])
}

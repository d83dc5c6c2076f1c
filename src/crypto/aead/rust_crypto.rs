//! `chacha20poly1305`, all Rust: the provider of a build without features.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

use super::provider::{Aead, KEY_LEN, NONCE_LEN, TAG_LEN};

pub(crate) struct RustCrypto(XChaCha20Poly1305);

impl Aead for RustCrypto {
    fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8]) -> Option<[u8; TAG_LEN]> {
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, body.into()).ok()?;
        Some(tag.into())
    }

    fn open<'b>(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &'b mut [u8],
    ) -> Option<&'b mut [u8]> {
        let (body, tag) = sealed.split_last_chunk_mut::<TAG_LEN>()?;
        let opened = self.0.decrypt_inout_detached(nonce.into(), aad, body.into(), (&*tag).into());
        opened.ok().map(|()| body)
    }
}

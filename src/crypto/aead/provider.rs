//! What a provider does, and the sizes of XChaCha20-Poly1305.

/// Bytes of a key.
pub(super) const KEY_LEN: usize = 32;
/// Bytes of a nonce.
// 192 bits, because nonces are drawn at random: machines that share a secret share no counter.
// After q messages under one key two nonces are equal with a chance of q^2 / 2^193, 2^-33 for 2^80
// messages (draft-irtf-cfrg-xchacha-03 section 2.1). With the 96 bits of RFC 8439 that is so after
// 2^32, five days of 10,000 cookies a second; and messages under one nonce give away the XOR of
// their bodies and the key of their tags (RFC 8439 section 4).
pub(crate) const NONCE_LEN: usize = 24;
/// Bytes of a tag.
pub(crate) const TAG_LEN: usize = 16;

/// The methods of a provider; see [`Cipher`](super::Cipher).
pub(super) trait Aead {
    fn new(key: &[u8; KEY_LEN]) -> Self;
    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8]) -> Option<[u8; TAG_LEN]>;
    fn open<'b>(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &'b mut [u8],
    ) -> Option<&'b mut [u8]>;
}

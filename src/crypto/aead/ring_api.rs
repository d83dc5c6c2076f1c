//! ring and AWS-LC, which took over ring's API: they have ChaCha20-Poly1305, without the X.
//!
//! They know the 96-bit nonce of RFC 8439. The subkey of each message comes from `chacha20`.

use chacha20::{R20, hchacha};
use zeroize::Zeroizing;

use super::provider::{Aead, KEY_LEN, NONCE_LEN, TAG_LEN};

// Both make the key of a message where they use it: what `ring` expands a key to is large, and
// a function that returns it would move it.
macro_rules! provider {
    ($name:ident, $library:ident) => {
        impl Aead for $name {
            fn new(key: &[u8; KEY_LEN]) -> Self {
                Self(MainKey::new(key))
            }

            fn seal(
                &self,
                nonce: &[u8; NONCE_LEN],
                aad: &[u8],
                body: &mut [u8],
            ) -> Option<[u8; TAG_LEN]> {
                use $library::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
                let Ok(key) = UnboundKey::new(&CHACHA20_POLY1305, &*self.0.subkey(nonce)) else {
                    return None;
                };
                // The other keys of `ring` count their nonces, which machines that share a secret
                // cannot. These 64 bits may repeat: the pair of subkey and nonce is unique.
                let nonce = Nonce::assume_unique_for_key(inner_nonce(nonce));
                let tag =
                    LessSafeKey::new(key).seal_in_place_separate_tag(nonce, Aad::from(aad), body);
                tag.ok()?.as_ref().try_into().ok()
            }

            fn open<'b>(
                &self,
                nonce: &[u8; NONCE_LEN],
                aad: &[u8],
                sealed: &'b mut [u8],
            ) -> Option<&'b mut [u8]> {
                use $library::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
                let Ok(key) = UnboundKey::new(&CHACHA20_POLY1305, &*self.0.subkey(nonce)) else {
                    return None;
                };
                let nonce = Nonce::assume_unique_for_key(inner_nonce(nonce));
                LessSafeKey::new(key).open_in_place(nonce, Aad::from(aad), sealed).ok()
            }
        }
    };
}

#[cfg(feature = "ring")]
pub(super) struct Ring(MainKey);
#[cfg(feature = "ring")]
provider!(Ring, ring);

#[cfg(all(feature = "aws-lc-rs", any(test, not(feature = "ring"))))]
pub(super) struct AwsLc(MainKey);
#[cfg(all(feature = "aws-lc-rs", any(test, not(feature = "ring"))))]
provider!(AwsLc, aws_lc_rs);

struct MainKey(Zeroizing<[u8; KEY_LEN]>);

impl MainKey {
    fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(*key))
    }

    /// The key of one message.
    fn subkey(&self, nonce: &[u8; NONCE_LEN]) -> Zeroizing<[u8; KEY_LEN]> {
        let [input @ .., _, _, _, _, _, _, _, _] = nonce;
        Zeroizing::new(hchacha::<R20>((&*self.0).into(), input.into()).into())
    }
}

/// The nonce under that key.
fn inner_nonce(nonce: &[u8; NONCE_LEN]) -> [u8; 12] {
    let mut inner = [0; 12];
    inner[4..].copy_from_slice(&nonce[16..]);
    inner
}

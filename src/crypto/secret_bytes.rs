//! A byte buffer that is wiped when it is dropped.

use zeroize::Zeroize;

/// Bytes of an opened session: never printed, zeroed on drop up to the capacity.
// `Zeroizing<Vec<u8>>` would do, but wipes the capacity byte by byte; two slices are quicker.
#[derive(Clone, Default)]
pub(crate) struct SecretBytes(pub(crate) Vec<u8>);

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // Filling nothing can take longer than filling a cache line: it is a masked store without a
        // byte in its mask.
        if !self.0.is_empty() {
            self.0.as_mut_slice().zeroize();
        }
        // A buffer that was cut has old bytes after its end.
        if self.0.len() < self.0.capacity() {
            self.0.spare_capacity_mut().zeroize();
        }
    }
}

impl std::ops::Deref for SecretBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretBytes(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(format!("{:?}", SecretBytes(b"alice".to_vec())), "SecretBytes(..)");
    }
}

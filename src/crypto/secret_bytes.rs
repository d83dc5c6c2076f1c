//! A byte buffer that is wiped when it is dropped.

use std::io;

use zeroize::Zeroize;

/// Bytes that the first write makes room for.
const MIN_CAPACITY: usize = 256;

/// Bytes of an opened session: never printed, zeroed on drop up to the capacity.
// `Zeroizing<Vec<u8>>` would be correct, but wipes the capacity byte by byte; two slices are
// quicker.
#[derive(Clone, Default)]
pub(crate) struct SecretBytes(pub(crate) Vec<u8>);

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // Filling nothing can take longer than filling a cache line: it is a masked store without a
        // byte in its mask.
        if !self.0.is_empty() {
            self.0.as_mut_slice().zeroize();
        }
        // A truncated buffer has old bytes after its end.
        if self.0.len() < self.0.capacity() {
            self.0.spare_capacity_mut().zeroize();
        }
    }
}

impl SecretBytes {
    /// Appends bytes; what has to move is wiped where it was.
    #[inline]
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let len = self.0.len() + bytes.len();
        if len > self.0.capacity() {
            self.grow(len);
        }
        self.0.extend_from_slice(bytes);
    }

    #[cold]
    fn grow(&mut self, len: usize) {
        let mut moved = Vec::with_capacity(len.next_power_of_two().max(MIN_CAPACITY));
        moved.extend_from_slice(&self.0);
        drop(std::mem::replace(self, Self(moved)));
    }
}

/// For serializers.
impl io::Write for SecretBytes {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.append(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    fn entries_are_in_one_buffer_that_rarely_moves() {
        use std::io::Write;
        let mut bytes = SecretBytes::default();
        let (mut moves, mut place) = (0, bytes.0.as_ptr());
        for n in 0..1500_u16 {
            let [high, low] = n.to_be_bytes();
            for write in 0..3 {
                match write {
                    0 => bytes.write_all(&[high]).unwrap(),
                    1 => assert_eq!(bytes.write(&[low]).unwrap(), 1),
                    _ => bytes.append(&[0]),
                }
                if bytes.0.as_ptr() != place {
                    (moves, place) = (moves + 1, bytes.0.as_ptr());
                }
            }
        }
        assert_eq!((bytes.len(), moves), (4500, 6), "256, 512, … 8,192 bytes");
        assert_eq!(bytes[4497..], [0x05, 0xdb, 0]);
    }

    #[test]
    fn debug_shows_no_byte() {
        assert_eq!(format!("{:?}", SecretBytes(b"alice".to_vec())), "SecretBytes(..)");
    }
}

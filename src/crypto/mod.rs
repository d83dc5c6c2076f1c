//! Ciphers, hashes and randomness: each file names one, and nothing outside this folder does.

pub(crate) mod aead;
pub(crate) mod kdf;
pub(crate) mod random;
pub(crate) mod secret_bytes;

//! From the operator's secrets to the keys that seal and open.

pub(crate) mod file;
pub(crate) mod keyring;
pub(crate) mod secret;
pub(crate) mod shared;
pub(crate) mod table;

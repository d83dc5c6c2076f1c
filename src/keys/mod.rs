//! From the operator's secrets to the keys that seal and open.

pub(crate) mod file;
pub(crate) mod file_error;
pub(crate) mod keyring;
pub(crate) mod secret;
pub(crate) mod secret_error;
pub(crate) mod shared;
pub(crate) mod table;

//! From the operator's secrets to the keys that seal and open.

// First, because the documentation shows impl blocks in this order.
pub(crate) mod keyring;

pub(crate) mod file;
pub(crate) mod file_error;
pub(crate) mod secret;
pub(crate) mod secret_error;
pub(crate) mod shared;
pub(crate) mod table;

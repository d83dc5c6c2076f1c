//! From the operator's secrets to the keys that seal and open.

pub(crate) mod file;
pub(crate) mod keyring;
pub(crate) mod purposes;
pub(crate) mod secret;
#[cfg(feature = "rotation")]
pub(crate) mod shared;
#[cfg(not(feature = "rotation"))]
#[path = "no_rotation.rs"]
pub(crate) mod shared;
pub(crate) mod table;

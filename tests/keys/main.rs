//! Secrets, where they come from, and how they are replaced.

#[path = "../support/mod.rs"]
mod support;

mod builds;
mod keyring;
mod keyring_file;
#[cfg(unix)]
mod mounted;
#[cfg(feature = "rotation")]
mod rotation;
mod secrets;

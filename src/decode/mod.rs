//! From a request to a session.

pub(crate) mod candidates;
#[cfg(test)]
pub(crate) mod vectors;

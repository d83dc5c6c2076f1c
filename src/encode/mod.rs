//! From a session to a response.

pub(crate) mod decision;
pub(crate) mod set_cookie;

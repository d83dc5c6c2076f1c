//! Hooks that open the cookies of other libraries, as the guides of `sealed_session::guide::migration` show them, and a
//! browser. The tests hold the guides to the hooks.
#![allow(clippy::duration_suboptimal_units, reason = "the guides are read with older compilers")]

pub mod actix_session;
pub mod browser;
pub mod private_jar;
pub mod tower_sessions;

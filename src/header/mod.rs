//! Headers: `Cookie` in, `Set-Cookie` and those of caches out.

pub(crate) mod cache_control;
pub(crate) mod changes;
mod cookie;

pub(crate) use cookie::{CookieIdentity, cookies, set_cookie, trim};

//! Headers: `Cookie` in, `Set-Cookie` and those of caches out.

pub(crate) mod cache_control;
pub(crate) mod changes;
mod cookie;
mod fetch_metadata;

pub(crate) use cookie::{CookieIdentity, cookies, replaced_set_cookie, set_cookie};
pub(crate) use fetch_metadata::CrossSite;

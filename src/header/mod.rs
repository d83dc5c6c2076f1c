//! Headers: `Cookie` in, `Set-Cookie` and the headers for caches out.

pub(crate) mod cache_control;
pub(crate) mod changes;
mod cookie;
pub(crate) mod fetch_metadata;
mod host;
mod plain_http;

pub(crate) use cookie::{
    CookieIdentity, cookies, is_token_byte, replaced_set_cookie, set_cookie, trim,
};
pub(crate) use fetch_metadata::{CrossSite, has_fetch_metadata};
pub(crate) use host::{ends_in_a_number, is_outside_domain};
pub(crate) use plain_http::came_over_plain_http;

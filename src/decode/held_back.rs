//! Cookies that a browser holds back because another site started the request (RFC 6265bis sections
//! 5.8.3 and 8.8).
//!
//! A request without a session may then come from a user who is logged in. A session that the
//! response sets would replace the user's session.
//!
//! | `Sec-Fetch-Site` | `SameSite` | method | mode and destination | held back |
//! |---|---|---|---|---|
//! | none; anything but `cross-site` | any | any | any | no |
//! | `cross-site` | `None` | any | any | no |
//! | `cross-site` | `Lax` | safe | `navigate`, and not embedded | no: a link |
//! | `cross-site` | `Lax` | safe | any other: images, frames, scripts | yes |
//! | `cross-site` | `Lax` | unsafe | any | yes: a form |
//! | `cross-site` | `Strict` | any | any | yes |
//!
//! Without Fetch Metadata (Safari before 16.4, and all browsers over plain HTTP except to loopback)
//! the rule does not apply.

use http::{HeaderMap, Method};

use crate::config::SameSite;
use crate::header::CrossSite;
use crate::session::origin::HeldBack;

/// Whether the browser would have held back a cookie; `method` if it is known.
pub(super) fn held_back(
    same_site: SameSite,
    headers: &HeaderMap,
    method: Option<&Method>,
) -> HeldBack {
    let Some(CrossSite { is_safe, is_top_level }) = CrossSite::of(headers, method) else {
        return HeldBack::No;
    };
    let is_held_back = match same_site {
        SameSite::Strict => true,
        SameSite::Lax => !(is_safe && is_top_level),
        SameSite::None => false,
    };
    if !is_held_back {
        HeldBack::No
    } else if is_safe && same_site == SameSite::Strict {
        HeldBack::FromSafe
    } else {
        HeldBack::FromOther
    }
}

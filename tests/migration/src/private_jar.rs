//! axum-extra's `PrivateCookieJar`. The hook is quoted in `guide::migration::from_private_jar`.

// guide
use std::time::{Duration, SystemTime};

use axum_extra::extract::cookie::{Key, PrivateCookieJar};
use sealed_session::{Adopted, Builder, Dict, OldCookie};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Adopts the cookie `user` of `PrivateCookieJar`, for 30 days after the release.
pub fn adopt_jar(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
    let old = OldCookie::new("user").path("/").remove_from(deployed + 2 * DAY);
    builder.adopt(deployed + 30 * DAY, [old], move |headers, _now| {
        let jar = PrivateCookieJar::from_headers(headers, key.clone());
        let mut data = Dict::default();
        data.set("user", jar.get("user")?.value());
        // The cookie does not say when it was set.
        Some(Adopted::new(data, deployed))
    })
}

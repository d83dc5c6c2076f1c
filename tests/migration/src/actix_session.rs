//! actix-session's `CookieSessionStore`. The hook is quoted in `guide::migration::from_actix_session`.

// guide
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use actix_web::cookie::{Cookie, CookieJar, Key};
use sealed_session::{Adopted, Builder, Dict, OldCookie};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Adopts the cookie `id` of `CookieSessionStore`, for 30 days after the release.
pub fn adopt_actix(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
    let old = OldCookie::new("id").path("/").remove_from(deployed + 2 * DAY);
    builder.adopt(deployed + 30 * DAY, [old], move |headers, _now| {
        let cookie = Cookie::parse_encoded(headers.get("cookie")?.to_str().ok()?).ok()?;
        let mut jar = CookieJar::new();
        jar.add_original(cookie.into_owned());
        // `signed` under `CookieContentSecurity::Signed`
        let opened = jar.private(&key).get("id")?;
        let state: HashMap<String, String> = serde_json::from_str(opened.value()).ok()?;
        // Each value is JSON.
        let user: String = serde_json::from_str(state.get("user")?).ok()?;
        let mut data = Dict::default();
        data.set("user", user);
        // The cookie does not say when its session began.
        Some(Adopted::new(data, deployed))
    })
}

//! actix-session's `CookieSessionStore`. The hook is quoted in `guide::migration::from_actix_session`.

// guide
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use actix_web::cookie::{Cookie, CookieJar, Key};
use sealed_session::{Adopted, Builder, Dict, OldCookie};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Adopts what `CookieSessionStore` has sealed into the cookie `id`, for 30 days from `deployed` on.
pub fn adopt_from_actix(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
    let old = OldCookie::new("id").path("/").remove_from(deployed + 2 * DAY);
    builder.adopt(deployed + 30 * DAY, [old], move |headers, _now| {
        let cookie = Cookie::parse_encoded(headers.get("cookie")?.to_str().ok()?).ok()?;
        let mut jar = CookieJar::new();
        jar.add_original(cookie.into_owned());
        let opened = jar.private(&key).get("id")?; // `signed` under `CookieContentSecurity::Signed`
        let state: HashMap<String, String> = serde_json::from_str(opened.value()).ok()?;
        let user: String = serde_json::from_str(state.get("user")?).ok()?; // each value is JSON
        let mut data = Dict::default();
        data.set("user", user);
        Some(Adopted::new(data, deployed)) // the cookie does not say when its session began
    })
}

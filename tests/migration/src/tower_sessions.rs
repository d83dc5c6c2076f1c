//! tower-sessions with tower-sessions-cookie-store. The hook is quoted in `guide::migration::from_tower_sessions`.

// guide
use std::time::{Duration, SystemTime};

use sealed_session::{Adopted, Builder, Dict, OldCookie};
use tower_cookies::{Cookie, Cookies, Key};
use tower_sessions_cookie_store::{CookieController, PrivateCookie, decode_record};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Adopts the cookie `id` of `CookieSessionManagerLayer`, for 30 days after the release.
pub fn adopt_tower(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
    let old = OldCookie::new("id").path("/").remove_from(deployed + 2 * DAY);
    builder.adopt(deployed + 30 * DAY, [old], move |headers, now| {
        let cookie = Cookie::parse_encoded(headers.get("cookie")?.to_str().ok()?).ok()?;
        let cookies = Cookies::default();
        cookies.add(cookie.into_owned());
        // `SignedCookie` if the layer was `signed`
        let opened = PrivateCookie::new(key.clone()).get(&cookies, "id")?;
        let record = decode_record(opened.value()).ok()?;
        let expires = SystemTime::from(record.expiry_date);
        let mut data = Dict::default();
        data.set("user", record.data.get("user")?.as_str()?);
        (now < expires).then(|| Adopted::new(data, deployed).expires_at(expires))
    })
}

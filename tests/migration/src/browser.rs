//! A browser's cookies: identified by name, path and domain, dropped when their `Max-Age` is over.

use axum_extra::extract::cookie::Cookie;
use http::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};

#[derive(Clone, Default)]
pub struct Browser(Vec<Kept>);

#[derive(Clone)]
struct Kept {
    identity: (String, String, Option<String>),
    value: String,
    /// The second from which it is not sent anymore.
    ends: u64,
}

impl Browser {
    /// The headers of a request at `now`.
    pub fn request(&mut self, now: u64) -> HeaderMap {
        self.0.retain(|kept| now < kept.ends);
        let pair = |kept: &Kept| format!("{}={}", kept.identity.0, kept.value);
        let pairs: Vec<String> = self.0.iter().map(pair).collect();
        let field = (!pairs.is_empty()).then(|| HeaderValue::try_from(pairs.join("; ")).unwrap());
        field.into_iter().map(|field| (COOKIE, field)).collect()
    }

    /// Keeps and drops what a response at `now` says.
    pub fn receive(&mut self, headers: &HeaderMap, now: u64) {
        for line in headers.get_all(SET_COOKIE) {
            let cookie = Cookie::parse(line.to_str().unwrap()).unwrap();
            let own = |part: Option<&str>| part.map(str::to_owned);
            let path = own(cookie.path()).unwrap_or("/".into());
            let identity = (cookie.name().to_owned(), path, own(cookie.domain()));
            let max_age = cookie.max_age().map_or(i64::MAX, time::Duration::whole_seconds);
            let ends = now.saturating_add_signed(max_age);
            self.0.retain(|kept| kept.identity != identity);
            if now < ends {
                self.0.push(Kept { identity, value: cookie.value().to_owned(), ends });
            }
        }
    }

    /// Whether it has a cookie of this name.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|kept| kept.identity.0 == name)
    }
}

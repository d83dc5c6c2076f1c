//! cookie 0.18: a `PrivateJar` (AES-256-GCM) over the request's cookies, as the docs of `CookieJar`
//! and `private` show.
//!
//! Without percent-encoding: a private jar makes base64, and the docs of `split_parse` have none
//! either.

use std::marker::PhantomData;

use contest::{Contender, Entry, MAX_AGE};
use cookie::time::Duration;
use cookie::{Cookie, CookieJar, Key, SameSite};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use super::{Data, NAME, holds, to_json};

/// With the session as JSON of a `D`.
pub struct Jar<D>(Key, PhantomData<D>);

impl<D: Data> Jar<D> {
    pub fn new() -> Self {
        Self(Key::generate(), PhantomData)
    }
}

impl<D: Data> Contender for Jar<D> {
    fn write(&self, entries: &'static [Entry]) -> HeaderMap {
        let mut jar = received(&HeaderMap::new());
        let cookie = Cookie::build((NAME, to_json::<D>(entries)))
            .path("/")
            .secure(true)
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::seconds(MAX_AGE.into()));
        jar.private_mut(&self.0).add(cookie);
        changes(&jar)
    }

    fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap> {
        let jar = received(request);
        let session = jar.private(&self.0).get(NAME)?;
        holds::<D>(session.value(), entry).then(|| changes(&jar))
    }
}

fn received(request: &HeaderMap) -> CookieJar {
    let mut jar = CookieJar::new();
    for field in request.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok()) {
        for cookie in Cookie::split_parse(field).flatten() {
            jar.add_original(cookie.into_owned());
        }
    }
    jar
}

/// "Deltas are typically used to create `Set-Cookie` headers."
fn changes(jar: &CookieJar) -> HeaderMap {
    let mut response = HeaderMap::new();
    for cookie in jar.delta() {
        response
            .append(SET_COOKIE, HeaderValue::try_from(cookie.to_string()).expect("a header value"));
    }
    response
}

//! biscotti 0.4: its quickstart, with the `CryptoRule` for a session (AES-256-GCM-SIV) of the docs
//! of `ProcessorConfig`.

use std::marker::PhantomData;

use biscotti::config::{CryptoAlgorithm, CryptoRule};
use biscotti::time::SignedDuration;
use biscotti::{
    Key, Processor, ProcessorConfig, RequestCookies, ResponseCookie, ResponseCookies, SameSite,
};
use contest::{Contender, Entry, MAX_AGE};
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

use super::{Data, NAME, holds, to_json};

/// With the session as JSON of a `D`.
pub struct Cookies<D>(Processor, PhantomData<D>);

impl<D: Data> Cookies<D> {
    pub fn new() -> Self {
        let mut config = ProcessorConfig::default();
        config.crypto_rules.push(CryptoRule {
            cookie_names: vec![NAME.into()],
            algorithm: CryptoAlgorithm::Encryption,
            key: Key::generate(),
            fallbacks: vec![],
        });
        Self(config.into(), PhantomData)
    }

    fn received<'r>(&self, request: &'r HeaderMap) -> Option<RequestCookies<'r>> {
        let fields = request.get_all(COOKIE).iter().filter_map(|field| field.to_str().ok());
        RequestCookies::parse_headers(fields, &self.0).ok()
    }

    fn response(&self, cookies: ResponseCookies) -> HeaderMap {
        let mut response = HeaderMap::new();
        for line in cookies.header_values(&self.0) {
            response.append(SET_COOKIE, HeaderValue::try_from(line).expect("a header value"));
        }
        response
    }
}

impl<D: Data> Contender for Cookies<D> {
    fn write(&self, entries: &'static [Entry]) -> HeaderMap {
        self.received(&HeaderMap::new());
        let cookie = ResponseCookie::new(NAME, to_json::<D>(entries))
            .set_path("/")
            .set_secure(true)
            .set_http_only(true)
            .set_same_site(SameSite::Lax)
            .set_max_age(SignedDuration::from_secs(MAX_AGE.into()));
        let mut cookies = ResponseCookies::new();
        cookies.insert(cookie);
        self.response(cookies)
    }

    fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap> {
        let session = self.received(request)?.get(NAME)?;
        holds::<D>(session.value(), entry).then(|| self.response(ResponseCookies::new()))
    }
}

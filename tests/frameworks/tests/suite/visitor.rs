//! A browser with a store of cookies, and what it is answered.

use std::sync::Arc;
use std::time::SystemTime;

use frameworks::POLL;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use reqwest::cookie::{CookieStore, Jar};
use reqwest::{Client, Url};
use sealed_session::{CookieSessions, Session, Transport};

use crate::rpc;
use crate::site::{Protocol, Site};

#[derive(Clone)]
pub struct Visitor {
    client: Client,
    cookies: Arc<Jar>,
    url: Url,
    protocol: Protocol,
    sessions: CookieSessions,
}

impl Visitor {
    pub fn new(site: &Site) -> Self {
        let cookies = Arc::new(Jar::default());
        let client = Client::builder().no_proxy().cookie_provider(Arc::clone(&cookies));
        let client =
            if site.protocol == Protocol::Http1 { client } else { client.http2_prior_knowledge() };
        Self {
            client: client.build().unwrap(),
            cookies,
            url: site.url.parse().unwrap(),
            protocol: site.protocol,
            sessions: site.sessions.clone(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, HeaderMap::new(), "").await
    }

    /// As the script of a page that polls.
    pub async fn poll(&self, path: &str) -> Answer {
        let fields =
            HeaderMap::from_iter([(HeaderName::from_static(POLL), HeaderValue::from_static("1"))]);
        self.send(Method::GET, path, fields, "").await
    }

    /// With these cookies in a field each, in place of its own.
    pub async fn get_with_fields(&self, path: &str, cookies: &[&str]) -> Answer {
        let fields = cookies.iter().map(|pair| (COOKIE, pair.parse().unwrap())).collect();
        self.send(Method::GET, path, fields, "").await
    }

    pub async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(Method::POST, path, HeaderMap::new(), body).await
    }

    /// With this CSRF token.
    pub async fn post_with(&self, token: &str, path: &str, body: &str) -> Answer {
        let fields = HeaderMap::from_iter([(
            HeaderName::from_static("x-csrf-token"),
            token.parse().unwrap(),
        )]);
        self.send(Method::POST, path, fields, body).await
    }

    async fn send(&self, method: Method, path: &str, fields: HeaderMap, body: &str) -> Answer {
        let url = self.url.join(path).unwrap();
        let (status, headers, text) = match self.protocol {
            Protocol::Grpc => rpc::call(&self.client, &url, fields, body).await,
            Protocol::Http1 | Protocol::Http2 => {
                let request =
                    self.client.request(method, url).headers(fields).body(body.to_owned());
                let response = request.send().await.unwrap();
                (response.status(), response.headers().clone(), response.text().await.unwrap())
            }
        };
        Answer { status, headers, text, sessions: self.sessions.clone() }
    }

    /// What it would send, as one `Cookie` field.
    pub fn cookies(&self) -> String {
        let field = self.cookies.cookies(&self.url);
        field.map_or(String::new(), |field| String::from_utf8_lossy(field.as_bytes()).into_owned())
    }

    /// The session that it would send.
    pub fn session(&self) -> Session {
        let fields =
            self.cookies.cookies(&self.url).map(|field| (COOKIE, field)).into_iter().collect();
        self.sessions.decode_at(&fields, Transport::Http, SystemTime::now())
    }

    /// Puts `name=value` among its cookies.
    pub fn keep(&self, pair: &str) {
        self.cookies.add_cookie_str(&format!("{pair}; Path=/"), &self.url);
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    sessions: CookieSessions,
}

impl Answer {
    #[track_caller]
    pub fn assert_ok(&self) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
    }

    /// All values of a field.
    pub fn field(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    /// The `Set-Cookie` lines of the session.
    pub fn lines(&self) -> Vec<&str> {
        let mut lines = self.field(SET_COOKIE.as_str());
        lines.retain(|line| line.starts_with("session="));
        lines
    }

    /// The session that it sets.
    #[track_caller]
    pub fn session(&self) -> Session {
        assert_eq!(self.lines().len(), 1);
        self.sessions.from_response(&self.headers).expect("a session is set")
    }
}

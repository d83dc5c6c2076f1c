//! Somebody else's server, on whatever host the browser takes it for: it sets the cookies that it is told to, and keeps
//! what it is sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use form_urlencoded::{Serializer, parse};
use sealed_session::{CookieSessions, Keyring};

use crate::{Certificate, serve, serve_tls};

/// Serves with TLS and without, until the runtime ends.
#[derive(Debug)]
pub struct Stranger {
    http: SocketAddr,
    https: SocketAddr,
    heard: Heard,
}

/// The path and the cookies of each request.
type Heard = Arc<Mutex<Vec<(String, String)>>>;

impl Stranger {
    pub async fn start(certificate: &Certificate) -> Self {
        let heard = Heard::default();
        let app = Router::new()
            .route("/set", get(set))
            .route("/form", get(form))
            .route("/link", get(link))
            .route("/page", get(page))
            .route("/defaults", get(defaults))
            .with_state(heard.clone());
        Self { http: serve(app.clone()).await, https: serve_tls(app, certificate).await, heard }
    }

    /// An address of it: `url("https://evil.site.test", "/page", &[])`.
    pub fn url(&self, host: &str, path: &str, query: &[(&str, &str)]) -> String {
        let port = if host.starts_with("https:") { self.https.port() } else { self.http.port() };
        let query = Serializer::new(String::new()).extend_pairs(query).finish();
        format!("{host}:{port}{path}?{query}")
    }

    /// The cookies that came with the requests for this path, in order.
    pub fn heard(&self, path: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|(asked, _)| asked == path)
            .map(|(_, cookies)| cookies.clone())
            .collect()
    }
}

/// Remembers a request, and gives its query.
fn hear(heard: &Heard, request: &Request) -> Vec<(String, String)> {
    let fields = request.headers().get_all(COOKIE).iter();
    let cookies: Vec<_> = fields.map(|field| String::from_utf8_lossy(field.as_bytes())).collect();
    heard.lock().unwrap().push((request.uri().path().to_owned(), cookies.join("; ")));
    parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// Sets each `line`.
async fn set(State(heard): State<Heard>, request: Request) -> Response {
    let mut lines = HeaderMap::new();
    for (_, line) in hear(&heard, &request) {
        lines.append(SET_COOKIE, HeaderValue::try_from(line).unwrap());
    }
    (lines, Html("<p>Hello from elsewhere.</p>")).into_response()
}

/// A form that sends what it is told `to` somebody else.
async fn form(State(heard): State<Heard>, request: Request) -> Html<String> {
    let query = hear(&heard, &request);
    let mut fields = String::new();
    let mut action = "";
    for (name, value) in &query {
        match name.as_str() {
            "to" => action = value,
            _ => fields = format!(r#"{fields}<input type="hidden" name="{name}" value="{value}">"#),
        }
    }
    Html(format!(r#"<form method="post" action="{action}">{fields}<button>Win</button></form>"#))
}

/// A link to where it is told `to`.
async fn link(State(heard): State<Heard>, request: Request) -> Html<String> {
    let query = hear(&heard, &request);
    Html(format!(r#"<a href="{}">Win</a>"#, query[0].1))
}

/// A page that says how often it was asked for, with a `Cache-Control` as told, and whether it was kept by going back.
async fn page(State(heard): State<Heard>, request: Request) -> Response {
    let query = hear(&heard, &request);
    let times = heard.lock().unwrap().iter().filter(|(path, _)| path == "/page").count();
    let cache =
        query.into_iter().map(|(_, value)| (CACHE_CONTROL, HeaderValue::try_from(value).unwrap()));
    let script = "onpageshow = event => window.kept = event.persisted";
    let html = format!("<p>Asked for {times} times.</p><script>{script}</script>");
    (cache.collect::<HeaderMap>(), Html(html)).into_response()
}

/// A session of the library as it is without any setting.
async fn defaults(State(heard): State<Heard>, request: Request) -> Response {
    hear(&heard, &request);
    let sessions = CookieSessions::new(Keyring::ephemeral());
    let mut session = sessions.decode(&request);
    session.set("user", "alice");
    let mut response = Html("<p>Hello, alice.</p>").into_response();
    sessions.encode(&session, &mut response).unwrap();
    response
}

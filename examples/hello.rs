//! Log-in and log-out with one cookie. Run it and follow what it prints:
//!
//! ```sh
//! cargo run --example hello
//! ```
//!
//! It shows the two calls that work in every framework built on the `http` crate: `decode_parts` turns a request into a
//! session, `encode` writes a changed session to the response. `PORT` sets the port. `SESSION_SECRET` sets the secret
//! (`cargo run -q --example secret` makes one); sessions then survive a restart.
//!
//! Copy the handlers and `respond`. Do not copy:
//! - `sessions_for_development`. This program is served without TLS and runs without a secret. On a server, use
//!   `Keyring::from_env("SESSION_SECRET")?.ok_or("set SESSION_SECRET: openssl rand -base64 32")?` with
//!   `CookieSessions::new`.
//! - The log-in without a password: `examples/forms` checks one.
//! - The forms without a CSRF token: `examples/axum.rs` has one. `SameSite=Lax` stops most forged forms, but not those
//!   of other hosts of your own site.
//! - The count of visits: it changes the session on every GET, so every response sets the cookie again. A page that
//!   only reads the session sets nothing.

use std::{env, error::Error, io::ErrorKind, net::Ipv4Addr, net::SocketAddr, process::ExitCode};

use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, Response, StatusCode, request::Parts};
use axum::{Router, routing::get, routing::post};
use sealed_session::{ConfigError, CookieSessions, Keyring, Session};
use serde::Deserialize;
use tokio::net::TcpListener;

/// Bytes of a name.
const MAX_NAME: usize = 64;

#[derive(Deserialize)]
struct LogIn {
    user: String,
}

// Each handler decodes the session, uses it, and responds with it.

async fn home(State(sessions): State<CookieSessions>, parts: Parts) -> Response<Body> {
    let mut session = sessions.decode_parts(&parts);
    let page = match session.get("user").map(str::to_owned) {
        None => Page { text: "You are not logged in.".to_owned(), ..Page::default() },
        Some(user) => {
            let visits = session.parse::<u64>("visits").and_then(Result::ok).unwrap_or(0);
            session.set("visits", visits.saturating_add(1));
            Page { text: format!("Hello, {user}!"), session: Some(&session) }
        }
    };
    respond(&sessions, &session, page.response(&parts))
}

async fn log_in(
    State(sessions): State<CookieSessions>,
    parts: Parts,
    Form(form): Form<LogIn>,
) -> Response<Body> {
    let mut session = sessions.decode_parts(&parts);
    let user = form.user.trim();
    if user.is_empty() || user.len() > MAX_NAME {
        let text = format!("Please send a name of 1 to {MAX_NAME} bytes.");
        let mut response = Page { text, session: None }.response(&parts);
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return respond(&sessions, &session, response);
    }
    if session.get("user").is_some_and(|before| before != user) {
        session.invalidate(); // another user: nothing of the previous user's session stays
    }
    session.renew(); // a new id at every log-in, against session fixation
    session.set("user", user);
    respond(&sessions, &session, done(&parts, format!("You are logged in as {user}.")))
}

async fn log_out(State(sessions): State<CookieSessions>, parts: Parts) -> Response<Body> {
    let mut session = sessions.decode_parts(&parts);
    session.invalidate();
    respond(&sessions, &session, done(&parts, "You are logged out.".to_owned()))
}

/// Writes the session to the response if it has changed.
fn respond(
    sessions: &CookieSessions,
    session: &Session,
    mut response: Response<Body>,
) -> Response<Body> {
    // The library has logged the error. The client keeps the cookie that it has.
    if sessions.encode(session, &mut response).is_err() {
        response = Response::new("The session could not be saved.\n".into());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

// Pages: HTML for browsers, plain text for curl.

/// A sentence, and facts of the session of a user who is logged in.
#[derive(Default)]
struct Page<'a> {
    text: String,
    session: Option<&'a Session>,
}

impl Page<'_> {
    fn response(&self, parts: &Parts) -> Response<Body> {
        let (body, kind) = if accepts_html(parts) {
            (self.html(), "text/html; charset=utf-8")
        } else {
            let facts = self.facts();
            let facts = facts.iter().map(|(name, value)| format!("{name}: {value}\n"));
            (format!("{}\n{}", self.text, facts.collect::<String>()), "text/plain; charset=utf-8")
        };
        let mut response = Response::new(body.into());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        response
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let Some(session) = self.session else { return Vec::new() };
        vec![
            ("visits", session.get("visits").unwrap_or("0").to_owned()),
            ("session label, safe to log", session.label().to_string()),
            ("ends", httpdate::fmt_http_date(session.expires_at())),
        ]
    }

    fn html(&self) -> String {
        let facts = self.facts();
        let facts =
            facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value)));
        let form = if self.session.is_some() { LOG_OUT } else { LOG_IN };
        format!(
            "{HEAD}<h1>{}</h1>\n<dl>{}</dl>\n{form}",
            escape(&self.text),
            facts.collect::<String>()
        )
    }
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hello</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 10vh auto; padding: 0 1rem }
  h1 { font-size: 1.6rem; overflow-wrap: anywhere }
  dt { font-size: .9rem; opacity: .75 } dd { margin: 0 0 .75rem }
  form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end }
  label { flex: 1 1 12rem } input { display: block; width: 100%; box-sizing: border-box }
  input, button { font: inherit; padding: .4rem .8rem }
</style>
"#;

const LOG_IN: &str = r#"<form method="post" action="/login">
  <label>Name <input name="user" autocomplete="username" maxlength="64" required autofocus></label>
  <button>Log in</button>
</form>
"#;

const LOG_OUT: &str = "<form method=\"post\" action=\"/logout\"><button>Log out</button></form>\n";

/// What was done, for curl; browsers are redirected to the page.
fn done(parts: &Parts, text: String) -> Response<Body> {
    let mut response = Page { text, session: None }.response(parts);
    if accepts_html(parts) {
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/"));
    }
    response
}

fn accepts_html(parts: &Parts) -> bool {
    let accept = parts.headers.get_all(ACCEPT).into_iter();
    accept.filter_map(|accept| accept.to_str().ok()).any(|accept| accept.contains("text/html"))
}

fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

// The program.

/// Plain HTTP, and a random key if there is no secret: for development alone, as the whole program.
fn sessions_for_development(secrets: Option<Keyring>) -> Result<CookieSessions, ConfigError> {
    let keyring = secrets.unwrap_or_else(Keyring::ephemeral);
    CookieSessions::builder(keyring).insecure_http().build()
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let secrets =
        Keyring::from_env("SESSION_SECRET").map_err(|error| format!("SESSION_SECRET: {error}"))?;
    let app = Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .with_state(sessions_for_development(secrets)?);
    let listener = listen(port()?).await?;
    print!("{}", welcome(listener.local_addr()?));
    Ok(axum::serve(listener, app).await?)
}

fn welcome(address: SocketAddr) -> String {
    let url = format!("http://{address}");
    format!(
        "listening on {url}

Open it in a browser, or run these one by one in another terminal:

  curl -b jar -c jar {url}/
  curl -b jar -c jar -d user=alice {url}/login
  curl -b jar -c jar {url}/
  curl -b jar -c jar -d '' {url}/logout
  curl -b jar -c jar {url}/

This is development mode: plain HTTP, so the cookie has no Secure attribute and no `__Host-` prefix.
On a server, put TLS in front and leave `insecure_http` out.
"
    )
}

fn port() -> Result<u16, String> {
    match env::var("PORT") {
        Ok(text) => {
            text.parse().map_err(|_| format!("PORT is {text:?}; expected a number from 0 to 65535"))
        }
        Err(env::VarError::NotPresent) => Ok(8080),
        Err(env::VarError::NotUnicode(_)) => {
            Err("PORT is not text; expected a number from 0 to 65535".into())
        }
    }
}

async fn listen(port: u16) -> Result<TcpListener, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!("port {port} is in use; set PORT to another one"),
        _ => format!("cannot listen on port {port}: {error}"),
    })
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("hello: {reason}");
            ExitCode::FAILURE
        }
    }
}

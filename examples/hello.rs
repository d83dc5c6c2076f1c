//! Log-in with nothing but a cookie: `cargo run --example hello`, then open the address that it prints.
//!
//! It is written on axum with `decode_parts` and `encode` alone, as it would be on any framework that uses the
//! `http` crate. `SESSION_SECRET` sets the secret (`cargo run --example secret` makes one), `PORT` the port.
//!
//! Before you copy it:
//! - It runs under `insecure_http`, because it is served without TLS. Behind TLS leave that line out.
//! - `GET /` writes to the session to count visits, so each response carries a new cookie and no cache may keep the
//!   page. A page that only reads sends nothing.
//! - The forms have no CSRF token. `SameSite=Lax` keeps other sites from posting them in today's browsers; it
//!   does not keep out other hosts of your own site, nor very old browsers.

use std::{env, error::Error, io::ErrorKind, net::Ipv4Addr, process::ExitCode};

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header, request::Parts};
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Keyring, Session};
use tokio::net::TcpListener;

const MAX_NAME: usize = 64;

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

async fn serve() -> Result<(), Box<dyn Error>> {
    let keyring =
        Keyring::from_env("SESSION_SECRET").map_err(|error| format!("SESSION_SECRET: {error}"))?;
    let sessions = CookieSessions::builder(keyring.unwrap_or_else(Keyring::ephemeral))
        .insecure_http()
        .build()?;

    let app = Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .with_state(sessions);
    let listener = listen(port()?).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app).await?)
}

async fn home(State(sessions): State<CookieSessions>, parts: Parts) -> Response<Body> {
    let mut session = sessions.decode_parts(&parts);
    let text = if let Some(user) = session.get("user") {
        format!("Hello, {user}!")
    } else {
        session.set("user", "alice");
        "You are new here: you are logged in as alice now. Come back to be greeted.".to_owned()
    };
    let visits = session.parse::<u64>("visits").and_then(Result::ok).unwrap_or(0).saturating_add(1);
    session.set("visits", visits);

    let facts = [
        ("visits", visits.to_string()),
        // A session that is sent for the first time gets its id, and with it the label, when it is encoded.
        ("session", session.label().to_string()),
        ("expires", httpdate::fmt_http_date(session.expires_at())),
    ];
    answer(&sessions, &session, page(&parts, &text, &facts))
}

async fn log_in(
    State(sessions): State<CookieSessions>,
    parts: Parts,
    form: Bytes,
) -> Response<Body> {
    let mut session = sessions.decode_parts(&parts);
    match user_of(&form) {
        Ok(user) => {
            if session.get("user").is_some_and(|before| before != user) {
                session.invalidate(); // somebody else: nothing of the last user's session stays
            }
            session.renew(); // a new id, so that nobody who knew the old one gains anything
            session.set("user", &user);
            answer(&sessions, &session, done(&parts, &format!("You are logged in as {user}.")))
        }
        Err(reason) => {
            let mut response = page(&parts, reason, &[]);
            *response.status_mut() = StatusCode::BAD_REQUEST;
            answer(&sessions, &session, response)
        }
    }
}

async fn log_out(State(sessions): State<CookieSessions>, parts: Parts) -> Response<Body> {
    let mut session = sessions.decode_parts(&parts);
    session.invalidate();
    answer(&sessions, &session, done(&parts, "You are logged out."))
}

/// Writes the session, if it changed, to the response.
fn answer(
    sessions: &CookieSessions,
    session: &Session,
    mut response: Response<Body>,
) -> Response<Body> {
    // The library has logged the reason, and the client keeps the cookie that it has.
    if sessions.encode(session, &mut response).is_err() {
        response = Response::new("The session could not be saved.\n".into());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    }
    response
}

/// The field `user` of a form, or why it will not do.
fn user_of(form: &[u8]) -> Result<String, &'static str> {
    let mut fields = form.split(|byte| *byte == b'&');
    let value = fields
        .find_map(|field| field.strip_prefix(b"user="))
        .ok_or("The form has no field `user`.")?;
    let spaced: Vec<u8> =
        value.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let user = percent_encoding::percent_decode(&spaced)
        .decode_utf8()
        .map_err(|_| "The name is not UTF-8.")?;
    match user.trim() {
        "" => Err("The name is empty."),
        user if user.len() > MAX_NAME => Err("The name is too long: at most 64 bytes, please."),
        user => Ok(user.to_owned()),
    }
}

/// A browser goes back to the page, others are told.
fn done(parts: &Parts, text: &str) -> Response<Body> {
    let mut response = page(parts, text, &[]);
    if asks_for_html(parts) {
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    }
    response
}

fn page(parts: &Parts, text: &str, facts: &[(&str, String)]) -> Response<Body> {
    let (body, kind) = if asks_for_html(parts) {
        (html(text, facts), "text/html; charset=utf-8")
    } else {
        let facts = facts.iter().map(|(name, value)| format!("{name}: {value}\n"));
        (format!("{text}\n{}", facts.collect::<String>()), "text/plain; charset=utf-8")
    };
    let mut response = Response::new(body.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn asks_for_html(parts: &Parts) -> bool {
    let accepts = parts.headers.get_all(header::ACCEPT).into_iter();
    accepts.filter_map(|accept| accept.to_str().ok()).any(|accept| accept.contains("text/html"))
}

fn html(text: &str, facts: &[(&str, String)]) -> String {
    let row = |(name, value): &(&str, String)| format!("<dt>{name}</dt><dd>{}</dd>", escape(value));
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hello</title>
<style>
  body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; color: #222 }}
  h1 {{ font-size: 1.6rem; overflow-wrap: anywhere }}
  dl {{ display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; color: #555 }}
  dd {{ margin: 0 }}
  form {{ display: flex; gap: .5rem; margin: 1rem 0 }}
  input, button {{ font: inherit; padding: .4rem .8rem; border: 1px solid #999; border-radius: .4rem }}
  input {{ flex: 1; min-width: 0 }}
  button {{ background: #eee; cursor: pointer }}
</style>
<h1>{}</h1>
<dl>{}</dl>
<form method="post" action="/login">
  <input name="user" aria-label="name" placeholder="another name" maxlength="{MAX_NAME}" required>
  <button>Log in</button>
</form>
<form method="post" action="/logout"><button>Log out</button></form>
"#,
        escape(text),
        facts.iter().map(row).collect::<String>(),
    )
}

fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
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
        ErrorKind::AddrInUse => format!("port {port} is taken; set PORT to another one"),
        _ => format!("cannot listen on port {port}: {error}"),
    })
}

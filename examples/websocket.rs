//! A WebSocket that knows which user is logged in.
//!
//! ```sh
//! cargo run --example websocket --features axum -- --dev
//! ```
//!
//! Open <http://127.0.0.1:8080> (not `localhost`, which is another origin), log in and say something.
//!
//! A browser sends the cookie with the handshake, whichever site opens the socket, and CORS does not apply. `connect`
//! therefore refuses a handshake whose `Origin` is not the site's own. `talk` then reads the session of the handshake.
//! It can no longer write it, because the response has been sent. It closes the socket when the session ends; without
//! that check an open socket outlives its session.
//!
//! With `--dev` the program uses plain HTTP, and a random key if `SESSION_SECRET` is not set. Without `--dev` it needs
//! `SESSION_SECRET`, a proxy that ends TLS, and its origin as an argument: `-- https://chat.example`.
//!
//! Copy `connect`, `talk` and the tests at the end. Do not copy the log-in without a password, nor its forms without a
//! CSRF token: see `examples/forms`.

use std::time::SystemTime;
use std::{env, error::Error};

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header::ORIGIN};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
use serde::Deserialize;
use tokio::time::timeout;

const ADDRESS: &str = "127.0.0.1:8080";

const LOG_IN: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>websocket</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 10vh auto; padding: 0 1rem }</style>
<form method="post" action="/login">
<label>Name <input name="user" autocomplete="username" maxlength="64" required autofocus></label>
<button>Log in</button></form>
"#;

const CHAT: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>websocket</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 10vh auto; padding: 0 1rem }</style>
<ul id="said" role="log"></ul>
<form id="say"><label>Text <input id="text" autocomplete="off" required autofocus></label> <button>Say</button></form>
<form method="post" action="/logout"><button>Log out</button></form>
<script>
  const socket = new WebSocket(location.origin.replace("http", "ws") + "/socket");
  const show = text => said.appendChild(document.createElement("li")).textContent = text;
  socket.onmessage = event => show(event.data);
  socket.onclose = event => show(event.reason || "The connection is closed.");
  say.onsubmit = () => { socket.send(text.value); text.value = ""; return false; };
</script>
"#;

#[derive(Deserialize)]
struct LogIn {
    user: String,
}

/// The site at this origin, written as browsers do: scheme, host, and the port unless it is the default one.
fn app(sessions: CookieSessions, origin: HeaderValue) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/socket", get(connect))
        .layer(SessionLayer::new(sessions))
        .with_state(origin)
}

async fn home(session: SessionHandle) -> Html<&'static str> {
    Html(if session.contains("user") { CHAT } else { LOG_IN })
}

async fn log_in(session: SessionHandle, Form(form): Form<LogIn>) -> Redirect {
    // Check a password here.
    let user: String = form.user.chars().take(64).collect();
    if session.get("user").is_some_and(|before| before != user) {
        session.invalidate(); // another user: nothing of the previous user's session stays
    }
    session.renew(); // a new id at every log-in, against session fixation
    session.set("user", user);
    Redirect::to("/")
}

async fn log_out(session: SessionHandle) -> Redirect {
    session.invalidate();
    Redirect::to("/")
}

async fn connect(
    State(origin): State<HeaderValue>,
    headers: HeaderMap,
    session: SessionHandle,
    upgrade: WebSocketUpgrade,
) -> Response {
    if headers.get(ORIGIN) != Some(&origin) {
        return StatusCode::FORBIDDEN.into_response();
    }
    upgrade.max_message_size(4096).on_upgrade(move |mut socket| async move {
        if let Some(reason) = talk(&mut socket, &session).await {
            let code = close_code::POLICY;
            // An error means that the client has disconnected.
            let _ =
                socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
        }
    })
}

/// Repeats what the client says. Returns the reason to close the socket; `None` if the client has disconnected.
async fn talk(socket: &mut WebSocket, session: &SessionHandle) -> Option<&'static str> {
    let Some(user) = session.get("user") else { return Some("Please log in.") };
    socket.send(Message::text(format!("Hello, {user}!"))).await.ok()?;
    loop {
        // The expiry is the one of the handshake: a page whose session was refreshed since connects again. If the
        // server can end sessions (`revocation`), check that here too, for instance once a minute.
        let left = session.expires_at().duration_since(SystemTime::now()).unwrap_or_default();
        if left.is_zero() {
            return Some("Your session has ended.");
        }
        let Ok(received) = timeout(left, socket.recv()).await else { continue };
        if let Message::Text(text) = received?.ok()? {
            socket.send(Message::text(format!("{user}: {text}"))).await.ok()?;
        }
    }
}

/// Sessions and the site's origin. Development is asked for: a secret that is missing on a server is an error.
fn configure(argument: Option<String>) -> Result<(CookieSessions, HeaderValue), Box<dyn Error>> {
    let argument = argument.ok_or("give --dev, or the origin of the site: https://chat.example")?;
    let secrets = Keyring::from_env("SESSION_SECRET")?;
    if argument == "--dev" {
        let keyring = secrets.unwrap_or_else(Keyring::ephemeral);
        let sessions = CookieSessions::builder(keyring).insecure_http().build()?;
        return Ok((sessions, HeaderValue::try_from(format!("http://{ADDRESS}"))?));
    }
    let keyring = secrets.ok_or("set SESSION_SECRET: openssl rand -base64 32")?;
    Ok((CookieSessions::new(keyring), HeaderValue::try_from(argument)?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let (sessions, origin) = configure(env::args().nth(1))?;
    let listener = tokio::net::TcpListener::bind(ADDRESS).await?;
    println!("listening on http://{ADDRESS}");
    Ok(axum::serve(listener, app(sessions, origin)).await?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::StreamExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    use tokio_tungstenite::tungstenite::{Error, Message};
    use tokio_tungstenite::{WebSocketStream, client_async};

    use super::*;

    type Client = WebSocketStream<TcpStream>;

    const HERE: &str = "https://chat.example";

    fn sessions() -> CookieSessions {
        CookieSessions::new(Keyring::ephemeral())
    }

    /// Serves the site, and opens a socket to it from a page of `origin` with a session of `user`.
    async fn open(
        sessions: CookieSessions,
        user: Option<&str>,
        origin: Option<&'static str>,
    ) -> Result<Client, Error> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut request = format!("ws://{address}/socket").into_client_request().unwrap();
        let headers = request.headers_mut();
        headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
        if let Some(user) = user {
            let mut session = sessions.fresh();
            session.set("user", user);
            headers.insert("cookie", sessions.request_cookie(&session).unwrap());
        }
        let app = app(sessions, HeaderValue::from_static(HERE));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let stream = TcpStream::connect(address).await.unwrap();
        client_async(request, stream).await.map(|(socket, _)| socket)
    }

    async fn next(socket: &mut Client) -> String {
        match socket.next().await.unwrap().unwrap() {
            Message::Text(text) => text.to_string(),
            Message::Close(frame) => format!("closed: {}", frame.unwrap().reason),
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn greets_the_user_of_the_session() {
        let mut socket = open(sessions(), Some("alice"), Some(HERE)).await.unwrap();
        assert_eq!(next(&mut socket).await, "Hello, alice!");
    }

    #[tokio::test]
    async fn closes_a_socket_without_a_log_in() {
        let mut socket = open(sessions(), None, Some(HERE)).await.unwrap();
        assert_eq!(next(&mut socket).await, "closed: Please log in.");
    }

    #[tokio::test]
    async fn refuses_a_handshake_from_another_origin() {
        let others =
            ["https://evil.example", "http://chat.example", "https://chat.example:444", "null"];
        for origin in others.map(Some).into_iter().chain([None]) {
            match open(sessions(), Some("alice"), origin).await {
                Err(Error::Http(response)) => assert_eq!(response.status(), StatusCode::FORBIDDEN),
                other => panic!("{origin:?}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn closes_the_socket_when_the_session_has_ended() {
        // Three weeks ago by this clock: the session of two weeks ended a week ago.
        let clock = || SystemTime::now() - Duration::from_secs(21 * 24 * 3600);
        let sessions = CookieSessions::builder(Keyring::ephemeral()).clock(clock).build().unwrap();
        let mut socket = open(sessions, Some("alice"), Some(HERE)).await.unwrap();
        assert_eq!(next(&mut socket).await, "Hello, alice!");
        assert_eq!(next(&mut socket).await, "closed: Your session has ended.");
    }
}

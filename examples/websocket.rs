//! A WebSocket that knows who is logged in: `cargo run --example websocket --features axum`, then
//! open <http://127.0.0.1:8080>. It is tested at the end of the file.
//!
//! A browser sends the cookie with the handshake, whichever site opens the socket, and asks nobody
//! first. So the handshake is refused unless its `Origin` is this site's. The task of the socket
//! then reads the session of the handshake, and goes on when that has ended, unless it looks.

use std::time::SystemTime;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header::ORIGIN};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
use serde::Deserialize;
use tokio::time::timeout;

const ADDRESS: &str = "127.0.0.1:8080";

const LOG_IN: &str = r#"<!doctype html><title>websocket</title>
<form method="post" action="/login"><input name="user" maxlength="64" required> <button>Log in</button></form>
"#;

const CHAT: &str = r#"<!doctype html><title>websocket</title>
<ul id="said"></ul>
<form id="say"><input id="text"> <button>Say</button></form>
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

/// The site at this origin, as browsers write it: scheme, host, and port unless it is the default
/// one.
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
    // Here a password would be checked.
    session.invalidate(); // nothing of whoever was logged in before, and a new id
    session.set("user", form.user.chars().take(64).collect::<String>());
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
            // Whoever has gone already need not be told.
            let _ =
                socket.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
        }
    })
}

/// Repeats what is said, and returns why that ends; `None` if the client has gone.
///
/// The response to the handshake was sent: the session can be read here, not written.
async fn talk(socket: &mut WebSocket, session: &SessionHandle) -> Option<&'static str> {
    let Some(user) = session.get("user") else { return Some("Please log in.") };
    socket.send(Message::text(format!("Hello, {user}!"))).await.ok()?;
    loop {
        // Of the session in the handshake. A page whose session was refreshed since connects again.
        // If sessions can be ended on the server (`revocation`), ask here too, for instance once a
        // minute.
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let keyring = Keyring::from_env("SESSION_SECRET")?.unwrap_or_else(Keyring::ephemeral);
    let sessions = CookieSessions::builder(keyring).insecure_http().build()?;
    let origin = HeaderValue::try_from(format!("http://{ADDRESS}"))?;
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
    async fn greets_the_user_whose_page_opens_the_socket() {
        let mut socket = open(sessions(), Some("alice"), Some(HERE)).await.unwrap();
        assert_eq!(next(&mut socket).await, "Hello, alice!");
    }

    #[tokio::test]
    async fn closes_the_socket_of_a_visitor() {
        let mut socket = open(sessions(), None, Some(HERE)).await.unwrap();
        assert_eq!(next(&mut socket).await, "closed: Please log in.");
    }

    #[tokio::test]
    async fn refuses_a_handshake_from_elsewhere() {
        let elsewhere =
            ["https://evil.example", "http://chat.example", "https://chat.example:444", "null"];
        for origin in elsewhere.map(Some).into_iter().chain([None]) {
            match open(sessions(), Some("alice"), origin).await {
                Err(Error::Http(response)) => assert_eq!(response.status(), StatusCode::FORBIDDEN),
                other => panic!("{origin:?}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn closes_the_socket_when_the_session_has_ended() {
        // By this clock it is good for two weeks, which were over a week ago.
        let clock = || SystemTime::now() - Duration::from_secs(21 * 24 * 3600);
        let sessions = CookieSessions::builder(Keyring::ephemeral()).clock(clock).build().unwrap();
        let mut socket = open(sessions, Some("alice"), Some(HERE)).await.unwrap();
        assert_eq!(next(&mut socket).await, "Hello, alice!");
        assert_eq!(next(&mut socket).await, "closed: Your session has ended.");
    }
}

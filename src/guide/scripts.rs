//! Scripts, frames, sockets: JSON and CORS, a page on another site, a socket that stays open.
//!
//! # Send JSON from a script
//!
//! A page puts the token where its scripts find it:
//!
//! ```html
//! <meta name="csrf" content="…">
//! <script>
//!   const token = document.querySelector("meta[name=csrf]").content;
//!   fetch("/cart", {
//!     method: "POST",
//!     headers: { "content-type": "application/json", "x-csrf-token": token },
//!     body: JSON.stringify({ product: 7 }),
//!   });
//! </script>
//! ```
//!
//! A single-page application that is loaded from static files asks for the token first. If all forms are sent by
//! scripts, `Csrf::header_only()` never reads a body:
//!
//! ```
//! use axum::{Router, routing::get, routing::post};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
//!
//! async fn token(session: SessionHandle) -> String {
//!     session.csrf_token() // other sites can send a request here, and not read the response
//! }
//!
//! fn api(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/csrf", get(token))
//!         .route("/cart", post(async || "added"))
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::header_only()))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let request = axum::http::Request::get("/csrf").body(axum::body::Body::empty())?;
//!     let response = api(sessions.clone()).oneshot(request).await?;
//!     let session = sessions.from_response(response.headers()).unwrap();
//!     let token = axum::body::to_bytes(response.into_body(), 64).await?;
//!
//!     let request = axum::http::Request::post("/cart")
//!         .header("cookie", sessions.request_cookie(&session)?)
//!         .header("content-type", "application/json")
//!         .header("x-csrf-token", &*token)
//!         .body(axum::body::Body::from(r#"{"product":7}"#))?;
//!     assert_eq!(api(sessions).oneshot(request).await?.status(), 200);
//!     Ok(())
//! }
//! ```
//!
//! **On a 403, ask for a new token and send the request once more.** Each single-page application needs this rule,
//! because log-in, log-out and the end of the session end the token. A 401 after that means that the user has to log in:
//! after a session has expired, a POST gets a 403 first.
//!
//! ```html
//! <script>
//!   let token;
//!   async function send(method, path, body) {
//!     for (let attempt = 0; ; attempt++) {
//!       token ??= await (await fetch("/csrf")).text();
//!       const headers = { "content-type": "application/json", "x-csrf-token": token };
//!       const response = await fetch(path, { method, headers, body: JSON.stringify(body) });
//!       if (response.status !== 403 || attempt > 0) return response; // 401: show the log-in
//!       token = undefined;
//!     }
//!   }
//! </script>
//! ```
//!
//! A log-in may return the new token itself, which saves a request. Ask for it last, because `renew` ends all tokens. In
//! a log-out, do not ask for one: that would issue a new session.
//!
//! ```
//! use axum::http::StatusCode;
//! use sealed_session::SessionHandle;
//!
//! async fn log_in(session: SessionHandle) -> String {
//!     let user = "alice"; // whose password was right
//!     if session.get("user").is_some_and(|before| before != user) {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", user);
//!     session.csrf_token()
//! }
//!
//! async fn log_out(session: SessionHandle) -> StatusCode {
//!     session.invalidate();
//!     StatusCode::NO_CONTENT
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() {
//!     let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
//!     let session = SessionHandle::for_test(sessions.fresh());
//!     let token = log_in(session.clone()).await;
//!     assert_eq!(session.verify_csrf(&token), Ok(()));
//!     log_out(session.clone()).await;
//!     assert!(session.verify_csrf(&token).is_err());
//! }
//! ```
//!
//! # Call an API from another origin
//!
//! The page is on `https://app.example.com`, and the API on `https://api.example.com`. Both are on one *site*, so the
//! browser sends the `Lax` cookie. Three things are needed:
//!
//! 1. **The script** says `credentials: "include"` in each `fetch`, and sends the token in `x-csrf-token`.
//! 2. **CORS**: the API allows this origin, with credentials. Put the CORS layer outside of the session layer, so that
//!    it responds to preflight requests and marks errors too.
//! 3. **CSRF**: the layer trusts this origin. It still asks for the token.
//!
//! ```
//! use axum::{Router, routing::get, routing::post};
//! use axum::http::{HeaderName, HeaderValue, Method, header::CONTENT_TYPE};
//! use sealed_session::{ConfigError, CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
//! use tower_http::cors::CorsLayer; // `cargo add tower-http --features cors`
//!
//! const APP: &str = "https://app.example.com";
//!
//! async fn token(session: SessionHandle) -> String {
//!     session.csrf_token()
//! }
//!
//! fn api(sessions: CookieSessions) -> Result<Router, ConfigError> {
//!     let cors = CorsLayer::new()
//!         .allow_origin(HeaderValue::from_static(APP)) // with credentials never a wildcard
//!         .allow_credentials(true)
//!         .allow_methods([Method::GET, Method::POST])
//!         .allow_headers([CONTENT_TYPE, HeaderName::from_static("x-csrf-token")]);
//!     let csrf = Csrf::header_only().trust_origin(APP)?;
//!     Ok(Router::new()
//!         .route("/csrf", get(token))
//!         .route("/cart", post(async || "added"))
//!         .layer(SessionLayer::new(sessions).csrf(csrf))
//!         .layer(cors))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let session = sessions.fresh();
//!     let token = session.csrf_token();
//!     for (origin, status) in [(APP, 200), ("https://evil.example.com", 403)] {
//!         let request = axum::http::Request::post("/cart")
//!             .header("cookie", sessions.request_cookie(&session)?)
//!             .header("origin", origin)
//!             .header("sec-fetch-site", "same-site")
//!             .header("x-csrf-token", &token)
//!             .body(axum::body::Body::empty())?;
//!         let response = api(sessions.clone())?.oneshot(request).await?;
//!         assert_eq!(response.status(), status);
//!         assert_eq!(response.headers()["access-control-allow-credentials"], "true");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! A preflight request of a foreign origin gets the allowed origin as well. The browser sees that it is not the page's,
//! and refuses the request: that is harmless. A request with a foreign `Origin` and without `Sec-Fetch-Site`, which only
//! old browsers and plain HTTP leave out, passes if its token is right: see [what the layer leaves open](crate::csrf).
//!
//! In development, `http://localhost:5173` and `http://localhost:8080` are one site as well. `localhost` and `127.0.0.1`
//! are two, and a token that the page gets from the other one [is
//! refused](super::troubleshooting#the-token-is-refused-and-the-page-is-on-another-host-in-development). Or let the
//! development server pass `/api` on to the application: then there is one origin, and no CORS.
//!
//! Between two *sites*, for example `app.example` and `api.example.net`, the cookie needs `SameSite::None`, and even
//! then Safari, Firefox and many Chrome users block it. Serve both from one site.
//!
//! # Run inside of a frame
//!
//! The browser sends no cookie to a page in a frame on another site, unless the cookie allows it. A *partitioned*
//! cookie exists once for each site that embeds yours. Browsers that block third-party cookies accept it:
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, SameSite};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let widget = CookieSessions::builder(Keyring::ephemeral())
//!         .name("widget")
//!         .same_site(SameSite::None)
//!         .partitioned(true)
//!         .build()?;
//!     let mut session = widget.decode(&Request::new(()));
//!     session.set("user", "alice");
//!     let mut response = Response::new(());
//!     widget.encode(&session, &mut response)?;
//!     let set_cookie = response.headers()["set-cookie"].to_str()?;
//!     assert!(set_cookie.contains("SameSite=None") && set_cookie.contains("Partitioned"));
//!     Ok(())
//! }
//! ```
//!
//! A visitor who is logged in on your own site is not logged in inside of the frame. Use CSRF tokens: `SameSite`
//! protects nothing here. Say in `Content-Security-Policy: frame-ancestors` which sites may embed the page.
//!
//! # Open a WebSocket
//!
//! Any page can start the handshake of a WebSocket. The browser sends the cookie with it if the page is of the same site,
//! and under `SameSite::None` from any page. CORS does not apply, and a handshake carries no CSRF token. So compare its
//! `Origin` header with a list: your own origin, or that of your single-page application. Refuse the handshake if the
//! header is missing.
//!
//! ```
//! use std::time::SystemTime;
//! use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade}; // axum's feature `ws`
//! use axum::http::{HeaderMap, StatusCode, header::ORIGIN};
//! use axum::response::{IntoResponse, Response};
//! use axum::{Router, routing::any};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
//!
//! /// As browsers write it: scheme, host, and the port unless it is the default one.
//! const ORIGINS: [&str; 1] = ["https://chat.example"];
//!
//! async fn connect(
//!     session: SessionHandle,
//!     headers: HeaderMap,
//!     upgrade: WebSocketUpgrade,
//! ) -> Response {
//!     let origin = headers.get(ORIGIN);
//!     if !origin.is_some_and(|origin| ORIGINS.iter().any(|own| origin == own)) {
//!         return StatusCode::FORBIDDEN.into_response();
//!     }
//!     // Read the session here, not in the task.
//!     let Some(user) = session.get("user") else {
//!         return StatusCode::UNAUTHORIZED.into_response();
//!     };
//!     let ends = session.expires_at();
//!     upgrade.on_upgrade(move |socket| talk(socket, user, ends))
//! }
//!
//! /// Repeats what the client says, until the client leaves or the session ends.
//! async fn talk(mut socket: WebSocket, user: String, ends: SystemTime) {
//!     loop {
//!         let left = ends.duration_since(SystemTime::now()).unwrap_or_default();
//!         if left.is_zero() {
//!             let _ = socket.send(Message::Close(None)).await;
//!             return;
//!         }
//!         let Ok(received) = tokio::time::timeout(left, socket.recv()).await else { continue };
//!         let Some(Ok(message)) = received else { return };
//!         if let Message::Text(text) = message {
//!             let reply = Message::text(format!("{user}: {text}"));
//!             if socket.send(reply).await.is_err() {
//!                 return;
//!             }
//!         }
//!     }
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/socket", any(connect)) // GET over HTTP/1.1, CONNECT over HTTP/2
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")))
//! }
//! # async fn handshake(sessions: &CookieSessions, user: bool, origin: &str) -> Result<String, Box<dyn std::error::Error>> {
//! #     use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! #     let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! #     let address = listener.local_addr()?;
//! #     let app = app(sessions.clone());
//! #     tokio::spawn(async move { axum::serve(listener, app).await });
//! #     let mut session = sessions.fresh();
//! #     if user {
//! #         session.set("user", "alice");
//! #     }
//! #     let cookie = sessions.request_cookie(&session)?;
//! #     let mut stream = tokio::net::TcpStream::connect(address).await?;
//! #     let request = format!(
//! #         "GET /socket HTTP/1.1\r\nHost: chat.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
//! #          Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}Cookie: {}\r\n\r\n",
//! #         cookie.to_str()?
//! #     );
//! #     stream.write_all(request.as_bytes()).await?;
//! #     let mut status = [0; 12];
//! #     stream.read_exact(&mut status).await?;
//! #     Ok(std::str::from_utf8(&status)?.to_owned())
//! # }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     for (is_user, origin, status) in [
//!         (true, "Origin: https://chat.example\r\n", "HTTP/1.1 101"),
//!         (true, "Origin: https://evil.example\r\n", "HTTP/1.1 403"),
//!         (true, "", "HTTP/1.1 403"),
//!         (false, "Origin: https://chat.example\r\n", "HTTP/1.1 401"),
//!     ] {
//!         assert_eq!(handshake(&sessions, is_user, origin).await?, status);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! - **Read the session in the handler.** If a task is the first to read it, the cookie is judged at that moment: if
//!   the session has expired by then, or its secret was removed, the task sees a new, empty session.
//! - **Write before the handler returns.** Nothing that the task writes is sent, because the response has been sent. The log
//!   has an error.
//! - **Close the socket when the session ends**, at [`expires_at`](crate::SessionHandle::expires_at), as above. A refresh
//!   by another request does not move that time, so let the page connect again.
//! - **A log-out elsewhere does not close the socket.** If it must, keep a registry of the open sockets of each user, and
//!   close them where you call `invalidate` or `revoke`.
//! - **Over HTTP/2** the handshake is a CONNECT request (RFC 8441), not a GET. The CSRF layer lets it pass as well, so the
//!   comparison of `Origin` is needed there, too.
//!
//! `examples/websocket.rs` in the repository is a whole program: a log-in, a page with the script, a socket that repeats
//! what the user says, and tests that open real connections.

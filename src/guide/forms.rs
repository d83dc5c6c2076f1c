//! Forms: CSRF tokens, messages, uploads, scripts, frames.
//!
//! # Protect your forms
//!
//! Another site can make a visitor's browser send a form to yours. A *CSRF token* in each form proves that the form
//! comes from a page that this session was shown. With the feature `csrf`, the layer asks for the token, and the page
//! has it in a hidden field:
//!
//! ```
//! use axum::{Router, response::Html, routing::get};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
//!
//! async fn page(session: SessionHandle) -> Html<String> {
//!     let token = session.csrf_token();
//!     Html(format!(
//!         r#"<form method="post">
//!              <input type="hidden" name="csrf" value="{token}">
//!              <button>Buy</button>
//!            </form>"#
//!     ))
//! }
//!
//! async fn buy() -> &'static str {
//!     "Thank you."
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/", get(page).post(buy))
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")))
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let session = sessions.fresh();
//! let token = session.csrf_token();
//! let send = async |form: String| {
//!     let request = http::Request::post("/")
//!         .header("cookie", sessions.request_cookie(&session).unwrap())
//!         .header("content-type", "application/x-www-form-urlencoded")
//!         .body(axum::body::Body::from(form));
//!     app(sessions.clone()).oneshot(request.unwrap()).await.unwrap().status()
//! };
//! assert_eq!(send(format!("csrf={token}")).await, 200);
//! assert_eq!(send("csrf=made-up".into()).await, 403);
//! assert_eq!(send("".into()).await, 403);
//! #     Ok(())
//! # }
//! ```
//!
//! A token is 44 characters and needs no room in the session. Asking for one issues a session, so that a log-in form
//! works at a first visit. The token ends with `renew`, `invalidate` and the session.
//!
//! GET, HEAD, OPTIONS and TRACE need no token, so a handler of these must change nothing. All other methods need one,
//! in the first of these places that has it:
//!
//! | place | for |
//! |---|---|
//! | the header `x-csrf-token`; [`header_name`](crate::Csrf::header_name) renames it | scripts |
//! | the query parameter `csrf` | [uploads](#accept-uploads) in which the token cannot come first |
//! | the field `csrf` of a form | forms; for `multipart/form-data`, enable the feature `multipart` |
//!
//! Besides, the layer refuses what a browser marks as coming from another site or host, whatever token it has. [The
//! rules](crate::csrf) are in the documentation of the module `csrf`. Without the layer,
//! [`verify_csrf`](crate::Session::verify_csrf) checks a token.
//!
//! `tower_http::csrf::CsrfLayer` makes a good second layer outside of this one. It has no tokens. It compares `Origin`
//! with `Host` for old browsers.
//!
//! # Respond to a refused form
//!
//! By default a refused request gets a 403 with a text that asks to reload the page. That happens to honest users too:
//! in a tab that was opened before the log-in. `on_refused` can be kinder. The handles of the request are in its
//! extensions:
//!
//! ```
//! use axum::http::request::Parts;
//! use axum::response::{IntoResponse, Redirect, Response};
//! use axum::{Router, routing::post};
//! use sealed_session::{
//!     CookieSessions, Csrf, CsrfError, FlashHandle, Keyring, Level, SessionLayer,
//! };
//!
//! fn refuse(parts: &Parts, reason: CsrfError) -> Response {
//!     if parts.headers.get("accept").is_some_and(|accept| accept == "application/json") {
//!         return (reason.status(), r#"{"error":"csrf"}"#).into_response();
//!     }
//!     if let Some(flash) = parts.extensions.get::<FlashHandle>() {
//!         let _ = flash.push(Level::Warning, "The page was out of date. Please send it again.");
//!     }
//!     Redirect::to(parts.uri.path()).into_response() // 303: the page with the form
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     let csrf = Csrf::form_field("csrf").on_refused(refuse);
//!     Router::new()
//!         .route("/order", post(async || "Thank you."))
//!         .layer(SessionLayer::new(sessions).flash().csrf(csrf))
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let request = http::Request::post("/order").body(axum::body::Body::empty())?;
//! let response = app(sessions.clone()).oneshot(request).await?;
//! assert_eq!(response.status(), 303);
//! assert_eq!(response.headers()["location"], "/order");
//! assert!(sessions.received_flash(response.headers()).is_some());
//! #     Ok(())
//! # }
//! ```
//!
//! Do not write the reason into the response: it would tell an attacker what is missing. It is in the log.
//! [`status`](crate::CsrfError::status) is 403, except for a form that cannot be read.
//!
//! # Leave a route out
//!
//! A webhook, or the form of a payment provider, comes without a token. Give such routes a layer of their own, without
//! CSRF protection, and check what the request says: a signature, for example.
//!
//! ```
//! use axum::{Router, routing::post};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionLayer};
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     let pages = Router::new()
//!         .route("/order", post(async || "ordered"))
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")));
//!     let webhooks = Router::new().route("/paid", post(async || "noted")); // no session at all
//!     pages.merge(webhooks)
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let app = app(CookieSessions::new(Keyring::ephemeral()));
//! for (path, status) in [("/order", 403), ("/paid", 200)] {
//!     let request = http::Request::post(path).body(axum::body::Body::empty())?;
//!     assert_eq!(app.clone().oneshot(request).await?.status(), status);
//! }
//! #     Ok(())
//! # }
//! ```
//!
//! # Show a message on the next page
//!
//! With the feature `flash`, one request leaves a text and the next page shows it:
//!
//! ```
//! use axum::{Router, response::Html, response::Redirect, routing::get};
//! use sealed_session::{
//!     CookieSessions, FlashError, FlashHandle, Keyring, Level, Message, SessionLayer,
//! };
//!
//! async fn buy(flash: FlashHandle) -> Result<Redirect, FlashError> {
//!     flash.push(Level::Success, "Your order is on its way.")?;
//!     Ok(Redirect::to("/"))
//! }
//!
//! async fn page(flash: FlashHandle) -> Html<String> {
//!     let messages = flash.take(); // read once: the response removes them
//!     let paragraph = |message: &Message| {
//!         format!("<p class={}>{}</p>", message.level(), escape(message.text()))
//!     };
//!     Html(messages.iter().map(paragraph).collect())
//! }
//!
//! fn escape(text: &str) -> String {
//!     text.replace('&', "&amp;").replace('<', "&lt;")
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new().route("/", get(page).post(buy)).layer(SessionLayer::new(sessions).flash())
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let request = http::Request::post("/").body(axum::body::Body::empty())?;
//! let response = app(sessions.clone()).oneshot(request).await?;
//! let mut flash = sessions.received_flash(response.headers()).unwrap();
//! assert_eq!(flash.take()[0].text(), "Your order is on its way.");
//! #     Ok(())
//! # }
//! ```
//!
//! Messages travel in a cookie of their own, so a message never undoes what another request writes to the session. Up
//! to 8 messages, of 1,024 bytes together, wait for up to 300 seconds. More is an error of `push`. A client can send an
//! old message again, so a message informs and decides nothing. [`Flash`](crate::Flash) has the details.
//!
//! # Accept uploads
//!
//! With the feature `multipart`, the layer finds the token in a `multipart/form-data` form as well. Put the hidden field
//! *before* the file. The upload is then streamed to the handler untouched, however large it is:
//!
//! ```html
//! <form method="post" action="/photos" enctype="multipart/form-data">
//!   <input type="hidden" name="csrf" value="…">
//!   <input type="file" name="photo">
//!   <button>Upload</button>
//! </form>
//! ```
//!
//! ```
//! use axum::extract::{DefaultBodyLimit, Multipart, multipart::MultipartError};
//! use axum::{Router, routing::post};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionLayer};
//!
//! async fn save(mut form: Multipart) -> Result<String, MultipartError> {
//!     let mut len = 0;
//!     while let Some(mut field) = form.next_field().await? {
//!         if field.name() == Some("photo") {
//!             while let Some(chunk) = field.chunk().await? {
//!                 len += chunk.len(); // and write it to a file
//!             }
//!         }
//!     }
//!     Ok(format!("{len} bytes"))
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/photos", post(save))
//!         .layer(DefaultBodyLimit::max(8 * 1024 * 1024))
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")))
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let session = sessions.fresh();
//! let part = |name: &str, value: &str| {
//!     format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
//! };
//! let photo = part("photo", &"p".repeat(300_000));
//! let form = part("csrf", &session.csrf_token()) + &photo + "--x--\r\n";
//! let request = http::Request::post("/photos")
//!     .header("cookie", sessions.request_cookie(&session)?)
//!     .header("content-type", "multipart/form-data; boundary=x")
//!     .body(axum::body::Body::from(form))?;
//! let response = app(sessions).oneshot(request).await?;
//! assert_eq!(axum::body::to_bytes(response.into_body(), 1024).await?, "300000 bytes");
//! #     Ok(())
//! # }
//! ```
//!
//! If the token is not in the first 64 kB, the response is a 413. `max_form_len` changes this limit of what the layer
//! reads while it looks for the token. The size of uploads is limited where you read them.
//!
//! - A script that sends a file as the body puts the token into the header.
//! - If the fields come in an order that you do not choose, put the token into the address: `action="/photos?csrf=…"`.
//!   Addresses appear in logs, so make it with [`csrf_token_for`](#bind-a-token-to-one-form).
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
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let request = http::Request::get("/csrf").body(axum::body::Body::empty())?;
//! let response = api(sessions.clone()).oneshot(request).await?;
//! let session = sessions.from_response(response.headers()).unwrap();
//! let token = axum::body::to_bytes(response.into_body(), 64).await?;
//!
//! let request = http::Request::post("/cart")
//!     .header("cookie", sessions.request_cookie(&session)?)
//!     .header("content-type", "application/json")
//!     .header("x-csrf-token", &*token)
//!     .body(axum::body::Body::from(r#"{"product":7}"#))?;
//! assert_eq!(api(sessions).oneshot(request).await?.status(), 200);
//! #     Ok(())
//! # }
//! ```
//!
//! Ask for a new token after log-in and log-out: both end the old one.
//!
//! # Call an API from another origin
//!
//! The page is on `https://app.example.com`, and the API on `https://api.example.com`. Both are one *site*, so the
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
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let session = sessions.fresh();
//! let token = session.csrf_token();
//! for (origin, status) in [(APP, 200), ("https://evil.example.com", 403)] {
//!     let request = http::Request::post("/cart")
//!         .header("cookie", sessions.request_cookie(&session)?)
//!         .header("origin", origin)
//!         .header("sec-fetch-site", "same-site")
//!         .header("x-csrf-token", &token)
//!         .body(axum::body::Body::empty())?;
//!     let response = api(sessions.clone())?.oneshot(request).await?;
//!     assert_eq!(response.status(), status);
//!     assert_eq!(response.headers()["access-control-allow-credentials"], "true");
//! }
//! #     Ok(())
//! # }
//! ```
//!
//! In development, `http://localhost:5173` and `http://localhost:8080` are one site as well. Or let the development
//! server pass `/api` on to the application: then there is one origin, and no CORS.
//!
//! Between two *sites*, for example `app.example` and `api.example.net`, the cookie needs `SameSite::None`, and Safari,
//! Firefox and many Chrome users block it all the same. Serve both from one site.
//!
//! # Run inside of a frame
//!
//! A page in a frame on another site is sent no cookie, unless the cookie says so. A *partitioned* cookie is one cookie
//! for each site that embeds yours. Browsers that block third-party cookies accept it:
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, SameSite};
//!
//! let widget = CookieSessions::builder(Keyring::ephemeral())
//!     .name("widget")
//!     .same_site(SameSite::None)
//!     .partitioned(true)
//!     .build()?;
//! let mut session = widget.decode(&Request::new(()));
//! session.set("user", "alice");
//! let mut response = Response::new(());
//! widget.encode(&session, &mut response)?;
//! let set_cookie = response.headers()["set-cookie"].to_str()?;
//! assert!(set_cookie.contains("SameSite=None") && set_cookie.contains("Partitioned"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A visitor who is logged in on your own site is not logged in inside of the frame. Use CSRF tokens: `SameSite`
//! protects nothing here. Say in `Content-Security-Policy: frame-ancestors` which sites may embed the page.
//!
//! # Open a WebSocket
//!
//! The handshake of a WebSocket is a GET request, which any site can start, and the browser sends the cookie with it.
//! No token is asked for. Compare the `Origin` header with your own, as `examples/websocket.rs` does.
//!
//! The task of the socket may keep its [`SessionHandle`](crate::SessionHandle). It reads the session as it was at the
//! handshake, and cannot write it anymore. When [`expires_at`](crate::SessionHandle::expires_at) has passed, close the
//! socket.
//!
//! # Bind a token to one form
//!
//! [`csrf_token_for`](crate::Session::csrf_token_for) makes a token for one method and path. An attacker who reads it
//! cannot use it for another form. The layer accepts it for its own path. To accept nothing else, call
//! [`verify_csrf_for`](crate::Session::verify_csrf_for) in the handler.

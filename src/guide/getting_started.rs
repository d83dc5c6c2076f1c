//! Getting started: from `cargo add` to a session that works.
//!
//! # With axum
//!
//! ```sh
//! cargo add sealed-session --features axum,csrf
//! cargo add axum tracing-subscriber
//! cargo add tokio --features full
//! cargo add serde --features derive
//! ```
//!
//! This is a whole program. It shows a log-in form, greets the user, and logs the user out:
//!
//! ```no_run
//! use axum::extract::Form;
//! use axum::response::{Html, Redirect};
//! use axum::{Router, routing::get, routing::post};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
//!
//! #[derive(serde::Deserialize)]
//! struct LogIn {
//!     user: String,
//! }
//!
//! async fn home(session: SessionHandle) -> Html<String> {
//!     let token = session.csrf_token();
//!     let csrf = format!(r#"<input type="hidden" name="csrf" value="{token}">"#);
//!     Html(match session.get("user") {
//!         Some(user) => format!(
//!             "Hello, {}!<form method=post action=/logout>{csrf}<button>Log out</button></form>",
//!             escape(&user)
//!         ),
//!         None => format!(
//!             "<form method=post action=/login>{csrf}<input name=user>\
//!              <button>Log in</button></form>"
//!         ),
//!     })
//! }
//!
//! async fn log_in(session: SessionHandle, Form(form): Form<LogIn>) -> Redirect {
//!     // Check a password here.
//!     if session.get("user").is_some_and(|before| before != form.user) {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew(); // a new id at each log-in
//!     session.set("user", form.user);
//!     Redirect::to("/")
//! }
//!
//! async fn log_out(session: SessionHandle) -> Redirect {
//!     session.invalidate();
//!     Redirect::to("/")
//! }
//!
//! fn escape(text: &str) -> String {
//!     text.replace('&', "&amp;").replace('<', "&lt;")
//! }
//!
//! fn sessions() -> Result<CookieSessions, Box<dyn std::error::Error>> {
//!     if std::env::args().any(|argument| argument == "--dev") {
//!         // For development: without TLS, and every session ends with the process.
//!         return Ok(CookieSessions::builder(Keyring::ephemeral()).insecure_http().build()?);
//!     }
//!     let keyring = Keyring::from_env("SESSION_SECRET")?;
//!     let keyring = keyring.ok_or("set SESSION_SECRET: openssl rand -base64 32")?;
//!     Ok(CookieSessions::new(keyring))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     tracing_subscriber::fmt().init();
//!     let app = Router::new()
//!         .route("/", get(home))
//!         .route("/login", post(log_in))
//!         .route("/logout", post(log_out))
//!         .layer(SessionLayer::new(sessions()?).csrf(Csrf::form_field("csrf")));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     println!("listening on http://{}", listener.local_addr()?);
//!     Ok(axum::serve(listener, app).await?)
//! }
//! ```
//!
//! In development, run it without TLS and without a secret, and open the address that it prints:
//!
//! ```sh
//! cargo run -- --dev
//! ```
//!
//! In production, it needs TLS, for example in a [proxy](super::proxies_and_caches), and a secret. Make the secret with
//! `openssl rand -base64 32`, and keep it where your other passwords are:
//!
//! ```sh
//! SESSION_SECRET=… cargo run --release
//! ```
//!
//! Three rules make this work:
//!
//! - **Add one layer** with all parts, after the routes. In axum, `.layer(…)` applies to the routes above it.
//! - **`SessionHandle` is an argument** of each handler that needs the session. If the handler of a request does not
//!   ask for the session, the session costs nothing. `Option<SessionHandle>` is `None` without a layer of its
//!   payload type.
//! - **Nothing is sent unless something changes.** What a handler writes is sent with its response, whatever the
//!   status, even if it returns an error later. So write last. Put tower-http's `CatchPanicLayer`
//!   [outside](crate::SessionLayer#where-to-put-it) of the session layer, and nothing is sent after a panic.
//!
//! # With hyper, and without tower
//!
//! ```sh
//! cargo add sealed-session http
//! ```
//!
//! For each request, decode the session once, call the route with it, and encode it once:
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use sealed_session::{CookieSessions, Keyring, Session};
//!
//! /// Call it for each request. `B` is whatever body your server reads.
//! fn handle<B>(sessions: &CookieSessions, request: &Request<B>) -> Response<String> {
//!     let mut session = sessions.decode(request); // without a good cookie: an empty session
//!     let mut response = route(request, &mut session);
//!     match sessions.encode(&session, &mut response) {
//!         Ok(_) => response,
//!         Err(_) => text(500, "Your session was not saved."), // the log has the reason
//!     }
//! }
//!
//! fn route<B>(request: &Request<B>, session: &mut Session) -> Response<String> {
//!     match (request.method().as_str(), request.uri().path()) {
//!         ("GET", "/") => {
//!             let user = session.get("user").unwrap_or("stranger");
//!             text(200, format!("Hello, {user}!"))
//!         }
//!         ("POST", "/login") => {
//!             let user = "alice"; // Read the form, and check a password here.
//!             if session.get("user").is_some_and(|before| before != user) {
//!                 session.invalidate(); // another user: nothing of the last user's session stays
//!             }
//!             session.renew(); // a new id at each log-in
//!             session.set("user", user);
//!             text(200, "You are logged in.")
//!         }
//!         ("POST", "/logout") => {
//!             session.invalidate();
//!             text(200, "You are logged out.")
//!         }
//!         _ => text(404, "Not found."),
//!     }
//! }
//!
//! fn text(status: u16, text: impl Into<String>) -> Response<String> {
//!     let mut response = Response::new(text.into());
//!     *response.status_mut() = StatusCode::from_u16(status).expect("a status of this program");
//!     response
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let response = handle(&sessions, &Request::post("/login").body(())?);
//!     let session = sessions.from_response(response.headers()).unwrap();
//!
//!     let cookie = sessions.request_cookie(&session)?; // as a browser sends it
//!     let home = handle(&sessions, &Request::get("/").header("cookie", cookie).body(())?);
//!     assert_eq!(home.body(), "Hello, alice!");
//!     Ok(())
//! }
//! ```
//!
//! If `encode` returns an error, nothing was written to the response. Send a 500 instead, because the handler's work would
//! not be remembered.
//!
//! A site with forms has to check a CSRF token before it calls the route. The guide to forms has [a function for
//! that](super::forms#without-the-layer), and this `handle` with flash messages. `examples/hyper.rs` in the repository
//! is a whole server of this kind: it binds a port, counts visits, and forgets them.
//!
//! # With another framework
//!
//! The tests of this library run against servers of all of these. The files in `tests/frameworks/src` of the repository
//! show the routes and the glue in full: how the session gets into a handler, and its cookie into the response.
//!
//! | framework | what to write | the session in a handler |
//! |---|---|---|
//! | axum 0.8 | `router.layer(SessionLayer::new(sessions))` | an argument `session: SessionHandle` |
//! | tonic 0.14 | `Server::builder().layer(SessionLayer::new(sessions).on_error(unsent))`, where `unsent` makes a `Status`: `tests/frameworks/src/tonic.rs` | `request.extensions().get::<SessionHandle>()` |
//! | warp 0.4 | `SessionLayer::new(sessions).layer(warp::service(routes))`, served by hyper | `warp::ext::get::<SessionHandle>()` |
//! | `lambda_http` 1 | `SessionLayer::new(sessions).layer(service_fn(handler))`; behind a REST API also `keep_every_cookie` in `tests/frameworks/src/lambda.rs` | `request.extensions().get::<SessionHandle>()` |
//! | viz 0.11 | `viz_tower::Layered::new(SessionLayer::new(sessions).on_error(unsent))`, with the two error handlers in `tests/frameworks/src/viz.rs` | `request.extensions().get::<SessionHandle>()` |
//! | hyper 1 | `decode` and `encode`, as above; or the layer with `TowerToHyperService` | the `Session` itself |
//! | poem 3 | the layer in the outermost `around`: `tests/frameworks/src/poem.rs`, 20 lines | `Data<&SessionHandle>` |
//! | salvo 1 | a hoop with `decode_at` and `encode_at`: `tests/frameworks/src/salvo.rs`, 30 lines | `session(req, depot)` |
//! | actix-web 4 | `decode_at` in, `to_cookie` out: `tests/frameworks/src/actix.rs`, 50 lines | an argument `Visitor(session)` |
//!
//! The other parts of the layer work in the same places, with these exceptions:
//!
//! | framework | exception |
//! |---|---|
//! | tonic | no CSRF protection: each RPC is a POST, and no form can send one |
//! | tonic, viz, poem | their body types cannot be made from a text: the layer needs `on_error`, and for the other parts also `on_unchecked` and `on_refused` |
//! | salvo, actix-web | no layers: the glue calls `verify_csrf`, `decode_flash_at` and `encode_flash_at`. Use a synchronous revocation hook |
//!
//! # Keep a value of your own type
//!
//! Instead of a dictionary of strings, a session can hold one value of a type of yours:
//!
//! ```
//! use axum::{Router, routing::get};
//! use sealed_session::{ConfigError, CookieSessions, Keyring, SessionHandle, SessionLayer};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Clone, Debug, Default, Serialize, Deserialize)]
//! struct Account {
//!     user: Option<String>,
//!     visits: u32,
//! }
//!
//! async fn home(session: SessionHandle<Account>) -> String {
//!     let visits = session.update(|account| {
//!         account.visits += 1;
//!         account.visits
//!     });
//!     format!("Visit {visits}, {}", session.data().user.unwrap_or("stranger".into()))
//! }
//!
//! fn app(keyring: Keyring) -> Result<Router, ConfigError> {
//!     let sessions = CookieSessions::typed::<Account>(keyring, "account").build()?;
//!     Ok(Router::new().route("/", get(home)).layer(SessionLayer::new(sessions)))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let request = axum::http::Request::get("/").body(axum::body::Body::empty())?;
//!     let body = app(Keyring::ephemeral())?.oneshot(request).await?.into_body();
//!     assert_eq!(axum::body::to_bytes(body, 1024).await?, "Visit 1, stranger");
//!     Ok(())
//! }
//! ```
//!
//! Fields may be added, removed and renamed later: [typed sessions](super::types).
//!
//! # Choose features
//!
//! | you want | `cargo add sealed-session` |
//! |---|---|
//! | a site with axum | `--features axum,csrf,flash` |
//! | uploads in forms | `--features …,multipart` |
//! | log-out that ends every copy of a cookie | `--features axum,csrf,flash,revocation` |
//! | secrets that change without a restart | `--features …,rotation` |
//! | the fastest cipher, which compiles C code | `--features …,ring` or `…,aws-lc-rs` |
//! | a fast cipher without a C compiler, on x86-64 and `AArch64` | `--features …,graviola` |
//! | any tower service | `--features tower` |
//! | `decode` and `encode` alone | nothing |
//! | an edge runtime | `--no-default-features`, and randomness and a clock of the host; see [edge](super::edge) |
//!
//! # Read next
//!
//! - [Log-in](super::login): passwords, "remember me", pages for users only.
//! - [Forms](super::forms): CSRF tokens, messages, uploads. [Scripts](super::scripts): JSON, CORS, frames, sockets.
//! - [Secrets](super::secrets), before the first deployment.
//! - [Testing](super::testing).
//! - [Troubleshooting](super::troubleshooting), if a log-in does not stick.

//! Testing an application that has sessions.
//!
//! Nothing here needs a server, a browser or a sleep. Three methods of [`CookieSessions`](crate::CookieSessions) stand
//! in for the browser:
//!
//! | method | gives |
//! |---|---|
//! | [`fresh`](crate::CookieSessions::fresh) | an empty session, to fill as a test needs it |
//! | [`request_cookie`](crate::CookieSessions::request_cookie) | the `Cookie` header with which a browser sends a session |
//! | [`from_response`](crate::CookieSessions::from_response) | the session that a response sets; `None` if it sets none, or removes it |
//!
//! # Test a handler alone
//!
//! [`SessionHandle::for_test`](crate::SessionHandle::for_test) is an argument for a handler, without a layer or a
//! request:
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring, SessionHandle};
//!
//! async fn greet(session: SessionHandle) -> String {
//!     format!("Hello, {}!", session.get("user").unwrap_or("stranger".into()))
//! }
//!
//! #[tokio::main]
//! async fn main() {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     assert_eq!(greet(SessionHandle::for_test(session)).await, "Hello, alice!");
//! }
//! ```
//!
//! With the feature `flash`, [`FlashHandle::for_test`](crate::FlashHandle::for_test) does the same for messages.
//!
//! # Test a request and its response
//!
//! The tests below call the application as a tower service, without a server:
//!
//! ```sh
//! cargo add --dev tower --features util
//! ```
//!
//! Begin with a session in the state that the test needs, for example of a user who is logged in:
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::post};
//! use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
//! use tower::ServiceExt; // `oneshot`
//!
//! async fn add_to_cart(session: SessionHandle) {
//!     session.set("cart", "3 apples");
//! }
//!
//! async fn log_out(session: SessionHandle) {
//!     session.invalidate();
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/cart", post(add_to_cart))
//!         .route("/logout", post(log_out))
//!         .layer(SessionLayer::new(sessions))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     let cookie = sessions.request_cookie(&session)?;
//!
//!     let request = Request::post("/cart").header("cookie", &cookie).body(Body::empty())?;
//!     let response = app(sessions.clone()).oneshot(request).await?;
//!     let session = sessions.from_response(response.headers()).expect("a session is set");
//!     assert_eq!((session.get("user"), session.get("cart")), (Some("alice"), Some("3 apples")));
//!
//!     let request = Request::post("/logout").header("cookie", cookie).body(Body::empty())?;
//!     let response = app(sessions).oneshot(request).await?;
//!     assert!(response.headers()["set-cookie"].to_str()?.contains("Max-Age=0"));
//!     Ok(())
//! }
//! ```
//!
//! # Test several requests, as one browser
//!
//! Carry the cookies from each response to the next request. The session and the flash messages have one cookie each. A
//! response sets each cookie, removes it, or leaves it as it is:
//!
//! ```
//! use std::collections::BTreeMap;
//! use axum::http::{Request, header::SET_COOKIE};
//! use axum::{Router, body::Body, response::Response, routing::get, routing::post};
//! use sealed_session::{
//!     CookieSessions, FlashError, FlashHandle, Keyring, Level, SessionHandle, SessionLayer,
//! };
//! use tower::ServiceExt;
//!
//! async fn log_in(session: SessionHandle, flash: FlashHandle) -> Result<(), FlashError> {
//!     if session.get("user").is_some_and(|before| before != "alice") {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", "alice");
//!     flash.push(Level::Success, "Welcome back.")
//! }
//!
//! async fn greet(session: SessionHandle, flash: FlashHandle) -> String {
//!     let messages = flash.take(); // shown once
//!     let messages: String = messages.iter().map(|message| message.text().to_owned()).collect();
//!     format!("Hello, {}! {messages}", session.get("user").unwrap_or("stranger".into()))
//! }
//!
//! async fn log_out(session: SessionHandle) {
//!     session.invalidate();
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/", get(greet))
//!         .route("/login", post(log_in))
//!         .route("/logout", post(log_out))
//!         .layer(SessionLayer::new(sessions).flash())
//! }
//!
//! struct Browser {
//!     app: Router,
//!     cookies: BTreeMap<String, String>,
//! }
//!
//! impl Browser {
//!     fn new(app: Router) -> Self {
//!         Self { app, cookies: BTreeMap::new() }
//!     }
//!
//!     async fn send(&mut self, method: &str, path: &str, body: impl Into<Body>) -> Response {
//!         let mut request = Request::builder().method(method).uri(path);
//!         for (name, value) in &self.cookies {
//!             request = request.header("cookie", format!("{name}={value}"));
//!         }
//!         if method == "POST" {
//!             request = request.header("content-type", "application/x-www-form-urlencoded");
//!         }
//!         let request = request.body(body.into()).unwrap();
//!         let response = self.app.clone().oneshot(request).await.unwrap();
//!         for set_cookie in response.headers().get_all(SET_COOKIE) {
//!             let text = set_cookie.to_str().unwrap();
//!             let (pair, attributes) = text.split_once(';').unwrap();
//!             let (name, value) = pair.split_once('=').unwrap();
//!             if attributes.contains("Max-Age=0") {
//!                 self.cookies.remove(name);
//!             } else {
//!                 self.cookies.insert(name.to_owned(), value.to_owned());
//!             }
//!         }
//!         response
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut browser = Browser::new(app(CookieSessions::new(Keyring::ephemeral())));
//!     for (method, path, page) in [
//!         ("GET", "/", "Hello, stranger! "),
//!         ("POST", "/login", ""),
//!         ("GET", "/", "Hello, alice! Welcome back."),
//!         ("GET", "/", "Hello, alice! "), // the message was shown once
//!         ("POST", "/logout", ""),
//!         ("GET", "/", "Hello, stranger! "),
//!     ] {
//!         let body = browser.send(method, path, "").await.into_body();
//!         assert_eq!(axum::body::to_bytes(body, 1024).await?, page);
//!     }
//!     assert!(browser.cookies.is_empty());
//!     Ok(())
//! }
//! ```
//!
//! A form with a CSRF token is sent as a browser does it: get the page, and send the token that is in it.
//!
//! ```
//! /// The CSRF token in a page.
//! fn token(page: &str) -> Option<&str> {
//!     page.split_once(r#"name="csrf" value=""#)?.1.split('"').next()
//! }
//!
//! let page = r#"<form method="post"><input type="hidden" name="csrf" value="q3Jx"></form>"#;
//! assert_eq!(token(page), Some("q3Jx"));
//! ```
//!
//! A real client such as reqwest sends the default cookie only over TLS. Without TLS, build the test's sessions with
//! [`insecure_http`](crate::Builder::insecure_http).
//!
//! # Test a form with a CSRF token
//!
//! A test of one request needs no page. Make the token from the session that the cookie holds:
//!
//! ```
//! use axum::{Router, body::Body, http::Request, routing::post};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionLayer};
//! use tower::ServiceExt;
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/buy", post(async || "Thank you."))
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let session = sessions.fresh();
//!     let token = session.csrf_token();
//!     let cookie = sessions.request_cookie(&session)?;
//!
//!     for (form, status) in [(format!("csrf={token}"), 200), ("csrf=made-up".to_owned(), 403)] {
//!         let request = Request::post("/buy")
//!             .header("cookie", &cookie)
//!             .header("content-type", "application/x-www-form-urlencoded")
//!             .body(Body::from(form))?;
//!         assert_eq!(app(sessions.clone()).oneshot(request).await?.status(), status);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Test what time does
//!
//! Give the builder a clock that the test moves. The request is one of the crate `http` (`cargo add --dev http`); axum
//! has the same type as `axum::http::Request`:
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//! use std::time::{Duration, SystemTime};
//! use http::Request;
//! use sealed_session::{CookieSessions, Keyring, Rejection};
//!
//! static SECONDS: AtomicU64 = AtomicU64::new(1_800_000_000);
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS.load(Relaxed));
//!     let sessions = CookieSessions::builder(Keyring::ephemeral()).clock(clock).build()?;
//!     let cookie = sessions.request_cookie(&sessions.fresh())?;
//!     let request = Request::builder().header("cookie", cookie).body(())?;
//!     assert!(!sessions.decode(&request).is_new());
//!
//!     SECONDS.fetch_add(15 * 24 * 3600, Relaxed); // the idle timeout is 14 days
//!     assert_eq!(sessions.decode(&request).rejection(), Some(&Rejection::IdleTimeout));
//!     Ok(())
//! }
//! ```
//!
//! [`decode_at`](crate::CookieSessions::decode_at) and [`encode_at`](crate::CookieSessions::encode_at) take the time as
//! an argument.
//!
//! A [`Sealer`](crate::Sealer) takes the time as an argument too. Keep the clock of the builder in your state, so that
//! a test moves the time of both:
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
//! use std::time::{Duration, SystemTime};
//! use sealed_session::{ConfigError, CookieSessions, EncodeError, Keyring, Sealer};
//!
//! const DAY: u64 = 24 * 3600;
//!
//! /// The state of the application.
//! struct App {
//!     sessions: CookieSessions,
//!     links: Sealer<u64>,
//!     now: fn() -> SystemTime,
//! }
//!
//! impl App {
//!     /// On a server, `now` is `SystemTime::now`.
//!     fn new(keyring: Keyring, now: fn() -> SystemTime) -> Result<Self, ConfigError> {
//!         let sessions = CookieSessions::builder(keyring).clock(now).build()?;
//!         let links = sessions.sealer("confirm e-mail", Duration::from_secs(DAY))?;
//!         Ok(Self { sessions, links, now })
//!     }
//!
//!     fn link(&self, user: u64) -> Result<String, EncodeError> {
//!         self.links.seal(&user, (self.now)())
//!     }
//!
//!     fn user(&self, link: &str) -> Option<u64> {
//!         self.links.open(link, (self.now)()).ok()
//!     }
//! }
//!
//! static SECONDS: AtomicU64 = AtomicU64::new(1_800_000_000);
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let clock = || SystemTime::UNIX_EPOCH + Duration::from_secs(SECONDS.load(Relaxed));
//!     let app = App::new(Keyring::ephemeral(), clock)?;
//!     let link = app.link(42)?;
//!     assert_eq!(app.user(&link), Some(42));
//!     SECONDS.fetch_add(DAY, Relaxed);
//!     assert_eq!(app.user(&link), None);
//!     assert_eq!(app.sessions.fresh().created_at(), clock()); // the same clock
//!     Ok(())
//! }
//! ```
//!
//! # Test that a typed session survives
//!
//! A value that would not read back is an error when it is sealed. Seal one with every `Option` filled, every list with
//! an element and each variant: [what a type may use](super::types#what-a-type-may-use). For a `compact` type, pin its
//! [shape](super::types#compact-types).

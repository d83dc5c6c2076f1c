//! Forms: CSRF tokens, messages, uploads.
//!
//! # Protect your forms
//!
//! Another site can make a visitor's browser send a form to yours. A *CSRF token* in each form proves that the form
//! comes from a page that was shown to this session. With the feature `csrf`, the layer asks for the token, and the
//! page has it in a hidden field:
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
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let session = sessions.fresh();
//!     let token = session.csrf_token();
//!     let send = async |form: String| {
//!         let request = axum::http::Request::post("/")
//!             .header("cookie", sessions.request_cookie(&session).unwrap())
//!             .header("content-type", "application/x-www-form-urlencoded")
//!             .body(axum::body::Body::from(form));
//!         app(sessions.clone()).oneshot(request.unwrap()).await.unwrap().status()
//!     };
//!     assert_eq!(send(format!("csrf={token}")).await, 200);
//!     assert_eq!(send("csrf=made-up".into()).await, 403);
//!     assert_eq!(send("".into()).await, 403);
//!     Ok(())
//! }
//! ```
//!
//! A token has 44 characters and takes no room in the session. Asking for a token issues a session, so that a log-in
//! form works at a first visit. A token is valid until `renew`, `invalidate` or the end of the session.
//!
//! GET, HEAD, OPTIONS and TRACE need no token, so a handler of these must change nothing. The handshake of a
//! [WebSocket](super::scripts#open-a-websocket) needs none either. All other requests need a token, except those that the
//! browser marks as `same-origin` and that have no session cookie: there is no session to abuse. The layer takes the
//! token from the first of these places that has one:
//!
//! | place | for |
//! |---|---|
//! | the header `x-csrf-token`; [`header_name`](crate::Csrf::header_name) renames it | [scripts](super::scripts#send-json-from-a-script) |
//! | the query parameter `csrf` | [uploads](#accept-uploads) in which the token cannot come first |
//! | the field `csrf` of a form | forms; for `multipart/form-data`, enable the feature `multipart` |
//!
//! The layer also refuses a request that the browser marks as coming from another site or host, whatever token it has.
//! [The rules](crate::csrf) are in the documentation of the module `csrf`. For a service without tower there is [a
//! section below](#without-the-layer).
//!
//! `tower_http::csrf::CsrfLayer` makes a good second layer outside of this one. It has no tokens. It compares `Origin`
//! with `Host` for old browsers.
//!
//! # Respond to a refused form
//!
//! By default a refused request gets a 403 with a text that asks the user to reload the page. Honest users get it too,
//! in a tab that was opened before the log-in. With `on_refused` you can send a kinder response. The session handle and
//! the flash handle are in the extensions of the request:
//!
//! ```
//! use axum::http::{StatusCode, request::Parts};
//! use axum::response::{IntoResponse, Redirect, Response};
//! use axum::{Router, routing::post};
//! use sealed_session::{
//!     CookieSessions, Csrf, CsrfError, FlashHandle, Keyring, Level, SessionLayer,
//! };
//!
//! fn refuse(parts: &Parts, reason: CsrfError) -> Response {
//!     let is_script =
//!         parts.headers.get("accept").is_some_and(|accept| accept == "application/json");
//!     if is_script {
//!         return (reason.status(), r#"{"error":"csrf"}"#).into_response();
//!     }
//!     if reason.status() != StatusCode::FORBIDDEN {
//!         // Not about the token: the form is too large or broken, or a layer is missing.
//!         return (reason.status(), "This form could not be read.\n").into_response();
//!     }
//!     if let Some(flash) = parts.extensions.get::<FlashHandle>() {
//!         let _ = flash.push(Level::Warning, "The page was out of date. Please send it again.");
//!     }
//!     let page = match parts.uri.path() {
//!         "/order" => "/order", // its form is on the page with the same path
//!         _ => "/",
//!     };
//!     Redirect::to(page).into_response() // 303
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     let csrf = Csrf::form_field("csrf").on_refused(refuse);
//!     Router::new()
//!         .route("/order", post(async || "Thank you."))
//!         .layer(SessionLayer::new(sessions).flash().csrf(csrf))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let request = axum::http::Request::post("/order").body(axum::body::Body::empty())?;
//!     let response = app(sessions.clone()).oneshot(request).await?;
//!     assert_eq!(response.status(), 303);
//!     assert_eq!(response.headers()["location"], "/order");
//!     assert!(sessions.received_flash(response.headers()).is_some());
//!     Ok(())
//! }
//! ```
//!
//! - **Redirect to pages that you name**, never to the path of the request: the layer also refuses paths without a
//!   route, and a browser reads `//evil.example` in a `Location` header as another site.
//! - **Do not write the reason into the response.** The reason would tell an attacker what is missing. The log has it.
//! - [`status`](crate::CsrfError::status) is 403 for a token, 413 or 400 for a form that cannot be read, and 500 without
//!   a `SessionLayer`.
//!
//! # Leave a route out
//!
//! A webhook, or the form of a payment provider, comes without a token. Keep such routes outside of the layer, or give
//! them a session layer without CSRF protection. Check what the request says: a signature, for example.
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
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let app = app(CookieSessions::new(Keyring::ephemeral()));
//!     for (path, status) in [("/order", 403), ("/paid", 200)] {
//!         let request = axum::http::Request::post(path).body(axum::body::Body::empty())?;
//!         assert_eq!(app.clone().oneshot(request).await?.status(), status);
//!     }
//!     Ok(())
//! }
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
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let request = axum::http::Request::post("/").body(axum::body::Body::empty())?;
//!     let response = app(sessions.clone()).oneshot(request).await?;
//!     let mut flash = sessions.received_flash(response.headers()).unwrap();
//!     assert_eq!(flash.take()[0].text(), "Your order is on its way.");
//!     Ok(())
//! }
//! ```
//!
//! Messages travel in a cookie of their own, so a message never undoes what another request writes to the session. Up
//! to 8 messages, of 1,024 bytes together, wait for up to 300 seconds. If there are more, the oldest of those that
//! arrived with the request are dropped. If a text still does not fit, `push` returns an error, so shorten texts that
//! users chose. A client can send an old message again, so a message may inform and must not decide anything.
//! [`Flash`](crate::Flash) has the details. A service without tower calls [`decode_flash` and
//! `encode_flash`](#without-the-layer).
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
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let session = sessions.fresh();
//!     let part = |name: &str, value: &str| {
//!         format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
//!     };
//!     let photo = part("photo", &"p".repeat(300_000));
//!     let form = part("csrf", &session.csrf_token()) + &photo + "--x--\r\n";
//!     let request = axum::http::Request::post("/photos")
//!         .header("cookie", sessions.request_cookie(&session)?)
//!         .header("content-type", "multipart/form-data; boundary=x")
//!         .body(axum::body::Body::from(form))?;
//!     let response = app(sessions).oneshot(request).await?;
//!     assert_eq!(axum::body::to_bytes(response.into_body(), 1024).await?, "300000 bytes");
//!     Ok(())
//! }
//! ```
//!
//! If the token is not in the first 64 kB, the response is a 413. `max_form_len` changes this limit, which only covers
//! what the layer reads to find the token. Limit the size of uploads where you read them.
//!
//! A large upload that is refused may end in the browser as "connection reset": the response comes before the body has
//! been sent, and some clients then do not read the response. A proxy that buffers requests prevents that.
//!
//! - A script that sends a file as the body puts the token into the header.
//! - If the fields come in an order that you do not choose, put the token into the URL: `action="/photos?csrf=…"`. URLs
//!   appear in logs, so make the token with [`csrf_token_for`](#bind-a-token-to-one-form).
//!
//! # Without the layer
//!
//! In hyper, or a framework without tower, three calls do what the layer does: decode once, check the request, encode
//! once. Run `cargo add sealed-session --features csrf` and `cargo add http form_urlencoded tracing`. Read the body of
//! a form before these calls, with a limit on its size:
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use sealed_session::{CookieSessions, CsrfError, Keyring, Session};
//!
//! /// Whether a request may change something. The session is as it was decoded.
//! fn check_csrf(session: &Session, request: &Request<String>) -> Result<(), CsrfError> {
//!     let headers = request.headers();
//!     let says = |site: &str| headers.get_all("sec-fetch-site").iter().any(|value| value == site);
//!     let has_cookie = !session.is_new() || session.rejection().is_some(); // with our name
//!     if request.method().is_safe() {
//!         return Ok(());
//!     }
//!     if says("cross-site") {
//!         return Err(CsrfError::CrossSite); // whatever token it has
//!     }
//!     if says("same-site") {
//!         return Err(CsrfError::SameSite); // another host or port of this site
//!     }
//!     if says("same-origin") && !has_cookie {
//!         return Ok(()); // a first visit under `SameSite::Strict`: no session to abuse
//!     }
//!     if let Some(token) = headers.get("x-csrf-token") {
//!         return session.verify_csrf(token);
//!     }
//!     let mut form = form_urlencoded::parse(request.body().as_bytes());
//!     let token = form.find(|(name, _)| name == "csrf").ok_or(CsrfError::Missing)?;
//!     session.verify_csrf(&*token.1)
//! }
//!
//! fn handle(sessions: &CookieSessions, request: &Request<String>) -> Response<String> {
//!     let mut session = sessions.decode(request);
//!     let mut response = match check_csrf(&session, request) {
//!         Ok(()) => route(request, &mut session),
//!         Err(error) => {
//!             tracing::warn!(reason = ?error, label = %session.label(), "a form was refused");
//!             text(StatusCode::FORBIDDEN, "Please reload the page.") // never the reason
//!         }
//!     };
//!     match sessions.encode(&session, &mut response) {
//!         Ok(_) => response,
//!         Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "Your session was not saved."),
//!     }
//! }
//!
//! fn route(request: &Request<String>, session: &mut Session) -> Response<String> {
//!     match (request.method().as_str(), request.uri().path()) {
//!         ("GET", "/") => text(StatusCode::OK, &session.csrf_token()), // in a form
//!         ("POST", "/") => text(StatusCode::OK, "Thank you."),
//!         _ => text(StatusCode::NOT_FOUND, "Not found."),
//!     }
//! }
//!
//! fn text(status: StatusCode, text: &str) -> Response<String> {
//!     let mut response = Response::new(text.to_owned());
//!     *response.status_mut() = status;
//!     response
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let page = handle(&sessions, &Request::get("/").body(String::new())?);
//!     let session = sessions.from_response(page.headers()).unwrap();
//!     let (cookie, token) = (sessions.request_cookie(&session)?, page.body());
//!     for (site, form, status) in [
//!         ("same-origin", format!("csrf={token}"), 200),
//!         ("same-origin", "csrf=made-up".into(), 403),
//!         ("same-origin", String::new(), 403),
//!         ("cross-site", format!("csrf={token}"), 403),
//!     ] {
//!         let request = Request::post("/").header("cookie", &cookie);
//!         let request = request.header("sec-fetch-site", site);
//!         assert_eq!(handle(&sessions, &request.body(form)?).status(), status);
//!     }
//!     let first_visit = Request::post("/").header("sec-fetch-site", "same-origin");
//!     assert_eq!(handle(&sessions, &first_visit.body(String::new())?).status(), 200);
//!     Ok(())
//! }
//! ```
//!
//! The library logs nothing about a form that the application refuses: log it yourself, as above. `check_csrf` does not
//! read forms with uploads (`multipart/form-data`): for those, find the field `csrf` with the reader that you use for
//! the files. For a single-page application on another origin, leave out the refusals `CrossSite` and `SameSite` if the
//! request has exactly one `Origin` header, whose origin is in your list. The token is still needed.
//!
//! With flash messages, encode the session first. If that fails, send no messages: they would report a success that was
//! not saved. This `handle` takes the place of the one above:
//!
//! ```
//! use http::{Request, Response, StatusCode};
//! use sealed_session::{CookieSessions, Flash, FlashError, Keyring, Level, Session};
//!
//! fn handle(sessions: &CookieSessions, request: &Request<String>) -> Response<String> {
//!     let mut session = sessions.decode(request);
//!     let mut flash = sessions.decode_flash(request);
//!     let mut response = route(request, &mut session, &mut flash).unwrap_or_else(|error| {
//!         text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()) // too many messages
//!     });
//!     if sessions.encode(&session, &mut response).is_err() {
//!         return text(StatusCode::INTERNAL_SERVER_ERROR, "Your session was not saved.");
//!     }
//!     // An error is in the log. The session was saved, so the response is sent without messages.
//!     let _ = sessions.encode_flash(&flash, &mut response);
//!     response
//! }
//!
//! type Page = Result<Response<String>, FlashError>;
//!
//! fn route(request: &Request<String>, session: &mut Session, flash: &mut Flash) -> Page {
//!     Ok(match (request.method().as_str(), request.uri().path()) {
//!         ("GET", "/") => {
//!             let texts: Vec<String> = flash.take().iter().map(|m| m.text().to_owned()).collect();
//!             text(StatusCode::OK, &texts.join("\n"))
//!         }
//!         ("POST", "/name") => {
//!             session.set("name", request.body());
//!             flash.push(Level::Success, "Your name was saved.")?;
//!             let mut response = text(StatusCode::SEE_OTHER, "");
//!             response.headers_mut().insert("location", http::HeaderValue::from_static("/"));
//!             response
//!         }
//!         _ => text(StatusCode::NOT_FOUND, "Not found."),
//!     })
//! }
//!
//! fn text(status: StatusCode, text: &str) -> Response<String> {
//!     let mut response = Response::new(text.to_owned());
//!     *response.status_mut() = status;
//!     response
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let saved = handle(&sessions, &Request::post("/name").body("Alice".to_owned())?);
//!     let flash = sessions.received_flash(saved.headers()).unwrap();
//!     let request = Request::get("/").header("cookie", sessions.flash_cookie(&flash)?);
//!     let page = handle(&sessions, &request.body(String::new())?);
//!     assert_eq!(page.body(), "Your name was saved.");
//!
//!     let too_long = handle(&sessions, &Request::post("/name").body("x".repeat(5000))?);
//!     assert_eq!(too_long.status(), 500);
//!     assert!(!too_long.headers().contains_key("set-cookie")); // neither session nor message
//!     Ok(())
//! }
//! ```
//!
//! # Bind a token to one form
//!
//! [`csrf_token_for`](crate::Session::csrf_token_for) makes a token for one method and path. An attacker who reads it
//! cannot use it for another form. The layer accepts it for that method and path, beside the ordinary tokens. To accept
//! no other token, call [`verify_csrf_for`](crate::Session::verify_csrf_for) in the handler.

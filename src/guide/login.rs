//! Log-in, log-out, and pages for users only.
//!
//! # The life of a session
//!
//! ```text
//!   first visit      log-in           pages               pages           log-out
//!   GET /            POST /login      GET /…              GET /…          POST /logout
//! ──┼────────────────┼────────────────┼───────────────────┼───────────────┼────────────►
//!   pre-session      renew()          after half of the   again           invalidate()
//!   no Set-Cookie    a new id         idle timeout:                       removes
//!                    Set-Cookie       Set-Cookie          Set-Cookie      the cookie
//!
//!                    ├─ idle timeout: 14 days ─►│  begins again with each Set-Cookie
//!                    ├─ absolute timeout: 30 days ─────────────────────────────────────►│
//! ```
//!
//! # When a cookie is sent
//!
//! - **Something was written**: data that differs, [`renew`](crate::Session::renew), [`touch`](crate::Session::touch),
//!   [`confirm`](crate::Session::confirm) or [`set_idle_timeout`](crate::Session::set_idle_timeout). Writing what was
//!   there already sends nothing.
//! - **A visitor's session is issued**: at the first write, for example of a cart, or when its id or a CSRF token is
//!   asked for. With [`Issue::Eager`](crate::Issue::Eager) every visitor gets a cookie at once.
//! - **Half of the idle timeout has passed**: the next response refreshes the session, up to the absolute timeout. A
//!   [passive](super::ending_sessions#log-me-out-after-30-minutes-without-a-click) request does not.
//! - **A previous secret opened the session**: the next response seals it with the [current
//!   one](super::secrets#rotate-a-secret).
//! - **[`invalidate`](crate::Session::invalidate) was called**: the cookie is removed, even if this machine could not
//!   open the session.
//!
//! What was written is sent with any response, also with an error page. A refresh waits for a later response if this
//! one is [public](super::proxies_and_caches#know-what-caches-may-keep), or is a 1xx, 304 or 5xx. Requests from [other
//! sites](super::cross_site) have a rule of their own.
//!
//! # Log in
//!
//! This library remembers who is logged in. It does not check passwords: use a password hash, such as the crate
//! `argon2`, and limit the number of attempts.
//!
//! ```
//! use axum::response::{IntoResponse, Redirect, Response};
//! use axum::{Form, Router, http::StatusCode, routing::post};
//! use sealed_session::{CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
//!
//! #[derive(serde::Deserialize)]
//! struct LogIn {
//!     user: String,
//!     password: String,
//! }
//!
//! /// In a real application: the password's hash in your database.
//! fn is_password(user: &str, password: &str) -> bool {
//!     (user, password) == ("alice", "correct horse")
//! }
//!
//! async fn log_in(session: SessionHandle, Form(form): Form<LogIn>) -> Response {
//!     if !is_password(&form.user, &form.password) {
//!         return (StatusCode::UNAUTHORIZED, "User or password is wrong.").into_response();
//!     }
//!     if session.get("user").is_some_and(|before| before != form.user) {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     // A new id: an attacker who knew or planted the old id gains nothing.
//!     session.renew(); // or `confirm()`, if some page asks for the password again
//!     session.set("user", form.user);
//!     Redirect::to("/").into_response() // 303: reload does not send the form again
//! }
//!
//! async fn log_out(session: SessionHandle) -> Redirect {
//!     session.invalidate(); // with a revocation hook: `revoke()`
//!     Redirect::to("/")
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/login", post(log_in))
//!         .route("/logout", post(log_out))
//!         .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut before = sessions.fresh();
//!     before.set("cart", "3 apples");
//!     let form = format!("csrf={}&user=alice&password=correct+horse", before.csrf_token());
//!     let request = axum::http::Request::post("/login")
//!         .header("cookie", sessions.request_cookie(&before)?)
//!         .header("content-type", "application/x-www-form-urlencoded")
//!         .body(axum::body::Body::from(form))?;
//!     let response = app(sessions.clone()).oneshot(request).await?;
//!     let after = sessions.from_response(response.headers()).unwrap();
//!     assert_eq!((after.get("user"), after.get("cart")), (Some("alice"), Some("3 apples")));
//!     assert_ne!(after.label(), before.label());
//!     Ok(())
//! }
//! ```
//!
//! - **Log in and out with POST**, never with a link: any site can make a browser follow a link.
//! - **The log-in form needs a CSRF token as well**, or another site can log a visitor in as somebody else.
//!   [Forms](super::forms) has the page.
//! - **Keep an id, not the account.** Names, roles and rights change while a session lasts. Store the user's id, and
//!   read the rest from your database.
//! - **If you redirect to the page that the user wanted**, accept only paths of your own site. Otherwise an attacker
//!   can use your log-in page to send users to another site. Either [seal the
//!   path](super::sealed_values#return-to-a-page), or check it as below. Check the path of a request's own URI as well,
//!   because it may begin with `//`:
//!
//! ```
//! /// The path if it is one of this site, else the home page.
//! fn path_of_this_site(next: &str) -> &str {
//!     // Browsers read `//` and `/\` as the start of another host, and ignore tabs.
//!     let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
//!     if next.starts_with('/') && !next.starts_with("//") && is_plain { next } else { "/" }
//! }
//!
//! assert_eq!(path_of_this_site("/account?tab=2"), "/account?tab=2");
//! for other in ["//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example"] {
//!     assert_eq!(path_of_this_site(other), "/");
//! }
//! ```
//!
//! # Protect pages
//!
//! An extractor makes "for users only" an argument of the handler. This is an example to copy, not a part of the
//! library:
//!
//! ```
//! use axum::extract::FromRequestParts;
//! use axum::http::{HeaderValue, header::CACHE_CONTROL, request::Parts};
//! use axum::response::{IntoResponse, Redirect, Response};
//! use axum::{Router, middleware::map_response, routing::get};
//! use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
//!
//! struct CurrentUser(String);
//!
//! impl<S: Sync> FromRequestParts<S> for CurrentUser {
//!     type Rejection = Response;
//!
//!     async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
//!         let session: SessionHandle = SessionHandle::from_request_parts(parts, state)
//!             .await
//!             .map_err(IntoResponse::into_response)?;
//!         let user = session.get("user").ok_or_else(|| Redirect::to("/login").into_response())?;
//!         Ok(Self(user)) // or the row of your database with this id
//!     }
//! }
//!
//! async fn account(CurrentUser(user): CurrentUser) -> String {
//!     format!("The account of {user}")
//! }
//!
//! /// Keeps pages out of the browser's cache, so that Back shows nothing after log-out.
//! async fn no_store(mut response: Response) -> Response {
//!     response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
//!     response
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/account", get(account))
//!         .layer(map_response(no_store)) // for the routes above
//!         .route("/login", get(async || "the log-in form"))
//!         .layer(SessionLayer::new(sessions))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     let logged_in = sessions.request_cookie(&session)?;
//!     for (cookie, status) in [(logged_in, 200), (HeaderValue::from_static("a=b"), 303)] {
//!         let request = axum::http::Request::get("/account").header("cookie", cookie);
//!         let request = request.body(axum::body::Body::empty())?;
//!         let response = app(sessions.clone()).oneshot(request).await?;
//!         assert_eq!(response.status(), status);
//!         assert_eq!(response.headers()["cache-control"], "no-store");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! For an API, respond with a 401 in place of the redirect.
//!
//! # Remember me
//!
//! By default a session ends after 14 days without use. A check box can make that longer, for this session alone:
//!
//! ```
//! use std::time::Duration;
//! use sealed_session::{ConfigError, CookieSessions, Keyring, Session};
//!
//! const DAY: Duration = Duration::from_secs(24 * 3600);
//!
//! fn sessions(keyring: Keyring) -> Result<CookieSessions, ConfigError> {
//!     CookieSessions::builder(keyring)
//!         .idle_timeout(DAY) // without "remember me"
//!         .absolute_timeout(90 * DAY) // the limit of both
//!         .browser_session(true) // ends when the browser closes, unless "remember me" is set
//!         .build()
//! }
//!
//! fn log_in(session: &mut Session, user: &str, remember_me: bool) {
//!     if session.get("user").is_some_and(|before| before != user) {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", user);
//!     session.set_idle_timeout(remember_me.then_some(60 * DAY)); // `None` takes it back
//! }
//!
//! fn main() -> Result<(), ConfigError> {
//!     let sessions = sessions(Keyring::ephemeral())?;
//!     let mut session = sessions.fresh();
//!     log_in(&mut session, "alice", true);
//!     assert_eq!(session.expires_at(), session.created_at() + 60 * DAY);
//!     log_in(&mut session, "alice", false);
//!     assert_eq!(session.expires_at(), session.created_at() + DAY);
//!     Ok(())
//! }
//! ```
//!
//! No session lasts longer than the absolute timeout. A longer "remember me" is shortened to it, and the log has a
//! warning. A longer absolute timeout has a price: the old secret has to stay for as long, here 90 days, [before the
//! last step of a rotation](super::secrets#rotate-a-secret).
//!
//! # Ask for the password again
//!
//! Before a sensitive operation, such as a change of the e-mail address, ask for the password again if the user gave it
//! long ago (OWASP ASVS 5.0, 7.5.1 and 7.5.3; NIST SP 800-63B, reauthentication). A session that was left open, or a
//! stolen cookie, is then not enough.
//!
//! [`confirm`](crate::Session::confirm) records that the user has just proved who they are, with a password, a passkey
//! or a second factor. It renews the session too, so it takes the place of `renew` at log-in.
//! [`confirmed_within`](crate::Session::confirmed_within) tells whether that was recent:
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::extract::FromRequestParts;
//! use axum::http::request::Parts;
//! use axum::response::{IntoResponse, Redirect, Response};
//! use axum::{Form, Router, http::StatusCode, routing::{get, post}};
//! use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
//!
//! /// A user who gave the password in the last 15 minutes.
//! struct Confirmed(String);
//!
//! impl<S: Sync> FromRequestParts<S> for Confirmed {
//!     type Rejection = Response;
//!
//!     async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
//!         let session: SessionHandle = SessionHandle::from_request_parts(parts, state)
//!             .await
//!             .map_err(IntoResponse::into_response)?;
//!         let user = session.get("user").ok_or_else(|| Redirect::to("/login").into_response())?;
//!         if session.confirmed_within(Duration::from_secs(15 * 60)) {
//!             Ok(Self(user))
//!         } else {
//!             Err(Redirect::to("/confirm").into_response()) // the form that asks for it
//!         }
//!     }
//! }
//!
//! async fn new_address(Confirmed(user): Confirmed) -> String {
//!     format!("A form for the new address of {user}")
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Password {
//!     password: String,
//! }
//!
//! async fn confirm(session: SessionHandle, Form(form): Form<Password>) -> Response {
//!     if form.password != "correct horse" {
//!         return (StatusCode::UNAUTHORIZED, "The password is wrong.").into_response();
//!     }
//!     session.confirm();
//!     Redirect::to("/address").into_response()
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/address", get(new_address))
//!         .route("/confirm", post(confirm))
//!         .layer(SessionLayer::new(sessions))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use axum::{body::Body, http::Request};
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = Request::get("/address").header("cookie", &cookie).body(Body::empty())?;
//!     assert_eq!(app(sessions.clone()).oneshot(request).await?.headers()["location"], "/confirm");
//!
//!     let request = Request::post("/confirm")
//!         .header("cookie", &cookie)
//!         .header("content-type", "application/x-www-form-urlencoded")
//!         .body(Body::from("password=correct+horse"))?;
//!     let response = app(sessions.clone()).oneshot(request).await?;
//!     let session = sessions.from_response(response.headers()).unwrap();
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = Request::get("/address").header("cookie", cookie).body(Body::empty())?;
//!     assert_eq!(app(sessions).oneshot(request).await?.status(), 200);
//!     Ok(())
//! }
//! ```
//!
//! - **What keeps the time:** a refresh, every change of the data, and
//!   [`log_out_others`](crate::LocalDenyList::log_out_others) of the deny list. A store of your own has to call `renew`
//!   in its place, which drops it.
//! - **What drops it:** [`renew`](crate::Session::renew) and [`invalidate`](crate::Session::invalidate), because another
//!   user may be logging in. So call `confirm` only where the password was checked, and `renew` for every other change
//!   of rights.
//! - **Check the confirmation where the change is made**, not only on the page with the form.
//! - **Do not use [`created_at`](crate::Session::created_at)** for this. Every `renew` moves it, also one without a
//!   password.
//! - **Send the user back to the page that was asked for.** The example has one such page, so the redirect is fixed.
//!   With several, redirect to `/confirm?next=…`, put the path into the form, and redirect to that path after
//!   `confirm`. [Seal the path](super::sealed_values#return-to-a-page), so that no other site can choose it. The path
//!   of a request may begin with `//`, which browsers read as another host. `examples/forms` does all this, with a
//!   limit for each page: `Confirmed<{ 15 * MINUTES }>`.
//! - **A `POST` that was interrupted is lost**, because the way back is a redirect, which the browser follows with `GET`.
//!   So send the user back to the page with the form, not to the path of the `POST`.
//! - **The session has a new id.** Forms that are open in other tabs are refused once, and work after a reload. Values that
//!   are [bound to the session](super::sealed_values#bind-a-value-to-the-session) end.
//!
//! A handle that outlives the response still counts from the time of its request. So a WebSocket has to compare
//! [`confirmed_at`](crate::SessionHandle::confirmed_at) with the clock.
//!
//! # Change the password
//!
//! 1. Check the old password.
//! 2. Save the new one.
//! 3. End the user's other sessions: [log out other devices](super::ending_sessions#log-out-other-devices-or-all). That
//!    gives this session a new id as well. Without the feature `revocation`, call `renew`; other sessions then last
//!    until a timeout.
//!
//! # Log out
//!
//! `invalidate` removes the cookie from the browser. It ends nothing on the server: a copy of the cookie, for example in
//! a backup of the browser, is accepted until a timeout.
//!
//! With the feature `revocation` and a hook, call [`revoke`](crate::Session::revoke) in place of `invalidate`. It
//! removes the cookie and [ends the session on the server](super::ending_sessions#end-a-session-at-log-out), so that
//! every copy is rejected.

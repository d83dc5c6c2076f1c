//! Moving from tower-sessions (0.15).
//!
//! Nobody has to be logged out: [`adopt`](#keep-everybody-logged-in) opens the old cookies, and [the
//! steps](super#the-steps) say how to deploy it.
//!
//! # Keep everybody logged in
//!
//! ```text
//! use std::time::{Duration, SystemTime};
//!
//! use sealed_session::{Adopted, Builder, Dict, OldCookie};
//! use tower_cookies::{Cookie, Cookies, Key};
//! use tower_sessions_cookie_store::{CookieController, PrivateCookie, decode_record};
//!
//! const DAY: Duration = Duration::from_secs(24 * 3600);
//!
//! /// Adopts the cookie `id` of `CookieSessionManagerLayer`, for 30 days after the release.
//! pub fn adopt_tower(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
//!     let old = OldCookie::new("id").path("/").remove_from(deployed + 2 * DAY);
//!     builder.adopt(deployed + 30 * DAY, [old], move |headers, now| {
//!         let cookie = Cookie::parse_encoded(headers.get("cookie")?.to_str().ok()?).ok()?;
//!         let cookies = Cookies::default();
//!         cookies.add(cookie.into_owned());
//!         // `SignedCookie` if the layer was `signed`
//!         let opened = PrivateCookie::new(key.clone()).get(&cookies, "id")?;
//!         let record = decode_record(opened.value()).ok()?;
//!         let expires = SystemTime::from(record.expiry_date);
//!         let mut data = Dict::default();
//!         data.set("user", record.data.get("user")?.as_str()?);
//!         (now < expires).then(|| Adopted::new(data, deployed).expires_at(expires))
//!     })
//! }
//! ```
//!
//! `deployed` is a constant in the past, never `SystemTime::now()`, which would give old sessions more time at each
//! start of the process:
//!
//! ```text
//! // 26 November 2026, 00:00 UTC, in seconds since 1970: the day of the release.
//! let deployed = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_651_200);
//! let sessions = adopt_tower(CookieSessions::builder(keyring), key, deployed).build()?;
//! ```
//!
//! This function is for tower-sessions-cookie-store (0.5). With a store on the server the cookie holds the id of a
//! record: a hook cannot wait, so it can only adopt what is in memory. With `expires_at`, an old session of
//! `Expiry::OnInactivity` has a fixed end. To let it go on while it is used, give
//! [`last_used`](crate::Adopted::last_used), which is `expires` minus the old timeout, in place of
//! [`expires_at`](crate::Adopted::expires_at). Without `last_used`, a browser that has dropped this library's cookie
//! after the idle timeout may still have the old one, which is then adopted again: choose an early `until`, the first
//! argument of `adopt`.
//!
//! # What becomes what
//!
//! | tower-sessions | here |
//! |---|---|
//! | `SessionManagerLayer::new(store)` | `SessionLayer::new(sessions)`: there is no store, and nothing to clean up in one |
//! | `with_signed(key)`, `with_private(key)` | always sealed; secrets in a [`Keyring`](crate::Keyring) |
//! | `Session`, an extractor | `SessionHandle`: no `.await`, and no error |
//! | `insert("user", "alice").await?` | `set("user", "alice")`: text, or a [typed](crate::CookieSessions::typed) session |
//! | `get::<String>`, `get::<u64>` | `get`, `parse::<u64>` |
//! | `remove::<T>("user").await?`, `clear()`, `is_empty()` | `remove("user")`, `clear()`, `is_empty()` |
//! | `cycle_id().await?` | `renew()` |
//! | `flush().await?`, `delete().await?` | `invalidate()`; `revoke()` with the feature `revocation` |
//! | `save().await?`, `load().await?`, `is_modified()` | nothing: what was written is sent with the response |
//! | `id()` | [`label`](crate::Session::label) for logs; [`id`](crate::SessionHandle::id) for the key of a table |
//! | `set_expiry(Some(OnInactivity(time)))`, `set_expiry(None)` | `set_idle_timeout(time)`, `set_idle_timeout(None)` |
//! | `expiry_date()` | `expires_at()` |
//! | `with_name`, `with_path`, `with_domain` | `name`, `path`, `domain` of the [`Builder`](crate::Builder) |
//! | `with_same_site`, `Strict` by default | `same_site`, `Lax` by default |
//! | `with_secure(false)`, `with_http_only(false)` | `insecure_http`; a script never reads it |
//! | `Expiry::OnInactivity(time)` | `idle_timeout(time)`, and an `absolute_timeout` above it |
//! | `Expiry::OnSessionEnd`, the default | `browser_session(true)` |
//! | `Expiry::AtDateTime(time)` | an `absolute_timeout`, counted from the beginning of each session |
//! | `with_always_save(true)` | nothing, or `touch()` |
//!
//! # What differs
//!
//! | | tower-sessions | here |
//! |---|---|---|
//! | the data | in the store, of any size and type | in the cookie, 2,900 bytes: larger things go into a table, with an id in the session |
//! | sent | if something was written, and with no 5xx | if the data differs, with any response; and a refresh when half of the idle timeout has passed |
//! | inactive | since it was last *written* | since it was last sealed, and reading in the second half seals it again |
//! | at the latest | no end, if it is written to | after 30 days in all |
//! | emptied | the cookie is removed | the session stays, empty; `invalidate()` removes the cookie |
//! | after log-out | the record is gone, and so is every copy | a copy is accepted until a timeout, unless [`revocation`](crate::guide::ending_sessions) ends it |
//! | ended by others, listed, counted | in the store | ended with `revocation`; not listed and not counted |
//! | the store is down | an error of each call | no store; with `revocation` a 503 |
//! | two requests at once | the record that is saved last wins | the response that comes last wins |
//! | the name | `id` | `__Host-session` |
//! | another key | ends every session, where they are signed or private | previous and upcoming secrets, and no session ends |
//! | too large | depends on the store | [`TooLarge`](crate::EncodeError::TooLarge), a 500, and the client keeps what it had |
//!
//! # What to watch
//!
//! - **The size of today's sessions.** A session of more than 2,900 bytes does not fit.
//!   [`set_cookie_len`](crate::CookieSessions::set_cookie_len) measures it.
//! - **Other programs that read the store**, such as a page of devices or "log out everywhere". Use
//!   [`revocation`](crate::guide::ending_sessions) or a table of your own. Without either, a stolen cookie outlives the
//!   log-out.
//! - **What must be counted exactly**, such as failed log-ins. A client can send an old session again, so count in a
//!   database.
//! - **`SameSite`.** tower-sessions has `Strict` by default: set it, if links from other sites must not bring the session.
//! - **Forms** need [CSRF tokens](crate::guide::forms), before the change and after it.
//!
//! # Before
//!
//! ```text
//! async fn greet(session: Session) -> Result<String, StatusCode> {
//!     let user: Option<String> = session.get("user").await.map_err(failed)?;
//!     Ok(format!("Hello, {}!", user.unwrap_or("stranger".into())))
//! }
//!
//! async fn log_in(session: Session) -> Result<Redirect, StatusCode> {
//!     session.cycle_id().await.map_err(failed)?;
//!     session.insert("user", "alice").await.map_err(failed)?;
//!     Ok(Redirect::to("/"))
//! }
//!
//! fn app(store: impl SessionStore + Clone) -> Router {
//!     let expiry = Expiry::OnInactivity(Duration::days(14));
//!     let layer = SessionManagerLayer::new(store).with_expiry(expiry);
//!     Router::new().route("/", get(greet)).route("/login", post(log_in)).layer(layer)
//! }
//! ```
//!
//! # After
//!
//! ```
//! use axum::{Router, response::Redirect, routing::get, routing::post};
//! use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
//!
//! async fn greet(session: SessionHandle) -> String {
//!     format!("Hello, {}!", session.get("user").unwrap_or("stranger".into()))
//! }
//!
//! async fn log_in(session: SessionHandle) -> Redirect {
//!     if session.get("user").is_some_and(|before| before != "alice") {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", "alice");
//!     Redirect::to("/")
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/", get(greet))
//!         .route("/login", post(log_in))
//!         .layer(SessionLayer::new(sessions))
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let sessions = CookieSessions::new(sealed_session::Keyring::ephemeral());
//! #     let log_in = http::Request::post("/login").header("cookie", "id=old").body(String::new())?;
//! #     let response = app(sessions.clone()).oneshot(log_in).await?;
//! #     let session = sessions.from_response(response.headers()).ok_or("nobody is logged in")?;
//! #     let home = http::Request::get("/").header("cookie", sessions.request_cookie(&session)?).body(String::new())?;
//! #     let page = axum::body::to_bytes(app(sessions).oneshot(home).await?.into_body(), 4096).await?;
//! #     assert_eq!(page, "Hello, alice!");
//! #     Ok(())
//! # }
//! ```
//!
//! Log-out was `session.flush().await`, and is `session.invalidate()`. Without `adopt`, remove the old cookie, `id`, as in
//! [the guide from `PrivateCookieJar`](super::from_private_jar#without-adopt).

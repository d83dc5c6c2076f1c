//! Moving from axum-extra's `PrivateCookieJar` (axum-extra 0.12, on `cookie` 0.18).
//!
//! Nobody has to be logged out: [`adopt`](#keep-everybody-logged-in) opens the old cookies, and [the
//! steps](super#the-steps) say how to deploy it.
//!
//! # Keep everybody logged in
//!
//! ```text
//! use std::time::{Duration, SystemTime};
//!
//! use axum_extra::extract::cookie::{Key, PrivateCookieJar};
//! use sealed_session::{Adopted, Builder, Dict, OldCookie};
//!
//! const DAY: Duration = Duration::from_secs(24 * 3600);
//!
//! /// Adopts the cookie `user` of `PrivateCookieJar`, for 30 days after the release.
//! pub fn adopt_jar(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
//!     let old = OldCookie::new("user").path("/").remove_from(deployed + 2 * DAY);
//!     builder.adopt(deployed + 30 * DAY, [old], move |headers, _now| {
//!         let jar = PrivateCookieJar::from_headers(headers, key.clone());
//!         let mut data = Dict::default();
//!         data.set("user", jar.get("user")?.value());
//!         // The cookie does not say when it was set.
//!         Some(Adopted::new(data, deployed))
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
//! let sessions = adopt_jar(CookieSessions::builder(keyring), key, deployed).build()?;
//! ```
//!
//! The session of a user who was logged in lasts until `deployed` plus the absolute timeout, or less if it is not used.
//! If an old cookie has the time of the log-in, give that time to [`Adopted::new`](crate::Adopted::new). If the old
//! session is spread over several cookies, list them all. The first has to be the one without which there is no
//! session.
//!
//! The old cookie does not say when it was last used. A browser that has dropped this library's cookie after the idle
//! timeout may still have the old one, and the library adopts it again. For such a user, a short idle timeout does not
//! hold before `until`, the first argument of `adopt`. So choose an early `until`.
//!
//! # What becomes what
//!
//! | axum-extra | here |
//! |---|---|
//! | `PrivateCookieJar`, an argument and part of the response | `SessionHandle`, an argument; the layer writes the response |
//! | `Key` in the state, by `FromRef` | [`Keyring`](crate::Keyring) in [`CookieSessions`](crate::CookieSessions), in the layer |
//! | `Key::try_from`, 64 bytes; `Key::derive_from`, 32 | [`Keyring::from_env`](crate::Keyring::from_env), [`from_file`](crate::Keyring::from_file), 32 bytes |
//! | `Key::generate()` | [`Keyring::ephemeral()`](crate::Keyring::ephemeral) |
//! | a cookie for each value | an entry for each value, in one cookie |
//! | `jar.get("user")`, and its `value()` | `session.get("user")`, or `session.parse::<u64>("visits")` |
//! | `jar.add(cookie)` | `session.set("user", "alice")` |
//! | `jar.remove(cookie)` | `session.remove("user")`; at log-out `session.invalidate()` |
//! | `jar.iter()` | `session.with(…)`, and in it [`iter`](crate::Session::iter) |
//! | `path`, `domain`, `same_site`, `partitioned` on each cookie | once, on the [`Builder`](crate::Builder) |
//! | `http_only(true)`, `secure(true)` | always; `insecure_http` for development |
//! | `max_age(…)`, `permanent()` | `idle_timeout` and `absolute_timeout`, at most 400 days; on one session `set_idle_timeout`, at most the absolute timeout |
//! | no `max_age` | `browser_session(true)` |
//!
//! # What differs
//!
//! | | the jar | here |
//! |---|---|---|
//! | sent | each cookie that was added, an equal one too, if the handler returns the jar | what changed, whatever the handler returns, an error too; and a refresh when half of the idle timeout has passed |
//! | ends | when the browser drops it: a copy opens as long as the key is there | after 14 days without use and 30 in all, checked by the server |
//! | a new id at log-in, a label for the log | none | [`renew`](crate::Session::renew), [`label`](crate::Session::label) |
//! | after log-out | a copy of the cookie is accepted | a copy is accepted until a timeout, unless [`revocation`](crate::guide::ending_sessions) ends it |
//! | another key | ends every session | previous and upcoming secrets, and no session ends |
//! | too long | sent, and dropped by the browser | [`TooLarge`](crate::EncodeError::TooLarge), a 500, and the client keeps what it had |
//! | two requests at once | each cookie is independent | one cookie: the response that comes last wins, with everything in it |
//! | default attributes | none, and the path of the page | `Path=/`, `Secure`, `HttpOnly`, `SameSite=Lax`, a prefix |
//! | bound to | the cookie's name | name, path, domain, transport, application |
//!
//! # What to watch
//!
//! - A cookie for a script, for another path, or with a lifetime of its own, such as a language, is not part of the
//!   session: leave it in a `CookieJar`.
//! - All values together have 2,900 bytes. Two cookies that two requests write at once do not belong into one session.
//! - Each old cookie is removed separately, with the path that it was set with. Without `path("/")` that was the directory
//!   of the page.
//! - Forms need [CSRF tokens](crate::guide::forms), before the change and after it.
//!
//! # Before
//!
//! ```text
//! async fn greet(jar: PrivateCookieJar) -> String {
//!     let user = jar.get("user");
//!     format!("Hello, {}!", user.as_ref().map_or("stranger", Cookie::value))
//! }
//!
//! async fn log_in(jar: PrivateCookieJar) -> (PrivateCookieJar, Redirect) {
//!     let cookie = Cookie::build(("user", "alice")).path("/").secure(true).http_only(true);
//!     let cookie = cookie.same_site(SameSite::Lax).max_age(Duration::days(14));
//!     (jar.add(cookie), Redirect::to("/"))
//! }
//!
//! async fn log_out(jar: PrivateCookieJar) -> (PrivateCookieJar, Redirect) {
//!     (jar.remove(Cookie::build("user").path("/")), Redirect::to("/"))
//! }
//!
//! fn app(key: Key) -> Router { // `impl FromRef<Site> for Key`
//!     Router::new()
//!         .route("/", get(greet))
//!         .route("/login", post(log_in))
//!         .route("/logout", post(log_out))
//!         .with_state(Site { key })
//! }
//! ```
//!
//! # After
//!
//! With `adopt`, the old cookies are removed for you:
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
//! async fn log_out(session: SessionHandle) -> Redirect {
//!     session.invalidate();
//!     Redirect::to("/")
//! }
//!
//! fn app(sessions: CookieSessions) -> Router { // built with `adopt_jar`
//!     Router::new()
//!         .route("/", get(greet))
//!         .route("/login", post(log_in))
//!         .route("/logout", post(log_out))
//!         .layer(SessionLayer::new(sessions))
//! }
//! # use std::time::{Duration, SystemTime};
//! # use sealed_session::{Adopted, Dict, Keyring, OldCookie};
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let (deployed, day) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_651_200), Duration::from_secs(86_400));
//! #     let hook = move |headers: &http::HeaderMap, _| {
//! #         let mut data = Dict::default();
//! #         data.set("user", headers["cookie"].to_str().ok()?.strip_prefix("user=sealed-")?);
//! #         Some(Adopted::new(data, deployed))
//! #     };
//! #     let sessions = CookieSessions::builder(Keyring::ephemeral())
//! #         .adopt(deployed + day, [OldCookie::new("user")], hook)
//! #         .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_651_300)).build()?;
//! #     let ask = |uri: &str, cookie: &str| http::Request::post(uri).header("cookie", cookie).body(String::new());
//! #     let page = http::Request::get("/").header("cookie", "user=sealed-bob").body(String::new())?;
//! #     let page = app(sessions.clone()).oneshot(page).await?.into_body();
//! #     assert_eq!(axum::body::to_bytes(page, 1024).await?, "Hello, bob!");
//! #     for uri in ["/login", "/logout"] {
//! #         let response = app(sessions.clone()).oneshot(ask(uri, "user=sealed-bob")?).await?;
//! #         let removed = response.headers().get_all("set-cookie").iter().any(|line| line.to_str().unwrap().starts_with("user=;"));
//! #         assert!(removed, "{uri}");
//! #     }
//! #     Ok(())
//! # }
//! ```
//!
//! # Without `adopt`
//!
//! [Each user logs in again](super#without-adopt). Remove the old cookie at log-out, and at log-in when no old process is
//! left:
//!
//! ```
//! use axum::http::{HeaderName, header::SET_COOKIE};
//! use axum::response::{AppendHeaders, Redirect};
//! use axum::{Router, routing::post};
//! use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
//!
//! type Removal = AppendHeaders<[(HeaderName, &'static str); 1]>;
//!
//! /// Removes the old cookie, by its name and path.
//! const WITHOUT_OLD: Removal = AppendHeaders([(SET_COOKIE, "user=; Path=/; Secure; Max-Age=0")]);
//!
//! async fn log_in(session: SessionHandle) -> Redirect {
//!     if session.get("user").is_some_and(|before| before != "alice") {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", "alice");
//!     Redirect::to("/") // from the next release on `(WITHOUT_OLD, Redirect::to("/"))`
//! }
//!
//! async fn log_out(session: SessionHandle) -> (Removal, Redirect) {
//!     session.invalidate();
//!     (WITHOUT_OLD, Redirect::to("/"))
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     Router::new()
//!         .route("/login", post(log_in))
//!         .route("/logout", post(log_out))
//!         .layer(SessionLayer::new(sessions))
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let sessions = CookieSessions::new(sealed_session::Keyring::ephemeral());
//! #     let ask = |uri: &str, cookie: &str| http::Request::post(uri).header("cookie", cookie).body(String::new());
//! #     let response = app(sessions.clone()).oneshot(ask("/login", "user=old")?).await?;
//! #     let session = sessions.from_response(response.headers()).ok_or("nobody is logged in")?;
//! #     assert_eq!(session.get("user"), Some("alice"));
//! #     let response = app(sessions.clone()).oneshot(ask("/logout", sessions.request_cookie(&session)?.to_str()?)?).await?;
//! #     let gone: Vec<_> = response.headers().get_all("set-cookie").iter().flat_map(|line| line.to_str()).collect();
//! #     assert!(gone[0].starts_with("user=;") && gone[1].starts_with("__Host-session=;"), "{gone:?}");
//! #     Ok(())
//! # }
//! ```

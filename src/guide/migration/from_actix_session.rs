//! Moving from actix-session (0.11, on actix-web 4).
//!
//! Nobody has to be logged out: [`adopt`](#keep-everybody-logged-in) opens the old cookies, and [the
//! steps](super#the-steps) say how to deploy it.
//!
//! actix-web has request and response types of its own, so copy some glue: `Visitor` and `send_session` in
//! `tests/frameworks/src/actix.rs`, 45 lines that the tests of this library run.
//!
//! # Keep everybody logged in
//!
//! ```text
//! use std::collections::HashMap;
//! use std::time::{Duration, SystemTime};
//!
//! use actix_web::cookie::{Cookie, CookieJar, Key};
//! use sealed_session::{Adopted, Builder, Dict, OldCookie};
//!
//! const DAY: Duration = Duration::from_secs(24 * 3600);
//!
//! /// Adopts the cookie `id` of `CookieSessionStore`, for 30 days after the release.
//! pub fn adopt_actix(builder: Builder<Dict>, key: Key, deployed: SystemTime) -> Builder<Dict> {
//!     let old = OldCookie::new("id").path("/").remove_from(deployed + 2 * DAY);
//!     builder.adopt(deployed + 30 * DAY, [old], move |headers, _now| {
//!         let cookie = Cookie::parse_encoded(headers.get("cookie")?.to_str().ok()?).ok()?;
//!         let mut jar = CookieJar::new();
//!         jar.add_original(cookie.into_owned());
//!         // `signed` under `CookieContentSecurity::Signed`
//!         let opened = jar.private(&key).get("id")?;
//!         let state: HashMap<String, String> = serde_json::from_str(opened.value()).ok()?;
//!         // Each value is JSON.
//!         let user: String = serde_json::from_str(state.get("user")?).ok()?;
//!         let mut data = Dict::default();
//!         data.set("user", user);
//!         // The cookie does not say when its session began.
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
//! let sessions = adopt_actix(CookieSessions::builder(keyring), key, deployed).build()?;
//! ```
//!
//! The old cookie does not say when it was last used. A browser that has dropped this library's cookie after the idle
//! timeout may still have the old one, and the library adopts it again. For such a user, a short idle timeout does not
//! hold before `until`, the first argument of `adopt`. So choose an early `until`.
//!
//! This function is for `CookieSessionStore`. With `RedisSessionStore` the cookie only holds the key of a record on
//! another machine, and a hook does not wait: those users log in again. actix-web has request types of its own, but the
//! glue hands the headers to `decode`, so the hook is the same.
//!
//! # What becomes what
//!
//! | actix-session | here |
//! |---|---|
//! | `.wrap(SessionMiddleware::new(store, key))` | `.app_data(Data::new(sessions))` and `.wrap(from_fn(send_session))` |
//! | `CookieSessionStore`, `RedisSessionStore` | no store; [`revocation`](crate::guide::ending_sessions) on Redis, if the server must end sessions |
//! | `Key::from`, 64 bytes | [`Keyring::from_env`](crate::Keyring::from_env), [`from_file`](crate::Keyring::from_file), 32 bytes |
//! | `Session`, an extractor; `req.get_session()` | `Visitor(session)`, an extractor |
//! | `insert("user", "alice")?` | `set("user", "alice")`: text, or a [typed](crate::CookieSessions::typed) session |
//! | `get::<String>("user")?`, `get::<u64>("visits")?` | `get("user")`, `parse::<u64>("visits")` |
//! | `update`, `update_or` | `parse`, and `set` |
//! | `remove`, `remove_as`, `contains_key`, `entries` | `remove`, `contains`, `iter` |
//! | `clear()` | `clear()` |
//! | `renew()` | `renew()` |
//! | `purge()` | `invalidate()`, or `revoke()` with the feature `revocation` |
//! | `status()` | nothing: the data itself is compared |
//! | `cookie_name`, `cookie_path`, `cookie_domain`, `cookie_same_site` | `name`, `path`, `domain`, `same_site` of the [`Builder`](crate::Builder) |
//! | `cookie_secure(false)`, `cookie_http_only(false)` | `insecure_http`; a script never reads it |
//! | `cookie_content_security(Signed)` | always sealed, as `Private` is |
//! | `BrowserSession`, the default | `browser_session(true)` |
//! | `PersistentSession`, `session_ttl` of a day by default | `idle_timeout`, 14 days by default, and `absolute_timeout` |
//! | `TtlExtensionPolicy::OnEveryRequest` | nothing: a session is refreshed when half of the idle timeout has passed |
//! | `TtlExtensionPolicy::OnStateChanges`, the default | none |
//!
//! # What differs
//!
//! | | actix-session | here |
//! |---|---|---|
//! | sent | after every `insert`, of an equal value too | if the data differs, and at a refresh |
//! | ends, with `CookieSessionStore` | when the browser drops it: no time is in it, and a copy opens as long as the key is there | after 14 days without use and 30 in all, checked by the server |
//! | ends, with a store | the ttl after it was written last | after the same timeouts; reading counts as use |
//! | after log-out | with `CookieSessionStore` a copy is accepted, with a store it is not | a copy is accepted until a timeout, unless [`revocation`](crate::guide::ending_sessions) ends it |
//! | values | JSON for each, in JSON | text, or one type of yours |
//! | holds | a state of 4,064 bytes at most, whose cookie a browser may drop | 2,900 bytes; more is [`TooLarge`](crate::EncodeError::TooLarge), and the client keeps what it had |
//! | another key | ends every session | previous and upcoming secrets, and no session ends |
//! | two requests at once | the state that is written last wins | the response that comes last wins |
//! | caches | not told | the glue says `Vary: Cookie` and `no-store` |
//! | the name | `id` | `__Host-session` |
//!
//! # What to watch
//!
//! - If a middleware between `send_session` and the handlers returns an error, what was written is lost, as with
//!   actix-session. An error of a handler is a response by then, and loses nothing.
//! - Do not hold a `borrow_mut` of a `Visitor` across an await.
//! - Without `adopt`, remove the old cookie as any cookie in actix-web: `Cookie::build("id", "").path("/").secure(true).finish()`, its
//!   `make_removal()`, and `HttpResponse::Ok().cookie(…)`.
//! - Forms need [CSRF tokens](crate::guide::forms), before the change and after it.
//!
//! # Before
//!
//! ```text
//! async fn greet(session: Session) -> Result<String, Error> {
//!     let user: Option<String> = session.get("user")?;
//!     Ok(format!("Hello, {}!", user.unwrap_or("stranger".into())))
//! }
//!
//! async fn log_in(session: Session) -> Result<&'static str, Error> {
//!     session.renew();
//!     session.insert("user", "alice")?;
//!     Ok("You are logged in.")
//! }
//!
//! async fn log_out(session: Session) -> &'static str {
//!     session.purge();
//!     "You are logged out."
//! }
//! ```
//!
//! # After
//!
//! ```
//! use std::{cell::RefCell, rc::Rc};
//! use sealed_session::Session;
//!
//! // Of the glue, which implements `FromRequest` for it:
//! #[derive(Clone)]
//! struct Visitor(Rc<RefCell<Session>>);
//!
//! async fn greet(Visitor(session): Visitor) -> String {
//!     format!("Hello, {}!", session.borrow().get("user").unwrap_or("stranger"))
//! }
//!
//! async fn log_in(Visitor(session): Visitor) -> &'static str {
//!     let mut session = session.borrow_mut();
//!     if session.get("user").is_some_and(|before| before != "alice") {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", "alice");
//!     "You are logged in."
//! }
//!
//! async fn log_out(Visitor(session): Visitor) -> &'static str {
//!     session.borrow_mut().invalidate();
//!     "You are logged out."
//! }
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! #     let sessions = sealed_session::CookieSessions::new(sealed_session::Keyring::ephemeral());
//! #     let visitor = Visitor(Rc::new(RefCell::new(sessions.fresh())));
//! #     log_in(visitor.clone()).await;
//! #     assert_eq!(greet(visitor.clone()).await, "Hello, alice!");
//! #     log_out(visitor.clone()).await;
//! #     assert_eq!(greet(visitor).await, "Hello, stranger!");
//! # }
//! ```

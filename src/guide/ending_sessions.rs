//! Ending sessions on the server: log-out, other devices, stolen cookies.
//!
//! # What a session in a cookie cannot do
//!
//! | it cannot | because | so |
//! |---|---|---|
//! | end without help | the client holds it: a copy of the cookie is accepted after log-out, until a timeout | use the feature `revocation`, as below; keep the timeouts short |
//! | be listed or counted | there is no list of sessions | count log-ins in your database |
//! | hold more than 2,900 bytes | the whole `Set-Cookie` header has at most 4,096 bytes, which every browser accepts; more is [`TooLarge`](crate::EncodeError::TooLarge) | keep an id in the session and the rest in a database |
//! | be written by two requests at once | each response carries the whole session, and the last response wins | put what must not be lost into a database |
//! | stay gone after log-out if an old request is still running | if that request was due for a refresh, its response sets the session again. This happens at most once in half an idle timeout | use `revocation`; ask for the password again before a sensitive operation |
//!
//! A stolen cookie works from any place until it ends. Encryption protects what is *in* the cookie, not the cookie.
//!
//! If your application must list sessions and end each of them, a session store in a database may be the better tool.
//!
//! # End a session at log-out
//!
//! With the feature `revocation`, give the builder a hook, and call [`revoke`](crate::Session::revoke) at log-out in
//! place of `invalidate`. It removes the cookie, and from then on every copy is rejected. For a single process,
//! [`LocalDenyList`](crate::LocalDenyList) keeps the ended sessions in memory:
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, LocalDenyList, Rejection, Sent};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let denied = LocalDenyList::new(100_000); // entries, some 200 bytes each
//!     let sessions = CookieSessions::builder(Keyring::ephemeral())
//!         .revocation(denied.clone())
//!         .subject(|dict| dict.get("user").map(Into::into))
//!         .build()?;
//!
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     let cookie = sessions.request_cookie(&session)?;
//!     let copy = Request::builder().header("cookie", cookie).body(())?;
//!
//!     let mut session = sessions.decode(&copy);
//!     session.revoke();
//!     assert_eq!(sessions.encode(&session, &mut Response::new(()))?, Sent::Removed);
//!     assert_eq!(sessions.decode(&copy).rejection(), Some(&Rejection::Revoked));
//!     Ok(())
//! }
//! ```
//!
//! [`SessionHandle`](crate::SessionHandle) has `revoke` too.
//!
//! **Name the subject.** [`subject`](crate::Builder::subject) tells whose session it is: the account. With a subject,
//! sessions of visitors without an account take no room in the list, and all sessions of one account can be ended at
//! once. [`renew`](crate::Session::renew) of a session with a subject ends its old id as well, after 10 seconds, so
//! that requests which the browser has already sent still pass.
//!
//! **A visitor's session is not recorded.** If a subject is configured and the session has none, `revoke` removes the
//! cookie and records nothing. Copies of it are accepted until a timeout. They hold no data of an account.
//!
//! **Of the methods of a session, `revoke`, `renew` and `confirm` end something on the server:**
//!
//! | call | the session that the request brought |
//! |---|---|
//! | `invalidate` | is not ended on the server: a copy is accepted until a timeout |
//! | `renew`, also after `invalidate`, and `confirm` | ends after 10 seconds, if it had a subject |
//! | `revoke` | ends at once, unless it is a visitor's |
//!
//! The [log-in](super::login#log-in) calls `invalidate` and then `renew` when another user logs in, so the last user's
//! session ends after 10 seconds. Call `revoke` in place of `invalidate` to end it at once:
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, LocalDenyList, Rejection, Session};
//!
//! fn log_in(session: &mut Session, user: &str) {
//!     if session.get("user").is_some_and(|before| before != user) {
//!         session.revoke(); // another user: nothing of the last user's session stays, anywhere
//!     }
//!     session.renew();
//!     session.set("user", user);
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::builder(Keyring::ephemeral())
//!         .revocation(LocalDenyList::new(100_000))
//!         .subject(|dict| dict.get("user").map(Into::into))
//!         .build()?;
//!     let mut session = sessions.fresh();
//!     log_in(&mut session, "alice");
//!     let cookie = sessions.request_cookie(&session)?;
//!     let alice = Request::builder().header("cookie", cookie).body(())?;
//!
//!     let mut session = sessions.decode(&alice);
//!     log_in(&mut session, "bob"); // in the same browser
//!     let mut response = Response::new(());
//!     sessions.encode(&session, &mut response)?;
//!     assert_eq!(sessions.decode(&alice).rejection(), Some(&Rejection::Revoked)); // a copy
//!     let session = sessions.from_response(response.headers()).unwrap();
//!     assert_eq!(session.get("user"), Some("bob"));
//!     Ok(())
//! }
//! ```
//!
//! **A log-out can fail.** What [`encode`](crate::CookieSessions::encode) returns after `revoke`:
//!
//! | result | meaning |
//! |---|---|
//! | [`Ok(Removed)`](crate::Sent::Removed) | the cookie is removed, and every copy is rejected; or there was no session to end |
//! | [`Ok(RemovedUnrecorded)`](crate::Sent::RemovedUnrecorded) | the cookie is removed. This machine could not open it, for example in the middle of a rotation, so a copy may be accepted elsewhere. The log has a warning |
//! | [`Err(RevocationFailed)`](crate::EncodeError::RevocationFailed) | nothing was ended, and the client keeps its cookie. The layer responds with a 500: the user can try again |
//!
//! # Log out other devices, or all
//!
//! ```
//! use std::time::SystemTime;
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, LocalDenyList};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let denied = LocalDenyList::new(100_000);
//!     let sessions = CookieSessions::builder(Keyring::ephemeral())
//!         .revocation(denied.clone())
//!         .subject(|dict| dict.get("user").map(Into::into))
//!         .build()?;
//!     let log_in = || {
//!         let mut session = sessions.fresh();
//!         session.set("user", "alice");
//!         let cookie = sessions.request_cookie(&session).unwrap();
//!         Request::builder().header("cookie", cookie).body(()).unwrap()
//!     };
//!     let (phone, laptop) = (log_in(), log_in());
//!
//!     // "Log out my other devices", or a new password, on the laptop.
//!     let mut session = sessions.decode(&laptop);
//!     denied.log_out_others("alice", &mut session, SystemTime::now()); // this one gets a new id
//!     let mut response = Response::new(());
//!     sessions.encode(&session, &mut response)?;
//!     let session = sessions.from_response(response.headers()).unwrap();
//!     assert!(sessions.decode(&phone).is_new());
//!     assert!(sessions.decode(&laptop).is_new()); // a copy of the old cookie
//!     let cookie = sessions.request_cookie(&session)?;
//!     let laptop = Request::builder().header("cookie", cookie).body(())?;
//!     assert_eq!(sessions.decode(&laptop).get("user"), Some("alice"));
//!
//!     // An administrator ends all sessions of an account.
//!     denied.log_out_everywhere("alice", SystemTime::now());
//!     assert!(sessions.decode(&laptop).is_new());
//!     Ok(())
//! }
//! ```
//!
//! In an axum handler, [`with`](crate::SessionHandle::with) gives the session itself: `session.with(|session|
//! denied.log_out_others(user, session, SystemTime::now()))`.
//!
//! Both need the [`subject`](crate::Builder::subject), and a clone of the list that the sessions ask. Otherwise no other
//! session ends, and the [log](super::operating#warnings) has a warning.
//!
//! The new id keeps the time at which the user was [confirmed](super::login#ask-for-the-password-again).
//!
//! A session records the second in which it began. Sessions that began in the same second as the call end too, so none
//! escapes.
//!
//! **How large a list?** Each log-out adds an entry, which stays until the session would have ended. A hundred log-outs
//! a day with an absolute timeout of 30 days make 3,000 entries. When the list is full, the entry that would end
//! soonest is dropped and its session is accepted again: watch [`dropped`](crate::LocalDenyList::dropped). A restart
//! empties the list.
//!
//! # Log me out after 30 minutes without a click
//!
//! Every request after half of the idle timeout refreshes the session, also one that a page makes by itself. A page that
//! polls would keep the session from ever reaching its idle timeout, whether or not anybody is there. Tell the layer which
//! requests are *passive*:
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::http::request::Parts;
//! use axum::{Router, routing::get};
//! use sealed_session::{ConfigError, CookieSessions, Keyring, SessionHandle, SessionLayer};
//!
//! /// The page asks for this every ten seconds: `setInterval(() => fetch("/news/count"), 10_000)`.
//! async fn count(session: SessionHandle) -> String {
//!     if session.contains("user") { "3 new messages" } else { "You are logged out." }.to_owned()
//! }
//!
//! /// Polls, and pages that the browser fetches before anybody clicks.
//! fn is_passive(request: &Parts) -> bool {
//!     request.uri.path() == "/news/count" || request.headers.contains_key("sec-purpose")
//! }
//!
//! fn sessions(keyring: Keyring) -> Result<CookieSessions, ConfigError> {
//!     CookieSessions::builder(keyring).idle_timeout(Duration::from_secs(30 * 60)).build()
//! }
//!
//! fn app(sessions: CookieSessions) -> Router {
//!     let home = get(async |session: SessionHandle| session.get("user").unwrap_or_default());
//!     Router::new()
//!         .route("/", home)
//!         .route("/news/count", get(count))
//!         .layer(SessionLayer::new(sessions).passive(is_passive))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use axum::{body::Body, http::Request};
//!     use std::time::SystemTime;
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     // A session whose last click was 20 minutes ago.
//!     let keyring = Keyring::new(sealed_session::Secret::generate());
//!     let then = || SystemTime::now() - Duration::from_secs(20 * 60);
//!     let before = CookieSessions::builder(keyring.clone())
//!         .idle_timeout(Duration::from_secs(30 * 60))
//!         .clock(then)
//!         .build()?;
//!     let mut session = before.fresh();
//!     session.set("user", "alice");
//!     let cookie = before.request_cookie(&session)?;
//!
//!     for (path, is_refreshed) in [("/news/count", false), ("/", true)] {
//!         let request = Request::get(path).header("cookie", &cookie).body(Body::empty())?;
//!         let response = app(sessions(keyring.clone())?).oneshot(request).await?;
//!         assert_eq!(response.headers().contains_key("set-cookie"), is_refreshed, "{path}");
//!     }
//!     Ok(())
//! }
//! ```
//!
//! - A passive request reads the session like any other request. Its response sends no refresh, and does not seal the
//!   session again, even if [a previous secret](super::secrets#rotate-a-secret) opened it. If a handler writes, the
//!   change is sent, and the idle timeout begins again.
//! - A click in the first half of the idle timeout sends no cookie. So the session ends 15 to 30 minutes after the last
//!   click. For at least 30 minutes, set `idle_timeout` to an hour. For exactly 30 minutes, call
//!   [`touch`](crate::SessionHandle::touch) in each request that is not passive, if there is a user. Each response to
//!   such a request then sends a cookie.
//! - A handler can call [`passive`](crate::SessionHandle::passive) too, for example for one kind of message.
//! - Under [`Issue::Eager`](crate::Issue::Eager) a passive request without a session is issued one, like every request.
//! - The page does not notice by itself that the session has ended: let the poll report it, as above.
//!
//! # End sessions on several machines
//!
//! Implement [`AsyncRevocation`](crate::AsyncRevocation) on a store that all machines share.
//! `examples/revocation-redis` in the repository does so on Redis, in one round trip for each request: a key for each
//! ended session, and a sorted set for each account that was logged out everywhere. The layer asks the store before it
//! calls a handler, if the request brings a session:
//!
//! ```
//! use axum::{Router, routing::get};
//! use sealed_session::{
//!     AsyncRevocation, ConfigError, CookieSessions, Keyring, RevocationQuery, RevokedSession,
//!     SessionHandle, SessionLayer, Unavailable,
//! };
//!
//! /// Two questions to your store: here nothing but their shape.
//! struct Store;
//!
//! impl AsyncRevocation for Store {
//!     /// Has this session been ended? By its label, or by its subject and its beginning.
//!     async fn is_revoked(&self, session: &RevocationQuery) -> Result<bool, Unavailable> {
//!         let _keys = (session.label(), session.subject(), session.created_at());
//!         Err(Unavailable::new("there is no store behind this example"))
//!     }
//!
//!     /// End it, and remember that for `remaining()`.
//!     async fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable> {
//!         let _entry = (session.label(), session.refused_from(), session.remaining());
//!         Err(Unavailable::new("there is no store behind this example"))
//!     }
//! }
//!
//! fn app(keyring: Keyring) -> Result<Router, ConfigError> {
//!     let sessions = CookieSessions::builder(keyring)
//!         .revocation_async(Store)
//!         .subject(|dict| dict.get("user").map(Into::into))
//!         .build()?;
//!     let home = get(async |session: SessionHandle| session.get("user").unwrap_or_default());
//!     Ok(Router::new()
//!         .route("/", home)
//!         .layer(SessionLayer::new(sessions).check_revocation(tokio::time::sleep)))
//! }
//! # use tower::ServiceExt;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let keyring = Keyring::new(sealed_session::Secret::generate());
//! #     let others = CookieSessions::new(keyring.clone());
//! #     let request = |cookie| axum::http::Request::get("/").header("cookie", cookie).body(String::new());
//! #     let cookie = others.request_cookie(&others.fresh())?;
//! #     assert_eq!(app(keyring.clone())?.oneshot(request(cookie)?).await?.status(), 503);
//! #     assert_eq!(app(keyring)?.oneshot(axum::http::Request::get("/").body(String::new())?).await?.status(), 200);
//! #     Ok(())
//! # }
//! ```
//!
//! Only `check_revocation` waits for such a hook. Without it, every session is rejected, and the log has an error:
//!
//! ```text
//! ERROR sealed_session: sessions are rejected: their revocation hook is asynchronous, and only
//!     SessionLayer::check_revocation waits for it
//! ```
//!
//! # What happens when the store is down
//!
//! A store that fails or needs more than 250 ms logs nobody out. The response to a request with a session is a 503 with
//! `Retry-After: 5`, and the cookie is kept. Requests without a session are served. `timeout` and `on_unchecked` of the
//! layer change the time and the response. The log has one line when the outage begins and one when it ends:
//!
//! ```text
//! WARN sealed_session: the revocation store does not respond: sessions are rejected
//!     name="__Host-session"
//! WARN sealed_session: the revocation store responds again name="__Host-session"
//! ```
//!
//! The layer does the same for a synchronous hook that returns an error. Without the layer,
//! [`decode`](crate::CookieSessions::decode) returns an empty session whose [`rejection`](crate::Session::rejection) is
//! [`Unchecked`](crate::Rejection::Unchecked): respond with a 503, or the user appears logged out.
//!
//! This is the one exception to the rule that [a response must not depend on the
//! rejection](crate::Session::rejection). The 503 tells a client that the store is down, and that its cookie is
//! authentic. For every other reason, respond as to a visitor without a cookie.
//!
//! # End every session of everybody
//!
//! Replace the secret at once, without keeping the old one: [a secret has leaked](super::secrets#a-secret-has-leaked).
//! Or change the [`context`](crate::Builder::context).

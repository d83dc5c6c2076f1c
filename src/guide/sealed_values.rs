//! Sealed values: links in e-mails, password resets, a page to return to.
//!
//! A [`Sealer`](crate::Sealer) turns a value into text that only your servers can read, change or make. The text goes out
//! in a link, a form or a cookie, and nothing is kept on the server. Each value has a purpose and a lifetime.
//!
//! | to do | seal | bind it to | lifetime |
//! |---|---|---|---|
//! | unsubscribe with one click | the user and the list | nothing | 90 days |
//! | confirm an e-mail address | the user and the address | nothing | a day |
//! | log in by a link ("magic link") | the user | the time of the last log-in | 15 minutes |
//! | reset a password | the user | the hash of the password | 30 minutes |
//! | return to a page after log-in | the path | nothing | an hour |
//! | [OAuth](super::oauth): `state`, PKCE verifier | both, in a cookie | nothing: the cookie is the browser's | 10 minutes |
//! | a step of a form in one browser | the answers that were given | the session | an hour |
//!
//! Make each sealer once, at start-up, with a purpose of its own. A value of one purpose is never accepted for another.
//! The lifetime is at most 400 days. What counts is the lifetime of the sealer that opens a value: if you shorten it,
//! values that were sent before end earlier too.
//!
//! # Send a link in an e-mail
//!
//! The text needs no escaping in a URL. Whoever has the link can use it until it ends, as often as they like. That is
//! right for a link that does the same each time:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use sealed_session::{ConfigError, CookieSessions, EncodeError, Keyring, Sealer};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Confirm {
//!     user: u64,
//!     address: String,
//! }
//!
//! const DAY: Duration = Duration::from_secs(24 * 3600);
//!
//! fn sealer(sessions: &CookieSessions) -> Result<Sealer<Confirm>, ConfigError> {
//!     sessions.sealer("confirm e-mail", DAY)
//! }
//!
//! fn link(
//!     sealer: &Sealer<Confirm>,
//!     wanted: &Confirm,
//!     now: SystemTime,
//! ) -> Result<String, EncodeError> {
//!     Ok(format!("https://shop.example/confirm?t={}", sealer.seal(wanted, now)?))
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sealer = sealer(&CookieSessions::new(Keyring::ephemeral()))?;
//!     let now = SystemTime::now();
//!     let wanted = Confirm { user: 42, address: "alice@shop.example".into() };
//!     let link = link(&sealer, &wanted, now)?;
//!
//!     let (_, sent) = link.split_once("?t=").unwrap();
//!     assert_eq!(sealer.open(sent, now)?, wanted);
//!     assert!(sealer.open(sent, now + DAY).is_err());
//!     Ok(())
//! }
//! ```
//!
//! Mail programs and scanners open links before the reader does. So let the link show a page with a button, and act on
//! the `POST` of the button. An unsubscribe link is the exception: it acts on a `POST` without a page, as RFC 8058
//! says.
//!
//! Keep the link out of the logs of other sites: send `Referrer-Policy: no-referrer` with the page, and load nothing from
//! other sites.
//!
//! # Reset a password
//!
//! Bind the link to the hash of the password. A new password has a new hash, so the link works once, and older links
//! end with it. The server has to find the hash before it can open the value, so the link names the user beside it:
//!
//! ```
//! use std::collections::HashMap;
//! use std::time::{Duration, SystemTime};
//! use sealed_session::{CookieSessions, EncodeError, Keyring, LocalDenyList, Sealer};
//!
//! struct Accounts {
//!     hashes: HashMap<u64, String>,
//!     resets: Sealer<u64>,
//!     denied: LocalDenyList, // feature `revocation`
//! }
//!
//! impl Accounts {
//!     /// The query of the link.
//!     fn forgotten(&self, user: u64, now: SystemTime) -> Result<Option<String>, EncodeError> {
//!         let Some(hash) = self.hashes.get(&user) else { return Ok(None) };
//!         let token = self.resets.bound_to_bytes(hash).seal(&user, now)?;
//!         Ok(Some(format!("user={user}&t={token}")))
//!     }
//!
//!     /// Returns whether the password was set.
//!     fn reset(&mut self, user: u64, token: &str, new_hash: String, now: SystemTime) -> bool {
//!         let Some(hash) = self.hashes.get_mut(&user) else { return false };
//!         let allowed = self.resets.bound_to_bytes(&*hash).open(token, now) == Ok(user);
//!         if allowed {
//!             *hash = new_hash;
//!             self.denied.log_out_everywhere(user.to_string(), now);
//!         }
//!         allowed
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let denied = LocalDenyList::new(100_000);
//!     let sessions = CookieSessions::builder(Keyring::ephemeral())
//!         .revocation(denied.clone())
//!         .subject(|dict| dict.get("user").map(Into::into))
//!         .build()?;
//!     let resets = sessions.sealer("reset password", Duration::from_secs(1800))?;
//!     let hashes = HashMap::from([(42, "$argon2id$old".to_owned())]);
//!     let mut accounts = Accounts { hashes, resets, denied };
//!     let now = SystemTime::now();
//!     let mut session = sessions.fresh();
//!     session.set("user", 42);
//!     let cookie = sessions.request_cookie(&session)?;
//!     let thief = http::Request::builder().header("cookie", cookie).body(())?;
//!
//!     let query = accounts.forgotten(42, now)?.unwrap();
//!     let token = query.split_once("&t=").unwrap().1;
//!     assert!(accounts.reset(42, token, "$argon2id$new".into(), now));
//!     assert!(!accounts.reset(42, token, "$argon2id$third".into(), now)); // it worked once
//!     assert!(sessions.decode(&thief).is_new()); // every session of the user has ended
//!     assert!(accounts.forgotten(43, now)?.is_none());
//!     Ok(())
//! }
//! ```
//!
//! **Say nothing about accounts.** "If there is an account, we have sent a link" is the response in both cases. It has to
//! take the same time too: send the e-mail in the background. In `reset`, an unknown user gets the same response as a
//! wrong token.
//!
//! **End all sessions** of the user with the reset, as above: whoever knew the old password may have one.
//! `log_out_everywhere` takes the [subject](super::ending_sessions#log-out-other-devices-or-all) of the sessions.
//!
//! A magic link works in the same way. Bind it to a record that changes with each log-in, such as its time or a counter.
//! Check and change the record in one step, for example by `UPDATE … WHERE logins = 7`: of two requests at once, one
//! has to fail.
//!
//! # Return to a page
//!
//! A path in the query of the log-in page is the client's: `?next=https://evil.example` leads users away (an open
//! redirect). A sealed path is your own:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use sealed_session::{CookieSessions, Keyring, Sealer};
//!
//! fn after_log_in(pages: &Sealer<String>, next: &str, now: SystemTime) -> String {
//!     pages.open(next, now).unwrap_or_else(|_| "/".to_owned())
//! }
//!
//! let sessions = CookieSessions::new(Keyring::ephemeral());
//! let pages = sessions.sealer("return to", Duration::from_secs(3600))?;
//! let now = SystemTime::now();
//! let next = pages.seal(&"/orders/7".to_owned(), now)?;
//! assert_eq!(after_log_in(&pages, &next, now), "/orders/7");
//! assert_eq!(after_log_in(&pages, "https://evil.example", now), "/");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Seal only paths of your own site. The path of a request may begin with `//` or `/\`, which browsers read as another
//! host.
//!
//! Anybody who may log in can get a path sealed, and send others a link with it. If the visitor has a session, bind the
//! path to that session, as `examples/forms` does where it asks for a password again. Open the path before `renew` or
//! `confirm`: they give the session a new id.
//!
//! # Bind a value to the session
//!
//! A value that is bound to the session opens in the browser that it was made for, and nowhere else. In a handler,
//! [`with`](crate::SessionHandle::with) gives the session itself:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use axum::extract::{Path, State};
//! use axum::{Router, http::StatusCode, routing::get};
//! use sealed_session::{CookieSessions, Keyring, Sealer, SessionHandle, SessionLayer};
//!
//! type Downloads = Sealer<String>;
//!
//! async fn page(
//!     State(downloads): State<Downloads>,
//!     session: SessionHandle,
//! ) -> Result<String, StatusCode> {
//!     let downloads = session.with(|session| downloads.bound_to(session));
//!     let link = downloads.seal(&"invoice-7.pdf".to_owned(), SystemTime::now());
//!     link.map(|link| format!("/download/{link}")).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
//! }
//!
//! async fn download(
//!     State(downloads): State<Downloads>,
//!     session: SessionHandle,
//!     Path(link): Path<String>,
//! ) -> Result<String, StatusCode> {
//!     let downloads = session.with(|session| downloads.bound_to(session));
//!     let file = downloads.open(&link, SystemTime::now()).map_err(|_| StatusCode::NOT_FOUND)?;
//!     Ok(format!("the content of {file}"))
//! }
//!
//! fn app(sessions: CookieSessions, downloads: Downloads) -> Router {
//!     Router::new()
//!         .route("/", get(page))
//!         .route("/download/{link}", get(download))
//!         .layer(SessionLayer::new(sessions))
//!         .with_state(downloads)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use axum::{body::Body, http::Request};
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let downloads = sessions.sealer("download", Duration::from_secs(3600))?;
//!     let send = |request| app(sessions.clone(), downloads.clone()).oneshot(request);
//!
//!     let response = send(Request::get("/").body(Body::empty())?).await?;
//!     let session = sessions.from_response(response.headers()).expect("even a visitor gets one");
//!     let link = axum::body::to_bytes(response.into_body(), 1024).await?;
//!     let link = std::str::from_utf8(&link)?;
//!     let mine = sessions.request_cookie(&session)?;
//!     let other = sessions.request_cookie(&sessions.fresh())?;
//!     for (cookie, status) in [(mine, 200), (other, 404)] {
//!         let request = Request::get(link).header("cookie", cookie).body(Body::empty())?;
//!         assert_eq!(send(request).await?.status(), status);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! - **It ends when the session gets another id**: with [`renew`](crate::Session::renew),
//!   [`confirm`](crate::Session::confirm), [`invalidate`](crate::Session::invalidate) and
//!   [`log_out_others`](crate::LocalDenyList::log_out_others).
//! - **Making the bound sealer asks for the id**, and that issues the session: even a visitor gets a cookie.
//!
//! # What it does not do
//!
//! - **One use.** A value opens until it ends. Bind it to something that changes with its use, or keep a list of used
//!   values.
//! - **Revocation.** Without a binding, a value ends early only if its secret is removed, which ends every session under that
//!   secret too.
//! - **A boot key.** Under [`Keyring::ephemeral`](crate::Keyring::ephemeral) every value ends with the process: links in
//!   e-mails need a configured secret.
//! - **Rotation.** A sealed value is never sealed again, so it ends with its secret: keep the secret as previous for the
//!   longest lifetime of any sealer. For links that last for months, we recommend a `CookieSessions` with a secret of its
//!   own, used for nothing but sealers: `CookieSessions::new(…)` with `Keyring::from_env("LINK_SECRET")`. Then the sessions'
//!   secret can be dropped after days, or at once after a leak.
//! - **Another place.** Values are bound to these settings of the sessions that made the sealer: path, domain, context,
//!   transport and `partitioned`. A sealer with other ones does not open them. The name and the type of the session do not
//!   count; a value in a cookie is also bound to the name of that cookie.

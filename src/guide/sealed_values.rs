//! Sealed values: the `state` of OAuth, links in e-mails, password resets, a page to return to.
//!
//! A [`Sealer`](crate::Sealer) turns a value into text that only your servers can read, change or make. The text goes out
//! in a link, a form or a cookie, and nothing is kept on the server. Each value has a purpose and an end.
//!
//! | to do | seal | bind it to | lifetime |
//! |---|---|---|---|
//! | unsubscribe with one click | the user and the list | nothing | 90 days |
//! | confirm an e-mail address | the user and the address | nothing | a day |
//! | log in by a link ("magic link") | the user | the time of the last log-in | 15 minutes |
//! | reset a password | the user | the hash of the password | 30 minutes |
//! | return to a page after log-in | the path | nothing | an hour |
//! | OAuth: `state`, PKCE verifier | both, in a cookie | nothing: the cookie is the browser's | 10 minutes |
//! | a step of a form in one browser | the answers so far | the session | an hour |
//!
//! Make each sealer once, at start-up, with a purpose of its own. A value of one purpose is never accepted for another.
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
//! the `POST` of the button. Only for an unsubscribe link, do what RFC 8058 says: act on a `POST` without a page.
//!
//! Keep the link out of other logs: send `Referrer-Policy: no-referrer` with the page, and load nothing from other sites.
//!
//! # Reset a password
//!
//! Bind the link to the hash of the password. A new password has a new hash, so the link works once, and an older link
//! dies with it. The server has to find the hash before it can open the value, so the link names the user beside it:
//!
//! ```
//! use std::collections::HashMap;
//! use std::time::{Duration, SystemTime};
//! use sealed_session::{CookieSessions, EncodeError, Keyring, Sealer};
//!
//! struct Accounts {
//!     hashes: HashMap<u64, String>,
//!     resets: Sealer<u64>,
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
//!         }
//!         allowed
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let resets = sessions.sealer("reset password", Duration::from_secs(1800))?;
//!     let hashes = HashMap::from([(42, "$argon2id$old".to_owned())]);
//!     let mut accounts = Accounts { hashes, resets };
//!     let now = SystemTime::now();
//!
//!     let query = accounts.forgotten(42, now)?.unwrap();
//!     let token = query.split_once("&t=").unwrap().1;
//!     assert!(accounts.reset(42, token, "$argon2id$new".into(), now));
//!     assert!(!accounts.reset(42, token, "$argon2id$third".into(), now)); // it worked once
//!     assert!(accounts.forgotten(43, now)?.is_none());
//!     Ok(())
//! }
//! ```
//!
//! **Say nothing about accounts.** "If there is an account, we have sent a link" is the response in both cases. It has to
//! take the same time too: send the e-mail in the background. In `reset`, the response for an unknown user is that for a
//! wrong token.
//!
//! **End the other sessions** after a reset: [`ending_sessions`](super::ending_sessions) has "log out everywhere".
//!
//! A magic link works in the same way. Bind it to a record that changes with each log-in, such as its time or a counter.
//! Change the record in one step with the check, for example by `UPDATE … WHERE logins = 7`: of two requests at once, one
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
//! Everybody who may log in can have paths sealed, and send others a link with one. If the visitor has a session, bind the
//! path to it, as `examples/forms` does where it asks for a password again. Open it before `renew` or `confirm`: they give
//! the session a new id.
//!
//! # Log in with OAuth
//!
//! OAuth 2 and OpenID Connect send the browser to a provider and back. Three things have to wait in between: the `state`,
//! which ties the response to this browser; the PKCE verifier (RFC 7636), which ties the code to this attempt; and for
//! OpenID Connect the `nonce` of the ID token. Keep them in a cookie of their own:
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use http::{HeaderMap, header::COOKIE};
//! use sealed_session::{ConfigError, CookieSessions, Keyring, SameSite, SealedCookie};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Flow {
//!     state: String,
//!     verifier: String,
//! }
//!
//! fn flows(sessions: &CookieSessions) -> Result<SealedCookie<Flow>, ConfigError> {
//!     // `None` for `response_mode=form_post`; for `query` the default `Lax` is enough.
//!     sessions.sealer("oauth", Duration::from_secs(600))?.in_cookie("oauth", SameSite::None)
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let flows = flows(&sessions)?;
//!     let (https, now) = (sessions.transport(), SystemTime::now());
//!
//!     // `GET /sign-in`: a redirect to the provider, with `state` and the hash of the verifier.
//!     let flow = Flow { state: "6mJ2".into(), verifier: "dBjf".into() }; // draw both at random
//!     let mut response = HeaderMap::new();
//!     flows.encode(&flow, &mut response, https, now)?;
//!
//!     // `POST /sign-in/return`, the form: the session is held back, and this cookie is not.
//!     let cookie = response["set-cookie"].to_str()?.split(';').next().unwrap();
//!     let request = HeaderMap::from_iter([(COOKIE, cookie.parse()?)]);
//!     let back = flows.decode(&request, https, now)?;
//!     assert_eq!(back, Some(flow));
//!     assert_ne!(back.unwrap().state, "the state of another attempt");
//!
//!     // Whatever comes of it, this attempt is over.
//!     flows.remove(&mut response, https)?;
//!     Ok(())
//! }
//! ```
//!
//! - **Compare the `state`** with the one in the form or the query, and refuse if they differ. A cookie alone proves
//!   nothing: the form may be that of another attempt.
//! - **Do not use [`bound_to`](crate::Sealer::bound_to)** for `form_post`: the session is held back there, and the value
//!   does not open. See [`cross_site`](super::cross_site).
//! - **Leave the return route out of CSRF protection**: the form is another site's
//!   ([how](super::forms#leave-a-route-out)).
//! - **Write the session in the next request**, after a redirect to your own site: in the response to `form_post` it would
//!   replace the user's own.
//! - A second attempt in another tab replaces the cookie of the first one, which then fails with a wrong `state`: offer to
//!   begin again.
//!
//! `examples/oauth.rs` is the whole way, with a provider that it starts itself:
//!
//! ```sh
//! cargo run --example oauth --features axum,csrf -- --dev
//! ```
//!
//! # What it does not do
//!
//! - **One use.** A value opens until it ends. Bind it to what changes, or keep a list of the ones that were used.
//! - **Revocation.** Without a binding, only leaving out the secret ends a value early, and that ends every session too.
//! - **A boot key.** Under [`Keyring::ephemeral`](crate::Keyring::ephemeral) every value ends with the process: links in
//!   e-mails need a configured secret. Previous secrets open values, so keep a secret as previous for as long as the
//!   longest lifetime.
//! - **Another cookie.** Values are bound to the settings of the sessions that made the sealer: path, domain, context and
//!   transport. A sealer of another [`CookieSessions`](crate::CookieSessions) with other settings does not open them.

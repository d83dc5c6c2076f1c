//! Moving from another library: what becomes of its code, its cookies and the users who are logged in.
//!
//! - [From axum-extra's `PrivateCookieJar`](from_private_jar)
//! - [From tower-sessions](from_tower_sessions)
//! - [From actix-session](from_actix_session)
//!
//! This page has what they have in common.
//!
//! # Every session ends once
//!
//! No library opens the cookies of another one. So the change logs every user out, once, and what a session held is gone:
//! move a cart, for example, into a database first. Nothing else is lost, if the two cookies have different names:
//!
//! 1. **Before the release.** [Make a new secret](super::secrets#make-a-secret), for this library alone. The log-in page
//!    should lead back to the page that the visitor wanted. Choose an hour with few visitors, because every user logs in
//!    again.
//! 2. **The release.** For a while, machines of both releases respond. Each knows its own cookie and leaves the other one
//!    alone. A visitor who reaches both logs in once more, and then has both cookies. A log-out here removes the old cookie
//!    as well. A log-out on an old machine does not remove the new one, so keep this time short.
//!    *Way back:* the previous release. Its sessions are accepted as before.
//! 3. **The next release**, when no old machine is left and nobody wants the way back: log-in removes the old cookie, too.
//!    Destroy the old secret, and drop the old table of sessions. From now on a copy of an old cookie is rejected.
//! 4. **Later**, when the longest life of an old cookie has passed, remove the code that removes it.
//!
//! # Two cookies side by side
//!
//! - **Names.** The builder's `name` gets a prefix, `__Host-` or `__Secure-`. Beside an old `session`, the new cookie is
//!   `__Host-session`: two cookies. Under `insecure_http` there is no prefix, and an old name may have one: then choose
//!   another `name`. With the same name, each library overwrites the other one's cookie.
//! - **Removal.** A browser finds a cookie by its name, `Path` and `Domain`, as they were when it was set. A removal with
//!   others finds nothing. A cookie without `Path` belongs to the directory of the page that set it. The removal of a name
//!   with a prefix needs `Secure`.
//! - **Where.** Remove the old cookie in the responses to log-in and log-out. A response that a shared cache keeps must not
//!   set a cookie.
//! - **Room.** Each request carries both cookies, at most 4 kB each. A server that accepts 8 kB of headers may respond with
//!   431 or 400.
//!
//! # What to watch
//!
//! - `sessions are configured` in the log has the same key ids on every machine.
//! - Log-ins rise for some hours and fall again. If they stay high, cookies do not come back:
//!   [troubleshooting](super::troubleshooting).
//! - `a session was not sent` in the log, with a size, means that a handler puts too much into the session.
//!   [`set_cookie_len`](crate::CookieSessions::set_cookie_len) tells beforehand.

pub mod from_actix_session;
pub mod from_private_jar;
pub mod from_tower_sessions;

//! Coming from another library: what becomes of its code, its cookies and those who are logged in.
//!
//! A guide for each: [axum-extra's `PrivateCookieJar`](from_private_jar), [tower-sessions](from_tower_sessions),
//! [actix-session](from_actix_session). What they have in common is here.
//!
//! # Every session ends once
//!
//! No library opens the cookies of another. So whoever is logged in is logged out by the change, once, and what a session
//! held is gone: put a cart, say, into a database before. Nothing else has to happen, if the two cookies have two names:
//!
//! 1. **Before it.** Draw a new secret, for this library alone ([The secret](crate#the-secret)). Let the log-in page lead
//!    back to where a visitor was. Choose an hour with few visitors: the log-in gets as many calls as there are sessions.
//! 2. **The release.** While machines of both releases respond, each knows its own cookie and leaves the other one alone:
//!    a visitor who is sent to and fro logs in once more, and then has both. Log-out here removes the old cookie too;
//!    one on an old machine leaves ours, so keep that time short.
//!    *Way back:* the release before it. Its sessions are accepted as before.
//! 3. **The next release**, when no machine of the old one is left and nobody wants the way back: log-in removes the old
//!    cookie. Destroy the old secret, and drop the old table of sessions: from now on a copy of an old cookie is
//!    worth nothing.
//! 4. When the longest life of an old cookie has passed, what removes it goes too.
//!
//! # Two cookies side by side
//!
//! - **Names.** The builder's `name` gets a prefix, `__Host-` or `__Secure-`: beside an old `session`, ours is
//!   `__Host-session`, and they do not meet. Under `insecure_http` there is no prefix, and an old cookie may bring one: then
//!   choose another `name`. Under one name, each library overwrites what the other one wrote.
//! - **Removal.** A cookie goes by name, `Path` and `Domain`, as they were when it was set; a removal with others
//!   finds nothing. One without `Path` belongs to the directory of the page that set it. A name with a
//!   prefix needs `Secure` as well.
//! - **Where.** Remove it in the responses to log-in and log-out: a response that a shared cache keeps must set no cookie.
//! - **Room.** Both are sent with each request: 4 kB each, at most. A server that takes 8 kB of header fields responds with
//!   431 or 400 when an application adds its own.
//!
//! # What to watch
//!
//! The log says `sessions are configured` with the same key ids on every machine. Log-ins rise for some hours and fall
//! again; if they stay up, cookies do not come back: browsers drop a `Secure` one from a site without TLS.
//! `a session was not sent` with a size says who puts too much in; [`set_cookie_len`](crate::CookieSessions::set_cookie_len)
//! tells beforehand.

pub mod from_actix_session;
pub mod from_private_jar;
pub mod from_tower_sessions;

//! Moving from another library: what becomes of its code, its cookies and the users who are logged in.
//!
//! - [From axum-extra's `PrivateCookieJar`](from_private_jar)
//! - [From tower-sessions](from_tower_sessions)
//! - [From actix-session](from_actix_session)
//!
//! This page has what they have in common.
//!
//! # Nobody has to be logged out
//!
//! No library opens the cookies of another one, but the old library is still there. [`adopt`](crate::Builder::adopt)
//! takes a function that opens an old cookie with the library that sealed it. What it returns becomes a session of this
//! library, with the first response. The three guides show that function. Tests run each one on cookies that its
//! library made (`tests/migration` in the repository), and 10,000 sessions through a rolling deploy: none is lost, none
//! lasts longer.
//!
//! Adopt only what the old library encrypted or signed. The function cannot wait, so it cannot ask a store on another
//! machine.
//!
//! # The steps
//!
//! 1. **Before the release.** [Make a new secret](super::secrets#make-a-secret), for this library alone, and keep the old
//!    one. Choose two times: `remove_from`, when no old process is left and nobody wants to go back to the old release;
//!    and `until`, when the last old session has ended, or when you accept that the rest log in again. If an idle
//!    timeout here is short, choose an early `until`: see [below](#what-holds-and-what-does-not).
//! 2. **The release with `adopt`.** For a while, processes of both releases respond. The old cookie stays, so both know the
//!    user. If a request has both cookies, a new process reads the cookie of this library.
//!    *Way back:* the previous release. Its sessions are accepted as before. Users that logged in on a new process log in
//!    again.
//! 3. **From `remove_from` on**, each response that sets this library's cookie removes the old one. The log counts
//!    `sessions of another library were adopted`.
//! 4. **From `until` on**, no old cookie is accepted. Remove `adopt`, the old library and its secret. Until then the log
//!    warns at each start.
//!
//! # What holds, and what does not
//!
//! | | |
//! |---|---|
//! | a user is logged in | until the old session would have ended, or until a timeout here if that is earlier: nobody gains time |
//! | a log-out on a new process | removes both cookies, also an old one with another path than `/`, which does not come with each request |
//! | a log-in on a new process | removes the old cookie that came with the request, so that it cannot bring back another user |
//! | [`revoke`](crate::Session::revoke) with a [hook](super::ending_sessions) | also ends the old cookie: no copy of it is adopted again. Without a hook, a copy is adopted until the old session ends |
//! | a session does not fit into this library's cookie | each request adopts it anew, and the log has an error. A response that writes to it fails, as with any session that is too large. So leave out in the function what is not needed |
//! | this library's session has expired, and its cookie is sent | the old cookie does not bring it back |
//! | this library's session was rejected, and the response sets a new one | the response also removes the old cookie, even before `remove_from` |
//! | this library's session has expired, and the browser has dropped its cookie | the old cookie is adopted again. This ends with the old session, or earlier with [`last_used`](crate::Adopted::last_used). Without `last_used`, an idle timeout does not hold for every user before `until` |
//! | a log-out on an old process | removes the old cookie only: a session that was adopted before goes on. Let the old log-out remove this library's cookie too |
//! | what an old process writes after the session was adopted | is not seen by new processes, and the other way round |
//! | a form that an old process rendered | has a token of the old library: it is refused once, and works after a reload |
//! | an attacker plants an old cookie before the first request of a user | the user is in the attacker's session, as with the old library. If two values of the cookie arrive, neither is adopted |
//! | an old cookie without the time when its session began | give the day of the release, a constant in the past, never `SystemTime::now()`. The session may then outlive the `Max-Age` of the old cookie, which only the browser knows, until that day plus the absolute timeout. `expires_at` sets an earlier end |
//!
//! To let an old process log out everywhere, add a header to its response, with the full name of this library's
//! cookie:
//!
//! ```text
//! Set-Cookie: __Host-session=; Path=/; Secure; Max-Age=0
//! ```
//!
//! # Without `adopt`
//!
//! Each user logs in again once, and what a session held is gone. Choose an hour with few visitors. The log-in page should
//! lead back to the page that the visitor wanted. Remove the old cookie yourself, at log-out at once, and at log-in when no
//! old process is left: [an example](from_private_jar#without-adopt).
//!
//! # Two cookies side by side
//!
//! - **Names.** The builder's `name` gets a prefix, `__Host-` or `__Secure-`. Beside an old `session`, the new cookie is
//!   `__Host-session`: two cookies. Under `insecure_http` there is no prefix, and an old name may have one: then choose
//!   another `name`. With the same name, each library overwrites the other one's cookie.
//! - **Removal.** A browser finds a cookie by its name, `Path` and `Domain`, as they were when it was set. A removal with
//!   others finds nothing. A cookie without `Path` belongs to the directory of the page that set it. The removal of a name
//!   with a prefix needs `Secure`.
//! - **Where.** `adopt` removes the old cookie. If you remove it yourself, do so in the responses to log-in and log-out: a
//!   response that a shared cache keeps must not set a cookie.
//! - **Room.** Each request carries both cookies, at most 4 kB each. A server that accepts 8 kB of headers may respond with
//!   431 or 400.
//!
//! # What to watch
//!
//! - `sessions are configured` in the log has the same key ids on every machine.
//! - The number of log-ins does not rise. If it does, old cookies are not opened: look for `a cookie was rejected` at
//!   DEBUG. If it stays high, cookies do not come back: [troubleshooting](super::troubleshooting).
//! - `a session was not sent` in the log, with a size, means that a handler puts too much into the session.
//!   [`set_cookie_len`](crate::CookieSessions::set_cookie_len) tells beforehand.

pub mod from_actix_session;
pub mod from_private_jar;
pub mod from_tower_sessions;

//! Troubleshooting: a log-in does not stick.
//!
//! # Find out where the session gets lost
//!
//! 1. **Look at the log.** Warnings are shown by `tracing_subscriber::fmt().init()`. To see why a cookie was rejected,
//!    show the level `DEBUG`: `.with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)` before `.init()`.
//! 2. **Look into the browser's developer tools**, at the network tab: first at the response to the log-in, then at the
//!    request after it.
//! 3. **Give the cookie to the program** `sealed-session`: it [explains a cookie](super::command_line), also one that was
//!    rejected.
//!
//! | what you see | read |
//! |---|---|
//! | the response has a status 500 or 403 | [500](#a-handler-responds-with-500), [403](#a-form-is-refused-after-log-in), [403 in development](#the-token-is-refused-and-the-page-is-on-another-host-in-development) |
//! | the response has no `Set-Cookie` header | [nothing is sent](#the-response-has-no-set-cookie-header) |
//! | the response has one, and the browser marks it as blocked, or does not store it | [plain HTTP](#it-works-on-localhost-and-nowhere-else), [the domain](#the-host-is-not-in-the-domain-of-the-cookie), [Safari](#it-fails-in-safari-on-localhost) |
//! | the browser stored it, and the next request does not send it | [another site](#the-session-is-lost-after-oauth-or-a-payment), [a script](#a-script-is-never-logged-in), [the path](super::proxies_and_caches#choose-path-domain-and-prefix) |
//! | the request sends it, and the server sees an empty session | the [reason](#the-log-says-a-cookie-was-rejected) in the log |
//!
//! # The log says "a cookie was rejected"
//!
//! ```text
//! DEBUG sealed_session: a cookie was rejected reason=UnknownKey(KeyId(3f0a)) key_id=3f0a
//!     length=106
//! ```
//!
//! | `reason` | cause |
//! |---|---|
//! | `UnknownKey`, `Forged` | [a boot key in each worker](#it-works-only-sometimes-or-until-a-restart), [two applications](#logging-in-to-one-application-logs-out-of-another), [a changed setting](#everybody-is-logged-out-after-a-release), or a secret that was removed |
//! | `Corrupt` | [the payload type has changed](#everybody-is-logged-out-after-a-release) |
//! | `UnknownExtension` | a machine with a newer release of this library sealed it: [finish the update](super::operating#warnings) |
//! | `IdleTimeout`, `AbsoluteTimeout` | the session has ended: [it ends too early](#a-session-ends-too-early) |
//! | `FromTheFuture` | [clocks](#it-fails-on-some-machines-only) |
//! | `Revoked`, `Unchecked` | [it was ended, or the store is down](super::ending_sessions) |
//! | `Ambiguous`, `TooMany` | several cookies with this name: from another `path` or `domain`, or from a sibling host |
//! | `OtherTransport` | [plain HTTP and HTTPS](super::proxies_and_caches#serve-http-and-https-from-one-process) |
//! | `TooLong`, `Malformed`, `UnknownVersion` | not a cookie of this library, or one of a newer release |
//!
//! # It works on localhost and nowhere else
//!
//! The log-in works on `http://localhost`, but not in a container, on a phone in the same network, or on a test server
//! without TLS.
//!
//! ```text
//! WARN sealed_session: the browser will drop it: a session was sent in a Secure cookie in
//!     response to a request over plain HTTP; serve the site over TLS, or behind a proxy with
//!     TLS, or call insecure_http() in development
//! ```
//!
//! **Cause.** The cookie is `Secure`. Browsers accept it over TLS, and from `http://localhost` as an exception.
//!
//! The event is logged when a session is *set*, and only if the request shows that it came over plain HTTP: it has no
//! `Sec-Fetch-Site`, and its `Origin` or `Referer` is `http://` with the request's own host, which is not loopback. A
//! form or a link of the site itself is such a request. A typed address, curl without these headers, and a page on
//! another origin are not: nothing is logged, although the browser drops the cookie. To provoke the warning with curl,
//! request a page that sets a session, such as a log-in form with a CSRF token:
//!
//! ```sh
//! curl -i http://192.168.0.7:8080/login -H 'Origin: http://192.168.0.7:8080'
//! ```
//!
//! **What to do.** Serve the site over TLS, directly or [behind a
//! proxy](super::proxies_and_caches#put-tls-into-a-proxy). For development without TLS, use
//! [`insecure_http`](crate::Builder::insecure_http):
//!
//! ```
//! use sealed_session::{ConfigError, CookieSessions, Keyring};
//!
//! fn sessions(keyring: Keyring, is_development: bool) -> Result<CookieSessions, ConfigError> {
//!     let builder = CookieSessions::builder(keyring);
//!     if is_development { builder.insecure_http().build() } else { builder.build() }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = sessions(Keyring::ephemeral(), true)?;
//!     let cookie = sessions.request_cookie(&sessions.fresh())?;
//!     assert!(cookie.to_str()?.starts_with("session=")); // neither `__Host-` nor Secure
//!     Ok(())
//! }
//! ```
//!
//! # The host is not in the domain of the cookie
//!
//! The log-in works on `www.example.com`, and not on `localhost` or on a test server.
//!
//! ```text
//! WARN sealed_session: the browser will drop it, unless a proxy rewrites Host: a session was sent
//!     in a cookie with a domain that does not cover the host of the request; correct domain, or
//!     leave it out domain="example.com"
//! ```
//!
//! **Cause.** With [`domain("example.com")`](crate::Builder::domain), browsers accept the cookie from `example.com` and
//! hosts below it, and drop it from every other host.
//!
//! The event is logged when a session is set, and only if the request names a host, in `Host` or, in HTTP/2, in the URI.
//! A proxy may replace the host: then the browser may keep the cookie, although the event is logged.
//!
//! **What to do.** Leave `domain` out where one host is enough, which is safer, too. Otherwise set it only where the site
//! has that domain, and not in development. Let the proxy [pass the host on](super::proxies_and_caches#put-tls-into-a-proxy).
//!
//! # It fails in Safari on localhost
//!
//! **Cause.** Unlike Chrome and Firefox, Safari drops `Secure` cookies from `http://localhost`. Nothing is in the log,
//! because the server cannot tell.
//!
//! **What to do.** Use `insecure_http` in development, as above.
//!
//! # It works only sometimes, or until a restart
//!
//! The user is logged in at one request and not at the next, or everybody is logged out by each restart.
//!
//! ```text
//! WARN sealed_session: no secret is configured: every session ends with this process, and no
//!     other process accepts it; `openssl rand -base64 32` makes a secret
//! ```
//!
//! **Cause.** Each process draws a boot key of its own, so a worker or machine rejects what another one has sealed.
//!
//! **What to do.** [Set a secret](super::secrets#make-a-secret), the same on every machine, and refuse to start without
//! one. Then compare the keys that each process logs at start.
//!
//! # The server does not start with the secret
//!
//! ```text
//! the secret has quotation marks around it, which some readers of .env files keep; expected at
//!     least 32 random bytes as hex or base64, such as `openssl rand -base64 32` prints
//! ```
//!
//! **Cause.** `docker run --env-file` and some readers of `.env` files do not remove quotation marks.
//!
//! **What to do.** Write `SESSION_SECRET=…` without quotation marks. The guide to secrets has [the other
//! errors](super::secrets#which-texts-are-accepted).
//!
//! # Logging in to one application logs out of another
//!
//! **Cause.** Both run on one host, perhaps on two ports, and their cookies have the same name. Each one overwrites the
//! other's cookie. The log has `a cookie was rejected` with the reason `UnknownKey`.
//!
//! **What to do.** Give each application its own [`name`](super::proxies_and_caches#run-two-applications-on-one-host).
//!
//! # It fails on some machines only
//!
//! ```text
//! WARN sealed_session: a session was sealed in the future: check that the clocks of all machines
//!     agree
//! ```
//!
//! **Cause.** The clocks of two machines differ by more than 300 seconds.
//!
//! **What to do.** Run an NTP client on every machine. Clocks in virtual machines stop while the machine sleeps.
//!
//! # A handler responds with 500
//!
//! **The session is too large.** The handler has written to its session, which does not fit into a cookie. The client
//! keeps the one that it had.
//!
//! ```text
//! ERROR sealed_session: a session was not sent: the Set-Cookie header or sealed value would have
//!     5127 bytes; at most 4096 are allowed size=5127 limit=4096
//! ```
//!
//! A session holds some 2,900 bytes. Keep an id in the session and the rest in a database. To find out beforehand, ask
//! [`set_cookie_len`](crate::CookieSessions::set_cookie_len).
//!
//! **There is no session layer.** The layer is missing, or a route was added after it: in axum, `.layer(…)` applies to
//! the routes above it.
//!
//! ```text
//! ERROR sealed_session: SessionLayer is missing, or has another payload type: the response is
//!     500; add .layer(SessionLayer::new(sessions)) below the routes
//! ```
//!
//! Check that `SessionHandle<T>` in the handler and `CookieSessions<T>` in the layer have the same `T`.
//!
//! **The payload cannot be sealed.** A typed session has a value that would not read back. The error names the field:
//! see [what a type may use](super::types#what-a-type-may-use).
//!
//! # The response has no Set-Cookie header
//!
//! | cause | what to do |
//! |---|---|
//! | nothing differs from what the session had | that is right: a cookie is sent when something changes |
//! | the handler keeps the session and writes it after the response, in a spawned task or a WebSocket | write before the handler returns |
//! | [the request came over the other transport](super::proxies_and_caches#serve-http-and-https-from-one-process) | serve the log-in over HTTPS |
//! | a layer outside of the session layer replaces the response | put the session layer outside of it |
//! | a service inside of the session layer returns an error, which the log has, or panics | put the session layer outside of the layer that makes a response of it |
//! | a proxy removes the header | send a request to the application itself with curl |
//!
//! ```text
//! ERROR sealed_session: a session was written after the response was sent or abandoned: the
//!     change is lost
//! ```
//!
//! # A form is refused after log-in
//!
//! ```text
//! WARN sealed_session: a request was refused for its CSRF token reason=Mismatch
//!     label=6ZEfDbXO1g2m advice="the token is that of another session, or from before a log-in or
//!     log-out"
//! ```
//!
//! The layer logs this: as a warning once a minute, and in between at DEBUG. Without the layer,
//! [log the error of `verify_csrf`](super::forms#without-the-layer) yourself.
//!
//! | `reason` | cause and remedy |
//! |---|---|
//! | `Mismatch` | the form was shown before `renew`, which ends all tokens: another tab, or Back after log-in. Let the user reload the page. Redirect after log-in, so that the next page has a new token |
//! | `NoId` | the request brought no session. Either the browser dropped the cookie: [plain HTTP](#it-works-on-localhost-and-nowhere-else), [Safari](#it-fails-in-safari-on-localhost). Or the library did not set it, because the page that asked for the token is on [another site](#the-token-is-refused-and-the-page-is-on-another-host-in-development) |
//! | `Missing` | the request has no token, or not where the layer looks for it. `advice` in the log tells where to put it. Forms with uploads need the [feature `multipart`](super::forms#accept-uploads) |
//! | `FormTooLarge` | the token comes after the file: [uploads](super::forms#accept-uploads). The status is 413 |
//! | `BrokenForm` | the connection ended, or the body is not what its `Content-Type` says. The status is 400 |
//! | `NoSessionLayer` (in `on_refused` only) | the CSRF layer has no session layer around it: use [the one layer](super::forms#protect-your-forms). The status is 500 |
//! | `CrossSite`, `SameSite` | another origin sent the form: [trust it](super::scripts#call-an-api-from-another-origin), or route the request [around the layer](super::cross_site) |
//!
//! # The token is refused, and the page is on another host in development
//!
//! The page is on `http://localhost:5173`, the API on `http://127.0.0.1:8080`. `fetch("/csrf")` gets a token. The request
//! with that token is refused, with the reason `NoId` in the log if the origin is trusted, else `CrossSite`.
//!
//! **Cause.** `localhost` and `127.0.0.1` are two *sites*, and so are `app.example` and `api.example.net`. Under `Lax` and
//! `Strict` the browser sends no session with a `fetch` to another site, so the library sets no session in the
//! response: that session could replace the user's own. The token then belongs to a session that the browser never
//! gets.
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, Sent};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     for (site, sent) in [("cross-site", Sent::Unchanged), ("same-site", Sent::Set)] {
//!         let request = Request::get("/csrf")
//!             .header("sec-fetch-site", site)
//!             .header("sec-fetch-mode", "cors")
//!             .body(())?;
//!         let session = sessions.decode(&request);
//!         session.csrf_token();
//!         assert_eq!(sessions.encode(&session, &mut Response::new(()))?, sent);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! **What to do.** Use one host name for both, for example `localhost`: another port is still the same site. Or let the
//! development server pass `/api` on to the application: [an API on another
//! origin](super::scripts#call-an-api-from-another-origin).
//!
//! # The session is lost after OAuth or a payment
//!
//! The user returns from another site and is logged out, or the cart is empty.
//!
//! ```text
//! WARN sealed_session: a session was written to the response to a request from another site: it
//!     may replace the user's session, whose cookie the browser held back
//! ```
//!
//! **Cause.** The other site sends a form. Under `SameSite=Lax` the browser does not send the session with it. The
//! handler wrote to the empty session, and that replaced the user's own.
//!
//! **What to do.** Do not write in that request: see [the way to a provider and
//! back](super::cross_site#the-way-to-a-provider-and-back).
//!
//! # A script is never logged in
//!
//! **Cause.** By default, `fetch` sends cookies to its own origin only. To another origin it needs
//! `credentials: "include"`, and the response needs CORS headers. To another *site* it needs `SameSite=None` too, and
//! many browsers block that.
//!
//! **What to do.** Serve the interface and the API from one origin, or see [an API on another
//! origin](super::scripts#call-an-api-from-another-origin).
//!
//! # Everybody is logged out after a release
//!
//! **Cause.** Name, path, domain, `partitioned`, `context`, schema and `insecure_http` are part of the keys; with
//! [`compact`](crate::Builder::compact), so is the shape of the type. Changing one of them ends every session once.
//! Under the same schema, a type that cannot read older sessions rejects them:
//!
//! ```text
//! WARN sealed_session: a session was sealed under a secret of ours and cannot be read: if a field
//!     was added to its type, give it #[serde(default)]; if the type has changed in another way,
//!     name a new schema and open the old one with upgrade_from; if it has not changed, another
//!     release of the application or other software with the same secret has sealed the session
//! ```
//!
//! **What to do.** Change types as [the guide to types](super::types) says. Then no session ends.
//!
//! # The old library's users are logged out
//!
//! [`adopt`](crate::Builder::adopt) is set, but nobody keeps a session of the old library.
//!
//! | what the log says at DEBUG | cause | what to do |
//! |---|---|---|
//! | nothing, and the hook is not called | the first of the old cookies is not in the request, or has another name | name the cookie as browsers send it |
//! | the same | the request has a cookie with the session's own name. It takes precedence, even if it is rejected | give these sessions a [`name`](crate::Builder::name) that nothing had before |
//! | the same | the request comes [from another site](super::cross_site) | nothing: the next request adopts the session |
//! | `the hook of adopt is not asked anymore` (WARN) | `until`, the first argument of `adopt`, has passed | give a later `until` |
//! | nothing, and the hook returns `None` | it does not open the cookie: another key, another name, or another format | test it with a cookie that the old release made |
//! | `a cookie was rejected`, `Ambiguous` | an old cookie was sent with two values, from two paths or domains | nothing: its user logs in |
//! | the same, `IdleTimeout` or `AbsoluteTimeout` | the times that the hook returns are past a timeout | compare the timeouts of both libraries: [moving in](super::migration#what-holds-and-what-does-not) |
//!
//! # A sealed link does not open
//!
//! ```text
//! DEBUG sealed_session: a sealed value was rejected purpose="reset password" reason=Forged
//!     key_id=52bc length=118
//! ```
//!
//! | `reason` | cause |
//! |---|---|
//! | `UnknownKey` | sealed with another purpose, path, domain or context, by a machine with another secret, or under a boot key that ended with its process |
//! | `Forged` | bound to another session, or to a record that has changed since, for example because the link was used. `renew` and `confirm` give a session a new id, so open the value before you call them. Or a mail program has cut the link |
//! | `AbsoluteTimeout` | its lifetime is over; what counts is the lifetime of the sealer that opens it |
//! | `Malformed` | a mail program has cut the link, or added a full stop to it |
//! | `Corrupt` | sealed from another type: change the type [as that of a session](super::types) |
//!
//! # A session ends too early
//!
//! | it ends | because | setting |
//! |---|---|---|
//! | after 14 days without use | idle timeout | [`idle_timeout`](crate::Builder::idle_timeout), [`set_idle_timeout`](crate::Session::set_idle_timeout) for "remember me" |
//! | after 30 days in any case | absolute timeout; it limits "remember me" too | [`absolute_timeout`](crate::Builder::absolute_timeout), up to 400 days |
//! | when the browser closes | `browser_session(true)` | [`browser_session`](crate::Builder::browser_session) |
//! | after 7 days in Safari | Safari limits cookies of hosts that hide behind another host's name (CNAME) or address | serve the site from its own addresses |
//!
//! ```text
//! WARN sealed_session: set_idle_timeout was clamped: the timeout has to be from 1 second to
//!     absolute_timeout asked=31536000 set=2592000
//! ```
//!
//! # A cookie is sent with every response
//!
//! **Cause.** The payload differs each time. A `HashMap` or `HashSet` is written in another order whenever it is read
//! and borrowed mutably, although its entries are the same.
//!
//! **What to do.** Use a `BTreeMap` or `BTreeSet`:
//!
//! ```
//! use std::collections::BTreeMap;
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, Sent};
//!
//! type Cart = BTreeMap<u32, u32>;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::typed::<Cart>(Keyring::ephemeral(), "cart").build()?;
//!     let mut session = sessions.fresh();
//!     session.data_mut().extend((0..50).map(|product| (product, 1)));
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = Request::builder().header("cookie", cookie).body(())?;
//!
//!     let mut session = sessions.decode(&request);
//!     session.data_mut().insert(7, 1); // what was there already
//!     assert_eq!(sessions.encode(&session, &mut Response::new(()))?, Sent::Unchanged);
//!     Ok(())
//! }
//! ```
//!
//! A counter or a time of the last visit in the session changes with each request, too. Where that is not needed, leave
//! it out.
//!
//! # What a request wrote is gone
//!
//! Two requests at once each carry the whole session, and the browser keeps the one that comes last. Write in one
//! place, and put what must not be lost into a database. In one request, decode once:
//!
//! ```text
//! WARN sealed_session: two sessions were encoded to one response: the changes of the first one
//!     are lost
//! ```

//! Requests from other sites: OAuth, payments, `SameSite`, and what a response may set.
//!
//! # Who sends what
//!
//! A browser does not send the session with every request. What counts is the site of the page that starts the request.
//! `shop.example` and `www.shop.example` are one site, and `bank.example` is another:
//!
//! ```text
//! a page of shop.example ──── any request ───────────► shop.example  with the session
//!
//! a page of bank.example ──┬─ a link, a redirect ────► shop.example  with it: Lax, None
//!                          ├─ a form with POST ──────► shop.example  with it: None
//!                          └─ an image, frame, fetch ► shop.example  with it: None, if not blocked
//! ```
//!
//! [`SameSite`](crate::SameSite) is the setting:
//!
//! | a request from another site | `Strict` | `Lax` (default) | `None` |
//! |---|---|---|---|
//! | a link, a redirect, a form with `GET` | held back | sent | sent |
//! | a form with `POST`: the return from a bank, `response_mode=form_post` | held back | held back | sent |
//! | an image, a frame, `fetch` in a script | held back | held back | sent, unless the browser blocks third-party cookies |
//!
//! **The problem.** If the cookie is held back, a user who is logged in looks like a first visitor. If the response
//! then sets a new session, the browser puts it in the place of the good one, and the user is logged out:
//!
//! ```text
//!  browser                                                    shop.example
//!  session=GOOD │── POST /paid, a form of bank.example ──────►│  no cookie: an empty session
//!               │                                             │  the handler writes: paid=yes
//!  session=NEW  │◄── Set-Cookie: session=NEW ─────────────────│  GOOD is lost: a log-out
//! ```
//!
//! **What the library does.** Browsers say that another site started the request (`Sec-Fetch-Site: cross-site`). In the
//! response to such a request the library sets nothing unless the application *writes*:
//!
//! | in such a request | is a cookie set? |
//! |---|---|
//! | nothing is done, also under [`Issue::Eager`](crate::Issue::Eager) | no |
//! | the [`id`](crate::Session::id) or a `csrf_token` is asked for | no |
//! | data changes, or [`touch`](crate::Session::touch) is called | **yes: it replaces a good session**, and the log has a warning |
//! | [`invalidate`](crate::Session::invalidate) is called | no: a removal is sent, if the request has a cookie with the session's name after all |
//!
//! Safari before 16.4 does not send `Sec-Fetch-Site`. Without TLS, browsers send it to loopback only: `localhost`,
//! `127.0.0.1`, `[::1]`. Everywhere else the response sets what it would set for any visitor.
//!
//! [`decode_at`](crate::CookieSessions::decode_at) does not know the method of the request. It treats a request with an
//! `Origin` header as one whose method is not safe. Browsers send `Origin` with every such method, so the result is the
//! same. But if a proxy removes `Origin`, a form of another site counts as a link. Its response may then set a session
//! because the id or a CSRF token was asked for. [`decode`](crate::CookieSessions::decode) and `decode_parts` know the
//! method.
//!
//! # What to do
//!
//! Do not write to the session in a request that another site starts with `POST`. Write elsewhere:
//!
//! - **Into a database**, under the order number or whatever else the request brings. Then respond with a redirect
//!   (303) to a page of your own. The browser follows it with `GET`, and under `Lax` with the cookie.
//! - **Into a flash message** (feature `flash`), for what the next page should show. It has a cookie of its own, so the
//!   session stays as it is.
//! - **Into a cookie of its own** with `SameSite::None`, for what must come back from the other site, such as the `state`
//!   of OAuth: a [sealed value](super::oauth#log-in-with-oauth), as in the next section.
//!
//! The CSRF layer refuses every form of another site, unless its origin is trusted. So [leave that route
//! out](super::forms#leave-a-route-out), and check what the form says: a signature, or the `state` below.
//!
//! # The way to a provider and back
//!
//! With `response_mode=form_post`, an OAuth or OpenID provider lets the browser send a form to your site. Under `Lax`
//! the form comes without the session. So the attempt to sign in has a cookie of its own, for ten minutes. The user's
//! session is read and written in the next request:
//!
//! ```text
//! browser         GET /sign-in            ──►  oauth=state            (SameSite=None)
//!                 redirect to the provider
//! provider        POST /sign-in/return    ──►  brings oauth, not the session: compare the state
//!                 redirect to your own page
//! browser         GET /sign-in/finish     ──►  brings both cookies: write the session
//! ```
//!
//! [Log in with OAuth](super::oauth#log-in-with-oauth) has the three routes, whole and tested.
//!
//! `SameSite::None` needs TLS. In development without it, ask the provider for `response_mode=query`, and give the cookie
//! `SameSite::Lax`. The return is then a redirect with `GET`, which brings that cookie.
//!
//! # Under Strict
//!
//! Under `Strict` the page after such a redirect has no session either, nor has any page that a link from another site
//! leads to. Reload and Back do not change that. Respond there with a page that has no forms and no data of the user.
//! That page may open the next one by itself: the next request comes from your own site and brings the cookie.
//!
//! A form on that page has a CSRF token of a session that was not set. If the user is logged in, the form is refused.
//! For a first visitor, who has no cookie at all, the CSRF layer lets a request pass without a token if it says
//! `Sec-Fetch-Site: same-origin`: there is no session to abuse, and the form is your own.
//!
//! That no longer works once another request of the page has set a session: a script that writes, or under
//! [`Issue::Eager`](crate::Issue::Eager) any image or style sheet that is served through the layer. So use `Lazy` with
//! `Strict`, or serve those files outside of the layer. A visitor who is refused can continue through a link on your
//! own site.
//!
//! # How to notice it
//!
//! A session that was written in such a response is logged, at most once a minute:
//!
//! ```text
//! WARN sealed_session: a session was written to the response to a request from another site: it
//!     may replace the user's session, whose cookie the browser held back
//! ```
//!
//! Under `Strict` every link from another site is such a request. There the event has the level `DEBUG` if the method
//! is safe.

//! Requests from other sites: what browsers hold back, and what a response may then set.
//!
//! # What happens
//!
//! A browser does not send a cookie with each request of another site. [`SameSite`](crate::SameSite) says with which ones:
//!
//! | a request from another site | `Strict` | `Lax` (default) | `None` |
//! |---|---|---|---|
//! | a link, a redirect, a form with `GET` | held back | sent | sent |
//! | a form with `POST`: a bank's return, `response_mode=form_post` | held back | held back | sent |
//! | an image, a frame, a script's `fetch` | held back | held back | sent, unless the browser blocks third parties |
//!
//! The server cannot tell a user who is logged in from a first visitor: both come without a cookie. If the response sets a
//! new session, the browser puts it in the place of the good one, and the user is logged out for good.
//!
//! Browsers say that another site started the request (`Sec-Fetch-Site: cross-site`). In the response to a request whose
//! cookie may be held back, this library therefore sets nothing unless the application *writes*:
//!
//! | in such a request | sets a cookie |
//! |---|---|
//! | nothing, also under [`Issue::Eager`](crate::Issue::Eager) | no |
//! | [`id`](crate::Session::id) or `csrf_token` | no |
//! | data that differs, [`touch`](crate::Session::touch) | **yes, and a good session is replaced**; the log has a warning |
//! | [`invalidate`](crate::Session::invalidate) | a removal, if a cookie with the session's name came after all |
//!
//! [`decode`](crate::CookieSessions::decode), [`decode_parts`](crate::CookieSessions::decode_parts) and the layer know the
//! method of the request. [`decode_at`](crate::CookieSessions::decode_at) sees header fields alone, and takes a request
//! with an `Origin` for one whose method is not safe.
//!
//! Safari before 16.4 does not send `Sec-Fetch-Site`, nor does any browser to a site without TLS, other than `localhost`.
//! There the rule does not apply, and a response sets what it would set for any visitor.
//!
//! # What to do
//!
//! What is *written* in such a request cannot be saved in the session: either the browser has a good one, which is lost, or
//! it has none. So write elsewhere:
//!
//! - **Into a database**, under the order number or whatever else the request brings, and respond with a redirect (303) to
//!   a page of your own. A browser follows it with `GET`, and under `Lax` with the cookie.
//! - **A message for the next page** is a flash message (feature `flash`): it has a cookie of its own, so that the session
//!   stays as it is.
//! - **What has to come back from another site**, such as the `state` of OAuth, goes into a second session with
//!   `SameSite::None`, which is good for that way alone. The next section has it.
//!
//! Under `Strict` the page after such a redirect has no session either, nor has any page that a link leads to, and neither
//! reload nor Back changes that. Show there a page without forms and without anything that is the user's own. It may lead
//! on by itself: the next request comes from your own site, and brings the cookie. A form with a CSRF token that was drawn
//! in such a page is refused if the user was logged in, because the token is that of a session that was not set.
//!
//! A first visitor under `Strict`, who follows a link to a log-in form, has no cookie when the form is sent.
//! `CsrfLayer` (feature `csrf`) lets a request pass without a token if it brings no cookie with the session's name and says
//! `Sec-Fetch-Site: same-origin`: there is no session to abuse, and the form is your own. That no longer holds once
//! another request of the page has set a session: a script of it that writes, or under
//! [`Issue::Eager`](crate::Issue::Eager) any image or style sheet that is served through the layer. So use `Lazy` with
//! `Strict`, or serve those outside of the layer. A visitor who is refused gets on by a link of your own site.
//!
//! `CsrfLayer` refuses every form of another site, unless its origin is trusted. Put the route of a payment's or provider's
//! return outside of it, and check what the form says: a signature, or the `state` below.
//!
//! # The way to a provider and back
//!
//! With `response_mode=form_post`, an OAuth or OpenID provider has the browser send a form to your site. Under `Lax` it
//! comes without the cookie of the site. Here a cookie of its own goes along, for ten minutes, and the user's own session is
//! read and written in the request after that.
//!
//! ```
//! use std::time::Duration;
//! use http::{Request, Response, StatusCode};
//! use sealed_session::{ConfigError, CookieSessions, EncodeError, Keyring, SameSite};
//!
//! struct Site {
//!     sessions: CookieSessions,
//!     sign_in: CookieSessions,
//! }
//!
//! impl Site {
//!     fn new(keyring: Keyring) -> Result<Self, ConfigError> {
//!         let sign_in = CookieSessions::builder(keyring.clone())
//!             .name("sign-in")
//!             .same_site(SameSite::None)
//!             .idle_timeout(Duration::from_secs(600))
//!             .absolute_timeout(Duration::from_secs(600))
//!             .build()?;
//!         Ok(Self { sessions: CookieSessions::new(keyring), sign_in })
//!     }
//!
//!     /// `GET /sign-in`. The state is random: nobody else can have this browser finish a sign-in of theirs.
//!     fn begin(&self, request: &Request<()>, state: &str) -> Result<Response<()>, EncodeError> {
//!         let mut attempt = self.sign_in.decode(request);
//!         attempt.invalidate();
//!         attempt.set("state", state);
//!         let provider = "https://provider.example/authorize?response_mode=form_post&state=";
//!         let mut response = see_other(&format!("{provider}{state}"));
//!         self.sign_in.encode(&attempt, &mut response)?;
//!         Ok(response)
//!     }
//!
//!     /// `POST /sign-in/return`, the provider's form: outside of `CsrfLayer`, and `sessions` is not touched.
//!     fn come_back(&self, request: &Request<()>, state: &str, code: &str) -> Result<Response<()>, EncodeError> {
//!         let mut attempt = self.sign_in.decode(request);
//!         if attempt.get("state") != Some(state) {
//!             return Ok(bad_request());
//!         }
//!         attempt.set("code", code);
//!         let mut response = see_other("/sign-in/finish");
//!         self.sign_in.encode(&attempt, &mut response)?;
//!         Ok(response)
//!     }
//!
//!     /// `GET /sign-in/finish`: the browser sends both cookies.
//!     fn finish(&self, request: &Request<()>, exchange: impl Fn(&str) -> String) -> Result<Response<()>, EncodeError> {
//!         let mut attempt = self.sign_in.decode(request);
//!         let Some(user) = attempt.get("code").map(exchange) else { return Ok(bad_request()) };
//!         attempt.invalidate();
//!
//!         let mut session = self.sessions.decode(request);
//!         if session.get("user").is_some_and(|before| before != user) {
//!             session.invalidate(); // somebody else: nothing of the last user's session stays
//!         }
//!         session.renew();
//!         session.set("user", user);
//!
//!         let mut response = see_other("/");
//!         self.sign_in.encode(&attempt, &mut response)?;
//!         self.sessions.encode(&session, &mut response)?;
//!         Ok(response)
//!     }
//! }
//!
//! fn see_other(location: &str) -> Response<()> {
//!     Response::builder().status(StatusCode::SEE_OTHER).header("location", location).body(()).unwrap()
//! }
//!
//! fn bad_request() -> Response<()> {
//!     Response::builder().status(StatusCode::BAD_REQUEST).body(()).unwrap()
//! }
//!
//! // A visitor with a cart signs in.
//! let site = Site::new(Keyring::ephemeral())?;
//! let mut session = site.sessions.fresh();
//! session.set("cart", "3 apples");
//! let cart = site.sessions.request_cookie(&session)?;
//! let attempt = |response: &Response<()>| {
//!     let attempt = site.sign_in.from_response(response.headers()).unwrap();
//!     site.sign_in.request_cookie(&attempt).unwrap()
//! };
//!
//! let begun = site.begin(&Request::new(()), "6mJ2")?;
//! let form = Request::post("/sign-in/return")
//!     .header("sec-fetch-site", "cross-site")
//!     .header("cookie", attempt(&begun)) // and not the cart, which `Lax` holds back
//!     .body(())?;
//! assert_eq!(site.come_back(&form, "another", "c0de")?.status(), 400);
//! let returned = site.come_back(&form, "6mJ2", "c0de")?;
//!
//! let request = Request::get("/sign-in/finish")
//!     .header("sec-fetch-site", "cross-site")
//!     .header("cookie", attempt(&returned))
//!     .header("cookie", cart)
//!     .body(())?;
//! let finished = site.finish(&request, |_code| "alice".to_owned())?;
//! let session = site.sessions.from_response(finished.headers()).unwrap();
//! assert_eq!((session.get("user"), session.get("cart")), (Some("alice"), Some("3 apples")));
//! assert!(site.sign_in.from_response(finished.headers()).is_none()); // removed
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `SameSite::None` needs TLS. In development without it, ask the provider for `response_mode=query`, whose redirect is a
//! link: under `Lax` it brings the site's own cookie.
//!
//! # To notice it
//!
//! The log warns, at most once a minute, of a session that was written in response to a request whose cookie may be held
//! back. Under `Strict`, where every link from elsewhere is such a request, this is an event of the level `DEBUG` unless
//! the method is not safe.

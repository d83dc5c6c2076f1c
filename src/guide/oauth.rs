//! OAuth and OpenID Connect: log in with an account of another site.
//!
//! # Log in with OAuth
//!
//! OAuth 2 and OpenID Connect send the browser to a provider and back. Three things have to wait in between: the `state`,
//! which ties the response to this browser; the PKCE verifier (RFC 7636), which ties the code to this attempt; and for
//! OpenID Connect the `nonce` of the ID token. Keep them in a cookie of their own, the *flow*:
//!
//! ```text
//! GET  /sign-in           draw state and verifier, set the flow        redirect to the provider
//! POST /sign-in/return    compare the state, exchange the code,        redirect to the third route
//!                         set the flow: it holds the user
//! GET  /sign-in/finish    write the user to the session,               redirect to the site
//!                         remove the flow
//! ```
//!
//! The second request is a form of the provider (`response_mode=form_post`). The browser sends the flow with it, and [holds
//! the session back](super::cross_site#who-sends-what). So the flow keeps the user for the third request.
//!
//! | `response_mode` | the return | pass to [`in_cookie`](crate::Sealer::in_cookie) | without TLS |
//! |---|---|---|---|
//! | `form_post` | a form with `POST` | `SameSite::None` | does not work |
//! | `query` | a redirect with `GET` | `SameSite::Lax` | works |
//!
//! ```
//! use std::time::{Duration, SystemTime};
//!
//! use axum::extract::{Form, State};
//! use axum::http::{HeaderMap, StatusCode};
//! use axum::response::{IntoResponse, Redirect, Response};
//! use axum::{Router, routing::get, routing::post};
//! use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
//! use sealed_session::{
//!     ConfigError, CookieSessions, Csrf, Keyring, SameSite, SealedCookie, Secret, SessionHandle,
//!     SessionLayer,
//! };
//! use serde::{Deserialize, Serialize};
//! use sha2::{Digest, Sha256};
//!
//! #[derive(Serialize, Deserialize)]
//! enum Flow {
//!     /// On the way to the provider.
//!     Begun { state: String, verifier: String },
//!     /// Back from it: the next request logs this user in.
//!     Done { user: String },
//! }
//!
//! #[derive(Clone)]
//! struct App {
//!     sessions: CookieSessions,
//!     flows: SealedCookie<Flow>,
//! }
//!
//! impl App {
//!     fn new(sessions: CookieSessions) -> Result<Self, ConfigError> {
//!         let flows = sessions.sealer("oauth", Duration::from_secs(600))?;
//!         let flows = flows.in_cookie("oauth", SameSite::None)?; // `Lax` for `query`
//!         Ok(Self { sessions, flows })
//!     }
//!
//!     fn routes(self) -> Router {
//!         let pages = Router::new()
//!             .route("/sign-in", get(sign_in))
//!             .route("/sign-in/finish", get(finish))
//!             .layer(SessionLayer::new(self.sessions.clone()).csrf(Csrf::form_field("csrf")));
//!         // Outside of the layer: the form is another site's, and the `state` protects it.
//!         pages.route("/sign-in/return", post(come_back)).with_state(self)
//!     }
//!
//!     fn flow(&self, headers: &HeaderMap) -> Option<Flow> {
//!         self.flows.decode(headers, self.sessions.transport(), SystemTime::now()).ok()?
//!     }
//!
//!     /// Goes on with this flow; without one, the flow ends.
//!     fn go(&self, to: &str, flow: Option<Flow>) -> Result<Response, StatusCode> {
//!         let mut response = Redirect::to(to).into_response(); // 303
//!         let (headers, transport) = (response.headers_mut(), self.sessions.transport());
//!         let sent = match flow {
//!             Some(flow) => self.flows.encode(&flow, headers, transport, SystemTime::now()),
//!             None => self.flows.remove(headers, transport),
//!         };
//!         sent.map(|_| response).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
//!     }
//! }
//!
//! async fn sign_in(State(app): State<App>) -> Result<Response, StatusCode> {
//!     let random = || Secret::generate().expose_base64url().to_string();
//!     let (state, verifier) = (random(), random());
//!     let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&verifier));
//!     let provider = "https://provider.example/authorize?response_type=code&client_id=shop\
//!         &response_mode=form_post&code_challenge_method=S256";
//!     let to = format!("{provider}&code_challenge={challenge}&state={state}");
//!     app.go(&to, Some(Flow::Begun { state, verifier }))
//! }
//!
//! #[derive(Deserialize)]
//! struct Back {
//!     state: String,
//!     code: String,
//! }
//!
//! /// A request of your server to the token endpoint of the provider; here a stand-in.
//! async fn exchange(code: &str, _verifier: &str) -> Option<String> {
//!     (code == "c0de").then(|| "alice".to_owned())
//! }
//!
//! async fn come_back(
//!     State(app): State<App>,
//!     headers: HeaderMap,
//!     Form(back): Form<Back>,
//! ) -> Result<Response, StatusCode> {
//!     match app.flow(&headers) {
//!         Some(Flow::Begun { state, verifier }) if state == back.state => {
//!             match exchange(&back.code, &verifier).await {
//!                 Some(user) => app.go("/sign-in/finish", Some(Flow::Done { user })),
//!                 None => app.go("/", None),
//!             }
//!         }
//!         _ => Err(StatusCode::BAD_REQUEST), // and the flow goes on
//!     }
//! }
//!
//! async fn finish(
//!     State(app): State<App>,
//!     headers: HeaderMap,
//!     session: SessionHandle,
//! ) -> Result<Response, StatusCode> {
//!     let Some(Flow::Done { user }) = app.flow(&headers) else { return app.go("/", None) };
//!     if session.get("user").is_some_and(|before| before != user) {
//!         session.invalidate(); // another user: nothing of the last user's session stays
//!     }
//!     session.renew();
//!     session.set("user", user);
//!     app.go("/", None)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use axum::{body::Body, http::Request};
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     fn flow(response: &Response) -> &str {
//!         let mut sent = response.headers().get_all("set-cookie").iter();
//!         let flow = sent.find_map(|sent| sent.to_str().ok()?.strip_prefix("__Host-oauth="));
//!         flow.and_then(|flow| flow.split(';').next()).expect("a flow")
//!     }
//!     let app = App::new(CookieSessions::new(Keyring::ephemeral()))?;
//!     let send = |request| app.clone().routes().oneshot(request);
//!
//!     // A visitor with a cart signs in.
//!     let mut session = app.sessions.fresh();
//!     session.set("cart", "3 apples");
//!     let cart = app.sessions.request_cookie(&session)?;
//!     let begun = send(Request::get("/sign-in").body(Body::empty())?).await?;
//!     let state = begun.headers()["location"].to_str()?.split("state=").last().unwrap();
//!
//!     // The form of the provider brings the flow, and not the cart.
//!     let form = |state: &str| {
//!         Request::post("/sign-in/return")
//!             .header("sec-fetch-site", "cross-site")
//!             .header("sec-fetch-mode", "navigate")
//!             .header("content-type", "application/x-www-form-urlencoded")
//!             .header("cookie", format!("__Host-oauth={}", flow(&begun)))
//!             .body(Body::from(format!("code=c0de&state={state}")))
//!     };
//!     let refused = send(form("another")?).await?;
//!     assert_eq!(refused.status(), 400);
//!     assert!(!refused.headers().contains_key("set-cookie"));
//!     let returned = send(form(state)?).await?;
//!
//!     // The browser follows the redirect with both cookies.
//!     let request = Request::get("/sign-in/finish")
//!         .header("sec-fetch-site", "cross-site")
//!         .header("sec-fetch-mode", "navigate")
//!         .header("cookie", format!("__Host-oauth={}", flow(&returned)))
//!         .header("cookie", cart)
//!         .body(Body::empty())?;
//!     let finished = send(request).await?;
//!     let session = app.sessions.from_response(finished.headers()).expect("a session");
//!     assert_eq!((session.get("user"), session.get("cart")), (Some("alice"), Some("3 apples")));
//!     assert_eq!(flow(&finished), ""); // removed
//!     Ok(())
//! }
//! ```
//!
//! # Keep these rules
//!
//! - **Compare the `state`** with the one in the form or the query. A cookie alone proves nothing: the form may be that of
//!   another attempt.
//! - **On a wrong `state`, respond with 400 and leave the cookie.** Any site can send a browser to this route. If that
//!   removed the cookie, it would end the attempt of the user.
//! - **Do not use [`bound_to`](crate::Sealer::bound_to)** for `form_post`: the session is held back there, and the value
//!   does not open.
//! - **Leave the return route out of CSRF protection**: the form is another site's
//!   ([how](super::forms#leave-a-route-out)).
//! - **Write the session in the next request**, after a redirect to your own site: a session in the response to
//!   `form_post` would replace the user's own. Under [`Strict`](super::cross_site#under-strict) the session is held
//!   back there as well.
//! - **A log-in by OAuth is no [`confirm`](crate::Session::confirm).** It proves that the provider knows the user, not that
//!   the user is there, so call `renew`. To [confirm](super::login#ask-for-the-password-again), send the user with
//!   `max_age=900` (OpenID Connect Core, section 3.1.2.1). Check that `auth_time` in the ID token is at most 15 minutes ago,
//!   and then call `confirm`.
//! - If the user declines, the provider sends `error` in place of `code`. Compare the `state` there too, then end the flow.
//! - A second attempt in another tab replaces the flow of the first one, which then fails with a wrong `state`: offer to
//!   begin again.
//!
//! # Run the example
//!
//! `examples/oauth.rs` in the repository is a whole site with this log-in, for both modes, with a provider that it
//! starts itself:
//!
//! ```sh
//! cargo run --example oauth --features axum,csrf -- --dev
//! ```
//!
//! In the example, both the form and the redirect work without TLS, because site and provider are on one host. A real
//! provider is another site.

//! Proxies, caches, and several applications on one host.
//!
//! # Put TLS into a proxy
//!
//! The usual case needs no setting: a proxy terminates TLS, and the application gets plain HTTP from it. The default
//! cookie is `Secure`, because [`Transport`](crate::Transport) means how the *browser* reaches the site. The library
//! never guesses the transport: it does not read `X-Forwarded-Proto`, and clients cannot change the transport with a
//! header.
//!
//! ```text
//! browser ── https ──► proxy ── http ──► application      Transport::Https, the default
//! browser ── http ───────────────────► application      insecure_http(), for development only
//! ```
//!
//! nginx needs room for the cookie in a response. Its buffer for response headers, `proxy_buffer_size`, is 4 or 8 kB by
//! default. A large session beside other headers then causes a 502, and nginx logs `upstream sent too big header`:
//!
//! ```text
//! location / {
//!     proxy_pass http://127.0.0.1:8080;
//!     proxy_set_header Host $host;
//!     proxy_buffer_size 8k;
//! }
//! ```
//!
//! Or keep the cookie smaller with [`max_set_cookie_len`](crate::Builder::max_set_cookie_len). Do not use
//! `proxy_ignore_headers` for `Set-Cookie`, `Cache-Control` or `Vary`: it switches off the protection below.
//!
//! # Serve HTTP and HTTPS from one process
//!
//! A session of one transport is never accepted over the other. Tell each listener's layer which one it serves:
//!
//! ```
//! use axum::{Router, routing::get};
//! use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer, Transport};
//!
//! async fn visit(session: SessionHandle) {
//!     session.set("visited", "yes");
//! }
//!
//! fn app(sessions: CookieSessions, transport: Transport) -> Router {
//!     Router::new()
//!         .route("/", get(visit))
//!         .layer(SessionLayer::new(sessions).transport(transport))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     use tower::ServiceExt; // `oneshot`: tower, feature `util`
//!
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let request = || axum::http::Request::get("/").body(String::new());
//!     let on_443 = app(sessions.clone(), Transport::Https).oneshot(request()?).await?;
//!     assert!(on_443.headers().contains_key("set-cookie"));
//!     let on_80 = app(sessions, Transport::Http).oneshot(request()?).await?;
//!     assert!(!on_80.headers().contains_key("set-cookie"));
//!     Ok(())
//! }
//! ```
//!
//! On port 80 the best response is a redirect to `https://`. If a session is written there, it is not sent:
//!
//! ```text
//! WARN sealed_session: a session was written but not sent: the request came over the other
//!     transport transport=Http
//! ```
//!
//! # Know what caches may keep
//!
//! A response that sets somebody's session must not be served to somebody else. The library ensures that:
//!
//! | response | headers afterwards |
//! |---|---|
//! | sets or removes the session | without `public` and `s-maxage`, with `private` unless `no-store` is there; without `Surrogate-Control`, `CDN-Cache-Control`, `X-Accel-Expires` and other headers for shared caches alone; `Vary: Cookie` |
//! | only reads a session that the request brought | `private` is added, unless `Cache-Control` says `public`, `s-maxage`, `private` or `no-store`; `Vary: Cookie` |
//! | reads, and the request brought none | `Vary: Cookie` |
//! | never asks for the session | unchanged: static files behind the layer stay cacheable |
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let sessions = CookieSessions::new(Keyring::ephemeral());
//!     let page = || Response::builder().header("cache-control", "public, max-age=600").body(());
//!
//!     let session = sessions.decode(&Request::new(()));
//!     let mut response = page()?;
//!     sessions.encode(&session, &mut response)?;
//!     assert_eq!(response.headers()["cache-control"], "public, max-age=600");
//!     assert_eq!(response.headers()["vary"], "Cookie");
//!
//!     let mut session = sessions.decode(&Request::new(()));
//!     session.set("user", "alice");
//!     let mut response = page()?;
//!     sessions.encode(&session, &mut response)?;
//!     assert_eq!(response.headers()["cache-control"], "max-age=600, private");
//!     Ok(())
//! }
//! ```
//!
//! - **A page that is `public` and shows a user's name** relies on `Vary: Cookie`. Many CDNs ignore `Vary`. Say
//!   `private`.
//! - **A log-in page and pages behind it**: `no-store` keeps them out of the browser's own cache, too, so that Back
//!   after log-out shows nothing: [protected pages](super::login#protect-pages).
//! - **A refresh waits** for the next response if this one is `public`, has `s-maxage`, or is a 1xx, 304 or 5xx. What
//!   was *written* is always sent.
//!
//! # Run two applications on one host
//!
//! For each host, browsers keep one cookie with a given name, whatever the port. With the same name, each application
//! overwrites the session of the other: on `localhost:3000` and `localhost:8080` too. Give each one its own
//! [`name`](crate::Builder::name):
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let shop = CookieSessions::builder(Keyring::ephemeral()).name("shop").build()?;
//!     let blog = CookieSessions::builder(Keyring::ephemeral()).name("blog").build()?;
//!     assert!(shop.request_cookie(&shop.fresh())?.to_str()?.starts_with("__Host-shop="));
//!     assert!(blog.request_cookie(&blog.fresh())?.to_str()?.starts_with("__Host-blog="));
//!     Ok(())
//! }
//! ```
//!
//! Applications that share a secret but not their users need different names or a [`context`](crate::Builder::context)
//! each. With the feature `flash`, the name followed by `-flash` is taken as well.
//!
//! # Serve tenants by their host
//!
//! The host is not part of the keys. If one process serves `a.example` and `b.example` with one secret and one setting,
//! a client can copy its session from one to the other. So each tenant has its own `context`:
//!
//! ```
//! use std::collections::HashMap;
//! use axum::extract::{Request, State};
//! use axum::response::{IntoResponse, Response};
//! use axum::{Router, http::StatusCode, routing::get};
//! use sealed_session::{ConfigError, CookieSessions, Keyring, SessionHandle, SessionLayer};
//! use tower::ServiceExt;
//!
//! async fn visit(session: SessionHandle) {
//!     session.set("visited", "yes");
//! }
//!
//! fn tenant(keyring: Keyring, host: &str) -> Result<Router, ConfigError> {
//!     let sessions = CookieSessions::builder(keyring).context(host).build()?;
//!     Ok(Router::new().route("/", get(visit)).layer(SessionLayer::new(sessions)))
//! }
//!
//! type Tenants = HashMap<String, Router>;
//!
//! async fn by_host(State(tenants): State<Tenants>, request: Request) -> Response {
//!     let header = request.headers().get("host").and_then(|host| host.to_str().ok());
//!     let host = request.uri().host().or(header).unwrap_or_default(); // HTTP/2: in the URI
//!     match tenants.get(host) {
//!         Some(tenant) => tenant.clone().oneshot(request).await.into_response(),
//!         None => StatusCode::MISDIRECTED_REQUEST.into_response(),
//!     }
//! }
//!
//! fn app(keyring: &Keyring, hosts: &[&str]) -> Result<Router, ConfigError> {
//!     let mut tenants = Tenants::new();
//!     for host in hosts {
//!         tenants.insert(host.to_string(), tenant(keyring.clone(), host)?);
//!     }
//!     Ok(Router::new().fallback(by_host).with_state(tenants))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let app = app(&Keyring::ephemeral(), &["a.example", "b.example"])?;
//!     let send = async |host| {
//!         let request = axum::http::Request::get("/").header("host", host);
//!         app.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap()
//!     };
//!     assert!(send("b.example").await.headers().contains_key("set-cookie"));
//!     assert_eq!(send("c.example").await.status(), 421);
//!     Ok(())
//! }
//! ```
//!
//! # Choose path, domain and prefix
//!
//! | settings | cookie | who can read it | who can plant one |
//! |---|---|---|---|
//! | the defaults | `__Host-session` | this host | this host |
//! | [`path("/app")`](crate::Builder::path) | `__Secure-session` | this host; the path is no protection | this host and its sibling hosts |
//! | [`domain("example.com")`](crate::Builder::domain) | `__Secure-session` | every host below `example.com` | every host below `example.com` |
//! | [`insecure_http()`](crate::Builder::insecure_http) | `session` | anybody who sees the traffic | anybody who changes the traffic |
//!
//! Keep the defaults if you can: browsers guarantee that no other host sets a `__Host-` cookie. A sibling host that
//! plants a cookie cannot forge a session, but it can plant one of its own.
//!
//! Name, path, domain, `partitioned`, `context`, the schema of a typed session and `insecure_http` are part of the
//! keys. Changing one of them ends every session once.

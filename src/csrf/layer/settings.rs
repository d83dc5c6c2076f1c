//! The settings of the layer.

use std::fmt;

use http::request::Parts;
use http::{HeaderName, Request, Response};

use crate::csrf::layer::form::{Form, FormField, HeaderOnly, ReadWith};
use crate::csrf::layer::origin::TrustedOrigins;
use crate::csrf::layer::refusal::PlainRefusal;
use crate::csrf::token::CsrfError;
use crate::error::ConfigError;
use crate::layer::on_error::RespondWith;

const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// How a [`CsrfLayer`](crate::CsrfLayer) protects: where it looks for the token, and how it
/// refuses.
///
/// | constructor | where the token is looked for |
/// |---|---|
/// | [`header_only`](Csrf::header_only) | the header `x-csrf-token`: JSON, single-page apps |
/// | [`form_field`](Csrf::form_field) | the header, else the query, else the field of a form: urlencoded, or multipart with the feature `multipart` |
/// | [`form`](Csrf::form) | the header, else a function of yours reads the form |
///
/// The rules, and where uploads and JSON carry the token, are in [`csrf`](crate::csrf).
#[derive(Clone)]
#[must_use]
pub struct Csrf<F = HeaderOnly, R = PlainRefusal> {
    pub(super) form: F,
    pub(super) on_refused: R,
    pub(super) trusted: TrustedOrigins,
    pub(super) header: HeaderName,
}

impl Csrf {
    /// The token comes in the header `x-csrf-token`, and no form is read.
    ///
    /// ```
    /// use axum::{Router, routing::post};
    /// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let api: Router = Router::new()
    ///     .route("/orders", post(async || "ordered"))
    ///     .layer(CsrfLayer::new(sessions.clone(), Csrf::header_only()))
    ///     .layer(SessionLayer::new(sessions)); // with axum the last one is outermost
    /// ```
    pub fn header_only() -> Self {
        Self::reading(HeaderOnly)
    }

    /// The token comes in a field of the form, in the query, or in the header.
    ///
    /// It works with every body that implements [`http_body::Body`], as those of axum and hyper do. The inner service gets a
    /// [`FormBody`](crate::csrf::FormBody), which is the body as it was sent: what was read comes first, the rest is streamed
    /// on. At most [`max_form_len`](Csrf::max_form_len) bytes are read.
    ///
    /// Forms that accept uploads, `multipart/form-data`, need the feature `multipart`. What comes after the token's part is
    /// streamed on.
    ///
    /// ```
    /// use axum::{Router, body::Body, extract::Form, routing::post};
    /// use http::Request;
    /// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// async fn transfer(Form(fields): Form<Vec<(String, String)>>) -> String {
    ///     format!("{} fields", fields.len())
    /// }
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let app = Router::new()
    ///     .route("/transfer", post(transfer))
    ///     .layer(CsrfLayer::new(sessions.clone(), Csrf::form_field("csrf")))
    ///     .layer(SessionLayer::new(sessions.clone())); // with axum the last one is outermost
    ///
    /// let session = sessions.fresh();
    /// let token = session.csrf_token();
    /// for (form, status) in [(format!("csrf={token}&to=bob"), 200), ("to=bob".to_owned(), 403)] {
    ///     let request = Request::post("/transfer")
    ///         .header("cookie", sessions.request_cookie(&session)?)
    ///         .header("content-type", "application/x-www-form-urlencoded")
    ///         .body(Body::from(form))?;
    ///     assert_eq!(app.clone().oneshot(request).await?.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn form_field(name: impl Into<String>) -> Csrf<FormField> {
        Csrf::reading(FormField::new(name.into()))
    }

    /// A function of the application reads the field with the token, where the header holds none.
    ///
    /// This is for bodies that are not [`http_body::Body`], and for forms of another kind than
    /// [`form_field`](Csrf::form_field) reads.
    ///
    /// The function reads the body as its framework does. It gives back the request as it was, and every value of
    /// the field: none if there is no such field, or no form. It responds itself to a request that it cannot read. It
    /// sets the limit to what it reads.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// /// The body is text here; a framework has to collect it.
    /// async fn csrf_field(request: Request<String>) -> Result<(Request<String>, Vec<String>), Response<String>> {
    ///     let fields = form_urlencoded::parse(request.body().as_bytes()).filter(|(name, _)| name == "csrf");
    ///     let tokens = fields.map(|(_, token)| token.into_owned()).collect();
    ///     Ok((request, tokens))
    /// }
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions.clone()))
    ///     .layer(CsrfLayer::new(sessions.clone(), Csrf::form(csrf_field)))
    ///     .service_fn(|request: Request<String>| async {
    ///         Ok::<_, std::convert::Infallible>(Response::new(request.into_body()))
    ///     });
    ///
    /// let session = sessions.fresh();
    /// let form = format!("amount=3&csrf={}", session.csrf_token());
    /// let request = Request::post("/").header("cookie", sessions.request_cookie(&session)?).body(form.clone())?;
    /// let response = service.oneshot(request).await?;
    /// assert_eq!(response.body(), &form);
    /// # Ok(())
    /// # }
    /// ```
    pub fn form<G, Reading, Body, ResBody>(read: G) -> Csrf<ReadWith<G>>
    where
        G: Fn(Request<Body>) -> Reading,
        Reading: Future<Output = Form<Body, ResBody>>,
    {
        Csrf::reading(ReadWith(read))
    }
}

impl<F> Csrf<F> {
    fn reading(form: F) -> Self {
        let (on_refused, trusted) = (PlainRefusal, TrustedOrigins::default());
        Self { form, on_refused, trusted, header: HEADER }
    }
}

impl<R> Csrf<FormField, R> {
    /// How many bytes of a form are read to find the token; 65,536 by default.
    ///
    /// They are kept in memory until the handler reads them. A longer form passes if the field with
    /// the token is complete in these bytes, so put it first. Otherwise the response is a 413, and
    /// the log says so.
    ///
    /// ```
    /// use axum::{Router, body::Body, routing::post};
    /// use http::Request;
    /// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
    /// use tower::ServiceExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let app = Router::new()
    ///     .route("/", post(async |text: String| text.len().to_string()))
    ///     .layer(CsrfLayer::new(sessions.clone(), Csrf::form_field("csrf").max_form_len(1024)))
    ///     .layer(SessionLayer::new(sessions.clone()));
    ///
    /// let session = sessions.fresh();
    /// let (token, text) = (session.csrf_token(), "x".repeat(2000));
    /// for (form, status) in [(format!("csrf={token}&text={text}"), 200), (format!("text={text}&csrf={token}"), 413)] {
    ///     let request = Request::post("/")
    ///         .header("cookie", sessions.request_cookie(&session)?)
    ///         .header("content-type", "application/x-www-form-urlencoded")
    ///         .body(Body::from(form))?;
    ///     assert_eq!(app.clone().oneshot(request).await?.status(), status);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_form_len(mut self, bytes: usize) -> Self {
        self.form.max_len = bytes;
        self
    }
}

impl<F, R> Csrf<F, R> {
    /// The name of the header with the token; `x-csrf-token` by default.
    ///
    /// Client libraries have names of their own for it: Angular and axios send `x-xsrf-token`.
    ///
    /// # Errors
    /// A text that is not the name of a header.
    ///
    /// ```
    /// use sealed_session::Csrf;
    ///
    /// let csrf = Csrf::header_only().header_name("X-XSRF-TOKEN")?;
    /// let error = Csrf::header_only().header_name("csrf token").unwrap_err();
    /// assert_eq!(error.to_string(), r#"header_name is "csrf token"; expected the name of a header, such as x-xsrf-token"#);
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn header_name(mut self, name: impl AsRef<str>) -> Result<Self, ConfigError> {
        let name = name.as_ref();
        self.header = name.parse().map_err(|_| ConfigError::Setting {
            setting: "header_name",
            found: format!("{name:?}"),
            expected: "the name of a header, such as x-xsrf-token",
        })?;
        Ok(self)
    }

    /// Trusts an origin: for its requests the token decides, as for those of the site itself.
    ///
    /// Call it once for each origin. Write it as browsers send it in `Origin`: both are compared
    /// byte for byte. `same-site` and `cross-site` requests of all other origins are refused,
    /// whatever token they bring.
    ///
    /// A page of that origin has to get a token from you, in a response that CORS lets it read, and
    /// the browser has to send it the cookie: for another site that takes
    /// [`SameSite::None`](crate::SameSite::None).
    ///
    /// # Errors
    /// What no browser sends: `null` or a scheme other than `http` and `https`; a path, if only a
    /// slash; a user name; a host with capitals, with characters beyond ASCII, or with a dot at the
    /// end; an address that is not in its shortest form; the default port, or one with leading
    /// zeros.
    ///
    /// # Security
    /// Pages of that origin can do what the user of the browser can do. With `http`, so can
    /// everybody who can change the traffic.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let csrf = Csrf::header_only().trust_origin("https://app.example.net")?;
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions.clone()))
    ///     .layer(CsrfLayer::new(sessions.clone(), csrf))
    ///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new("done")) });
    ///
    /// let session = sessions.fresh();
    /// for (origin, status) in [("https://app.example.net", 200), ("https://evil.example", 403)] {
    ///     let request = Request::post("/")
    ///         .header("cookie", sessions.request_cookie(&session)?)
    ///         .header("sec-fetch-site", "cross-site")
    ///         .header("origin", origin)
    ///         .header("x-csrf-token", session.csrf_token());
    ///     assert_eq!(service.clone().oneshot(request.body(())?).await?.status(), status);
    /// }
    /// assert!(Csrf::header_only().trust_origin("https://app.example.net/").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust_origin(mut self, origin: impl Into<String>) -> Result<Self, ConfigError> {
        self.trusted.add(origin.into())?;
        Ok(self)
    }

    /// The response to a request that is refused; by default a text that says what to do.
    ///
    /// The function gets the request without its body, and the reason. The handles of the session and of
    /// flash messages are in the request's extensions. [`CsrfError::status`] is the status of the default
    /// response: 403 for a token, 413 and 400 for a form that cannot be read, 500 if `SessionLayer` is missing.
    ///
    /// # Security
    /// A response with the status 403 must not depend on the reason. Use the reason to count refusals, for
    /// example. The log has it too.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let csrf = Csrf::header_only().on_refused(|request, reason| {
    ///     let is_script = request.headers.get("accept").is_some_and(|accept| accept == "application/json");
    ///     let body = if is_script { r#"{"error":"csrf"}"# } else { "Please go back, reload and try again." };
    ///     let mut response = Response::new(body);
    ///     *response.status_mut() = reason.status();
    ///     response
    /// });
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions.clone()))
    ///     .layer(CsrfLayer::new(sessions, csrf))
    ///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new("done")) });
    /// let request = Request::post("/").header("accept", "application/json").body(())?;
    /// let response = service.oneshot(request).await?;
    /// assert_eq!((response.status().as_u16(), *response.body()), (403, r#"{"error":"csrf"}"#));
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_refused<G, ResBody>(self, respond: G) -> Csrf<F, RespondWith<G>>
    where
        G: Fn(&Parts, CsrfError) -> Response<ResBody>,
    {
        let Self { form, trusted, header, .. } = self;
        Csrf { form, on_refused: RespondWith(respond), trusted, header }
    }
}

impl<F, R> fmt::Debug for Csrf<F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csrf").field("header_name", &self.header).finish_non_exhaustive()
    }
}

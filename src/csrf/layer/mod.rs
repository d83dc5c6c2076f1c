//! The layer that asks for CSRF tokens.

mod form;
mod origin;
mod service;
mod verify;

pub use form::{Form, HeaderOnly, ReadForm, ReadWith};
pub use service::{CsrfFuture, CsrfService};

use std::fmt;
use std::marker::PhantomData;

use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};

use crate::csrf::layer::origin::TrustedOrigins;
use crate::csrf::token::CsrfError;
use crate::error::ConfigError;
use crate::layer::on_error::RespondWith;
use crate::session::dict::Dict;

/// Refuses requests that change something and bring no CSRF token of their session.
///
/// It belongs inside of a [`SessionLayer`](crate::SessionLayer) of the same payload type; without one, every such
/// request gets 500, and the log says why.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, CsrfLayer, Keyring, SessionLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let service = ServiceBuilder::new()
///     .layer(SessionLayer::new(sessions.clone()))
///     .layer(CsrfLayer::new())
///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) });
///
/// let session = sessions.fresh();
/// let request = Request::post("/").header("cookie", sessions.request_cookie(&session)?);
/// let response = service.clone().oneshot(request.body(())?).await?;
/// assert_eq!(response.status(), 403);
///
/// let request = Request::post("/").header("cookie", sessions.request_cookie(&session)?);
/// let request = request.header("x-csrf-token", session.csrf_token());
/// let response = service.oneshot(request.body(())?).await?;
/// assert_eq!(response.status(), 200);
/// # Ok(())
/// # }
/// ```
///
/// # Security
/// Put it around every route that a browser with a session can change something through. One that
/// others call without a session, a webhook, say, stays outside. The rules are listed in
/// [`csrf`](crate::csrf); against other hosts of your site they rest on `Sec-Fetch-Site`, or else
/// on the prefix `__Host-`.
///
/// The path of a token for one form is the one that the layer sees: inside of axum's `nest`, the rest of it.
#[must_use]
pub struct CsrfLayer<T = Dict, F = HeaderOnly, R = PlainRefusal> {
    form: F,
    on_refused: R,
    trusted: TrustedOrigins,
    payload: PhantomData<fn() -> T>,
}

impl CsrfLayer {
    /// A layer for sessions with a dictionary, which looks for tokens in the header `x-csrf-token` alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// A layer for sessions with a `T`.
    ///
    /// ```
    /// use sealed_session::{CookieSessions, CsrfLayer, Keyring, SessionLayer};
    /// use tower::ServiceBuilder;
    ///
    /// let sessions = CookieSessions::typed::<u32>(Keyring::ephemeral(), "visits-1").build()?;
    /// let layers = ServiceBuilder::new().layer(SessionLayer::new(sessions)).layer(CsrfLayer::typed::<u32>());
    /// # Ok::<(), sealed_session::ConfigError>(())
    /// ```
    pub fn typed<T>() -> CsrfLayer<T> {
        CsrfLayer::default()
    }
}

impl<T> Default for CsrfLayer<T> {
    fn default() -> Self {
        Self {
            form: HeaderOnly,
            on_refused: PlainRefusal,
            trusted: TrustedOrigins::default(),
            payload: PhantomData,
        }
    }
}

impl<T, F, R> CsrfLayer<T, F, R> {
    /// Trusts an origin: for its requests the token decides, as for those of the site itself.
    ///
    /// Call it once for each origin. Write it as browsers send it in `Origin`, where it is compared
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
    /// use sealed_session::{CookieSessions, CsrfLayer, Keyring, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions.clone()))
    ///     .layer(CsrfLayer::new().trust_origin("https://app.example.net")?)
    ///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) });
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
    /// assert!(CsrfLayer::new().trust_origin("https://app.example.net/").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust_origin(mut self, origin: impl Into<String>) -> Result<Self, ConfigError> {
        self.trusted.add(origin.into())?;
        Ok(self)
    }

    /// How to read the field with the token, where the header holds none.
    ///
    /// The function reads the body as its framework does, and gives back the request as it was, with every value of
    /// the field; none if there is no such field, or no form. It responds itself to a request that it cannot read. It
    /// sets the limit to what it reads.
    ///
    /// The README has one for axum, under "Forms".
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{CookieSessions, CsrfLayer, Keyring, SessionLayer};
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
    ///     .layer(CsrfLayer::new().form(csrf_field))
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
    pub fn form<G, Reading, Body, ResBody>(self, read: G) -> CsrfLayer<T, ReadWith<G>, R>
    where
        G: Fn(Request<Body>) -> Reading,
        Reading: Future<Output = Form<Body, ResBody>>,
    {
        let Self { on_refused, trusted, .. } = self;
        CsrfLayer { form: ReadWith(read), on_refused, trusted, payload: PhantomData }
    }

    /// The response to a request that is refused; by default a 403 that says what to do.
    ///
    /// # Security
    /// The response must not depend on the reason, which is for counting, say. The log has it.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use sealed_session::{CookieSessions, CsrfLayer, Keyring, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let layer = CsrfLayer::new().on_refused(|_reason| {
    ///     let mut response = Response::new("Please go back, reload and try again.".to_owned());
    ///     *response.status_mut() = http::StatusCode::UNPROCESSABLE_ENTITY;
    ///     response
    /// });
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(CookieSessions::new(Keyring::ephemeral())))
    ///     .layer(layer)
    ///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) });
    /// let response = service.oneshot(Request::post("/").body(())?).await?;
    /// assert_eq!(response.status(), 422);
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_refused<G, ResBody>(self, respond: G) -> CsrfLayer<T, F, RespondWith<G>>
    where
        G: Fn(CsrfError) -> Response<ResBody>,
    {
        let Self { form, trusted, .. } = self;
        CsrfLayer { form, on_refused: RespondWith(respond), trusted, payload: PhantomData }
    }
}

impl<T, F: Clone, R: Clone> Clone for CsrfLayer<T, F, R> {
    fn clone(&self) -> Self {
        Self {
            form: self.form.clone(),
            on_refused: self.on_refused.clone(),
            trusted: self.trusted.clone(),
            payload: PhantomData,
        }
    }
}

impl<T, F, R> fmt::Debug for CsrfLayer<T, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfLayer").finish_non_exhaustive()
    }
}

/// What a [`CsrfLayer`] responds with to a request that it refuses.
pub trait OnRefused<B> {
    /// The response; the library has logged the reason.
    fn respond(&self, reason: CsrfError) -> Response<B>;
}

/// A 403 in plain text that says what to do.
#[derive(Clone, Copy, Debug)]
pub struct PlainRefusal;

impl<B: From<&'static str>> OnRefused<B> for PlainRefusal {
    fn respond(&self, _: CsrfError) -> Response<B> {
        let mut response = Response::new(B::from(REFUSAL));
        *response.status_mut() = StatusCode::FORBIDDEN;
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

impl<B, F: Fn(CsrfError) -> Response<B>> OnRefused<B> for RespondWith<F> {
    fn respond(&self, reason: CsrfError) -> Response<B> {
        self.0(reason)
    }
}

/// Also for who opened two tabs at a first visit, logged in elsewhere meanwhile, or takes no cookies.
const REFUSAL: &str = "Nothing was changed, because this page is out of date. Please go back, reload the page and \
                       send again. If that does not help, allow cookies for this site.\n";

//! The layer that asks for CSRF tokens.

mod form;
mod origin;
mod refusal;
mod service;
mod settings;
mod verify;

pub use form::{
    FieldReading, Form, FormBody, FormField, FormOutcome, HeaderOnly, InnerBody, ReadForm, ReadWith,
};
pub use refusal::{OnRefused, PlainRefusal};
pub use service::{CsrfFuture, CsrfService};
pub use settings::Csrf;

use std::fmt;

use crate::session::dict::Dict;
use crate::sessions::CookieSessions;

/// Refuses requests that change something and bring no CSRF token of their session.
///
/// It belongs inside of a [`SessionLayer`](crate::SessionLayer) of the same sessions. Without one,
/// every such request gets a 500 that says what to add.
///
/// ```
/// use http::{Request, Response};
/// use sealed_session::{CookieSessions, Csrf, CsrfLayer, Keyring, SessionLayer};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let service = ServiceBuilder::new()
///     .layer(SessionLayer::new(sessions.clone()))
///     .layer(CsrfLayer::new(sessions.clone(), Csrf::header_only()))
///     .service_fn(|_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new("done")) });
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
/// Put it around every route through which a browser with a session can change something. A route
/// that others call without a session, such as a webhook, stays outside. The rules are listed in
/// [`csrf`](crate::csrf). Against other hosts of your site they rest on `Sec-Fetch-Site`, or else
/// on the prefix `__Host-`.
///
/// The path of a token for one form is the one that the layer sees: inside of axum's `nest`, the rest of it.
#[must_use]
pub struct CsrfLayer<T = Dict, F = HeaderOnly, R = PlainRefusal> {
    sessions: CookieSessions<T>,
    csrf: Csrf<F, R>,
}

impl<T, F, R> CsrfLayer<T, F, R> {
    /// A layer for the requests of these sessions.
    pub fn new(sessions: CookieSessions<T>, csrf: Csrf<F, R>) -> Self {
        Self { sessions, csrf }
    }
}

impl<T, F: Clone, R: Clone> Clone for CsrfLayer<T, F, R> {
    fn clone(&self) -> Self {
        Self { sessions: self.sessions.clone(), csrf: self.csrf.clone() }
    }
}

impl<T, F, R> fmt::Debug for CsrfLayer<T, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfLayer").finish_non_exhaustive()
    }
}

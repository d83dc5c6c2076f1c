//! CSRF protection in the layer of a site (feature `csrf`).

use tower_layer::Identity;

use crate::csrf::{Csrf, CsrfLayer};
use crate::layer::SessionLayer;
use crate::session::payload::Payload;
use crate::site::SiteLayer;
use crate::site::session_part::SessionPart;

impl<T: Payload + 'static, E> SessionLayer<T, E> {
    /// Adds CSRF protection, inside the layers of the session and of flash messages.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use http::{Request, Response};
    /// use sealed_session::{CookieSessions, Csrf, Keyring, SessionLayer};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let service = ServiceBuilder::new()
    ///     .layer(SessionLayer::new(sessions).csrf(Csrf::header_only()))
    ///     .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    /// let response = service.oneshot(Request::post("/").body(())?).await?;
    /// assert_eq!(response.status(), 403); // a POST without a token
    /// # Ok(())
    /// # }
    /// ```
    pub fn csrf<R, O>(self, csrf: Csrf<R, O>) -> SiteLayer<Self, Identity, CsrfLayer<T, R, O>> {
        SiteLayer::around(self).csrf(csrf)
    }
}

impl<S: SessionPart, F> SiteLayer<S, F> {
    /// Adds CSRF protection, inside the layers of the session and of flash messages.
    ///
    /// See [`Csrf`] for its settings.
    pub fn csrf<R, O>(mut self, csrf: Csrf<R, O>) -> SiteLayer<S, F, CsrfLayer<S::Payload, R, O>> {
        let csrf = CsrfLayer::new(self.sessions.session_layer().sessions.clone(), csrf);
        SiteLayer { sessions: self.sessions, flash: self.flash, csrf }
    }
}

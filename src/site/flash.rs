//! Flash messages in the layer of a site (feature `flash`).

use tower_layer::Identity;

use crate::flash::FlashLayer;
use crate::layer::SessionLayer;
use crate::session::payload::Payload;
use crate::site::SiteLayer;
use crate::site::session_part::SessionPart;

impl<T: Payload + 'static, E> SessionLayer<T, E> {
    /// Adds flash messages, inside the session layer.
    ///
    /// ```
    /// use axum::{Router, response::Redirect, routing::post};
    /// use sealed_session::{CookieSessions, FlashError, FlashHandle, Keyring, Level, SessionLayer};
    ///
    /// async fn save(flash: FlashHandle) -> Result<Redirect, FlashError> {
    ///     flash.push(Level::Success, "Saved.")?;
    ///     Ok(Redirect::to("/"))
    /// }
    ///
    /// let sessions = CookieSessions::new(Keyring::ephemeral());
    /// let app: Router =
    ///     Router::new().route("/save", post(save)).layer(SessionLayer::new(sessions).flash());
    /// ```
    pub fn flash(self) -> SiteLayer<Self, FlashLayer> {
        SiteLayer::around(self).flash()
    }
}

impl<S: SessionPart, C> SiteLayer<S, Identity, C> {
    /// Adds flash messages, inside the session layer.
    ///
    /// See [`FlashHandle`](crate::FlashHandle) for how a handler uses them.
    pub fn flash(mut self) -> SiteLayer<S, FlashLayer, C> {
        let layer = self.sessions.session_layer();
        layer.has_flash = true;
        let flash = FlashLayer::new(layer.sessions.clone());
        SiteLayer { sessions: self.sessions, flash, csrf: self.csrf }
    }
}

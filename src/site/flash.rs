//! Flash messages in the layer of a site (feature `flash`).

use tower_layer::Identity;

use crate::flash::FlashLayer;
use crate::layer::SessionLayer;
use crate::session::payload::Payload;
use crate::site::SiteLayer;
use crate::site::gate::Gate;

impl<T: Payload + 'static, E> SessionLayer<T, E> {
    /// Adds flash messages, inside of the session (feature `flash`).
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
    /// let app: Router = Router::new().route("/save", post(save)).layer(SessionLayer::new(sessions).flash());
    /// ```
    pub fn flash(self) -> SiteLayer<Self, FlashLayer> {
        SiteLayer::around(self).flash()
    }
}

impl<G: Gate, C> SiteLayer<G, Identity, C> {
    /// Adds flash messages, inside of the session (feature `flash`).
    ///
    /// See [`FlashHandle`](crate::FlashHandle) for how a handler uses them.
    pub fn flash(mut self) -> SiteLayer<G, FlashLayer, C> {
        let sessions = self.gate.session_layer();
        sessions.has_flash = true;
        let flash = FlashLayer::new(sessions.sessions.clone());
        SiteLayer { gate: self.gate, flash, csrf: self.csrf }
    }
}

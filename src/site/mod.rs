//! The one layer of a site: sessions, flash messages and CSRF protection, in the right order (feature `tower` with `csrf`
//! or `flash`).
//!
//! This is the only module that knows all optional layers and their order.
//!
//! ```text
//! request ─► session (and revocation) ─► flash messages ─► CSRF ─► application
//! ```
//!
//! The session is outermost: when it cannot be sent, an error takes the place of the response, and a flash message that
//! says "Saved." goes with it. CSRF protection is innermost: what responds to a refused request finds the session and the
//! flash messages.

#[cfg(feature = "csrf")]
mod csrf;
#[cfg(feature = "flash")]
mod flash;
mod gate;
#[cfg(feature = "revocation")]
mod revocation;

use http::Response;
use tower_layer::{Identity, Layer};

use crate::error::EncodeError;
use crate::layer::{RespondWith, SessionLayer};
use crate::site::gate::Gate;
use crate::transport::Transport;

/// Sessions with flash messages, CSRF protection or a revocation check, in one layer.
///
/// It begins as a [`SessionLayer`]. Its methods may be called in any order: that of the parts is always the same, and
/// their payload type is that of the sessions.
///
/// ```
/// use axum::extract::Form;
/// use axum::response::{Html, Redirect};
/// use axum::{Router, routing::get};
/// use sealed_session::{CookieSessions, Csrf, FlashError, FlashHandle, Keyring, Level, Message, SessionHandle, SessionLayer};
///
/// /// A form, and below it what was said to this page.
/// async fn form(session: SessionHandle, flash: FlashHandle) -> Html<String> {
///     let said: String = flash.take().iter().map(Message::text).collect();
///     let token = session.csrf_token();
///     Html(format!(r#"<form method="post"><input name="note"><input type="hidden" name="csrf" value="{token}"></form>{said}"#))
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Note {
///     note: String,
/// }
///
/// async fn save(session: SessionHandle, flash: FlashHandle, Form(note): Form<Note>) -> Result<Redirect, FlashError> {
///     session.set("note", note.note);
///     flash.push(Level::Success, "Saved.")?;
///     Ok(Redirect::to("/"))
/// }
///
/// fn app(sessions: CookieSessions) -> Router {
///     Router::new()
///         .route("/", get(form).post(save))
///         .layer(SessionLayer::new(sessions).flash().csrf(Csrf::form_field("csrf")))
/// }
///
/// # use axum::{body::Body, http::Request};
/// # use tower::ServiceExt;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let session = sessions.fresh();
/// let post = |body: String| {
///     let request = Request::post("/").header("cookie", sessions.request_cookie(&session).unwrap());
///     request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(body)).unwrap()
/// };
/// let refused = app(sessions.clone()).oneshot(post("note=milk".to_owned())).await?;
/// assert_eq!(refused.status(), 403);
/// let body = format!("note=milk&csrf={}", session.csrf_token());
/// let response = app(sessions.clone()).oneshot(post(body)).await?;
/// assert_eq!(sessions.received_flash(response.headers()).unwrap().take()[0].text(), "Saved.");
/// assert_eq!(sessions.from_response(response.headers()).unwrap().get("note"), Some("milk"));
/// # Ok(())
/// # }
/// ```
///
/// To put something between the parts, add them one by one: [`SessionLayer`], then inside it `FlashLayer`, then inside that
/// `CsrfLayer`.
#[derive(Clone, Debug)]
#[must_use]
pub struct SiteLayer<G = SessionLayer, F = Identity, C = Identity> {
    gate: G,
    flash: F,
    csrf: C,
}

impl<S, G, F, C> Layer<S> for SiteLayer<G, F, C>
where
    C: Layer<S>,
    F: Layer<C::Service>,
    G: Layer<F::Service>,
{
    type Service = G::Service;

    fn layer(&self, inner: S) -> Self::Service {
        self.gate.layer(self.flash.layer(self.csrf.layer(inner)))
    }
}

impl<G> SiteLayer<G> {
    /// Sessions, and nothing else so far.
    fn around(gate: G) -> Self {
        Self { gate, flash: Identity::new(), csrf: Identity::new() }
    }
}

impl<G, F, C> SiteLayer<G, F, C> {
    fn map_gate<H>(self, change: impl FnOnce(G) -> H) -> SiteLayer<H, F, C> {
        let Self { gate, flash, csrf } = self;
        SiteLayer { gate: change(gate), flash, csrf }
    }
}

impl<G: Gate, F, C> SiteLayer<G, F, C> {
    /// How clients reach the listener that this layer serves, for all its parts.
    ///
    /// See [`SessionLayer::transport`].
    pub fn transport(mut self, transport: Transport) -> Self {
        self.gate.session_layer().transport = Some(transport);
        self
    }
}

impl<T, E, F, C> SiteLayer<SessionLayer<T, E>, F, C> {
    /// What to respond with when a session cannot be sent.
    ///
    /// See [`SessionLayer::on_error`].
    pub fn on_error<R, B>(self, respond: R) -> SiteLayer<SessionLayer<T, RespondWith<R>>, F, C>
    where
        R: Fn(EncodeError) -> Response<B>,
    {
        self.map_gate(|sessions| sessions.on_error(respond))
    }
}

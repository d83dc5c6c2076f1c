//! The one layer of a site: sessions, flash messages and CSRF protection, in the right order
//! (feature `tower` with `csrf` or `flash`).
//!
//! This is the only module that knows all optional layers and their order; [`SiteLayer`] has the
//! picture of it.

// In the order of the methods in the documentation.
#[cfg(feature = "flash")]
mod flash;

#[cfg(feature = "csrf")]
mod csrf;

#[cfg(feature = "revocation")]
mod revocation;

mod session_part;

use std::sync::Arc;

use http::Response;
use http::request::Parts;
use tower_layer::{Identity, Layer};

use crate::error::EncodeError;
use crate::layer::{RespondWith, SessionLayer};
use crate::site::session_part::SessionPart;
use crate::transport::Transport;

/// Sessions with flash messages, CSRF protection or a revocation check, in one layer.
///
/// Begin with [`SessionLayer::new`] and add the parts with `flash`, `csrf` and `check_revocation`,
/// in any order. The order of the parts is always the same, and all parts have the payload type of
/// the sessions:
///
/// ```text
/// request  ─►  session, revocation check  ─►  flash messages  ─►  CSRF check  ─►  application
/// response ◄─            session          ◄─  flash messages  ◄─────────────────  application
/// ```
///
/// - The session is outermost. When it cannot be sent, an error replaces the response, and a flash
///   message such as "Saved." is dropped with the response.
/// - The CSRF check is innermost. The function that responds to a refused request can use the
///   session and the flash messages.
///
/// ```
/// use axum::extract::Form;
/// use axum::response::{Html, Redirect};
/// use axum::{Router, routing::get};
/// use sealed_session::{
///     CookieSessions, Csrf, FlashError, FlashHandle, Keyring, Level, Message, SessionHandle,
///     SessionLayer,
/// };
///
/// /// A form, with the messages for this page below it.
/// async fn form(session: SessionHandle, flash: FlashHandle) -> Html<String> {
///     let messages: String = flash.take().iter().map(Message::text).collect();
///     let token = session.csrf_token();
///     Html(format!(
///         r#"<form method="post">
///              <input name="note"><input type="hidden" name="csrf" value="{token}">
///            </form>{messages}"#
///     ))
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Note {
///     note: String,
/// }
///
/// async fn save(
///     session: SessionHandle,
///     flash: FlashHandle,
///     Form(note): Form<Note>,
/// ) -> Result<Redirect, FlashError> {
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
///     Request::post("/")
///         .header("cookie", sessions.request_cookie(&session).unwrap())
///         .header("content-type", "application/x-www-form-urlencoded")
///         .body(Body::from(body))
///         .unwrap()
/// };
/// let refused = app(sessions.clone()).oneshot(post("note=milk".to_owned())).await?;
/// assert_eq!(refused.status(), 403);
///
/// let body = format!("note=milk&csrf={}", session.csrf_token());
/// let response = app(sessions.clone()).oneshot(post(body)).await?;
/// let saved = sessions.from_response(response.headers()).unwrap();
/// assert_eq!(saved.get("note"), Some("milk"));
/// let mut flash = sessions.received_flash(response.headers()).unwrap();
/// assert_eq!(flash.take()[0].text(), "Saved.");
/// # Ok(())
/// # }
/// ```
///
/// To put another layer between the parts, add the parts one by one: [`SessionLayer`], inside it
/// `FlashLayer`, and inside that `CsrfLayer`.
#[derive(Clone, Debug)]
#[must_use]
pub struct SiteLayer<S = SessionLayer, F = Identity, C = Identity> {
    sessions: S,
    flash: F,
    csrf: C,
}

impl<Inner, S, F, C> Layer<Inner> for SiteLayer<S, F, C>
where
    C: Layer<Inner>,
    F: Layer<C::Service>,
    S: Layer<F::Service>,
{
    type Service = S::Service;

    fn layer(&self, inner: Inner) -> Self::Service {
        self.sessions.layer(self.flash.layer(self.csrf.layer(inner)))
    }
}

impl<S> SiteLayer<S> {
    /// Sessions, without other parts so far.
    fn around(sessions: S) -> Self {
        Self { sessions, flash: Identity::new(), csrf: Identity::new() }
    }
}

impl<S, F, C> SiteLayer<S, F, C> {
    fn map_sessions<R>(self, change: impl FnOnce(S) -> R) -> SiteLayer<R, F, C> {
        let Self { sessions, flash, csrf } = self;
        SiteLayer { sessions: change(sessions), flash, csrf }
    }
}

impl<T, E, F, C> SiteLayer<SessionLayer<T, E>, F, C> {
    /// Sets the response for when a session cannot be sent.
    ///
    /// See [`SessionLayer::on_error`].
    pub fn on_error<R, B>(self, respond: R) -> SiteLayer<SessionLayer<T, RespondWith<R>>, F, C>
    where
        R: Fn(EncodeError) -> Response<B>,
    {
        self.map_sessions(|sessions| sessions.on_error(respond))
    }
}

impl<S: SessionPart, F, C> SiteLayer<S, F, C> {
    /// Sets how clients reach the listener that this layer serves, for all its parts.
    ///
    /// See [`SessionLayer::transport`].
    pub fn transport(mut self, transport: Transport) -> Self {
        self.sessions.session_layer().transport = Some(transport);
        self
    }

    /// Sets which requests are not caused by the user, such as polls and prefetches.
    ///
    /// See [`SessionLayer::passive`].
    pub fn passive(mut self, is_passive: impl Fn(&Parts) -> bool + Send + Sync + 'static) -> Self {
        self.sessions.session_layer().passive = Some(Arc::new(is_passive));
        self
    }
}

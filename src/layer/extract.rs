//! The extractor for [`axum`](https://docs.rs/axum) (feature `axum`).

use std::convert::Infallible;
use std::{error::Error, fmt};

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::{StatusCode, request::Parts};

use crate::layer::handle::SessionHandle;
use crate::layer::service::HandleType;
use crate::log;
use crate::session::payload::Payload;

/// Takes the session of the request as an argument of a handler.
///
/// ```
/// use axum::{Router, routing::get};
/// use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
///
/// async fn greet(session: SessionHandle) -> String {
///     format!("Hello, {}!", session.get("user").unwrap_or_default())
/// }
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let app: Router = Router::new().route("/", get(greet)).layer(SessionLayer::new(sessions));
/// ```
///
/// In an extractor of your own, name the type: `let session: SessionHandle =
/// SessionHandle::from_request_parts(parts, state).await?`. Otherwise the compiler may not know the
/// payload (E0283).
impl<S: Sync, T: Payload + Send + 'static> FromRequestParts<S> for SessionHandle<T> {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        parts.extensions.get().cloned().ok_or_else(|| {
            log::layer::missing();
            MissingLayer
        })
    }
}

/// Takes the session of the request if there is a layer of its payload type.
///
/// If there are only layers of other payload types, the log has a warning, once: without
/// `<Account>`, the session of an application whose payload is an `Account` is always `None`.
///
/// ```
/// use sealed_session::SessionHandle;
///
/// /// For routes with and without sessions.
/// async fn not_found(session: Option<SessionHandle>) -> String {
///     let user = session.and_then(|session| session.get("user"));
///     format!("{}, there is no such page.", user.as_deref().unwrap_or("Sorry"))
/// }
/// ```
impl<S: Sync, T: Payload + Send + 'static> OptionalFromRequestParts<S> for SessionHandle<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        let handle = parts.extensions.get().cloned();
        if handle.is_none() {
            HandleType::visit_others::<T>(&parts.extensions, |_, log| log.other_payload_type());
        }
        Ok(handle)
    }
}

/// The rejection of [`SessionHandle`] as an extractor: there is no layer of its payload type.
///
/// It responds with a 500 that says what to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingLayer;

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "SessionLayer is missing: add `.layer(SessionLayer::new(sessions))` below the routes that use a session, with \
             the payload type that they ask for",
        )
    }
}

impl Error for MissingLayer {}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

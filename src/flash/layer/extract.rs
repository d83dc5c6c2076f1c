//! The extractor for [`axum`](https://docs.rs/axum).

use std::convert::Infallible;
use std::{error::Error, fmt};

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::{StatusCode, request::Parts};

use crate::flash::FlashError;
use crate::flash::layer::handle::FlashHandle;
use crate::log;

/// Takes the flash messages of the request as an argument of a handler.
///
/// ```
/// use axum::{Router, response::Redirect, routing::post};
/// use sealed_session::{CookieSessions, FlashError, FlashHandle, FlashLayer, Keyring, Level};
///
/// async fn save(flash: FlashHandle) -> Result<Redirect, FlashError> {
///     flash.push(Level::Success, "Saved.")?;
///     Ok(Redirect::to("/"))
/// }
///
/// let sessions = CookieSessions::new(Keyring::ephemeral());
/// let app: Router = Router::new().route("/save", post(save)).layer(FlashLayer::new(sessions));
/// ```
impl<S: Sync> FromRequestParts<S> for FlashHandle {
    type Rejection = MissingFlashLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingFlashLayer> {
        parts.extensions.get().cloned().ok_or_else(|| {
            log::flash::no_layer();
            MissingFlashLayer
        })
    }
}

/// Takes the flash messages of the request if there is a [`FlashLayer`](crate::FlashLayer).
///
/// ```
/// use sealed_session::{FlashHandle, Message};
///
/// /// For routes with and without messages.
/// async fn page(flash: Option<FlashHandle>) -> String {
///     let messages = flash.map(|flash| flash.take()).unwrap_or_default();
///     messages.iter().map(Message::text).collect()
/// }
/// ```
impl<S: Sync> OptionalFromRequestParts<S> for FlashHandle {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get().cloned())
    }
}

/// The rejection of [`FlashHandle`] as an extractor: there is no layer.
///
/// It responds with a 500 that says what to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingFlashLayer;

impl fmt::Display for MissingFlashLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "FlashLayer is missing: add `.flash()` to the SessionLayer below the routes that use flash messages, or \
             `.layer(FlashLayer::new(sessions))` without one",
        )
    }
}

impl Error for MissingFlashLayer {}

impl IntoResponse for MissingFlashLayer {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// Responds with a 500 that names the limit, without the texts, and logs it.
impl IntoResponse for FlashError {
    fn into_response(self) -> Response {
        log::flash::refused(&self);
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

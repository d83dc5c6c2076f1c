//! The response for when a session cannot be sent or checked.

use std::fmt;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::error::{EncodeError, Unavailable};

/// Responds for a [`SessionLayer`](crate::SessionLayer) when a session cannot be sent or checked.
///
/// [`PlainError`] and [`RespondWith`] implement it.
pub trait OnError<B> {
    /// Responds when a session cannot be sent; the library has logged the error.
    fn respond(&self, error: EncodeError) -> Response<B>;

    /// Responds when a session cannot be checked for revocation; the inner service is not called.
    ///
    /// By default this is the response of [`respond`](Self::respond) to
    /// [`EncodeError::RevocationFailed`], as a 503 with `Retry-After: 5` and
    /// `Cache-Control: no-store`.
    fn respond_unchecked(&self, error: Unavailable) -> Response<B> {
        into_unavailable(self.respond(EncodeError::RevocationFailed(error)))
    }
}

/// The default of [`SessionLayer`](crate::SessionLayer): a 500 or 503 in plain text.
#[derive(Clone, Copy, Debug)]
pub struct PlainError;

impl<B: From<&'static str>> OnError<B> for PlainError {
    fn respond(&self, error: EncodeError) -> Response<B> {
        let text = match error {
            EncodeError::TwoLayers => TWO_LAYERS,
            EncodeError::RevocationFailed(_) => NOT_REVOKED,
            _ => NOT_SAVED,
        };
        plain_text(StatusCode::INTERNAL_SERVER_ERROR, text)
    }

    fn respond_unchecked(&self, error: Unavailable) -> Response<B> {
        if error.is_not_asked() {
            into_unavailable(plain_text(StatusCode::SERVICE_UNAVAILABLE, NOT_ASKED))
        } else {
            unavailable()
        }
    }
}

/// A function that was given to `on_error`, `on_unchecked` or `on_refused`.
#[derive(Clone, Copy)]
pub struct RespondWith<F>(pub(crate) F);

impl<B, F: Fn(EncodeError) -> Response<B>> OnError<B> for RespondWith<F> {
    fn respond(&self, error: EncodeError) -> Response<B> {
        self.0(error)
    }
}

impl<F> fmt::Debug for RespondWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RespondWith(..)")
    }
}

// For visitors; the log has the details.
const NOT_SAVED: &str = "The session could not be saved, so this request may have had no effect. The reason is in the \
                         log of the server.\n";
const NOT_REVOKED: &str = "The session could not be ended on the server, so you may still be logged in. Please try \
                           again in a few seconds.\n";
const NOT_CHECKED: &str =
    "The session could not be checked, so nothing was done. Please try again in a few seconds.\n";
// For the developer: every request gets them.
const NOT_ASKED: &str = "The session could not be checked: nothing asks its asynchronous revocation hook. Add \
                         `.check_revocation(tokio::time::sleep)` to the SessionLayer.\n";
const TWO_LAYERS: &str = "Two SessionLayers around this service have one cookie. Remove one of them, or give one \
                          another cookie with `Builder::name`.\n";

/// A response in plain text.
pub(crate) fn plain_text<B: From<&'static str>>(
    status: StatusCode,
    text: &'static str,
) -> Response<B> {
    let mut response = Response::new(B::from(text));
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

/// A 503 that asks to try again, for a store that does not respond.
pub(crate) fn unavailable<B: From<&'static str>>() -> Response<B> {
    into_unavailable(plain_text(StatusCode::SERVICE_UNAVAILABLE, NOT_CHECKED))
}

fn into_unavailable<B>(mut response: Response<B>) -> Response<B> {
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_a_function_shows_its_type() {
        let respond = |_: EncodeError| Response::new(());
        assert_eq!(format!("{:?}", RespondWith(respond)), "RespondWith(..)");
    }
}

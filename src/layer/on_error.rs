//! What is sent when a session cannot be.

use std::fmt;

use http::header::{CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};

use crate::error::EncodeError;

/// What a [`SessionLayer`](crate::SessionLayer) responds with when a session cannot be sent.
pub trait OnError<B> {
    /// The response; the library has logged the error.
    fn respond(&self, error: EncodeError) -> Response<B>;
}

/// An empty 500.
#[derive(Clone, Copy, Debug)]
pub struct PlainError;

impl<B: Default> OnError<B> for PlainError {
    fn respond(&self, _: EncodeError) -> Response<B> {
        plain_error()
    }
}

/// The response of a function, given to [`SessionLayer::on_error`](crate::SessionLayer::on_error) or
/// its like.
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

pub(crate) fn plain_error<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// A 503 that asks to come again, for a store that does not respond.
pub(crate) fn unavailable<B: Default>() -> Response<B> {
    let mut response = Response::new(B::default());
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

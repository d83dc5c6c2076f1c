//! What the layer responds with to a request that it refuses.

use http::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;

use crate::csrf::token::CsrfError;
use crate::layer::on_error::RespondWith;

/// What a [`CsrfLayer`](crate::CsrfLayer) responds with to a request that it refuses.
pub trait OnRefused<B> {
    /// The response; the library has logged the reason.
    fn respond(&self, request: &Parts, reason: CsrfError) -> Response<B>;
}

/// A plain text that says what to do, with [`CsrfError::status`].
#[derive(Clone, Copy, Debug)]
pub struct PlainRefusal;

impl<B: From<&'static str>> OnRefused<B> for PlainRefusal {
    fn respond(&self, _: &Parts, reason: CsrfError) -> Response<B> {
        let mut response = Response::new(B::from(text(reason)));
        *response.status_mut() = reason.status();
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        response
    }
}

impl<B, F: Fn(&Parts, CsrfError) -> Response<B>> OnRefused<B> for RespondWith<F> {
    fn respond(&self, request: &Parts, reason: CsrfError) -> Response<B> {
        self.0(request, reason)
    }
}

/// One text for each status: what is wrong with a token is for the log alone.
fn text(reason: CsrfError) -> &'static str {
    match reason {
        CsrfError::FormTooLarge { .. } => TOO_LARGE,
        CsrfError::BrokenForm => BROKEN,
        CsrfError::NoSessionLayer => NO_SESSION_LAYER,
        _ => REFUSAL,
    }
}

/// Also for who opened two tabs at a first visit, logged in elsewhere meanwhile, or takes no cookies.
const REFUSAL: &str = "Nothing was changed, because this page is out of date. Please go back, reload the page and \
                       send again. If that does not help, allow cookies for this site.\n";
const TOO_LARGE: &str = "Nothing was changed, because the form is too large before its CSRF token. Put the field with the \
                         token first in the form, or send the token in the header.\n";
const BROKEN: &str = "Nothing was changed, because the form is not complete or not what its Content-Type says. Please \
                      send it again.\n";
const NO_SESSION_LAYER: &str = "This request has no session, so its CSRF token cannot be verified. Use one layer for both, \
                                `.layer(SessionLayer::new(sessions).csrf(..))`, or put CsrfLayer inside of a SessionLayer \
                                of the same payload type: with axum, the layer that is added last is outermost.\n";

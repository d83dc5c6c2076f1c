//! What the layer responds with to a request that it refuses, and what the log advises.

use http::Response;
use http::header::{HeaderMap, ORIGIN};
use http::request::Parts;

use crate::csrf::token::CsrfError;
use crate::layer::on_error::{RespondWith, plain_text};

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
        plain_text(reason.status(), text(reason))
    }
}

impl<B, F: Fn(&Parts, CsrfError) -> Response<B>> OnRefused<B> for RespondWith<F> {
    fn respond(&self, request: &Parts, reason: CsrfError) -> Response<B> {
        self.0(request, reason)
    }
}

/// What a developer can do about it, for the log. A missing token depends on how it is looked for.
pub(super) fn advice(reason: CsrfError, headers: &HeaderMap) -> Option<&'static str> {
    match reason {
        CsrfError::FormTooLarge { .. } => Some(LARGE),
        CsrfError::NoId => Some(NO_SESSION),
        CsrfError::Mismatch => Some(OTHER_SESSION),
        CsrfError::SameSite | CsrfError::CrossSite if headers.contains_key(ORIGIN) => Some(TRUST),
        _ => None,
    }
}

const LARGE: &str = "put the field with the token first in the form, or raise max_form_len";
const NO_SESSION: &str = "the request has no accepted session: it has ended, the browser dropped the cookie, or the page is \
                          on another site, as localhost is for 127.0.0.1";
const OTHER_SESSION: &str =
    "the token is that of another session, or from before a log-in or log-out";
const TRUST: &str = "if the page is yours, give its origin to trust_origin";

/// One text for each status: what is wrong with a token is for the log only.
fn text(reason: CsrfError) -> &'static str {
    match reason {
        CsrfError::FormTooLarge { .. } => TOO_LARGE,
        CsrfError::BrokenForm => BROKEN,
        CsrfError::NoSessionLayer => NO_SESSION_LAYER,
        _ => REFUSAL,
    }
}

/// Two tabs opened at a first visit, a log-in in another tab, and a browser without cookies lead here too.
const REFUSAL: &str = "Nothing was changed, because this page is out of date. Please go back, reload the page and \
                       send again. If that does not help, allow cookies for this site.\n";
const TOO_LARGE: &str = "Nothing was changed, because the form is too large before its CSRF token. Put the field with the \
                         token first in the form, or send the token in the header.\n";
const BROKEN: &str = "Nothing was changed, because the form is not complete or not what its Content-Type says. Please \
                      send it again.\n";
const NO_SESSION_LAYER: &str = "This request has no session, so its CSRF token cannot be verified. Use one layer for both, \
                                `.layer(SessionLayer::new(sessions).csrf(..))`, or put CsrfLayer inside of a SessionLayer \
                                of the same payload type: with axum, the layer that is added last is outermost.\n";

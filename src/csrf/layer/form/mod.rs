//! How the layer gets at the field of a form that holds the token.

mod body;
mod field;
#[cfg(feature = "multipart")]
mod multipart;
mod search;
mod urlencoded;

/// Without its parser, a multipart form is not read.
#[cfg(not(feature = "multipart"))]
mod multipart {
    use std::sync::Arc;

    use http::HeaderValue;

    use crate::csrf::layer::form::search::{Announced, Unread};
    use crate::csrf::token::CsrfError;

    const ADVICE: &str =
        "enable the feature `multipart`, or send the token in the query or in the header";

    pub(super) fn search(_: &HeaderValue, _: &Arc<str>) -> Announced {
        Err(Unread { reason: CsrfError::Missing, advice: ADVICE })
    }
}

pub use body::FormBody;
pub use field::{FieldReading, FormField};

use std::fmt;
use std::future::{Ready, ready};

use http::{HeaderMap, Request, Response};

use crate::csrf::token::CsrfError;

/// What a function that reads a form returns: the request as it was and every value of the field, or a response.
pub type Form<Body, ResBody> = Result<(Request<Body>, Vec<String>), Response<ResBody>>;

/// The body that a [`CsrfLayer`](crate::CsrfLayer) hands to the inner service.
pub trait InnerBody<Body> {
    /// The body of each request to the inner service.
    type Inner;

    /// A request whose form is not read.
    fn pass(request: Request<Body>) -> Request<Self::Inner>;
}

/// How a [`CsrfLayer`](crate::CsrfLayer) reads a form.
pub trait ReadForm<Body, ResBody>: InnerBody<Body> {
    /// The reading of one form.
    type Reading: Future<Output: Into<FormOutcome<Self::Inner, ResBody>>>;

    /// Reads the form of a request without a token in its header.
    fn read(&self, request: Request<Body>) -> Self::Reading;

    /// What to do about a request without a token, for the log; the name of the header follows.
    fn advice(&self, headers: &HeaderMap) -> &'static str;
}

/// What reading a form comes to.
pub enum FormOutcome<Body, ResBody> {
    /// The request as it was, and every value of the field, or why they are not known.
    Read(Request<Body>, Result<Vec<String>, CsrfError>),
    /// A response of the application.
    Respond(Response<ResBody>),
}

impl<Body, ResBody> From<Form<Body, ResBody>> for FormOutcome<Body, ResBody> {
    fn from(form: Form<Body, ResBody>) -> Self {
        match form {
            Ok((request, values)) => Self::Read(request, Ok(values)),
            Err(response) => Self::Respond(response),
        }
    }
}

/// No form is read: a token comes in the header.
#[derive(Clone, Copy, Debug)]
pub struct HeaderOnly;

impl<Body> InnerBody<Body> for HeaderOnly {
    type Inner = Body;

    fn pass(request: Request<Body>) -> Request<Body> {
        request
    }
}

impl<Body, ResBody> ReadForm<Body, ResBody> for HeaderOnly {
    type Reading = Ready<Form<Body, ResBody>>;

    fn read(&self, request: Request<Body>) -> Self::Reading {
        ready(Ok((request, Vec::new())))
    }

    fn advice(&self, _: &HeaderMap) -> &'static str {
        "send the token in the header"
    }
}

/// A form is read by a function, given to [`Csrf::form`](crate::Csrf::form).
#[derive(Clone, Copy)]
pub struct ReadWith<F>(pub(in crate::csrf::layer) F);

impl<F, Body> InnerBody<Body> for ReadWith<F> {
    type Inner = Body;

    fn pass(request: Request<Body>) -> Request<Body> {
        request
    }
}

impl<F, Reading, Body, ResBody> ReadForm<Body, ResBody> for ReadWith<F>
where
    F: Fn(Request<Body>) -> Reading,
    Reading: Future<Output = Form<Body, ResBody>>,
{
    type Reading = Reading;

    fn read(&self, request: Request<Body>) -> Reading {
        self.0(request)
    }

    fn advice(&self, _: &HeaderMap) -> &'static str {
        "put the token into the form, or into the header"
    }
}

impl<F> fmt::Debug for ReadWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadWith(..)")
    }
}

/// Shows neither a request nor a token.
impl<Body, ResBody> fmt::Debug for FormOutcome<Body, ResBody> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read(..) => "Read(..)",
            Self::Respond(_) => "Respond(..)",
        })
    }
}

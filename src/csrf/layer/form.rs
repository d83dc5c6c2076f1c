//! How the layer gets at the field of a form that holds the token.

use std::fmt;
use std::future::{Ready, ready};

use http::{Request, Response};

/// What reading a form comes to: the request as it was and every value of the field, or a response.
pub type Form<Body, ResBody> = Result<(Request<Body>, Vec<String>), Response<ResBody>>;

/// How a [`CsrfLayer`](crate::CsrfLayer) reads a form.
pub trait ReadForm<Body, ResBody> {
    /// The reading of one form.
    type Reading: Future<Output = Form<Body, ResBody>>;

    /// Reads the form of a request without the header `x-csrf-token`.
    fn read(&self, request: Request<Body>) -> Self::Reading;
}

/// No form is read: a token comes in the header.
#[derive(Clone, Copy, Debug)]
pub struct HeaderOnly;

impl<Body, ResBody> ReadForm<Body, ResBody> for HeaderOnly {
    type Reading = Ready<Form<Body, ResBody>>;

    fn read(&self, request: Request<Body>) -> Self::Reading {
        ready(Ok((request, Vec::new())))
    }
}

/// A form is read by a function, given to [`CsrfLayer::form`](crate::CsrfLayer::form).
#[derive(Clone, Copy)]
pub struct ReadWith<F>(pub(super) F);

impl<F, Reading, Body, ResBody> ReadForm<Body, ResBody> for ReadWith<F>
where
    F: Fn(Request<Body>) -> Reading,
    Reading: Future<Output = Form<Body, ResBody>>,
{
    type Reading = Reading;

    fn read(&self, request: Request<Body>) -> Reading {
        self.0(request)
    }
}

impl<F> fmt::Debug for ReadWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadWith(..)")
    }
}

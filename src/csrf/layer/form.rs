//! How the layer gets at the field of a form that holds the token.

use std::fmt;
use std::future::{Ready, ready};

use http::{Request, Response};

/// What reading a form comes to: the request as it was and every value of the field, or a response.
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
    type Reading: Future<Output = Form<Self::Inner, ResBody>>;

    /// Reads the form of a request without a token in its header.
    fn read(&self, request: Request<Body>) -> Self::Reading;
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
}

/// A form is read by a function, given to [`Csrf::form`](crate::Csrf::form).
#[derive(Clone, Copy)]
pub struct ReadWith<F>(pub(super) F);

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
}

impl<F> fmt::Debug for ReadWith<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReadWith(..)")
    }
}

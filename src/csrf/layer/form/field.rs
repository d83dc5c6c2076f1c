//! Reads the field of a form from any body that implements [`http_body::Body`].

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body::{Body, Frame};

use crate::csrf::layer::form::body::{FormBody, as_bytes};
use crate::csrf::layer::form::search::{Beginning, Search, Values};
use crate::csrf::layer::form::{FormOutcome, InnerBody, ReadForm};
use crate::csrf::token::CsrfError;

/// The field of a form that holds the token, given to [`Csrf::form_field`](crate::Csrf::form_field).
#[derive(Clone, Debug)]
pub struct FormField {
    name: Arc<str>,
    /// Bytes that are read at most.
    pub(in crate::csrf::layer) max_len: usize,
}

/// Bytes of a form that are read by default.
const MAX_LEN: usize = 64 * 1024;

impl FormField {
    pub(in crate::csrf::layer) fn new(name: String) -> Self {
        Self { name: name.into(), max_len: MAX_LEN }
    }

    fn search(&self) -> Search<'_> {
        Search { name: &self.name, limit: self.max_len }
    }
}

impl<B: Body> InnerBody<B> for FormField {
    type Inner = FormBody<B>;

    fn pass(request: Request<B>) -> Request<FormBody<B>> {
        request.map(FormBody::whole)
    }
}

impl<B: Body, ResBody> ReadForm<B, ResBody> for FormField {
    type Reading = FieldReading<B, ResBody>;

    fn read(&self, request: Request<B>) -> Self::Reading {
        let query = request.uri().query().unwrap_or_default();
        let values = self.search().urlencoded(query.as_bytes());
        let stage = match Beginning::of(request.headers()) {
            Some(Ok(beginning)) if values.is_empty() => {
                let (parts, body) = request.into_parts();
                let (body, field) = (Box::pin(body), self.clone());
                FieldStage::Reading(FormReading { parts, body, beginning, next: None, field })
            }
            Some(Err(reason)) if values.is_empty() => FieldStage::Unread(request, Err(reason)),
            _ => FieldStage::Unread(request, Ok(values)),
        };
        FieldReading { stage: Some(stage), response: PhantomData }
    }

    fn advice(headers: &HeaderMap) -> &'static str {
        match Beginning::of(headers) {
            Some(_) => "put the token into its field of the form, or into the header",
            None => "the body is not a form: send the token in the header",
        }
    }
}

/// The reading of one form.
pub struct FieldReading<B, ResBody> {
    /// `None` at its end.
    stage: Option<FieldStage<B>>,
    response: PhantomData<fn() -> ResBody>,
}

/// Nothing in it is pinned: a body that is polled is in a box.
impl<B, ResBody> Unpin for FieldReading<B, ResBody> {}

enum FieldStage<B> {
    /// The body need not be read.
    Unread(Request<B>, Values),
    Reading(FormReading<B>),
}

struct FormReading<B> {
    parts: Parts,
    body: Pin<Box<B>>,
    beginning: Beginning,
    /// A frame that was polled and not read, or not wholly.
    next: Option<Frame<Bytes>>,
    field: FormField,
}

impl<B: Body, ResBody> Future for FieldReading<B, ResBody> {
    type Output = FormOutcome<FormBody<B>, ResBody>;

    #[allow(clippy::expect_used, reason = "a future is not polled after its end")]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (values, is_ended) = match &mut self.stage {
            Some(FieldStage::Reading(reading)) => ready!(reading.poll(context)),
            _ => (Ok(Vec::new()), false),
        };
        Poll::Ready(match self.stage.take().expect("polled after its end") {
            FieldStage::Unread(request, values) => {
                FormOutcome::Read(request.map(FormBody::whole), values)
            }
            FieldStage::Reading(FormReading { parts, body, beginning, next, .. }) => {
                let text = beginning.into_bytes();
                let body = FormBody::begun(text, next, (!is_ended).then_some(body));
                FormOutcome::Read(Request::from_parts(parts, body), values)
            }
        })
    }
}

impl<B: Body> FormReading<B> {
    /// The values, and whether the body has ended.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(Values, bool)> {
        let search = self.field.search();
        loop {
            let frame = match ready!(self.body.as_mut().poll_frame(context)) {
                Some(Ok(frame)) => as_bytes(frame),
                Some(Err(_)) => return Poll::Ready((Err(CsrfError::BrokenForm), true)),
                None => return Poll::Ready((search.end(&self.beginning), true)),
            };
            match frame.into_data() {
                Ok(mut data) => {
                    if let Some(values) = search.feed(&mut self.beginning, &mut data) {
                        self.next = (!data.is_empty()).then(|| Frame::data(data));
                        return Poll::Ready((values, false));
                    }
                }
                Err(trailers) => {
                    self.next = Some(trailers);
                    return Poll::Ready((search.end(&self.beginning), false));
                }
            }
        }
    }
}

impl<B, ResBody> fmt::Debug for FieldReading<B, ResBody> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldReading").finish_non_exhaustive()
    }
}

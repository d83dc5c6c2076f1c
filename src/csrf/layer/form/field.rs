//! Reads the field of a form from any body that implements [`http_body::Body`].

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body::{Body, Frame};

use crate::csrf::layer::form::body::{FormBody, as_bytes};
use crate::csrf::layer::form::search::{Announced, FieldSearch, Unread, Values};
use crate::csrf::layer::form::urlencoded::{UrlencodedSearch, values};
use crate::csrf::layer::form::{FormOutcome, InnerBody, ReadForm, multipart};
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

    /// The search in the body that the headers announce.
    fn search(&self, headers: &HeaderMap) -> Announced {
        let mut types = headers.get_all(CONTENT_TYPE).iter();
        // With several, nobody knows how the application reads the body.
        let (Some(content_type), None) = (types.next(), types.next()) else { return NO_FORM };
        let essence = content_type.as_bytes().split(|byte| *byte == b';').next();
        let essence = essence.unwrap_or_default().trim_ascii();
        if essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded") {
            Ok(Box::new(UrlencodedSearch { name: Arc::clone(&self.name) }))
        } else if essence.eq_ignore_ascii_case(b"multipart/form-data") {
            multipart::search(content_type, &self.name)
        } else {
            NO_FORM
        }
    }
}

const NO_FORM: Announced = Err(Unread {
    reason: CsrfError::Missing,
    advice: "the body is not a form: send the token in the header",
});

impl<B: Body> InnerBody<B> for FormField {
    type Inner = FormBody<B>;

    fn pass(request: Request<B>) -> Request<FormBody<B>> {
        request.map(FormBody::whole)
    }
}

impl<B: Body, ResBody> ReadForm<B, ResBody> for FormField {
    type Reading = FieldReading<B, ResBody>;

    fn read(&self, request: Request<B>) -> Self::Reading {
        let of_query = values(request.uri().query().unwrap_or_default().as_bytes(), &self.name);
        let stage = if of_query.is_empty() {
            match self.search(request.headers()) {
                Ok(search) => FieldStage::Reading(FormReading::new(request, search, self.max_len)),
                Err(unread) => FieldStage::Unread(request, Err(unread.reason)),
            }
        } else {
            FieldStage::Unread(request, Ok(of_query))
        };
        FieldReading { stage: Some(stage), response: PhantomData }
    }

    fn advice(&self, headers: &HeaderMap) -> &'static str {
        match self.search(headers) {
            Ok(_) => "put the token into its field of the form, or into the header",
            Err(unread) => unread.advice,
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
    search: Box<dyn FieldSearch>,
    /// Bytes that are read at most.
    limit: usize,
    /// What was read, as it was sent.
    text: Vec<u8>,
    /// A frame that was polled and not read, or not wholly.
    next: Option<Frame<Bytes>>,
}

impl<B: Body, ResBody> Future for FieldReading<B, ResBody> {
    type Output = FormOutcome<FormBody<B>, ResBody>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let (values, is_ended) = match &mut self.stage {
            Some(FieldStage::Reading(reading)) => ready!(reading.poll(context)),
            _ => (Ok(Vec::new()), false),
        };
        // A future that has ended stays pending.
        let Some(stage) = self.stage.take() else { return Poll::Pending };
        Poll::Ready(match stage {
            FieldStage::Unread(request, values) => {
                FormOutcome::Read(request.map(FormBody::whole), values)
            }
            FieldStage::Reading(FormReading { parts, body, text, next, .. }) => {
                let body = FormBody::begun(text.into(), next, (!is_ended).then_some(body));
                FormOutcome::Read(Request::from_parts(parts, body), values)
            }
        })
    }
}

impl<B: Body> FormReading<B> {
    fn new(request: Request<B>, search: Box<dyn FieldSearch>, limit: usize) -> Self {
        let (parts, body) = request.into_parts();
        Self { parts, body: Box::pin(body), search, limit, text: Vec::new(), next: None }
    }

    /// The values, and whether the body has ended.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(Values, bool)> {
        loop {
            let frame = match ready!(self.body.as_mut().poll_frame(context)) {
                Some(Ok(frame)) => as_bytes(frame),
                Some(Err(_)) => return Poll::Ready((Err(CsrfError::BrokenForm), true)),
                None => return Poll::Ready((self.search.end(&self.text), true)),
            };
            match frame.into_data() {
                Ok(data) => {
                    if let Some(values) = self.take(data) {
                        return Poll::Ready((values, false));
                    }
                }
                Err(trailers) => {
                    self.next = Some(trailers);
                    return Poll::Ready((self.search.end(&self.text), false));
                }
            }
        }
    }

    /// Reads data up to the limit, and keeps the rest; `None` if that was not enough.
    fn take(&mut self, mut data: Bytes) -> Option<Values> {
        let read = data.split_to(data.len().min(self.limit - self.text.len()));
        self.text.extend_from_slice(&read);
        if data.is_empty() {
            return self.search.feed(&self.text);
        }
        self.next = Some(Frame::data(data));
        let too_large = CsrfError::FormTooLarge { limit: self.limit };
        Some(self.search.cut(&self.text).unwrap_or(Err(too_large)))
    }
}

impl<B, ResBody> fmt::Debug for FieldReading<B, ResBody> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldReading").finish_non_exhaustive()
    }
}

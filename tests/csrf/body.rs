//! A body that comes in frames, and a site that says what it received of it.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use sealed_session::csrf::{FormBody, FormField, OnRefused, PlainRefusal};
use sealed_session::{Csrf, CsrfError, CsrfLayer, SessionLayer};
use tower::{ServiceBuilder, ServiceExt};

use crate::visitor::Visitor;

pub const URLENCODED: &str = "application/x-www-form-urlencoded";

/// A body that is not ready each second time it is asked, unless it is told to, and fails where a frame is an error.
#[derive(Default)]
pub struct Frames {
    left: VecDeque<Result<Frame<Bytes>, &'static str>>,
    /// How often it gave a frame.
    pub given: Arc<AtomicUsize>,
    /// How many bytes it gave.
    pub taken: Arc<AtomicUsize>,
    is_ready: bool,
    /// Whether all frames are there at once.
    pub is_always_ready: bool,
    pub tells_its_size: bool,
}

impl Frames {
    pub fn of<B: AsRef<[u8]>>(frames: impl IntoIterator<Item = B>) -> Self {
        let data = |frame: B| Ok(Frame::data(Bytes::copy_from_slice(frame.as_ref())));
        Self { left: frames.into_iter().map(data).collect(), ..Self::default() }
    }

    pub fn then(mut self, frame: Result<Frame<Bytes>, &'static str>) -> Self {
        self.left.push_back(frame);
        self
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        self.is_ready = !self.is_ready;
        if self.is_ready && !self.is_always_ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.given.fetch_add(1, Relaxed);
        let frame = self.left.pop_front();
        let data = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
        self.taken.fetch_add(data.map_or(0, Bytes::len), Relaxed);
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.left.iter().flatten().filter_map(Frame::data_ref);
        let size = data.map(|data| data.len() as u64).sum();
        if self.tells_its_size { SizeHint::with_exact(size) } else { SizeHint::new() }
    }
}

/// What the handler received.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Received {
    pub text: Vec<u8>,
    pub trailers: Option<HeaderMap>,
    /// Frames that the layer had read.
    pub read: usize,
    pub size: Option<u64>,
    pub is_end: bool,
    pub error: Option<&'static str>,
}

/// A visitor who sends forms.
pub struct Sender {
    pub visitor: Visitor,
}

pub type Outcome = Result<Received, CsrfError>;

impl Sender {
    pub fn new() -> Self {
        Self { visitor: Visitor::new() }
    }

    /// A form to a path, which may have a query.
    pub fn form(&self, path: &str, content_type: &[&str], body: Frames) -> Request<Frames> {
        let mut request = self.visitor.send("POST", &[], "").map(|_| body);
        *request.uri_mut() = path.parse().unwrap();
        for value in content_type {
            request.headers_mut().append(CONTENT_TYPE, value.parse().unwrap());
        }
        request
    }

    /// What the handler received, or why it received nothing.
    pub async fn send(&self, csrf: Csrf<FormField>, request: Request<Frames>) -> Outcome {
        let seen: Arc<Mutex<Option<Outcome>>> = Arc::default();
        let (refused, passed) = (Arc::clone(&seen), Arc::clone(&seen));
        let csrf = csrf.on_refused(move |request, reason| {
            *refused.lock().unwrap() = Some(Err(reason));
            PlainRefusal.respond(request, reason)
        });
        let given = Arc::clone(&request.body().given);
        let sessions = &self.visitor.sessions;
        let service = ServiceBuilder::new()
            .layer(SessionLayer::new(sessions.clone()))
            .layer(CsrfLayer::new(sessions.clone(), csrf))
            .service_fn(move |request: Request<FormBody<Frames>>| {
                let (passed, read) = (Arc::clone(&passed), given.load(Relaxed));
                async move {
                    *passed.lock().unwrap() = Some(Ok(receive(request.into_body(), read).await));
                    Ok::<_, Infallible>(Response::new(String::new()))
                }
            });
        let response = service.oneshot(request).await.unwrap();
        let outcome = seen.lock().unwrap().take().expect("it was passed or refused");
        let status = outcome.as_ref().map_or_else(|reason| reason.status(), |_| StatusCode::OK);
        assert_eq!(response.status(), status);
        outcome
    }

    /// A form in one frame, with the default settings and the field `csrf`.
    pub async fn judge(&self, content_type: &[&str], text: impl AsRef<[u8]>) -> Outcome {
        self.judge_frames(content_type, Frames::of([text])).await
    }

    pub async fn judge_frames(&self, content_type: &[&str], body: Frames) -> Outcome {
        self.send(Csrf::form_field("csrf"), self.form("/transfer", content_type, body)).await
    }
}

async fn receive<B>(body: B, read: usize) -> Received
where
    B: Body<Data = Bytes, Error = &'static str> + Unpin,
{
    let (size, is_end) = (body.size_hint().exact(), body.is_end_stream());
    let mut received = Received { read, size, is_end, ..Received::default() };
    let mut body = body;
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(data)) => received.text.extend_from_slice(&data),
            Ok(Err(trailers)) => received.trailers = trailers.into_trailers().ok(),
            Err(error) => {
                received.error = Some(error);
                break;
            }
        }
    }
    if received.error.is_none() {
        assert!(body.is_end_stream());
    }
    received
}

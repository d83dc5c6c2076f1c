//! The body that the inner service gets: what was read of it, then the rest.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request behind [`Csrf::form_field`](crate::Csrf::form_field): as it was sent.
    ///
    /// What was read to find the token comes first. The rest is passed on as it arrives.
    pub struct FormBody<B> {
        // Read already.
        text: Bytes,
        // The frame that followed, or what of it was not read.
        next: Option<Frame<Bytes>>,
        #[pin]
        rest: Remainder<B>,
    }
}

pin_project! {
    #[project = RemainderProj]
    enum Remainder<B> {
        // Nothing was read.
        Whole { #[pin] body: B },
        // It was polled, so it stays where it is.
        Begun { body: Pin<Box<B>> },
        Ended,
    }
}

impl<B> FormBody<B> {
    /// A body that nobody has read.
    pub(super) fn whole(body: B) -> Self {
        Self { text: Bytes::new(), next: None, rest: Remainder::Whole { body } }
    }

    /// A body that was read in part; without `rest`, to its end.
    pub(super) fn begun(
        text: Bytes,
        next: Option<Frame<Bytes>>,
        rest: Option<Pin<Box<B>>>,
    ) -> Self {
        let rest = rest.map_or(Remainder::Ended, |body| Remainder::Begun { body });
        Self { text, next, rest }
    }
}

impl<B: Body> Body for FormBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = self.project();
        if !this.text.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(mem::take(this.text)))));
        }
        if let Some(frame) = this.next.take() {
            return Poll::Ready(Some(Ok(frame)));
        }
        let frame = match this.rest.project() {
            RemainderProj::Whole { body } => body.poll_frame(context),
            RemainderProj::Begun { body } => body.as_mut().poll_frame(context),
            RemainderProj::Ended => Poll::Ready(None),
        };
        frame.map_ok(as_bytes)
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_empty()
            && self.next.is_none()
            && match &self.rest {
                Remainder::Whole { body } => body.is_end_stream(),
                Remainder::Begun { body } => body.is_end_stream(),
                Remainder::Ended => true,
            }
    }

    fn size_hint(&self) -> SizeHint {
        let next = self.next.as_ref().and_then(Frame::data_ref).map_or(0, Bytes::len);
        let kept = self.text.len() as u64 + next as u64;
        let rest = match &self.rest {
            Remainder::Whole { body } => body.size_hint(),
            Remainder::Begun { body } => body.size_hint(),
            Remainder::Ended => SizeHint::with_exact(0),
        };
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(kept));
        if let Some(upper) = rest.upper().and_then(|upper| upper.checked_add(kept)) {
            hint.set_upper(upper);
        }
        hint
    }
}

/// Copies only what is not `Bytes` already.
pub(super) fn as_bytes<D: Buf>(frame: Frame<D>) -> Frame<Bytes> {
    frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))
}

/// Shows nothing of what a client sent.
impl<B> fmt::Debug for FormBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormBody").finish_non_exhaustive()
    }
}

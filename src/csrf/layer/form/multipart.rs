//! The search in a `multipart/form-data` body, by `multer`, which also reads it for axum's `Multipart`.
//!
//! `multer` reads ahead as far as its stream is ready, so it does not get the body itself. Its stream has what was fed
//! and is not ready after that: nothing of an upload is read before the token is known, and `multer` asks nothing of
//! the body's type. A token is untrusted until it is verified.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderValue;

use crate::csrf::layer::form::search::{Announced, FieldSearch, Unread, Values};
use crate::csrf::token::CsrfError;

/// The part of the fed bytes that more must bring before `multer` looks at them: it searches for a delimiter from the
/// start each time, which bodies in frames of one byte would make quadratic.
const STEP: usize = 8;

/// The search in a body of this type, whose essence is `multipart/form-data`.
pub(super) fn search(content_type: &HeaderValue, name: &Arc<str>) -> Announced {
    let boundary = content_type.to_str().ok().and_then(|text| multer::parse_boundary(text).ok());
    let boundary = boundary.filter(|boundary| !boundary.is_empty());
    // No advice is asked for: the token is not missing.
    let broken = Unread { reason: CsrfError::BrokenForm, advice: "" };
    Ok(Box::new(MultipartSearch::new(boundary.ok_or(broken)?, Arc::clone(name))))
}

struct MultipartSearch {
    /// Bytes that `multer` has.
    fed: usize,
    /// `None` at the end of the body.
    sender: Option<Sender<Bytes>>,
    finding: Pin<Box<dyn Future<Output = multer::Result<Vec<String>>> + Send>>,
}

impl MultipartSearch {
    fn new(boundary: String, name: Arc<str>) -> Self {
        let (sender, receiver) = channel();
        let finding = Box::pin(find(Fed(receiver), boundary, name));
        Self { fed: 0, sender: Some(sender), finding }
    }

    /// What `multer` finds in all of the beginning.
    fn search(&mut self, text: &[u8]) -> Option<Values> {
        if let Some(sender) = &self.sender {
            // The receiver lives as long as the search.
            let _ = sender.send(Bytes::copy_from_slice(&text[self.fed..]));
            self.fed = text.len();
        }
        // It waits for what this function sends, so that nobody has to be woken.
        match self.finding.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(found) => Some(found.map_err(|_| CsrfError::BrokenForm)),
            Poll::Pending => None,
        }
    }
}

impl FieldSearch for MultipartSearch {
    fn feed(&mut self, text: &[u8]) -> Option<Values> {
        if text.len() - self.fed < self.fed / STEP { None } else { self.search(text) }
    }

    fn cut(&mut self, text: &[u8]) -> Option<Values> {
        self.search(text)
    }

    fn end(&mut self, text: &[u8]) -> Values {
        self.search(text).unwrap_or_else(|| {
            self.sender = None;
            self.search(text).unwrap_or(Err(CsrfError::BrokenForm))
        })
    }
}

/// The value of the first part with the name.
async fn find(body: Fed, boundary: String, name: Arc<str>) -> multer::Result<Vec<String>> {
    let mut form = multer::Multipart::new(body, boundary);
    while let Some(field) = form.next_field().await? {
        if field.name() == Some(&*name) {
            // A token is ASCII: a text that loses something here is not one.
            return Ok(vec![String::from_utf8_lossy(&field.bytes().await?).into_owned()]);
        }
    }
    Ok(Vec::new())
}

/// The stream that `multer` reads.
struct Fed(Receiver<Bytes>);

impl Stream for Fed {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.0.try_recv() {
            Ok(bytes) => Poll::Ready(Some(Ok(bytes))),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::iter::successors;

    use super::*;

    #[test]
    fn a_body_that_comes_byte_by_byte_is_searched_when_an_eighth_more_has_come() {
        let mut search = MultipartSearch::new("boundary".to_owned(), "csrf".into());
        let preamble = [b' '; 1000];
        let mut searched = Vec::new();
        for len in 1..=preamble.len() {
            assert!(search.feed(&preamble[..len]).is_none());
            searched.extend((search.fed == len).then_some(len));
        }
        let next = |len: &usize| Some(len + (len / 8).max(1)).filter(|next| *next <= 1000);
        assert_eq!(searched, successors(Some(1), next).collect::<Vec<_>>());
        assert_eq!(searched.len(), 52);
    }
}

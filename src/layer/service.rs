//! The service of the layer: a request in, the session with the response out.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::layer::handle::SessionHandle;
use crate::layer::on_error::{OnError, PlainError};
use crate::layer::{Refusal, SessionLayer};
use crate::session::dict::Dict;
use crate::session::payload::Payload;

impl<S, T, E: Clone> Layer<S> for SessionLayer<T, E> {
    type Service = SessionService<S, T, E>;

    fn layer(&self, inner: S) -> Self::Service {
        SessionService { inner, layer: self.clone() }
    }
}

/// The service of a [`SessionLayer`].
pub struct SessionService<S, T = Dict, E = PlainError> {
    inner: S,
    layer: SessionLayer<T, E>,
}

impl<S: Clone, T, E: Clone> Clone for SessionService<S, T, E> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, T, E> fmt::Debug for SessionService<S, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}

impl<S, T, E, Body, ResBody> Service<Request<Body>> for SessionService<S, T, E>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    T: Payload + Send + 'static,
    E: OnError<ResBody> + Clone,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = SessionFuture<S::Future, T, E>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (handle, refusal) = self.layer.arrive(&mut request);
        let refusal = refusal.or_else(|| handle.is_unchecked().then_some(Refusal::Unchecked));
        let inner = refusal.is_none().then(|| self.inner.call(request));
        SessionFuture { inner, refusal, handle, layer: self.layer.clone() }
    }
}

pin_project! {
    /// The future of a [`SessionService`].
    pub struct SessionFuture<F, T, E> {
        // `None` if the request is refused, and at the end.
        #[pin]
        inner: Option<F>,
        refusal: Option<Refusal>,
        handle: SessionHandle<T>,
        layer: SessionLayer<T, E>,
    }

    impl<F, T, E> PinnedDrop for SessionFuture<F, T, E> {
        // Also when the client hangs up, or a layer with a time limit gives up: what is written from then on is lost.
        fn drop(this: Pin<&mut Self>) {
            this.handle.close();
        }
    }
}

impl<F, T, E, ResBody, Error> Future for SessionFuture<F, T, E>
where
    F: Future<Output = Result<Response<ResBody>, Error>>,
    T: Payload,
    E: OnError<ResBody>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            // Nothing comes of a future that has ended.
            let Some(refusal) = this.refusal.take() else { return Poll::Pending };
            return Poll::Ready(Ok(this.layer.refuse(refusal)));
        };
        let outcome = ready!(inner.poll(context));
        // It may still have the request, and with it a handle that nobody uses anymore.
        this.inner.set(None);
        Poll::Ready(match outcome {
            Ok(response) => Ok(this.layer.finish(this.handle, response)),
            Err(error) => {
                this.handle.close();
                Err(error)
            }
        })
    }
}

impl<F, T, E> fmt::Debug for SessionFuture<F, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").field("handle", &self.handle).finish_non_exhaustive()
    }
}

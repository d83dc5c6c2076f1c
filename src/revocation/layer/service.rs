//! The service of the layer: it asks the hook, calls the application, writes the session to the
//! response, and tells the hook what was ended.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::layer::handle::SessionHandle;
use crate::layer::on_error::{OnError, PlainError};
use crate::revocation::layer::pending::PendingCheck;
use crate::revocation::layer::{OnUnchecked, Plain503, RevocationLayer, Told};
use crate::session::dict::Dict;
use crate::session::gate::{Later, Recheck, Replies};
use crate::session::payload::Payload;

impl<S, T, E: Clone, U: Clone> Layer<S> for RevocationLayer<T, E, U> {
    type Service = RevocationService<S, T, E, U>;

    fn layer(&self, inner: S) -> Self::Service {
        RevocationService { inner, layer: self.clone() }
    }
}

/// The service of a [`RevocationLayer`].
pub struct RevocationService<S, T = Dict, E = PlainError, U = Plain503> {
    inner: S,
    layer: RevocationLayer<T, E, U>,
}

impl<S: Clone, T, E: Clone, U: Clone> Clone for RevocationService<S, T, E, U> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, T, E, U> fmt::Debug for RevocationService<S, T, E, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, T, E, U, Body, ResBody> Service<Request<Body>> for RevocationService<S, T, E, U>
where
    S: Service<Request<Body>, Response = Response<ResBody>> + Clone,
    T: Payload + Send + 'static,
    E: OnError<ResBody> + Clone,
    U: OnUnchecked<ResBody> + Clone,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = RevocationFuture<S, S::Future, Body, ResBody, T, E, U>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (handle, not_called) = self.layer.sessions.arrive(&mut request);
        let layer = self.layer.clone();
        let check = if not_called.is_none() { handle.pending_check() } else { None };
        let asking = check.and_then(|check| Some((layer.ask(&check)?, check)));
        let stage = match (not_called, asking) {
            (Some(reason), _) => CheckStage::done(layer.sessions.refuse(reason)),
            (None, Some((replies, check))) => {
                // `poll_ready` was called on this service, and not on the copy.
                let copy = self.inner.clone();
                let service = mem::replace(&mut self.inner, copy);
                CheckStage::Asking { replies, held: Some(HeldRequest { check, request, service }) }
            }
            (None, None) if handle.is_unchecked() => CheckStage::refused(&layer, &handle),
            (None, None) => CheckStage::Called { inner: self.inner.call(request) },
        };
        RevocationFuture { stage, handle, layer }
    }
}

/// A request that waits for the hook.
struct HeldRequest<S, B, T> {
    check: PendingCheck<T>,
    request: Request<B>,
    service: S,
}

pin_project! {
    /// The future of a [`RevocationService`].
    pub struct RevocationFuture<S, F, B, A, T, E, U> {
        #[pin]
        stage: CheckStage<S, F, B, A, T>,
        handle: SessionHandle<T>,
        layer: RevocationLayer<T, E, U>,
    }

    impl<S, F, B, A, T, E, U> PinnedDrop for RevocationFuture<S, F, B, A, T, E, U> {
        // Also when the client hangs up, or a layer with a time limit gives up: what is written
        // from then on is lost.
        fn drop(this: Pin<&mut Self>) {
            this.handle.close();
        }
    }
}

pin_project! {
    #[project = CheckStageProj]
    enum CheckStage<S, F, B, A, T> {
        Asking { replies: Later<Option<Replies>>, held: Option<HeldRequest<S, B, T>> },
        Called { #[pin] inner: F },
        Rechecking { recheck: Later<Recheck>, response: Option<Response<A>> },
        Responded { response: Option<Response<A>> },
        Telling { told: Later<Told>, response: Option<Response<A>> },
        // `None` after it was returned.
        Done { response: Option<Response<A>> },
    }
}

impl<S, F, B, A, T: Payload> CheckStage<S, F, B, A, T> {
    fn done(response: Response<A>) -> Self {
        Self::Done { response: Some(response) }
    }

    fn refused<E, U: OnUnchecked<A>>(
        layer: &RevocationLayer<T, E, U>,
        handle: &SessionHandle<T>,
    ) -> Self {
        handle.close();
        Self::done(layer.on_unchecked.respond())
    }

    /// The next stage after the hook's replies.
    fn checked<E, U: OnUnchecked<A>>(
        layer: &RevocationLayer<T, E, U>,
        handle: &SessionHandle<T>,
        replies: Option<Replies>,
        held: HeldRequest<S, B, T>,
    ) -> Self
    where
        S: Service<Request<B>, Future = F>,
    {
        let HeldRequest { check, request, mut service } = held;
        handle.hand_over(check.settle(&layer.sessions.sessions.0, replies));
        if handle.is_unchecked() {
            Self::refused(layer, handle)
        } else {
            Self::Called { inner: service.call(request) }
        }
    }

    /// The next stage after the response of the application.
    fn responded<E, U>(
        layer: &RevocationLayer<T, E, U>,
        handle: &SessionHandle<T>,
        response: Response<A>,
    ) -> Self {
        let response = Some(response);
        match layer.recheck(handle) {
            Some(recheck) => Self::Rechecking { recheck, response },
            None => Self::Responded { response },
        }
    }

    /// Writes the session to the response, and returns the next stage.
    fn written<E: OnError<A>, U>(
        layer: &RevocationLayer<T, E, U>,
        handle: &mut SessionHandle<T>,
        mut response: Response<A>,
    ) -> Self {
        match layer.send(handle, &mut response) {
            Ok(Some(told)) => Self::Telling { told, response: Some(response) },
            Ok(None) => Self::done(response),
            Err(error) => Self::done(layer.sessions.on_error.respond(error)),
        }
    }
}

impl<S, T, E, U, Body, ResBody> Future for RevocationFuture<S, S::Future, Body, ResBody, T, E, U>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    T: Payload,
    E: OnError<ResBody>,
    U: OnUnchecked<ResBody>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (handle, layer, mut stage) = (this.handle, this.layer, this.stage);
        loop {
            let next = match stage.as_mut().project() {
                CheckStageProj::Asking { replies, held } => {
                    let replies = ready!(replies.as_mut().poll(context));
                    let Some(held) = held.take() else { return Poll::Pending };
                    CheckStage::checked(layer, handle, replies, held)
                }
                CheckStageProj::Called { inner } => {
                    let outcome = ready!(inner.poll(context));
                    // It may still have the request, with a handle that is not used anymore.
                    stage.set(CheckStage::Responded { response: None });
                    // Closed before the hook is asked and told: nothing more can be written
                    // meanwhile.
                    handle.close();
                    match outcome {
                        Ok(response) => CheckStage::responded(layer, handle, response),
                        Err(error) => {
                            handle.abandon(&layer.sessions.sessions);
                            return Poll::Ready(Err(error));
                        }
                    }
                }
                CheckStageProj::Rechecking { recheck, response } => {
                    handle.set_recheck(ready!(recheck.as_mut().poll(context)));
                    CheckStage::Responded { response: response.take() }
                }
                CheckStageProj::Responded { response } => {
                    let Some(response) = response.take() else { return Poll::Pending };
                    CheckStage::written(layer, handle, response)
                }
                CheckStageProj::Telling { told, response } => {
                    let told = ready!(told.as_mut().poll(context));
                    let Some(response) = response.take() else { return Poll::Pending };
                    CheckStage::done(layer.end(handle, told, response))
                }
                CheckStageProj::Done { response } => {
                    return response
                        .take()
                        .map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
            };
            stage.set(next);
        }
    }
}

impl<S, F, B, A, T, E, U> fmt::Debug for RevocationFuture<S, F, B, A, T, E, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RevocationFuture").field("handle", &self.handle).finish_non_exhaustive()
    }
}

//! The service of the layer: what passes goes to the inner service, and the rest gets a response.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::csrf::layer::form::{FormOutcome, HeaderOnly, ReadForm};
use crate::csrf::layer::refusal::advice;
use crate::csrf::layer::verify::{Verifier, is_exempt};
use crate::csrf::layer::{CsrfLayer, OnRefused, PlainRefusal};
use crate::csrf::token::CsrfError;
use crate::session::dict::Dict;
use crate::session::payload::Payload;

impl<S, T, F: Clone, R: Clone> Layer<S> for CsrfLayer<T, F, R> {
    type Service = CsrfService<S, T, F, R>;

    fn layer(&self, inner: S) -> Self::Service {
        CsrfService { inner, layer: self.clone() }
    }
}

/// The service of a [`CsrfLayer`].
pub struct CsrfService<S, T = Dict, F = HeaderOnly, R = PlainRefusal> {
    inner: S,
    layer: CsrfLayer<T, F, R>,
}

impl<S: Clone, T, F: Clone, R: Clone> Clone for CsrfService<S, T, F, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), layer: self.layer.clone() }
    }
}

impl<S: fmt::Debug, T, F, R> fmt::Debug for CsrfService<S, T, F, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, T, F, R, Body, ResBody> Service<Request<Body>> for CsrfService<S, T, F, R>
where
    S: Service<Request<F::Inner>, Response = Response<ResBody>> + Clone,
    T: Payload + Send + 'static,
    F: ReadForm<Body, ResBody> + Clone,
    R: OnRefused<ResBody> + Clone,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = CsrfFuture<S, T, F, R, Body, ResBody>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        CsrfFuture { stage: self.begin(request) }
    }
}

impl<S, T, F, R> CsrfService<S, T, F, R> {
    fn begin<Body, ResBody>(
        &mut self,
        request: Request<Body>,
    ) -> CsrfStage<S, T, F, R, Body, ResBody>
    where
        S: Service<Request<F::Inner>, Response = Response<ResBody>> + Clone,
        T: Payload + Send + 'static,
        F: ReadForm<Body, ResBody> + Clone,
        R: OnRefused<ResBody> + Clone,
    {
        if is_exempt(&request) {
            return CsrfStage::Passed { inner: self.inner.call(F::pass(request)) };
        }
        let csrf = &self.layer.csrf;
        let Some(session) = request.extensions().get().cloned() else {
            let reason = CsrfError::NoSessionLayer;
            self.layer.sessions.0.log.no_session_layer(reason.position());
            let request = request.into_parts().0;
            let response = csrf.on_refused.respond(&request, reason);
            return CsrfStage::Done { response: Some(response) };
        };
        let verifier = Verifier(session);
        match verifier.by_header(&request, &csrf.trusted, &csrf.header) {
            Some(Ok(())) => CsrfStage::Passed { inner: self.inner.call(F::pass(request)) },
            Some(Err(reason)) => self.layer.refuse(&verifier, request, reason),
            None => {
                // The one that was found ready, and not its copy.
                let copy = self.inner.clone();
                let service = mem::replace(&mut self.inner, copy);
                let (form, layer) = (csrf.form.read(request), self.layer.clone());
                CsrfStage::Reading { form, service, layer, verifier }
            }
        }
    }
}

impl<T: Payload, F, R> CsrfLayer<T, F, R> {
    /// Responds to a refused request. All reasons that are about a token get one response.
    fn refuse<S, Body, ResBody, Any>(
        &self,
        verifier: &Verifier<T>,
        request: Request<Any>,
        reason: CsrfError,
    ) -> CsrfStage<S, T, F, R, Body, ResBody>
    where
        S: Service<Request<F::Inner>>,
        F: ReadForm<Body, ResBody>,
        R: OnRefused<ResBody>,
    {
        let request = request.into_parts().0;
        // This opens the session whatever the reason is: the headers that a decoded session adds to
        // the response must not tell reasons apart.
        _ = verifier.0.is_new();
        let label = || verifier.0.label();
        let advice = || match reason {
            CsrfError::Missing => {
                Some(format!("{} {}", self.csrf.form.advice(&request.headers), self.csrf.header))
            }
            _ => advice(reason, &request.headers).map(str::to_owned),
        };
        let config = &self.sessions.0;
        let now = config.clock.unix_seconds();
        config.log.csrf_refused(reason.position(), &reason, label, advice, now);
        let response = self.csrf.on_refused.respond(&request, reason);
        CsrfStage::Done { response: Some(response) }
    }
}

pin_project! {
    /// The future of a [`CsrfService`].
    pub struct CsrfFuture<S, T, F, R, Body, ResBody>
    where
        S: Service<Request<F::Inner>>,
        F: ReadForm<Body, ResBody>,
    {
        #[pin]
        stage: CsrfStage<S, T, F, R, Body, ResBody>,
    }
}

pin_project! {
    #[project = CsrfStageProj]
    enum CsrfStage<S, T, F, R, Body, ResBody>
    where
        S: Service<Request<F::Inner>>,
        F: ReadForm<Body, ResBody>,
    {
        Reading { #[pin] form: F::Reading, service: S, layer: CsrfLayer<T, F, R>, verifier: Verifier<T> },
        Passed { #[pin] inner: S::Future },
        // `None` when it has been returned.
        Done { response: Option<Response<ResBody>> },
    }
}

impl<S, T, F, R, Body, ResBody> Future for CsrfFuture<S, T, F, R, Body, ResBody>
where
    S: Service<Request<F::Inner>, Response = Response<ResBody>>,
    F: ReadForm<Body, ResBody>,
    T: Payload,
    R: OnRefused<ResBody>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                CsrfStageProj::Passed { inner } => return inner.poll(context),
                CsrfStageProj::Done { response } => {
                    // A future that has ended stays pending.
                    return response
                        .take()
                        .map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
                }
                CsrfStageProj::Reading { form, service, layer, verifier } => {
                    match ready!(form.poll(context)).into() {
                        FormOutcome::Read(request, values) => {
                            let verdict = values.and_then(|v| verifier.by_form(&request, &v));
                            match verdict {
                                Ok(()) => CsrfStage::Passed { inner: service.call(request) },
                                Err(reason) => layer.refuse(verifier, request, reason),
                            }
                        }
                        FormOutcome::Respond(response) => {
                            CsrfStage::Done { response: Some(response) }
                        }
                    }
                }
            };
            stage.set(next);
        }
    }
}

impl<S, T, F, R, Body, ResBody> fmt::Debug for CsrfFuture<S, T, F, R, Body, ResBody>
where
    S: Service<Request<F::Inner>>,
    F: ReadForm<Body, ResBody>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfFuture").finish_non_exhaustive()
    }
}

//! The service of the layer: what passes goes to the inner service, and the rest gets a response.

use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::csrf::layer::form::{Form, HeaderOnly, ReadForm};
use crate::csrf::layer::verify::{Verifier, is_safe};
use crate::csrf::layer::{CsrfLayer, OnRefused, PlainRefusal};
use crate::csrf::token::CsrfError;
use crate::layer::on_error::plain_error;
use crate::log;
use crate::session::dict::Dict;
use crate::session::payload::Payload;
use crate::sessions::CookieSessions;

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
    S: Service<Request<Body>, Response = Response<ResBody>> + Clone,
    T: Payload + Send + 'static,
    F: ReadForm<Body, ResBody>,
    R: OnRefused<ResBody> + Clone,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = CsrfFuture<S, S::Future, F::Reading, ResBody, T, R>;

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
    ) -> CsrfStage<S, S::Future, F::Reading, ResBody, T, R>
    where
        S: Service<Request<Body>, Response = Response<ResBody>> + Clone,
        T: Payload + Send + 'static,
        F: ReadForm<Body, ResBody>,
        R: OnRefused<ResBody> + Clone,
        ResBody: Default,
    {
        if is_safe(request.method()) {
            return CsrfStage::Passed { inner: self.inner.call(request) };
        }
        let Some(session) = request.extensions().get().cloned() else {
            log::no_layer();
            return CsrfStage::Done { response: plain_error() };
        };
        let verifier = Verifier(session);
        let on_refused = &self.layer.on_refused;
        match verifier.by_header(&request, &self.layer.trusted) {
            Some(Ok(())) => CsrfStage::Passed { inner: self.inner.call(request) },
            Some(Err(reason)) => {
                CsrfStage::Done { response: refuse(on_refused, &verifier, reason) }
            }
            None => {
                // The one that was found ready, and not its copy.
                let copy = self.inner.clone();
                let service = mem::replace(&mut self.inner, copy);
                let (form, on_refused) = (self.layer.form.read(request), on_refused.clone());
                CsrfStage::Reading { form, service, verifier, on_refused }
            }
        }
    }
}

/// The response of a refusal, the same for every reason.
fn refuse<T: Payload, R: OnRefused<ResBody>, ResBody>(
    on_refused: &R,
    verifier: &Verifier<T>,
    reason: CsrfError,
) -> Response<ResBody> {
    // This opens the session, for every reason: what decoding leaves on the response must not tell
    // them apart.
    let label = verifier.0.label();
    let sessions = verifier.0.sessions();
    let log =
        sessions.as_ref().map(|CookieSessions(config)| (&config.log, config.clock.unix_seconds()));
    log::csrf_refused(log, &reason, label);
    on_refused.respond(reason)
}

pin_project! {
    /// The future of a [`CsrfService`].
    pub struct CsrfFuture<S, I, F, A, T, R> {
        #[pin]
        stage: CsrfStage<S, I, F, A, T, R>,
    }
}

pin_project! {
    #[project = CsrfStageProj]
    enum CsrfStage<S, I, F, A, T, R> {
        Reading { #[pin] form: F, service: S, verifier: Verifier<T>, on_refused: R },
        Passed { #[pin] inner: I },
        Done { response: Response<A> },
    }
}

impl<S, F, T, R, Body, ResBody> Future for CsrfFuture<S, S::Future, F, ResBody, T, R>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    F: Future<Output = Form<Body, ResBody>>,
    T: Payload,
    R: OnRefused<ResBody>,
    ResBody: Default,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                CsrfStageProj::Passed { inner } => return inner.poll(context),
                CsrfStageProj::Done { response } => return Poll::Ready(Ok(mem::take(response))),
                CsrfStageProj::Reading { form, service, verifier, on_refused } => {
                    match ready!(form.poll(context)) {
                        Ok((request, values)) => match verifier.by_form(&request, &values) {
                            Ok(()) => CsrfStage::Passed { inner: service.call(request) },
                            Err(reason) => {
                                CsrfStage::Done { response: refuse(on_refused, verifier, reason) }
                            }
                        },
                        Err(response) => CsrfStage::Done { response },
                    }
                }
            };
            stage.set(next);
        }
    }
}

impl<S, I, F, A, T, R> fmt::Debug for CsrfFuture<S, I, F, A, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsrfFuture").finish_non_exhaustive()
    }
}

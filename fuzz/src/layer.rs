//! Requests through a tower layer, whose clock is the real one.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use http::{HeaderMap, Method, Request, Response};
use sealed_session::{CookieSessions, Issue, SessionHandle, SessionLayer, Transport};
use tower_layer::Layer;
use tower_service::Service;

use crate::payload::Known;

/// One request over this transport, with these `Cookie` headers.
#[derive(Clone, Copy, Debug)]
pub struct LayerRequest<'h> {
    pub header: &'h HeaderMap,
    pub arrives: Transport,
    pub issue: Issue,
}

impl LayerRequest<'_> {
    /// A handler finds what the coder decodes. If it does not ask, the response is not changed.
    pub fn check<T: Known + Send + 'static>(self, coder: &CookieSessions<T>) {
        let decoded = |instant| {
            let session = coder.decode_at(self.header, self.arrives, instant);
            (session.label(), session.rejection().copied(), session.data().bytes())
        };
        let before = SystemTime::now();
        let (found, _) = self.served(coder, |handle| {
            (handle.label(), handle.rejection(), handle.with(|session| session.data().bytes()))
        });
        assert!(found == decoded(before) || found == decoded(SystemTime::now()), "{found:?}");

        let ((), response) = self.served(coder, |_| ());
        assert!(response.is_empty() || self.issue == Issue::Eager, "{response:?}");
    }

    /// What a handler returns, and the headers of the response.
    fn served<T: Known + Send + 'static, R>(
        self,
        coder: &CookieSessions<T>,
        mut handler: impl FnMut(&SessionHandle<T>) -> R,
    ) -> (R, HeaderMap) {
        let layer = SessionLayer::new(coder.clone()).transport(self.arrives);
        let response =
            serve(&layer, self.header, |handle: &SessionHandle<T>| Response::new(handler(handle)));
        let (parts, returned) = response.into_parts();
        (returned.expect("the layer responded itself"), parts.headers)
    }
}

/// Sends a GET request with these `Cookie` headers through a layer to a handler, which gets what
/// the layer put into the extensions. The body is `None` if the response is the layer's own.
pub fn serve<L, H, E, R>(layer: &L, header: &HeaderMap, handler: H) -> Response<Option<R>>
where
    L: Layer<Handler<H, E>>,
    L::Service: Service<Request<()>, Response = Response<Option<R>>, Error = Infallible>,
{
    serve_method(layer, Method::GET, header, handler)
}

/// The same with another method.
pub fn serve_method<L, H, E, R>(
    layer: &L,
    method: Method,
    header: &HeaderMap,
    handler: H,
) -> Response<Option<R>>
where
    L: Layer<Handler<H, E>>,
    L::Service: Service<Request<()>, Response = Response<Option<R>>, Error = Infallible>,
{
    let mut service = layer.layer(Handler(handler, PhantomData));
    let mut request = Request::new(());
    *request.method_mut() = method;
    request.headers_mut().clone_from(header);
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
        panic!("no response")
    };
    response
}

/// The innermost service.
#[derive(Clone, Debug)]
pub struct Handler<H, E>(H, PhantomData<E>);

impl<H, E, R> Service<Request<()>> for Handler<H, E>
where
    H: FnMut(&E) -> Response<R>,
    E: Send + Sync + 'static,
{
    type Response = Response<Option<R>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let handle = request.extensions().get().expect("the layer brings a handle");
        ready(Ok(self.0(handle).map(Some)))
    }
}

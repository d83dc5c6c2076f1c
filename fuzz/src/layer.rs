//! Requests through a tower layer, whose clock is the real one.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use http::header::SET_COOKIE;
use http::{HeaderMap, Method, Request, Response};
use sealed_session::{CookieSessions, Issue, SessionHandle, SessionLayer, Transport};
use tower_layer::Layer;
use tower_service::Service;

use crate::cross_site::Initiator;
use crate::decode::Rules;
use crate::payload::Known;

/// One request over this transport, with these `Cookie` headers, and who started it.
#[derive(Clone, Copy, Debug)]
pub struct LayerRequest<'h> {
    pub header: &'h HeaderMap,
    pub arrives: Transport,
    pub rules: &'h Rules,
    pub initiator: Initiator,
}

impl LayerRequest<'_> {
    /// A handler finds what the coder decodes. If it does not ask, the response is not changed. If it
    /// asks for the id, a visitor is issued a session where no cookie can be held back.
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
        let eager = self.rules.issue == Issue::Eager;
        assert!(response.is_empty() || eager, "{response:?}");

        let (is_new, response) = self.served(coder, |handle| {
            handle.with(|session| drop(session.id().expose_base64url()));
            handle.is_new()
        });
        let issued = self.arrives == self.rules.transport
            && !self.initiator.is_held_back(self.rules.same_site, true);
        assert!(!is_new || response.contains_key(SET_COOKIE) == issued, "{response:?}");
    }

    /// What a handler returns, and the headers of the response.
    fn served<T: Known + Send + 'static, R>(
        self,
        coder: &CookieSessions<T>,
        mut handler: impl FnMut(&SessionHandle<T>) -> R,
    ) -> (R, HeaderMap) {
        let layer = SessionLayer::new(coder.clone()).transport(self.arrives);
        let mut request = Request::new(());
        *request.method_mut() = self.initiator.method.parse().unwrap();
        request.headers_mut().clone_from(self.header);
        self.initiator.fill(request.headers_mut());
        let response =
            send(&layer, request, |handle: &SessionHandle<T>| Response::new(handler(handle)));
        let (parts, returned) = response.into_parts();
        (returned.expect("the layer responded itself"), parts.headers)
    }
}

/// Sends a GET request with these `Cookie` headers through a layer to a handler, which gets what
/// the layer put into the extensions. The body is `None` if the response is the layer's own.
pub fn serve<L, H, E, R>(layer: &L, header: &HeaderMap, handler: H) -> Response<Option<R>>
where
    L: Layer<Handler<H, E>>,
    L::Service: Service<Request<()>, Response = Response<Returned<R>>, Error = Infallible>,
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
    L::Service: Service<Request<()>, Response = Response<Returned<R>>, Error = Infallible>,
{
    let mut request = Request::new(());
    *request.method_mut() = method;
    request.headers_mut().clone_from(header);
    send(layer, request, handler)
}

fn send<L, H, E, R>(layer: &L, request: Request<()>, handler: H) -> Response<Option<R>>
where
    L: Layer<Handler<H, E>>,
    L::Service: Service<Request<()>, Response = Response<Returned<R>>, Error = Infallible>,
{
    let mut service = layer.layer(Handler(handler, PhantomData));
    let mut context = Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(service.call(request)).poll(&mut context) else {
        panic!("no response")
    };
    response.map(|Returned(body)| body)
}

/// A body that is what the handler returned, or `None` for a text of a layer.
pub struct Returned<R>(Option<R>);

impl<R> From<&'static str> for Returned<R> {
    fn from(_: &'static str) -> Self {
        Self(None)
    }
}

/// The innermost service.
#[derive(Clone, Debug)]
pub struct Handler<H, E>(H, PhantomData<E>);

impl<H, E, R> Service<Request<()>> for Handler<H, E>
where
    H: FnMut(&E) -> Response<R>,
    E: Send + Sync + 'static,
{
    type Response = Response<Returned<R>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let handle = request.extensions().get().expect("the layer brings a handle");
        ready(Ok(self.0(handle).map(|returned| Returned(Some(returned)))))
    }
}

//! Contenders that are a middleware: the time of a request through the middleware, minus the time
//! of a request to the handler alone.

use std::convert::Infallible;

use http::{HeaderMap, Request, Response, StatusCode};
use tower::{Service, ServiceExt};

use crate::{Contender, ENTRIES, Entry, ROLE, net, now};

/// A service from headers to headers; `None` for a response that is not a success.
pub trait Call: AsyncFnMut(HeaderMap) -> Option<HeaderMap> {}
impl<F: AsyncFnMut(HeaderMap) -> Option<HeaderMap>> Call for F {}

pub trait Middleware {
    /// A handler that does nothing, without the middleware.
    fn bare(&self) -> impl Call;
    /// A handler in the middleware that does nothing.
    fn idle(&self) -> impl Call;
    /// A handler in the middleware that sets these entries.
    fn writer(&self, entries: &'static [Entry]) -> impl Call;
    /// A handler in the middleware that succeeds if it gets this entry.
    fn reader(&self, entry: Entry) -> impl Call;
}

/// What a middleware costs beyond the service in it.
pub struct Net<M>(pub M);

impl<M: Middleware> Contender for Net<M> {
    fn write(&self, entries: &'static [Entry]) -> HeaderMap {
        now(self.0.writer(entries)(HeaderMap::new())).expect("a success")
    }

    fn read(&self, request: &HeaderMap, entry: Entry) -> Option<HeaderMap> {
        now(self.0.reader(entry)(request.clone()))
    }

    fn time_writes(&self, iterations: u32) -> i64 {
        net(iterations, &HeaderMap::new(), self.0.bare(), self.0.writer(&ENTRIES))
    }

    fn time_reads(&self, request: &HeaderMap, iterations: u32) -> i64 {
        net(iterations, request, self.0.bare(), self.0.reader(ROLE))
    }
}

pub type Answer<B = ()> = Result<Response<B>, Infallible>;

/// An extension of a request, as a server and a router insert some before a middleware does.
#[derive(Clone, Copy)]
struct Arrival;

/// A tower service as a call.
pub fn tower<S, B>(mut service: S) -> impl Call
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    async move |fields| {
        let mut request = Request::new(());
        *request.headers_mut() = fields;
        request.extensions_mut().insert(Arrival);
        let Ok(service) = service.ready().await;
        let Ok(response) = service.call(request).await;
        response.status().is_success().then(|| response.into_parts().0.headers)
    }
}

/// An empty response: OK, or not found.
pub fn found<B: Default>(found: bool) -> Response<B> {
    let mut response = Response::new(B::default());
    if !found {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

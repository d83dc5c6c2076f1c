//! The same work as requests to a tower service: the layer, and in it a handler.

use std::convert::Infallible;
use std::future::ready;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::{HeaderMap, Request, Response};
use sealed_session::{SessionHandle, SessionLayer};
use tower::{Layer, Service, service_fn};

use crate::work::{ENTRIES, ROLE, Site, sent_back};

type Reply = Result<Response<&'static str>, Infallible>;

/// What a server or a router puts into each request before the layer does.
#[derive(Clone)]
struct Arrival;

/// A request with a session whose handler does not use it.
pub fn unread() -> Box<dyn Fn()> {
    let site = Site::new();
    let sent = sent_back(&site.write(&ENTRIES));
    serve(site, sent, |_| ())
}

/// A request whose handler gets one entry.
pub fn read() -> Box<dyn Fn()> {
    let site = Site::new();
    let sent = sent_back(&site.write(&ENTRIES));
    serve(site, sent, |session| assert_eq!(session.get(ROLE.0).as_deref(), Some(ROLE.1)))
}

/// A request without a cookie, whose handler sets four entries.
pub fn write() -> Box<dyn Fn()> {
    serve(Site::new(), HeaderMap::new(), |session| {
        for (key, value) in ENTRIES {
            session.set(key, value);
        }
    })
}

fn serve(site: Site, sent: HeaderMap, handler: fn(&SessionHandle)) -> Box<dyn Fn()> {
    let service = SessionLayer::new(site.0).layer(service_fn(move |request: Request<()>| {
        handler(request.extensions().get().unwrap());
        ready(Reply::Ok(Response::new("")))
    }));
    Box::new(move || {
        let mut request = Request::new(());
        request.headers_mut().clone_from(black_box(&sent));
        request.extensions_mut().insert(Arrival);
        let reply = pin!(service.clone().call(request));
        let reply = reply.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(black_box(reply), Poll::Ready(Ok(_))));
    })
}

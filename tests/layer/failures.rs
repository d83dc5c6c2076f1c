//! What is sent after a handler failed half-way, by the order of the session's layer and of the layer
//! that turns panics and errors into responses.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response, StatusCode};
use sealed_session::{SessionHandle, SessionLayer};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Log, sessions};

type Answer = Response<String>;

/// Responds with 500 in place of a service that panics or returns an error, as tower-http's
/// `CatchPanicLayer` and axum's `HandleErrorLayer` do.
#[derive(Clone)]
struct Catching<S>(S);

impl<S> Service<Request<()>> for Catching<S>
where
    S: Service<Request<()>, Response = Answer>,
    S::Future: 'static,
{
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let mut inner = Box::pin(self.0.call(request));
        Box::pin(poll_fn(move |context| {
            let polled = catch_unwind(AssertUnwindSafe(|| inner.as_mut().poll(context)));
            let response = match polled {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(Ok(response))) => response,
                Ok(Poll::Ready(Err(_))) | Err(_) => {
                    let broken = Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR);
                    broken.body(String::new()).unwrap()
                }
            };
            Poll::Ready(Ok(response))
        }))
    }
}

/// Writes, and then panics, or returns an error.
async fn fail(request: Request<()>) -> Result<Answer, &'static str> {
    request.extensions().get::<SessionHandle>().unwrap().set("step", "1");
    assert_ne!(request.uri().path(), "/panic", "half-way");
    Err("half-way")
}

#[tokio::test]
async fn what_was_written_is_sent_with_a_response_that_an_inner_layer_makes() {
    for path in ["/panic", "/error"] {
        let service = SessionLayer::new(sessions()).layer(Catching(service_fn(fail)));
        let request = Request::get(path).body(()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let sent = sessions().from_response(response.headers()).unwrap();
        assert_eq!(sent.get("step"), Some("1"), "{path}");
    }
}

#[tokio::test]
async fn nothing_is_sent_with_a_response_that_an_outer_layer_makes() {
    for (path, events) in [("/panic", 0), ("/error", 1)] {
        let log = Log::default();
        let _listening = log.listen();
        let service = Catching(SessionLayer::new(sessions()).layer(service_fn(fail)));
        let response = service.oneshot(Request::get(path).body(()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(response.headers().is_empty(), "{path}");
        let words = "ERROR sealed_session: a session was written and the inner service returned";
        assert_eq!(log.all().matches(words).count(), events, "{path}: {}", log.all());
    }
}

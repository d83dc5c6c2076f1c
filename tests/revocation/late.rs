//! Handles with a hook that are used after the response was sent, or by code that the layer calls.

use std::convert::Infallible;
use std::future::{Ready, pending, ready};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    AsyncRevocation, CookieSessions, Rejection, Revocation, RevocationLayer, RevocationQuery,
    RevokedSession, SessionHandle, SessionLayer, Unavailable,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Log, ring, sessions};
use crate::watchdog::{Meddler, at_each_event, ends};

type Answer = Response<String>;

/// A hook that counts how often it is asked, revokes everything once it is told to, and fails to
/// record.
#[derive(Clone, Default)]
struct Hook {
    asked: Arc<AtomicUsize>,
    revokes: Arc<AtomicBool>,
}

impl Hook {
    #[allow(clippy::unnecessary_wraps, reason = "what both kinds of hook return")]
    fn reply(&self) -> Result<bool, Unavailable> {
        self.asked.fetch_add(1, SeqCst);
        Ok(self.revokes.load(SeqCst))
    }
}

impl AsyncRevocation for Hook {
    async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        self.reply()
    }

    async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        Err(Unavailable::new("down"))
    }
}

impl Revocation for Hook {
    fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
        self.reply()
    }

    fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
        Err(Unavailable::new("down"))
    }
}

fn waiting(hook: &Hook) -> RevocationLayer {
    let sessions = CookieSessions::builder(ring(1)).revocation_async(hook.clone()).build().unwrap();
    SessionLayer::new(sessions).check_revocation(|_| pending())
}

fn at_once(hook: &Hook) -> SessionLayer {
    SessionLayer::new(CookieSessions::builder(ring(1)).revocation(hook.clone()).build().unwrap())
}

fn alice() -> Request<()> {
    let mut session = sessions().fresh();
    session.set("user", "alice");
    let mut request = Request::new(());
    request.headers_mut().insert(COOKIE, sessions().request_cookie(&session).unwrap());
    request
}

/// A handler that keeps the handle, does not use the session, and returns at once.
#[derive(Clone, Default)]
struct Keeping(Arc<Mutex<Option<SessionHandle>>>);

impl Service<Request<()>> for Keeping {
    type Response = Answer;
    type Error = Infallible;
    type Future = Ready<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        *self.0.lock().unwrap() = request.extensions().get().cloned();
        ready(Ok(Response::new(String::new())))
    }
}

async fn keeping<L>(layer: L, request: Request<()>) -> (SessionHandle, HeaderMap)
where
    L: Layer<Keeping, Service: Service<Request<()>, Response = Answer, Error = Infallible>>,
{
    let keeping = Keeping::default();
    let response = layer.layer(keeping.clone()).oneshot(request).await.unwrap();
    let handle = keeping.0.lock().unwrap().take().unwrap();
    (handle, response.headers().clone())
}

fn private() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(VARY, HeaderValue::from_static("Cookie"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    headers
}

#[tokio::test]
async fn a_hook_was_asked_when_the_request_came_and_is_not_asked_late() {
    for waits in [true, false] {
        let hook = Hook::default();
        let (late, headers) = if waits {
            keeping(waiting(&hook), alice()).await
        } else {
            keeping(at_once(&hook), alice()).await
        };
        assert_eq!(headers, private(), "the body may depend on it");
        hook.revokes.store(true, SeqCst);
        assert_eq!(late.get("user").as_deref(), Some("alice"), "a snapshot of the request");
        assert_eq!(hook.asked.load(SeqCst), 1);
    }
}

#[tokio::test]
async fn a_revoked_session_is_none_late() {
    for waits in [true, false] {
        let hook = Hook::default();
        hook.revokes.store(true, SeqCst);
        let (late, headers) = if waits {
            keeping(waiting(&hook), alice()).await
        } else {
            keeping(at_once(&hook), alice()).await
        };
        assert_eq!((late.get("user"), late.rejection()), (None, Some(Rejection::Revoked)));
        let varies = HeaderMap::from_iter([(VARY, HeaderValue::from_static("Cookie"))]);
        assert_eq!(headers, varies, "no session was loaded");
    }
}

#[tokio::test]
async fn a_request_without_a_session_can_be_read_late_under_a_hook_that_waits() {
    let (hook, log) = (Hook::default(), Log::default());
    let (late, _) = keeping(waiting(&hook), Request::new(())).await;
    let mut other = Request::new(());
    other.headers_mut().insert(COOKIE, HeaderValue::from_static("theme=dark"));
    let (later, _) = keeping(waiting(&hook), other).await;
    let _listening = log.listen();
    for late in [late, later] {
        assert_eq!((late.get("user"), late.rejection()), (None, None));
    }
    assert_eq!((hook.asked.load(SeqCst), log.all().as_str()), (0, ""));
}

/// A future that holds the request until it is dropped.
struct Holding(#[allow(dead_code, reason = "it holds it")] Request<()>);

impl Future for Holding {
    type Output = Result<Answer, Infallible>;

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(Response::new(String::new())))
    }
}

#[tokio::test]
async fn a_request_that_the_inner_service_has_not_dropped_yet_is_not_held() {
    let service = waiting(&Hook::default()).layer(service_fn(Holding));
    assert_eq!(service.oneshot(alice()).await.unwrap().headers(), &HeaderMap::new());
}

#[test]
fn a_subscriber_may_use_the_handle_of_a_log_out_that_was_not_recorded() {
    ends(|| {
        let meddler = Meddler::new(|handle: &SessionHandle| {
            (handle.get("user"), handle.label().to_string(), format!("{handle:?}").is_empty())
        });
        let subscriber = meddler.clone();
        let _listening = at_each_event(move |event| {
            if event.contains("a session was not sent") {
                subscriber.meddle();
            }
        });
        let handler_of = meddler.clone();
        let inner = service_fn(move |request: Request<()>| {
            let handle: &SessionHandle = request.extensions().get().unwrap();
            handle.revoke();
            handler_of.watch(handle);
            ready(Ok::<_, Infallible>(Response::new(String::new())))
        });
        let service = waiting(&Hook::default()).layer(inner);
        let mut response = std::pin::pin!(service.oneshot(alice()));
        let mut context = Context::from_waker(std::task::Waker::noop());
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut context) else {
            panic!("nothing here waits");
        };
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key(SET_COOKIE));
        assert_eq!(meddler.found(), [(None, "new".to_owned(), false)]);
    });
}

#[test]
fn what_is_written_once_the_response_was_given_up_is_refused_at_each_stage() {
    /// Hangs when it is asked for the n-th time, or told.
    #[derive(Clone)]
    struct Hangs(Arc<AtomicUsize>);
    impl Hangs {
        async fn reply<R>(&self, reply: R) -> Result<R, Unavailable> {
            if self.0.fetch_sub(1, SeqCst) == 1 { pending().await } else { Ok(reply) }
        }
    }
    impl AsyncRevocation for Hangs {
        async fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
            self.reply(false).await
        }
        async fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
            self.reply(()).await
        }
    }
    // Asked when the request comes, which needs no handle; asked once more; told; nothing hangs.
    for nth in 2..5 {
        let hook = Hangs(Arc::new(AtomicUsize::new(nth)));
        let builder = CookieSessions::builder(ring(1)).revocation_async(hook);
        let sessions = builder.subject(|dict| dict.get("user").map(Into::into)).build().unwrap();
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let inner = service_fn(move |request: Request<()>| {
            let handle: &SessionHandle = request.extensions().get().unwrap();
            handle.renew();
            *keep.lock().unwrap() = Some(handle.clone());
            async move {
                if nth == 4 {
                    pending::<()>().await;
                }
                Ok::<_, Infallible>(Response::new(String::new()))
            }
        });
        let mut service = SessionLayer::new(sessions).check_revocation(|_| pending()).layer(inner);
        let mut response = Box::pin(service.call(alice()));
        assert!(
            response.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending()
        );
        let late: SessionHandle = kept.lock().unwrap().take().unwrap();
        if nth < 4 {
            late.set("user", "mallory");
            assert_eq!(late.get("user").as_deref(), Some("alice"), "the handler has responded");
        }
        drop(response);
        late.set("user", "mallory");
        assert_eq!(late.get("user").as_deref(), Some("alice"));
    }
}

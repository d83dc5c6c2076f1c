//! What a handle reads after the response has been sent, and the headers of a response while a
//! handle exists.
#![allow(clippy::needless_pass_by_value, reason = "a handler owns its handle")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    Builder, CookieSessions, Issue, KeyRole, Payload, Rejection, Session, SessionHandle,
    SessionLayer, Transport,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{DAY, Log, NAME, NOW, at, ring, sealed, sessions};

type Answer = Response<String>;
type Kept = Arc<Mutex<Option<SessionHandle>>>;

/// A request with this cookie.
fn bringing(cookie: &str) -> Request<()> {
    let mut request = Request::new(());
    if !cookie.is_empty() {
        request.headers_mut().insert(COOKIE, HeaderValue::from_str(cookie).unwrap());
    }
    request
}

/// Sessions whose clock is set by hand.
fn sessions_at(clock: &Arc<AtomicU64>) -> CookieSessions {
    let clock = Arc::clone(clock);
    CookieSessions::builder(ring(1)).clock(move || at(clock.load(SeqCst))).build().unwrap()
}

/// A handler that keeps its handle, as a WebSocket or a streamed body does, and does not use it.
async fn keeping(sessions: &CookieSessions, request: Request<()>) -> (SessionHandle, Answer) {
    keeping_with(sessions, request, &HeaderMap::new()).await
}

async fn keeping_with(
    sessions: &CookieSessions,
    request: Request<()>,
    headers: &HeaderMap,
) -> (SessionHandle, Answer) {
    let kept = Kept::default();
    let (keep, headers) = (Arc::clone(&kept), headers.clone());
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get().cloned();
        let mut response = Response::new(String::new());
        response.headers_mut().clone_from(&headers);
        ready(Ok::<_, Infallible>(response))
    });
    let response = SessionLayer::new(sessions.clone()).layer(inner).oneshot(request).await.unwrap();
    let handle = kept.lock().unwrap().take().unwrap();
    (handle, response)
}

#[tokio::test]
async fn a_first_use_after_the_response_was_sent_gives_the_session_of_the_request() {
    let sessions = sessions_at(&Arc::new(NOW.into()));
    let cookie = sealed(&sessions, &[("user", "alice")], NOW - 60);
    let log = Log::default();
    let _listening = log.listen();
    let reads: [fn(&SessionHandle) -> Option<String>; 3] = [
        |late| late.get("user"),
        |late| late.with(|session| session.get("user").map(str::to_owned)),
        |late| late.data().get("user").map(str::to_owned),
    ];
    for read in reads {
        let (late, _) = keeping(&sessions, bringing(&cookie)).await;
        assert_eq!(format!("{late:?}"), r#"SessionHandle { session: "unopened" }"#);
        let task = late.clone();
        let user = std::thread::spawn(move || read(&task)).join().unwrap();
        assert_eq!(user.as_deref(), Some("alice"));
        assert_eq!((late.is_new(), late.opened_by()), (false, Some(KeyRole::Current)));
        assert_eq!(late.created_at(), at(NOW - 60));
        assert_eq!(late.expires_at(), at(NOW - 60 + 14 * DAY));
    }
    assert_eq!(log.all(), "", "reading late is nothing to be told of");
}

#[tokio::test]
async fn a_failed_request_can_be_read_late_too() {
    let sessions = sessions();
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get().cloned();
        ready(Err::<Answer, _>("broken"))
    });
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let layer = SessionLayer::new(sessions);
    assert!(layer.layer(inner).oneshot(bringing(&cookie)).await.is_err());
    let late = kept.lock().unwrap().take().unwrap();
    late.set("user", "mallory");
    assert_eq!(late.get("user").as_deref(), Some("alice"));
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(at(0)).unwrap().as_secs()
}

#[tokio::test]
async fn a_late_session_is_judged_by_the_clock_of_its_first_use_and_not_again() {
    let clock = Arc::new(AtomicU64::new(NOW));
    let sessions = sessions_at(&clock);
    let cookie = sealed(&sessions, &[("user", "alice")], NOW);

    let (late, _) = keeping(&sessions, bringing(&cookie)).await;
    clock.store(NOW + 14 * DAY - 1, SeqCst);
    assert_eq!(late.get("user").as_deref(), Some("alice"));
    clock.store(NOW + 14 * DAY, SeqCst);
    assert_eq!(late.get("user").as_deref(), Some("alice"), "a snapshot from then on");
    assert_eq!(late.expires_at(), at(NOW + 14 * DAY), "which says when it ended");

    clock.store(NOW, SeqCst);
    let (late, _) = keeping(&sessions, bringing(&cookie)).await;
    clock.store(NOW + 14 * DAY, SeqCst);
    assert_eq!((late.get("user"), late.is_new()), (None, true));
    assert_eq!(late.rejection(), Some(Rejection::IdleTimeout));
    clock.store(NOW, SeqCst);
    assert_eq!(late.rejection(), Some(Rejection::IdleTimeout), "that too");
}

#[cfg(feature = "rotation")]
#[tokio::test]
async fn a_late_session_is_judged_by_the_secrets_of_its_first_use() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let (late, _) = keeping(&sessions, bringing(&cookie)).await;
    let (too_late, _) = keeping(&sessions, bringing(&cookie)).await;

    sessions.rotate(ring(2).previous(crate::support::secret(1)));
    assert_eq!(late.opened_by(), Some(KeyRole::Previous));
    sessions.rotate(ring(2));
    assert!(matches!(too_late.rejection(), Some(Rejection::UnknownKey(_))));
    assert_eq!(late.get("user").as_deref(), Some("alice"));
}

#[tokio::test]
async fn what_is_written_late_is_refused_and_logged_also_where_it_is_the_first_use() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let writes: [fn(&SessionHandle); 7] = [
        |late| late.set("user", "mallory"),
        |late| drop(late.remove("user")),
        SessionHandle::clear,
        SessionHandle::renew,
        SessionHandle::confirm,
        SessionHandle::invalidate,
        |late| late.with(Session::touch),
    ];
    for write in writes {
        let (late, _) = keeping(&sessions, bringing(&cookie)).await;
        let log = Log::default();
        let listening = log.listen();
        write(&late);
        drop(listening);
        log.says(
            "ERROR",
            "a session was written after the response was sent or abandoned: the change is lost",
        );
        assert_eq!(log.all().lines().count(), 1, "{}", log.all());
        assert_eq!(late.get("user").as_deref(), Some("alice"));
        assert_eq!((late.is_new(), late.label().to_string() == "new"), (false, false));
    }
}

#[tokio::test]
async fn what_a_late_closure_wrote_is_there_for_the_closure() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let (late, _) = keeping(&sessions, bringing(&cookie)).await;
    let wrote = late.update(|data| {
        data.set("user", "bob");
        data.get("user").map(str::to_owned)
    });
    assert_eq!(wrote.as_deref(), Some("bob"));
    assert_eq!(late.get("user").as_deref(), Some("alice"));
}

/// `Vary` and `Cache-Control` of a response.
fn cache_headers(response: &Answer) -> (Option<&str>, Option<&str>) {
    let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap());
    (text(VARY), text(CACHE_CONTROL))
}

#[tokio::test]
async fn a_response_whose_handle_is_held_varies_and_is_private_as_if_it_had_been_read() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let due = sealed(&sessions, &[("user", "alice")], now() - 10 * DAY);
    let forged = format!("{NAME}=AAAA");
    let vary = Some("Cookie");
    for (cookie, says, expected) in [
        ("", None, (vary, None)),
        ("theme=dark", None, (vary, None)),
        // It is unopened, so it may be the session of any user.
        (&forged, None, (vary, Some("private"))),
        (&cookie, None, (vary, Some("private"))),
        (&due, None, (vary, Some("private"))),
        (&cookie, Some("max-age=60"), (vary, Some("max-age=60, private"))),
        (&cookie, Some("public"), (vary, Some("public"))),
        (&cookie, Some("no-store"), (vary, Some("no-store"))),
    ] {
        let mut headers = HeaderMap::new();
        headers.extend(says.map(|says| (CACHE_CONTROL, HeaderValue::from_static(says))));
        let (late, response) = keeping_with(&sessions, bringing(cookie), &headers).await;
        assert_eq!(cache_headers(&response), expected, "{cookie:.20} {says:?}");
        assert!(!response.headers().contains_key(SET_COOKIE), "it is not refreshed");
        assert_eq!(format!("{late:?}"), r#"SessionHandle { session: "unopened" }"#);
    }
}

#[tokio::test]
async fn a_response_that_cannot_say_so_is_a_500() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let mut full = HeaderMap::new();
    while let Ok(false) = full
        .try_insert(
            HeaderName::try_from(format!("x-{}", full.len())).unwrap(),
            HeaderValue::from_static("y"),
        )
        .map(|before| before.is_some())
    {}
    let log = Log::default();
    let _listening = log.listen();
    let (_, response) = keeping_with(&sessions, bringing(&cookie), &full).await;
    assert_eq!(
        (response.status(), response.headers().len()),
        (StatusCode::INTERNAL_SERVER_ERROR, 1)
    );
    assert!(response.body().starts_with("The session could not be saved"), "{}", response.body());
    log.says("ERROR", "a session was not sent: ");
}

#[tokio::test]
async fn a_response_whose_handle_was_dropped_or_not_taken_is_not_changed() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    for takes in [false, true] {
        let inner = service_fn(move |request: Request<()>| async move {
            let handle = takes.then(|| request.extensions().get::<SessionHandle>().cloned());
            let response = Response::builder().header(CACHE_CONTROL, "max-age=60");
            drop(handle);
            Ok::<_, Infallible>(response.body(String::new()).unwrap())
        });
        let service = SessionLayer::new(sessions.clone()).layer(inner);
        let response = service.oneshot(bringing(&cookie)).await.unwrap();
        assert_eq!((response.headers().len(), cache_headers(&response).1), (1, Some("max-age=60")));
    }
}

/// A service whose future holds the request until it is dropped, as that of warp does.
#[derive(Clone)]
struct Holding;

struct HoldingFuture(#[allow(dead_code, reason = "it holds it")] Request<()>);

impl Future for HoldingFuture {
    type Output = Result<Answer, Infallible>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(Response::new(String::new())))
    }
}

impl Service<Request<()>> for Holding {
    type Response = Answer;
    type Error = Infallible;
    type Future = HoldingFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> HoldingFuture {
        HoldingFuture(request)
    }
}

#[tokio::test]
async fn a_request_that_the_inner_service_has_not_dropped_yet_is_not_held() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let service = SessionLayer::new(sessions).layer(Holding);
    let response = service.oneshot(bringing(&cookie)).await.unwrap();
    assert_eq!(response.headers(), &HeaderMap::new());
}

/// A body that may ask for the session when it is sent.
struct LateBody(Option<SessionHandle>);

impl From<&'static str> for LateBody {
    fn from(_: &'static str) -> Self {
        Self(None)
    }
}

#[tokio::test]
async fn a_held_handle_under_eager_is_issued_a_session_and_reads_it() {
    let sessions = CookieSessions::builder(ring(1)).issue(Issue::Eager).build().unwrap();
    let inner = service_fn(|request: Request<()>| {
        let handle = request.extensions().get::<SessionHandle>().cloned();
        ready(Ok::<_, Infallible>(Response::new(LateBody(handle))))
    });
    let service = SessionLayer::new(sessions.clone()).layer(inner);
    let response = service.oneshot(bringing("")).await.unwrap();
    let issued = sessions.from_response(response.headers()).unwrap();
    let late = response.into_body().0.unwrap();
    assert_eq!((late.label(), late.is_new()), (issued.label(), true));
}

#[tokio::test]
async fn a_session_that_was_first_sent_has_its_label_late() {
    let sessions = sessions();
    let inner = service_fn(|request: Request<()>| {
        let handle = request.extensions().get::<SessionHandle>().cloned();
        handle.as_ref().unwrap().set("user", "alice");
        ready(Ok::<_, Infallible>(Response::new(LateBody(handle))))
    });
    let service = SessionLayer::new(sessions.clone()).layer(inner);
    let response = service.oneshot(bringing("")).await.unwrap();
    let sent = sessions.from_response(response.headers()).unwrap();
    let late = response.into_body().0.unwrap();
    assert_eq!((late.label(), late.get("user").as_deref()), (sent.label(), Some("alice")));
}

#[tokio::test]
async fn a_late_session_of_the_other_transport_is_a_pre_session() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let mut request = bringing(&cookie);
    request.extensions_mut().insert(Transport::Http);
    let (late, _) = keeping(&sessions, request).await;
    assert_eq!(late.rejection(), Some(Rejection::OtherTransport));
}

/// A request that is given up before the response: by a client that hangs up, or by a layer with a
/// time limit.
fn given_up(sessions: &CookieSessions, request: Request<()>) -> SessionHandle {
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get().cloned();
        std::future::pending::<Result<Answer, Infallible>>()
    });
    let mut service = SessionLayer::new(sessions.clone()).layer(inner);
    let mut response = Box::pin(service.call(request));
    assert!(
        response.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_pending()
    );
    let handle = kept.lock().unwrap().take().unwrap();
    handle.set("cart", "1"); // so far it is not late
    assert_eq!(handle.get("cart").as_deref(), Some("1"));
    drop(response);
    handle
}

#[test]
fn what_is_written_once_the_response_was_given_up_is_refused_and_logged() {
    let sessions = sessions();
    let cookie = sealed(&sessions, &[("user", "alice")], now());
    let late = given_up(&sessions, bringing(&cookie));
    let log = Log::default();
    let _listening = log.listen();
    assert_eq!(late.get("user").as_deref(), Some("alice"));
    assert_eq!(log.all(), "", "it can be read");
    late.set("user", "mallory");
    log.says(
        "ERROR",
        "a session was written after the response was sent or abandoned: the change is lost",
    );
    assert_eq!(late.get("user").as_deref(), Some("alice"));
}

#[test]
fn a_response_that_was_never_polled_is_given_up_too() {
    let sessions = sessions();
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get().cloned();
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    drop(SessionLayer::new(sessions).layer(inner).call(bringing("")));
    let late = kept.lock().unwrap().take().unwrap();
    late.set("user", "mallory");
    assert_eq!(late.get("user"), None);
}

#[test]
fn what_is_written_after_a_handler_panicked_is_refused() {
    let sessions = sessions();
    let kept = Kept::default();
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get().cloned();
        async { panic!("a handler of a test") as Result<Answer, Infallible> }
    });
    let mut response = Box::pin(SessionLayer::new(sessions).layer(inner).call(bringing("")));
    let panics = std::panic::AssertUnwindSafe(move || {
        let _ = response.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop()));
    });
    assert!(std::panic::catch_unwind(panics).is_err());
    let late = kept.lock().unwrap().take().unwrap();
    late.set("user", "mallory");
    assert_eq!(late.get("user"), None);
}

/// What a payload that is compact may have, and one with names may not.
#[allow(clippy::option_option, reason = "it is what is tested")]
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
struct Account {
    #[serde(rename(serialize = "u", deserialize = "user"))]
    user: String,
    /// Whether somebody was asked, and what they said.
    said: Option<Option<u32>>,
}

fn alice() -> Account {
    Account { user: "alice".into(), said: Some(None) }
}

fn typed<T: Payload>() -> Builder<T> {
    CookieSessions::typed(ring(1), "account").clock(|| at(NOW))
}

/// A handler that writes this payload, unless the request has it, and keeps its handle.
async fn keeping_payload<T>(
    sessions: &CookieSessions<T>,
    data: T,
    cookie: &str,
) -> (SessionHandle<T>, Answer)
where
    T: Payload + Clone + PartialEq + Send + 'static,
{
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        let handle: SessionHandle<T> = request.extensions().get().cloned().unwrap();
        if handle.data() != data {
            handle.update(|before| *before = data.clone());
        }
        *keep.lock().unwrap() = Some(handle);
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    });
    let service = SessionLayer::new(sessions.clone()).layer(inner);
    let response = service.oneshot(bringing(cookie)).await.unwrap();
    (kept.lock().unwrap().take().unwrap(), response)
}

#[tokio::test]
async fn a_late_closure_gets_the_payload_that_was_sent_in_each_encoding() {
    let sessions = typed().compact().build().unwrap();
    let cookie = sessions.request_cookie(&sessions.fresh()).unwrap().to_str().unwrap().to_owned();
    for brought in ["", &cookie] {
        let (late, response) = keeping_payload(&sessions, alice(), brought).await;
        let sent = crate::support::pair(response.headers());
        assert_eq!(late.with(|session| session.data().clone()), alice(), "{brought:.20}");
        let (late, _) = keeping_payload(&sessions, alice(), &sent).await;
        assert_eq!(late.with(|session| session.data().clone()), alice(), "and reads back");
    }
    let user = |user: &str| BTreeMap::from([("user".to_owned(), user.to_owned())]);
    for sessions in [typed(), typed().compact()].map(|builder| builder.build().unwrap()) {
        let (late, _) = keeping_payload(&sessions, user("alice"), "").await;
        assert_eq!(late.with(|session| session.data().clone()), user("alice"));
        late.update(|data| *data = user("mallory"));
        assert_eq!(late.data(), user("alice"));
    }
}

/// It cannot be sent under names, so it cannot be copied.
#[tokio::test]
async fn a_late_closure_gets_a_payload_that_cannot_be_copied_itself() {
    let sessions = typed().build().unwrap();
    let unfit = Some(Some(None::<u32>));
    let (late, response) = keeping_payload(&sessions, unfit, "").await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let log = Log::default();
    let _listening = log.listen();
    assert_eq!(late.with(|session| *session.data()), unfit);
    assert_eq!(late.data(), unfit);
    log.says("ERROR", "a session cannot be copied for a handle that outlives the response: ");
    assert_eq!(log.all().lines().count(), 1, "{}", log.all());
}

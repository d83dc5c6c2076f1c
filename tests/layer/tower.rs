//! The layer and its handle, on plain services.
#![allow(clippy::needless_pass_by_value, reason = "a handler owns its handle")]

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::SystemTime;

use http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use sealed_session::{
    CookieSessions, EncodeError, Issue, Rejection, Session, SessionHandle, SessionLayer, Transport,
};
use serde::{Deserialize, Serialize};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{self, DAY, Log, NAME, ring, secs, sessions};

type Answer = Response<String>;

/// A request that a browser with this session would send.
fn request(sessions: &CookieSessions, entries: &[(&str, &str)]) -> Request<()> {
    let mut session = sessions.fresh();
    session.data_mut().extend(entries.iter().copied());
    session.touch();
    with_cookie(sessions.request_cookie(&session).unwrap())
}

fn with_cookie(pair: HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    request.headers_mut().insert(COOKIE, pair);
    request
}

/// Runs one request through a layer, with a handler that gets the handle.
async fn run(
    sessions: &CookieSessions,
    request: Request<()>,
    handler: impl FnOnce(SessionHandle) -> Answer + Clone,
) -> Answer {
    run_through(SessionLayer::new(sessions.clone()), request, handler).await
}

async fn run_through<E>(
    layer: SessionLayer<sealed_session::Dict, E>,
    request: Request<()>,
    handler: impl FnOnce(SessionHandle) -> Answer + Clone,
) -> Answer
where
    E: sealed_session::layer::OnError<String> + Clone,
{
    let inner = service_fn(move |request: Request<()>| {
        let handle = request.extensions().get::<SessionHandle>().unwrap().clone();
        let handler = handler.clone();
        async move { Ok::<_, Infallible>(handler(handle)) }
    });
    layer.layer(inner).oneshot(request).await.unwrap()
}

fn ok() -> Answer {
    Response::new(String::new())
}

fn status(status: StatusCode) -> Answer {
    Response::builder().status(status).body(String::new()).unwrap()
}

fn lines(response: &Answer) -> Vec<&str> {
    response.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().unwrap()).collect()
}

#[tokio::test]
async fn leaves_a_response_unchanged_if_the_handle_is_not_used() {
    let sessions = sessions();
    let response = run(&sessions, request(&sessions, &[("user", "alice")]), |_| {
        Response::builder()
            .header(CACHE_CONTROL, "public")
            .header("x", "y")
            .body(String::new())
            .unwrap()
    })
    .await;
    assert_eq!(response.headers().len(), 2);
    assert_eq!(response.headers()[CACHE_CONTROL], "public");
}

#[tokio::test]
async fn leaves_a_response_unchanged_if_a_forged_cookie_is_not_opened() {
    let forged = with_cookie(HeaderValue::from_static("__Host-session=AAAA"));
    assert_eq!(run(&sessions(), forged, |_| ok()).await.headers(), &HeaderMap::new());
}

/// Allocations of a request whose handler does not ask for its session.
fn allocations(
    mut service: impl Service<Request<()>, Response = Answer>,
    headers: &HeaderMap,
) -> u64 {
    let mut request = Request::new(());
    *request.headers_mut() = headers.clone();
    let measured = allocation_counter::measure(|| {
        let answer = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        let Poll::Ready(Ok(response)) = answer else { panic!("a handler that waits for nothing") };
        assert!(response.headers().is_empty());
    });
    measured.count_total
}

/// Allocations that the layer adds.
fn allocations_of_the_layer(headers: &HeaderMap) -> u64 {
    let service = || service_fn(async |_: Request<()>| Ok::<_, Infallible>(ok()));
    let layered = SessionLayer::new(sessions()).layer(service());
    allocations(layered, headers) - allocations(service(), headers)
}

#[test]
fn an_unread_session_costs_a_handle_and_its_place_in_the_request() {
    // The handle, and three of `http::Extensions`, which were empty.
    assert_eq!(allocations_of_the_layer(&HeaderMap::new()), 4);
    let cookie = with_cookie(HeaderValue::from_static("__Host-session=AAAA"));
    assert_eq!(allocations_of_the_layer(cookie.headers()), 4);
}

#[tokio::test]
async fn opens_the_session_at_the_first_use() {
    let sessions = sessions();
    let response = run(&sessions, request(&sessions, &[("user", "alice")]), |session| {
        assert_eq!(format!("{session:?}"), r#"SessionHandle { session: "unopened" }"#);
        assert_eq!(session.get("user").as_deref(), Some("alice"));
        ok()
    })
    .await;
    assert_eq!(response.headers()[VARY], "Cookie");
    assert_eq!(response.headers()[CACHE_CONTROL], "private");
    assert!(lines(&response).is_empty(), "reading sends nothing");
}

#[tokio::test]
async fn sends_what_any_clone_of_the_handle_wrote() {
    let sessions = sessions();
    let response = run(&sessions, Request::new(()), |session| {
        let clone = session.clone();
        std::thread::spawn(move || clone.set("user", "alice")).join().unwrap();
        assert_eq!(session.get("user").as_deref(), Some("alice"));
        ok()
    })
    .await;
    assert_eq!(sessions.from_response(response.headers()).unwrap().get("user"), Some("alice"));
}

#[tokio::test]
async fn mirrors_the_session() {
    let sessions = sessions();
    let entries = [("a", "1"), ("b", "x")];
    run(&sessions, request(&sessions, &entries), |session| {
        assert_eq!(session.parse::<u64>("a"), Some(Ok(1)));
        assert!(
            session.contains("b")
                && !session.contains("c")
                && !session.is_empty()
                && !session.is_new()
        );
        assert_eq!(session.len(), 2);
        assert_eq!(session.remove("b").as_deref(), Some("x"));
        assert_eq!((session.len(), session.data().len()), (1, 1));
        assert_eq!(session.opened_by(), Some(sealed_session::KeyRole::Current));
        assert_eq!(session.rejection(), None);
        assert!(session.expires_at() > session.created_at());
        assert_eq!((session.confirmed_at(), session.confirmed_within(secs(DAY))), (None, false));
        session.confirm();
        assert!(session.confirmed_at() >= Some(session.created_at()));
        assert!(session.confirmed_within(secs(0)));
        session.update(|dict| dict.set("c", "3"));
        assert_eq!(session.with(|session| session.iter().count()), 2);
        session.clear();
        assert!(session.is_empty());
        ok()
    })
    .await;
}

#[tokio::test]
async fn sends_a_session_again_after_touch_or_set_idle_timeout() {
    let sessions = sessions();
    let response = run(&sessions, request(&sessions, &[("user", "alice")]), |session| {
        session.touch();
        ok()
    })
    .await;
    assert_eq!(sessions.from_response(response.headers()).unwrap().get("user"), Some("alice"));

    let response = run(&sessions, request(&sessions, &[("user", "alice")]), |session| {
        session.set_idle_timeout(secs(3600));
        ok()
    })
    .await;
    assert!(lines(&response)[0].contains("Max-Age=3600"));

    let mut remembered = sessions.fresh();
    remembered.set("user", "alice");
    remembered.set_idle_timeout(secs(3600));
    let cookie = sessions.request_cookie(&remembered).unwrap();
    let response = run(&sessions, with_cookie(cookie), |session| {
        session.set_idle_timeout(None);
        ok()
    })
    .await;
    assert!(lines(&response)[0].contains("Max-Age=1209600"));
}

/// A service that is never ready.
#[derive(Clone)]
struct Busy;

impl Service<Request<()>> for Busy {
    type Response = Answer;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        unreachable!("it was not ready")
    }
}

#[test]
fn is_ready_when_the_inner_service_is() {
    let mut context = Context::from_waker(Waker::noop());
    let layer = SessionLayer::new(sessions());
    assert!(layer.layer(Busy).poll_ready(&mut context).is_pending());
    let ready = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(ok()) });
    assert!(Service::<Request<()>>::poll_ready(&mut layer.layer(ready), &mut context).is_ready());
}

#[tokio::test]
async fn renews_and_invalidates() {
    let sessions = sessions();
    let before = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&before);
    let response = run(&sessions, request(&sessions, &[("user", "alice")]), move |session| {
        *seen.lock().unwrap() = session.label().to_string();
        session.renew();
        ok()
    })
    .await;
    let renewed = sessions.from_response(response.headers()).unwrap();
    assert_ne!(renewed.label().to_string(), *before.lock().unwrap());
    assert_eq!(renewed.get("user"), Some("alice"));

    let response = run(&sessions, request(&sessions, &[("user", "alice")]), |session| {
        session.invalidate();
        ok()
    })
    .await;
    assert!(lines(&response)[0].contains("Max-Age=0"));
}

#[tokio::test]
async fn keeps_its_promise_on_every_kind_of_response() {
    let sessions = sessions();
    for code in [100, 101, 103, 200, 204, 301, 302, 303, 304, 400, 404, 500, 503] {
        let code = StatusCode::from_u16(code).unwrap();
        let response = run(&sessions, Request::new(()), move |session| {
            session.set("user", "alice");
            status(code)
        })
        .await;
        assert_eq!(lines(&response).len(), 1, "{code}: what was written is sent");
        assert_eq!(response.status(), code);
    }
}

#[tokio::test]
async fn writes_to_redirects_and_to_responses_to_head() {
    let sessions = sessions();
    let head = Request::builder().method(Method::HEAD).body(()).unwrap();
    let response = run(&sessions, head, |session| {
        session.set("user", "alice");
        Response::builder().status(303).header(LOCATION, "/").body(String::new()).unwrap()
    })
    .await;
    assert_eq!(response.headers()[LOCATION], "/");
    assert_eq!(lines(&response).len(), 1);
}

#[tokio::test]
async fn replaces_headers_of_its_name_and_keeps_others() {
    let sessions = sessions();
    let theirs = |response: &mut Answer| {
        for line in ["a=1", "__Host-session=theirs; Path=/", "b=2", "__Host-session=; Max-Age=0"] {
            response.headers_mut().append(SET_COOKIE, HeaderValue::from_static(line));
        }
    };
    let response = run(&sessions, Request::new(()), move |session| {
        session.set("user", "alice");
        let mut response = ok();
        theirs(&mut response);
        response
    })
    .await;
    let lines = lines(&response);
    assert_eq!((lines.len(), &lines[..2]), (3, &["a=1", "b=2"][..]));
    assert!(sessions.from_response(response.headers()).is_some());

    // With nothing to send, the header of the inner service stays.
    let response = run(&sessions, Request::new(()), move |session| {
        session.get("user");
        let mut response = ok();
        theirs(&mut response);
        response
    })
    .await;
    assert_eq!(self::lines(&response).len(), 4);
}

#[tokio::test]
async fn responds_with_500_if_the_session_is_too_large_and_keeps_the_old_cookie() {
    let sessions = sessions();
    let response = run(&sessions, request(&sessions, &[("user", "alice")]), |session| {
        session.set("blob", "x".repeat(5000));
        Response::new("a page".into())
    })
    .await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.body().starts_with("The session could not be saved"), "{}", response.body());
    assert_eq!(response.headers().len(), 1);
    assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
}

#[tokio::test]
async fn responds_as_the_handler_did_if_a_session_that_was_only_read_has_become_too_large() {
    let cookie = request(&sessions(), &[("text", &"x".repeat(1000))]);
    let smaller = CookieSessions::builder(ring(1))
        .max_set_cookie_len(512)
        .clock(|| SystemTime::now() + secs(8 * DAY))
        .build()
        .unwrap();
    for keeps in [false, true] {
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let request = with_cookie(cookie.headers()[COOKIE].clone());
        let response = run(&smaller, request, move |session| {
            assert_eq!(session.get("text").unwrap().len(), 1000);
            *keep.lock().unwrap() = keeps.then_some(session);
            Response::new("a page".into())
        })
        .await;
        assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "a page"));
        assert!(!response.headers().contains_key(SET_COOKIE));
        assert_eq!(response.headers()[CACHE_CONTROL], "private");
    }
}

#[tokio::test]
async fn responds_with_the_response_of_on_error() {
    let layer = SessionLayer::new(sessions()).on_error(|error| {
        assert!(matches!(error, EncodeError::TooLarge { limit: 4096, .. }));
        Response::builder().status(507).body(error.to_string()).unwrap()
    });
    let response = run_through(layer, Request::new(()), |session| {
        session.set("blob", "x".repeat(5000));
        ok()
    })
    .await;
    assert_eq!(response.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert!(response.body().contains("at most 4096"));
}

#[tokio::test]
async fn passes_an_error_of_the_inner_service_on() {
    let kept: Arc<Mutex<Option<SessionHandle>>> = Arc::default();
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get().cloned();
        async { Err::<Answer, _>("broken") }
    });
    let outcome = SessionLayer::new(sessions()).layer(inner).oneshot(Request::new(())).await;
    assert_eq!(outcome.unwrap_err(), "broken");
    let handle = kept.lock().unwrap().take().unwrap();
    handle.set("user", "alice");
    assert_eq!(handle.get("user"), None, "there is no response to write to any more");
}

#[tokio::test]
async fn logs_what_is_lost_with_an_error_of_the_inner_service() {
    type Row = (fn(SessionHandle), bool);
    let sessions = sessions();
    let rows: [Row; 8] = [
        (drop, false),
        (|session| drop(session.get("user")), false),
        (|session| drop(session.id()), false),
        (|session| session.update(|_| ()), false),
        (|session| session.set("user", "bob"), true),
        (|session| session.renew(), true),
        (|session| session.touch(), true),
        (|session| session.invalidate(), true),
    ];
    for (number, (handler, is_lost)) in rows.into_iter().enumerate() {
        let inner = service_fn(move |request: Request<()>| {
            handler(request.extensions().get::<SessionHandle>().unwrap().clone());
            async { Err::<Answer, _>("broken") }
        });
        let log = Log::default();
        let _listening = log.listen();
        let service = SessionLayer::new(sessions.clone()).layer(inner);
        assert!(service.oneshot(request(&sessions, &[("user", "alice")])).await.is_err());
        let words =
            "a session was written and the inner service returned an error: the change is lost";
        let said = log.all().lines().filter(|line| line.contains("ERROR")).count();
        assert_eq!(said, usize::from(is_lost), "{number}: {}", log.all());
        assert_eq!(log.all().contains(words), is_lost);
    }
}

#[tokio::test]
async fn lets_a_panic_of_the_inner_service_through() {
    let inner = service_fn(|request: Request<()>| async move {
        if request.method() == Method::GET {
            std::panic::panic_any("the handler's own");
        }
        Ok::<_, Infallible>(ok())
    });
    let service = SessionLayer::new(sessions()).layer(inner);
    let outcome = tokio::spawn(service.oneshot(Request::new(()))).await;
    assert_eq!(outcome.unwrap_err().into_panic().downcast_ref(), Some(&"the handler's own"));
}

#[test]
fn a_nested_use_of_one_session_panics_and_does_not_hang() {
    let session = SessionHandle::for_test(sessions().fresh());
    let nested = session.clone();
    let outcome = catch_unwind(AssertUnwindSafe(|| session.with(|_| nested.get("user"))));
    let message = *outcome.unwrap_err().downcast::<&str>().unwrap();
    assert!(message.contains("SessionHandle::with"), "{message}");
    assert_eq!(session.get("user"), None, "and the handle goes on to work");
}

#[test]
fn two_sessions_may_be_used_in_nested_closures() {
    let (one, other) =
        (SessionHandle::for_test(sessions().fresh()), SessionHandle::for_test(sessions().fresh()));
    one.with(|one| {
        other.set("user", "bob");
        one.set("user", other.get("user").unwrap());
    });
    assert_eq!(one.get("user").as_deref(), Some("bob"));
}

#[test]
fn a_panic_inside_with_poisons_nothing() {
    let session = SessionHandle::for_test(sessions().fresh());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        session.with(|session| {
            session.set("user", "alice");
            panic!("in the middle");
        })
    }));
    assert!(outcome.is_err());
    assert_eq!(session.get("user").as_deref(), Some("alice"));
}

#[tokio::test]
async fn refuses_what_is_written_after_the_response_was_sent() {
    let sessions = sessions();
    let kept: Arc<Mutex<Option<SessionHandle>>> = Arc::default();
    let keep = Arc::clone(&kept);
    run(&sessions, request(&sessions, &[("user", "alice")]), move |session| {
        session.set("lang", "en");
        session.set_idle_timeout(secs(3600));
        *keep.lock().unwrap() = Some(session);
        ok()
    })
    .await;
    let late = kept.lock().unwrap().take().unwrap();
    late.set("user", "bob");
    late.renew();
    late.invalidate();
    assert_eq!(late.with(|session| session.remove("lang")).as_deref(), Some("en"));
    // A copy is the same session.
    let shown = |session: &Session| (session.label(), session.opened_by(), session.expires_at());
    assert_eq!(
        late.with(|session| shown(session)),
        (late.label(), late.opened_by(), late.expires_at())
    );
    assert_eq!(late.opened_by(), Some(sealed_session::KeyRole::Current));
    assert_eq!(late.expires_at().duration_since(late.created_at()).unwrap().as_secs() / 600, 6);
    assert_eq!(late.get("user").as_deref(), Some("alice"), "reading goes on to work");
    assert_eq!(late.get("lang").as_deref(), Some("en"));
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct Preferences {
    theme: String,
}

#[tokio::test]
async fn two_layers_of_different_types_do_not_meet() {
    let preferences =
        CookieSessions::typed::<Preferences>(ring(1), "preferences").name("preferences");
    let preferences = preferences.build().unwrap();
    let inner = service_fn(|request: Request<()>| async move {
        request.extensions().get::<SessionHandle>().unwrap().set("user", "alice");
        let preferences = request.extensions().get::<SessionHandle<Preferences>>().unwrap();
        preferences.update(|preferences| preferences.theme = "dark".into());
        Ok::<_, Infallible>(ok())
    });
    let service =
        SessionLayer::new(sessions()).layer(SessionLayer::new(preferences.clone()).layer(inner));
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(lines(&response).len(), 2);
    assert_eq!(sessions().from_response(response.headers()).unwrap().get("user"), Some("alice"));
    assert_eq!(preferences.from_response(response.headers()).unwrap().data().theme, "dark");
}

#[tokio::test]
async fn the_transport_of_the_layer_takes_precedence_over_that_of_the_request() {
    let sessions = sessions();
    let seen = |expected: Option<Rejection>| {
        move |session: SessionHandle| {
            assert_eq!(session.rejection(), expected);
            ok()
        }
    };
    let other = Some(Rejection::OtherTransport);
    let http = || SessionLayer::new(sessions.clone()).transport(Transport::Http);
    run_through(http(), request(&sessions, &[]), seen(other)).await;

    let mut marked = request(&sessions, &[]);
    marked.extensions_mut().insert(Transport::Http);
    run(&sessions, marked, seen(other)).await;

    let mut marked = request(&sessions, &[]);
    marked.extensions_mut().insert(Transport::Http);
    let https = SessionLayer::new(sessions.clone()).transport(Transport::Https);
    run_through(https, marked, seen(None)).await;
}

#[tokio::test]
async fn eager_issues_to_visitors_whose_handler_never_asks() {
    let sessions = CookieSessions::builder(ring(1)).issue(Issue::Eager).build().unwrap();
    let response = run(&sessions, Request::new(()), |_| ok()).await;
    assert_eq!(lines(&response).len(), 1);
    let session = sessions.from_response(response.headers()).unwrap();
    let response =
        run(&sessions, with_cookie(sessions.request_cookie(&session).unwrap()), |_| ok()).await;
    assert!(lines(&response).is_empty(), "once");
}

/// A cookie that was sealed this many days ago.
fn old(sessions: &CookieSessions, days: u64) -> HeaderValue {
    let then = SystemTime::now() - secs(days * DAY);
    let mut session = sessions.decode_at(&HeaderMap::new(), Transport::Https, then);
    session.set("user", "alice");
    let mut headers = HeaderMap::new();
    sessions.encode_at(&session, &mut headers, StatusCode::OK, then).unwrap();
    let line = headers[SET_COOKIE].to_str().unwrap().to_owned();
    HeaderValue::from_str(line.split(';').next().unwrap()).unwrap()
}

fn reads(session: SessionHandle) -> Answer {
    session.get("user");
    ok()
}

#[tokio::test]
async fn a_reading_request_does_not_bring_a_session_back_before_half_of_its_timeout() {
    let sessions = sessions();
    let response = run(&sessions, with_cookie(old(&sessions, 6)), reads).await;
    assert!(lines(&response).is_empty());
}

#[tokio::test]
async fn a_reading_request_can_bring_a_session_back_when_a_refresh_is_due() {
    let sessions = sessions();
    let cookie = old(&sessions, 8);
    let slow = run(&sessions, with_cookie(cookie.clone()), reads).await;
    let log_out = run(&sessions, with_cookie(cookie), |session| {
        session.invalidate();
        ok()
    })
    .await;
    assert!(lines(&log_out)[0].contains("Max-Age=0"));
    // The browser gets the slow response last: the session is back, once.
    let back = sessions.from_response(slow.headers()).unwrap();
    assert_eq!(back.get("user"), Some("alice"));
    let again = run(&sessions, with_cookie(sessions.request_cookie(&back).unwrap()), reads).await;
    assert!(lines(&again).is_empty(), "not a second time within this half timeout");
}

#[tokio::test]
async fn a_reading_request_can_undo_a_write_once_a_rotation() {
    let old_ring = CookieSessions::new(ring(1));
    let sessions = CookieSessions::new(ring(2).previous(support::secret(1)));
    let mut session = old_ring.fresh();
    session.set("cart", "1");
    let cookie = old_ring.request_cookie(&session).unwrap();
    let slow = run(&sessions, with_cookie(cookie.clone()), reads).await;
    let write = run(&sessions, with_cookie(cookie), |session| {
        session.set("cart", "2");
        ok()
    })
    .await;
    assert_eq!(sessions.from_response(write.headers()).unwrap().get("cart"), Some("2"));
    let undone = sessions.from_response(slow.headers()).unwrap();
    assert_eq!(undone.get("cart"), Some("1"));
    let again = run(&sessions, with_cookie(sessions.request_cookie(&undone).unwrap()), reads).await;
    assert!(lines(&again).is_empty(), "sealed under the current secret from now on");
}

#[tokio::test]
async fn of_two_writes_the_last_response_wins() {
    let sessions = sessions();
    let cookie = old(&sessions, 0);
    let write = |value: &'static str| {
        move |session: SessionHandle| {
            session.set("cart", value);
            ok()
        }
    };
    let one = run(&sessions, with_cookie(cookie.clone()), write("1")).await;
    let other = run(&sessions, with_cookie(cookie), write("2")).await;
    for (response, cart) in [(&one, "1"), (&other, "2")] {
        assert_eq!(sessions.from_response(response.headers()).unwrap().get("cart"), Some(cart));
        assert!(lines(response)[0].starts_with(NAME));
    }
}

#[test]
fn everything_is_fit_for_servers_with_threads() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<SessionHandle>();
    check::<SessionHandle<std::cell::Cell<u32>>>();
    check::<SessionLayer>();
}

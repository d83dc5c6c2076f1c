//! The layer for flash messages, its handle and its extractor; what they log.
#![allow(clippy::needless_pass_by_value, reason = "a handler owns its handle")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use axum::body::{Body, to_bytes};
use http::header::{COOKIE, LOCATION, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use sealed_session::{
    CookieSessions, Flash, FlashError, FlashHandle, FlashLayer, Level, Message, SessionHandle,
    SessionLayer, Transport,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{self, Log, ring, sessions};

type Answer = Response<String>;

const FLASH: &str = "__Host-session-flash";

/// A request that brings these messages.
fn request(sessions: &CookieSessions, texts: &[&str]) -> Request<()> {
    let mut request = Request::new(());
    if !texts.is_empty() {
        let mut flash = Flash::new();
        for text in texts {
            flash.push(Level::Info, *text).unwrap();
        }
        request.headers_mut().insert(COOKIE, sessions.flash_cookie(&flash).unwrap());
    }
    request
}

/// Runs one request through the layer, with a handler that gets the handle.
async fn run(
    sessions: &CookieSessions,
    request: Request<()>,
    handler: impl FnOnce(FlashHandle) -> StatusCode + Clone,
) -> Answer {
    run_through(FlashLayer::new(sessions.clone()), request, handler).await
}

async fn run_through(
    layer: FlashLayer,
    request: Request<()>,
    handler: impl FnOnce(FlashHandle) -> StatusCode + Clone,
) -> Answer {
    let inner = service_fn(move |request: Request<()>| {
        let status = handler.clone()(request.extensions().get::<FlashHandle>().unwrap().clone());
        let mut response = Response::new(String::new());
        *response.status_mut() = status;
        ready(Ok::<_, Infallible>(response))
    });
    layer.layer(inner).oneshot(request).await.unwrap()
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::text).collect()
}

/// The messages of the response for the next page.
fn sent(sessions: &CookieSessions, headers: &HeaderMap) -> Vec<String> {
    let flash = sessions.received_flash(headers);
    texts(&flash.unwrap_or_default().take()).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn leaves_a_response_unchanged_if_the_handle_is_not_used() {
    let sessions = sessions();
    for texts in [&[][..], &["a"]] {
        let response = run(&sessions, request(&sessions, texts), |flash| {
            assert_eq!(format!("{flash:?}"), r#"FlashHandle { flash: "unopened" }"#);
            StatusCode::OK
        });
        assert_eq!(response.await.headers(), &HeaderMap::new());
    }
}

#[tokio::test]
async fn sends_what_was_pushed_and_removes_what_was_taken() {
    let sessions = sessions();
    let response = run(&sessions, request(&sessions, &[]), |flash| {
        flash.push(Level::Success, "Saved.").unwrap();
        assert_eq!(format!("{flash:?}"), "FlashHandle { flash: Flash { len: 1, .. } }");
        StatusCode::SEE_OTHER
    });
    assert_eq!(sent(&sessions, response.await.headers()), ["Saved."]);

    let response = run(&sessions, request(&sessions, &["a", "b"]), |flash| {
        assert_eq!((flash.len(), flash.is_empty()), (2, false));
        assert_eq!(texts(&flash.take()), ["a", "b"]);
        assert!(flash.is_empty() && flash.clone().take().is_empty(), "handles share the messages");
        StatusCode::OK
    });
    assert!(response.await.headers()[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test]
async fn the_status_plays_no_part_if_there_is_a_body() {
    let sessions = sessions();
    for status in [200, 303, 404, 500, 503].map(|code| StatusCode::from_u16(code).unwrap()) {
        let response = run(&sessions, request(&sessions, &["a"]), |flash| {
            assert_eq!(flash.take().len(), 1);
            status
        });
        assert_eq!(
            response.await.headers()[SET_COOKIE].to_str().unwrap().split(';').next(),
            Some("__Host-session-flash=")
        );
        let response = run(&sessions, request(&sessions, &[]), |flash| {
            flash.push(Level::Error, "a").unwrap();
            status
        });
        assert_eq!(sent(&sessions, response.await.headers()), ["a"]);
    }
}

#[tokio::test]
async fn asking_varies_the_response_and_no_more() {
    let sessions = sessions();
    let response = run(&sessions, request(&sessions, &[]), |flash| {
        assert!(flash.is_empty());
        StatusCode::OK
    });
    assert_eq!(
        response.await.headers(),
        &HeaderMap::from_iter([(VARY, HeaderValue::from_static("Cookie"))])
    );
}

#[tokio::test]
async fn reads_every_cookie_field() {
    let sessions = sessions();
    let mut split = request(&sessions, &["a"]);
    let ours = split.headers_mut().insert(COOKIE, HeaderValue::from_static("other=1")).unwrap();
    split.headers_mut().append(COOKIE, ours);
    let response = run(&sessions, split, |flash| {
        assert_eq!(texts(&flash.take()), ["a"]);
        StatusCode::OK
    });
    assert_eq!(response.await.status(), 200);
}

#[tokio::test]
async fn the_transport_is_the_layers_or_the_requests_or_the_sessions_own() {
    let sessions = sessions();
    let layer = || FlashLayer::new(sessions.clone());
    for (layer, extension, len) in [
        (layer(), None, 1),
        (layer(), Some(Transport::Http), 0),
        (layer(), Some(Transport::Https), 1),
        (layer().transport(Transport::Http), Some(Transport::Https), 0),
        (layer().transport(Transport::Https), Some(Transport::Http), 1),
    ] {
        let mut request = request(&sessions, &["a"]);
        extension.map(|transport| request.extensions_mut().insert(transport));
        let response = run_through(layer, request, move |flash| {
            assert_eq!(flash.len(), len);
            flash.push(Level::Info, "b").unwrap();
            StatusCode::OK
        });
        assert_eq!(response.await.headers().contains_key(SET_COOKIE), len == 1);
    }
}

#[tokio::test]
async fn serves_typed_sessions_with_the_same_handle() {
    let typed = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    let response = run_through(FlashLayer::new(typed), request(&sessions(), &["a"]), |flash| {
        assert_eq!(flash.take().len(), 1);
        StatusCode::OK
    });
    assert_eq!(response.await.status(), 200);
}

#[tokio::test]
async fn of_two_layers_the_inner_one_is_used() {
    let other = CookieSessions::builder(ring(1)).name("inner").build().unwrap();
    // With one cookie, too.
    for inner in [other, sessions()] {
        let service = ServiceBuilder::new()
            .layer(FlashLayer::new(sessions()))
            .layer(FlashLayer::new(inner.clone()))
            .service_fn(|request: Request<()>| {
                request.extensions().get::<FlashHandle>().unwrap().push(Level::Info, "a").unwrap();
                ready(Ok::<_, Infallible>(Response::new(String::new())))
            });
        let response = service.oneshot(Request::new(())).await.unwrap();
        assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 1);
        assert_eq!(sent(&inner, response.headers()), ["a"]);
    }
}

/// The handle of a request that was responded to, or that failed.
async fn kept(sessions: &CookieSessions, asks: bool, fails: bool) -> FlashHandle {
    let slot: Arc<Mutex<Option<FlashHandle>>> = Arc::default();
    let keep = Arc::clone(&slot);
    let inner = service_fn(move |request: Request<()>| {
        let flash = request.extensions().get::<FlashHandle>().unwrap().clone();
        assert!(!asks || flash.len() == 1);
        *keep.lock().unwrap() = Some(flash);
        ready(if fails { Err("broken") } else { Ok(Response::new(String::new())) })
    });
    let response =
        FlashLayer::new(sessions.clone()).layer(inner).oneshot(request(sessions, &["a"])).await;
    assert_eq!(response.is_err(), fails);
    slot.lock().unwrap().take().unwrap()
}

#[tokio::test]
async fn messages_pushed_after_the_response_has_been_sent_are_refused_and_logged() {
    let sessions = sessions();
    for (asks, fails) in [(true, false), (false, false), (true, true), (false, true)] {
        let flash = kept(&sessions, asks, fails).await;
        let log = Log::default();
        let _listening = log.listen();
        assert_eq!((flash.len(), flash.is_empty()), (0, true));
        assert_eq!(log.all(), "");
        assert_eq!(flash.push(Level::Info, "b"), Err(FlashError::TooLate));
        log.says("ERROR", "flash messages were used after the response was sent or abandoned");
        assert!(flash.take().is_empty(), "what could not be removed is not shown");
        assert_eq!(log.all().lines().count(), 2);
    }
}

#[tokio::test]
async fn a_message_that_does_not_fit_is_logged_and_the_response_is_sent() {
    let narrow = CookieSessions::builder(ring(1)).max_set_cookie_len(512).build().unwrap();
    let log = Log::default();
    let _listening = log.listen();
    let response = run(&narrow, request(&narrow, &[]), |flash| {
        flash.push(Level::Info, "alice".repeat(100)).unwrap();
        StatusCode::SEE_OTHER
    });
    let response = response.await;
    assert_eq!((response.status(), response.headers()), (StatusCode::SEE_OTHER, &HeaderMap::new()));
    log.says("ERROR", "flash messages were not sent: their Set-Cookie header is too long size=");
    log.says("ERROR", "limit=512");
    assert!(!log.all().contains("alice"));
}

#[test]
fn logs_why_a_cookie_was_rejected_and_no_part_of_it() {
    let sessions = sessions();
    let log = Log::default();
    let _listening = log.listen();
    let decode = |field: &str| {
        sessions
            .decode_flash_at(
                &support::cookies([field]),
                Transport::Https,
                support::at(support::NOW),
            )
            .len()
    };
    let mut flash = Flash::new();
    flash.push(Level::Info, "alice").unwrap();
    let mut headers = HeaderMap::new();
    sessions.encode_flash_at(&flash, &mut headers, support::at(support::NOW - 300)).unwrap();
    let old = support::pair(&headers);
    assert_eq!(decode(&format!("{FLASH}=secret-junk; {old}; {FLASH}=junk")), 0);
    log.says("DEBUG", "a flash cookie was rejected reason=AbsoluteTimeout key_id=");
    assert_eq!(decode(&format!("{FLASH}=junk")), 0);
    log.says("DEBUG", "a flash cookie was rejected reason=UnknownVersion(142) length=4");
    let forged: Vec<String> = (0..9).map(|n| format!("{old}{}", "A".repeat(n * 4 + 4))).collect();
    assert_eq!(decode(&forged.join("; ")), 0);
    log.says("DEBUG", "a flash cookie was rejected reason=TooMany");
    let mut headers = HeaderMap::new();
    sessions.encode_flash_at(&flash, &mut headers, support::at(support::NOW)).unwrap();
    assert_eq!(
        decode(&format!("{FLASH}=junk; {}", support::pair(&headers))),
        1,
        "which says nothing"
    );
    assert_eq!(log.all().lines().count(), 3, "one a request:\n{}", log.all());
    assert!(!log.all().contains("secret") && !log.all().contains("alice"));
}

#[test]
fn logs_messages_that_are_withheld_at_most_once_a_minute() {
    let sessions = sessions();
    let log = Log::default();
    let _listening = log.listen();
    for (seconds, pushes, lines) in [(0, false, 0), (0, true, 1), (59, true, 1), (60, true, 2)] {
        let now = support::at(support::NOW + seconds);
        let mut flash = sessions.decode_flash_at(&HeaderMap::new(), Transport::Http, now);
        if pushes {
            flash.push(Level::Info, "a").unwrap();
        }
        sessions.encode_flash_at(&flash, &mut HeaderMap::new(), now).unwrap();
        assert_eq!(log.all().lines().count(), lines, "{}", log.all());
    }
    log.says(
        "WARN",
        "flash messages were pushed but not sent: the request came over the other transport",
    );
}

/// A service that is never ready.
#[derive(Clone, Debug)]
struct Busy;

impl Service<Request<()>> for Busy {
    type Response = Answer;
    type Error = Infallible;
    type Future = Ready<Result<Answer, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(String::new())))
    }
}

#[test]
fn is_ready_when_the_inner_service_is_and_debug_shows_no_message() {
    let mut service = FlashLayer::new(sessions()).layer(Busy);
    assert!(service.poll_ready(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(
        format!("{service:?}"),
        "FlashService { inner: Busy, layer: FlashLayer { transport: None, .. } }"
    );
    let future = service.call(request(&sessions(), &["alice"]));
    assert_eq!(
        format!("{future:?}"),
        r#"FlashFuture { handle: FlashHandle { flash: "unopened" }, .. }"#
    );
}

#[test]
fn handles_pass_between_threads() {
    fn passes<T: Send + Sync + 'static>(_: &T) {}
    let flash = FlashHandle::for_test(Flash::new());
    passes(&flash);
    passes(&Flash::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| flash.push(Level::Info, "a").unwrap());
        }
    });
    assert_eq!(flash.take().len(), 4);
}

/// A handler as in an application with axum.
mod shop {
    use axum::response::{Html, Redirect};
    use axum::{Router, routing::get};
    use sealed_session::{
        CookieSessions, FlashError, FlashHandle, FlashLayer, Level, SessionHandle, SessionLayer,
    };

    async fn buy(session: SessionHandle, flash: FlashHandle) -> Result<Redirect, FlashError> {
        session.set("bought", "3 apples");
        flash.push(Level::Success, "Your order is on its way.")?;
        Ok(Redirect::to("/"))
    }

    async fn page(flash: FlashHandle) -> Html<String> {
        let line = |message: &sealed_session::Message| {
            let text = message.text().replace('&', "&amp;").replace('<', "&lt;");
            format!(r#"<p class="{}">{text}</p>"#, message.level())
        };
        Html(flash.take().iter().map(line).collect())
    }

    async fn flood(flash: FlashHandle) -> Result<(), FlashError> {
        flash.push(Level::Info, "x".repeat(1025))
    }

    pub(super) fn app(sessions: CookieSessions) -> Router {
        Router::new()
            .route("/", get(page).post(buy))
            .route("/flood", get(flood))
            .layer(FlashLayer::new(sessions.clone()))
            .layer(SessionLayer::new(sessions))
    }
}

/// Sends a request with the cookies of the jar, and puts the cookies of the response into it.
async fn browse(
    app: &axum::Router,
    jar: &mut Vec<(String, String)>,
    method: &str,
    path: &str,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    for (name, value) in &*jar {
        request.headers_mut().append(COOKIE, format!("{name}={value}").parse().unwrap());
    }
    let response = app.clone().oneshot(request).await.unwrap();
    for line in response.headers().get_all(SET_COOKIE) {
        let cookie = cookie::Cookie::parse(line.to_str().unwrap()).unwrap();
        jar.retain(|(name, _)| name != cookie.name());
        if !cookie.max_age().unwrap().is_zero() {
            jar.push((cookie.name().to_owned(), cookie.value().to_owned()));
        }
    }
    response
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn an_application_with_axum_shows_a_message_after_a_redirect() {
    let app = shop::app(sessions());
    let mut jar = Vec::new();
    let response = browse(&app, &mut jar, "POST", "/").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/");
    assert_eq!(jar.len(), 2, "a session and a message");
    let page = text(browse(&app, &mut jar, "GET", "/").await).await;
    assert_eq!(page, r#"<p class="success">Your order is on its way.</p>"#);
    assert_eq!(jar.len(), 1, "the session alone");
    assert_eq!(text(browse(&app, &mut jar, "GET", "/").await).await, "");
}

#[tokio::test]
async fn too_many_messages_are_a_500_with_axum_that_says_why() {
    let log = Log::default();
    let _listening = log.listen();
    let response = browse(&shop::app(sessions()), &mut Vec::new(), "GET", "/flood").await;
    log.says(
        "ERROR",
        "a flash message was refused, and the response is 500: the flash messages have 1025 bytes",
    );
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        text(response).await,
        "the flash messages have 1025 bytes of text; expected at most 1024"
    );
}

#[tokio::test]
async fn without_the_layer_the_extractor_responds_with_500_and_says_what_to_do() {
    let log = Log::default();
    let _listening = log.listen();
    let handler = |_: SessionHandle, flash: FlashHandle| async move { flash.len().to_string() };
    let app = axum::Router::new()
        .route("/", axum::routing::get(handler))
        .layer(SessionLayer::new(sessions()));
    let answer = browse(&app, &mut Vec::new(), "GET", "/").await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        text(answer).await.starts_with("FlashLayer is missing: add `.flash()` to the SessionLayer")
    );
    log.says("ERROR", "FlashLayer is missing: the response is 500");
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn optional_messages_are_there_behind_the_layer() {
    async fn page(flash: Option<FlashHandle>) -> String {
        flash.map_or("no layer".to_owned(), |flash| flash.len().to_string())
    }
    let app = || axum::Router::new().route("/", axum::routing::get(page));
    assert_eq!(text(browse(&app(), &mut Vec::new(), "GET", "/").await).await, "no layer");
    let app = app().layer(FlashLayer::new(sessions()));
    assert_eq!(text(browse(&app, &mut Vec::new(), "GET", "/").await).await, "0");
}

#[test]
fn messages_pushed_after_the_response_was_given_up_are_refused() {
    let (sessions, kept) = (sessions(), Arc::new(Mutex::new(None)));
    let keep = Arc::clone(&kept);
    let inner = service_fn(move |request: Request<()>| {
        *keep.lock().unwrap() = request.extensions().get::<FlashHandle>().cloned();
        std::future::pending::<Result<Answer, Infallible>>()
    });
    let mut service = FlashLayer::new(sessions.clone()).layer(inner);
    let mut response = Box::pin(service.call(request(&sessions, &["a"])));
    assert!(response.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let flash = kept.lock().unwrap().take().unwrap();
    assert_eq!((flash.len(), flash.push(Level::Info, "b")), (1, Ok(())));
    drop(response);
    assert_eq!((flash.push(Level::Info, "c"), flash.len()), (Err(FlashError::TooLate), 0));
}

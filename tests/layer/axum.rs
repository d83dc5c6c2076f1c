//! The extractor, and what the adapters log.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use axum::{Router, routing::get};
use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
use tower::ServiceExt;

use crate::support::{Log, ring, sessions};

async fn greet(session: SessionHandle) -> String {
    session.set("greeted", "yes");
    format!("Hello, {}!", session.get("user").unwrap_or_default())
}

async fn get_root(app: Router, cookie: Option<axum::http::HeaderValue>) -> Response<Body> {
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    request.headers_mut().extend(cookie.map(|cookie| (axum::http::header::COOKIE, cookie)));
    app.oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn extracts_the_session() {
    let sessions = sessions();
    let mut session = sessions.fresh();
    session.set("user", "alice");
    let app = Router::new().route("/", get(greet)).layer(SessionLayer::new(sessions.clone()));
    let response = get_root(app, Some(sessions.request_cookie(&session).unwrap())).await;
    assert_eq!(sessions.from_response(response.headers()).unwrap().get("greeted"), Some("yes"));
    assert_eq!(text(response).await, "Hello, alice!");
}

#[tokio::test]
async fn a_missing_layer_is_a_500_that_says_what_to_do() {
    let log = Log::default();
    let _listening = log.listen();
    let response = get_root(Router::new().route("/", get(greet)), None).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(
        text(response)
            .await
            .contains("SessionLayer is missing: add `.layer(SessionLayer::new(sessions))`")
    );
    log.says("ERROR", "SessionLayer is missing");
}

#[tokio::test]
async fn a_layer_of_another_payload_type_is_a_missing_layer() {
    let other = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    let app = Router::new().route("/", get(greet)).layer(SessionLayer::new(other));
    assert_eq!(get_root(app, None).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn an_optional_session_is_there_behind_a_layer_of_its_payload_type_and_else_is_none() {
    async fn perhaps(session: Option<SessionHandle>) -> String {
        session.map_or("no layer".to_owned(), |session| session.len().to_string())
    }
    let log = Log::default();
    let _listening = log.listen();
    let app = || Router::new().route("/", get(perhaps));
    assert_eq!(text(get_root(app(), None).await).await, "no layer");
    let number = CookieSessions::typed::<u32>(ring(1), "number").build().unwrap();
    assert_eq!(log.all().matches("WARN").count(), 0, "{}", log.all());
    for _ in 0..2 {
        let other = app().layer(SessionLayer::new(number.clone()));
        assert_eq!(text(get_root(other, None).await).await, "no layer");
    }
    log.says(
        "WARN",
        "an Option<SessionHandle> is None, because its payload type is not that of the SessionLayer: ",
    );
    assert_eq!(log.all().matches("WARN").count(), 1, "once a build: {}", log.all());
    assert!(!log.all().contains("ERROR"), "{}", log.all());
    assert_eq!(text(get_root(app().layer(SessionLayer::new(sessions())), None).await).await, "0");
}

#[tokio::test]
async fn a_streamed_body_that_writes_is_logged() {
    async fn stream(session: SessionHandle) -> Body {
        late_body(session)
    }
    assert_eq!(late(get(stream), "written after the response was sent").await, "anonymous");
}

#[tokio::test]
async fn a_streamed_body_that_asks_first_reads_the_session_of_the_request() {
    async fn stream(session: SessionHandle) -> Body {
        let user = async move { Ok::<_, std::convert::Infallible>(session.get("user").unwrap()) };
        Body::from_stream(futures_util::stream::once(user))
    }
    let sessions = sessions();
    let mut session = sessions.fresh();
    session.set("user", "alice");
    let app = Router::new().route("/", get(stream)).layer(SessionLayer::new(sessions.clone()));
    let response = get_root(app, Some(sessions.request_cookie(&session).unwrap())).await;
    assert_eq!(response.headers()["vary"], "Cookie");
    assert_eq!(response.headers()["cache-control"], "private");
    assert_eq!(text(response).await, "alice");
}

#[tokio::test]
async fn a_handler_that_takes_no_handle_leaves_the_response_as_it_was() {
    async fn page() -> &'static str {
        "a page"
    }
    let sessions = sessions();
    let plain = get_root(Router::new().route("/", get(page)), None).await;
    let through =
        axum::middleware::from_fn(async |request: Request<Body>, next: axum::middleware::Next| {
            let copy = request.extensions().clone();
            let response = next.run(request).await;
            drop(copy);
            response
        });
    let app = Router::new()
        .route("/", get(page))
        .layer(through)
        .layer(SessionLayer::new(sessions.clone()));
    let cookie = sessions.request_cookie(&sessions.fresh()).unwrap();
    let response = get_root(app, Some(cookie)).await;
    assert_eq!(response.headers(), plain.headers());
}

/// A body that is made after the response was sent, and writes to the session.
fn late_body(session: SessionHandle) -> Body {
    let user = async move {
        session.set("user", "mallory");
        Ok::<_, std::convert::Infallible>(session.get("user").unwrap_or("anonymous".into()))
    };
    Body::from_stream(futures_util::stream::once(user))
}

async fn late(handler: axum::routing::MethodRouter, words: &str) -> String {
    let log = Log::default();
    let _listening = log.listen();
    let app = Router::new().route("/", handler).layer(SessionLayer::new(sessions()));
    let response = get_root(app, None).await;
    assert!(!response.headers().contains_key("set-cookie"));
    let text = text(response).await;
    log.says("ERROR", words);
    text
}

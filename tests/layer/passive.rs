//! The layer tells passive requests, and gives them on as they arrived.

use std::convert::Infallible;
use std::time::SystemTime;

use http::header::{COOKIE, SET_COOKIE};
use http::request::Parts;
use http::{Method, Request, Response, Version};
use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{DAY, sealed, sessions};

/// A cookie that is due for a refresh.
fn due(sessions: &CookieSessions) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    sealed(sessions, &[("user", "alice")], now - 8 * DAY)
}

fn polls(parts: &Parts) -> bool {
    parts.uri.path() == "/poll"
}

/// Whether the response to a request for this path refreshes the session that the handler reads.
async fn refreshes(
    layer: SessionLayer,
    path: &str,
    handler: fn(&SessionHandle),
    cookie: &str,
) -> bool {
    let service = layer.layer(service_fn(async |request: Request<String>| {
        let session: &SessionHandle = request.extensions().get().unwrap();
        assert_eq!(session.get("user").as_deref(), Some("alice"));
        handler(session);
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    let request = Request::get(path).header(COOKIE, cookie).body(String::new()).unwrap();
    service.oneshot(request).await.unwrap().headers().contains_key(SET_COOKIE)
}

#[tokio::test]
async fn only_requests_that_the_layer_does_not_call_passive_refresh_the_session() {
    let sessions = sessions();
    let cookie = due(&sessions);
    let layer = || SessionLayer::new(sessions.clone()).passive(polls);
    assert!(!refreshes(layer(), "/poll", |_| {}, &cookie).await);
    assert!(refreshes(layer(), "/", |_| {}, &cookie).await);
    assert!(refreshes(SessionLayer::new(sessions.clone()), "/poll", |_| {}, &cookie).await);
    assert!(refreshes(layer(), "/poll", |session| session.set("lang", "en"), &cookie).await);
}

#[tokio::test]
async fn a_handler_calls_its_request_passive() {
    let sessions = sessions();
    let layer = SessionLayer::new(sessions.clone());
    assert!(!refreshes(layer, "/", SessionHandle::passive, &due(&sessions)).await);
}

#[tokio::test]
async fn the_order_of_the_settings_of_a_layer_does_not_matter() {
    let sessions = sessions();
    let (cookie, https) = (due(&sessions), sessions.transport());
    let respond = |_| Response::new(String::new());
    let layers = [
        SessionLayer::new(sessions.clone()).passive(polls).on_error(respond).transport(https),
        SessionLayer::new(sessions.clone()).transport(https).on_error(respond).passive(polls),
    ];
    for layer in layers {
        let service = layer.clone().layer(service_fn(async |request: Request<String>| {
            request.extensions().get::<SessionHandle>().unwrap().get("user").unwrap();
            Ok::<_, Infallible>(Response::new(String::new()))
        }));
        let request = Request::get("/poll").header(COOKIE, &cookie).body(String::new()).unwrap();
        assert!(!service.oneshot(request).await.unwrap().headers().contains_key(SET_COOKIE));
    }
}

#[tokio::test]
async fn the_function_sees_the_whole_request_and_the_handler_too() {
    #[derive(Clone, Debug, PartialEq)]
    struct Mark(u8);

    fn check(parts: &Parts) -> bool {
        assert_eq!((&parts.method, parts.uri.to_string()), (&Method::PUT, "/a?b=c".to_owned()));
        assert_eq!((parts.version, parts.headers["x"].as_bytes()), (Version::HTTP_2, &b"y"[..]));
        assert_eq!(parts.extensions.get(), Some(&Mark(7)));
        true
    }

    let layer = SessionLayer::new(sessions()).passive(check);
    let service = layer.layer(service_fn(async |request: Request<String>| {
        let (parts, body) = request.into_parts();
        assert!(check(&parts));
        assert!(parts.extensions.get::<SessionHandle>().is_some());
        assert_eq!((parts.headers.len(), &*body), (1, "body"));
        Ok::<_, Infallible>(Response::new(String::new()))
    }));
    let request =
        Request::put("/a?b=c").version(Version::HTTP_2).header("x", "y").extension(Mark(7));
    service.oneshot(request.body("body".to_owned()).unwrap()).await.unwrap();
}

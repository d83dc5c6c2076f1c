//! A layer inside another one. With the same cookie it is an error. With another cookie it takes
//! over if it has the same payload type; else each has its own session.

use std::convert::Infallible;
use std::pin::pin;
use std::task::{Context, Waker};

use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::{Request, Response, StatusCode};
use sealed_session::{
    Builder, CookieSessions, Dict, EncodeError, Payload, SessionHandle, SessionLayer,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Log, pair, ring, sessions};

type Answer = Response<String>;

/// Sets `user` in the session of the request.
async fn log_in(request: Request<()>) -> Result<Answer, Infallible> {
    let session: &SessionHandle = request.extensions().get().unwrap();
    session.set("user", session.get("user").unwrap_or_default() + "alice");
    Ok(Response::new(String::new()))
}

async fn respond<S>(service: S, request: Request<()>) -> Answer
where
    S: Service<Request<()>, Response = Answer, Error = Infallible>,
{
    service.oneshot(request).await.unwrap()
}

fn builder() -> Builder<Dict> {
    CookieSessions::builder(ring(1))
}

/// Sessions whose cookie differs from that of `sessions()` in name, path or domain.
fn others() -> [CookieSessions; 3] {
    let builders =
        [builder().name("admin"), builder().path("/admin"), builder().domain("example.com")];
    builders.map(|builder| builder.build().unwrap())
}

fn user(sessions: &CookieSessions, response: &Answer) -> Option<String> {
    sessions.from_response(response.headers())?.get("user").map(str::to_owned)
}

#[tokio::test]
async fn a_layer_of_another_cookie_takes_over_what_is_inside() {
    for inner in others() {
        let outer = sessions();
        let service = ServiceBuilder::new()
            .layer(SessionLayer::new(outer.clone()))
            .layer(SessionLayer::new(inner.clone()))
            .service_fn(log_in);
        let mut known = outer.fresh();
        known.set("user", "bob");
        let cookie = outer.request_cookie(&known).unwrap();
        let request = Request::builder().header("cookie", cookie).body(()).unwrap();
        let response = respond(service.clone(), request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(user(&inner, &response).as_deref(), Some("alice"), "and not `bobalice`");
        assert_eq!(user(&outer, &response), None, "nobody asked for it");

        let request = Request::builder().header("cookie", pair(response.headers()));
        let response = respond(service, request.body(()).unwrap()).await;
        assert_eq!(user(&inner, &response).as_deref(), Some("alicealice"));
    }
}

#[tokio::test]
async fn both_sessions_are_sent_in_one_response() {
    for inner in others() {
        let outer = sessions();
        let inside = SessionLayer::new(inner.clone()).layer(service_fn(log_in));
        let between = service_fn(move |request: Request<()>| {
            let session: SessionHandle = request.extensions().get().cloned().unwrap();
            let inside = inside.clone();
            async move {
                session.set("user", "bob");
                let response = inside.oneshot(request).await;
                session.set("seen", "yes");
                response
            }
        });
        let response =
            respond(SessionLayer::new(outer.clone()).layer(between), Request::new(())).await;
        assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 2);
        assert_eq!(user(&inner, &response).as_deref(), Some("alice"));
        let sent = outer.from_response(response.headers()).unwrap();
        assert_eq!((sent.get("user"), sent.get("seen")), (Some("bob"), Some("yes")));
    }
}

#[tokio::test]
async fn the_same_cookie_is_a_500_that_says_what_to_change() {
    let log = Log::default();
    let _listening = log.listen();
    let sessions = sessions();
    let same = CookieSessions::builder(ring(2)).build().unwrap();
    for inner in [sessions.clone(), same] {
        let service = ServiceBuilder::new()
            .layer(SessionLayer::new(sessions.clone()))
            .layer(SessionLayer::new(inner))
            .service_fn(async |_: Request<()>| -> Result<Answer, _> { unreachable!("not called") });
        for _ in 0..2 {
            let response = respond(service.clone(), Request::new(())).await;
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert_eq!(response.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
            for words in ["Two SessionLayers", "Remove one", "`Builder::name`"] {
                assert!(response.body().contains(words), "{}", response.body());
            }
        }
    }
    log.says("ERROR", "two SessionLayers have one cookie");
    assert_eq!(log.all().matches("two SessionLayers").count(), 2, "a minute and a build");
}

fn typed<T: Payload>() -> Builder<T> {
    CookieSessions::typed(ring(1), "other")
}

/// Both orders, and with a third layer in between.
#[tokio::test]
async fn the_same_cookie_is_a_500_whatever_the_payload_types_are() {
    let unreachable = service_fn(async |_: Request<()>| -> Result<Answer, _> { unreachable!() });
    let dict = SessionLayer::new(sessions());
    let number = SessionLayer::new(typed::<u32>().build().unwrap());
    let theme = SessionLayer::new(typed::<bool>().name("theme").build().unwrap());
    let log = Log::default();
    let _listening = log.listen();
    for _ in 0..2 {
        let one = respond(dict.layer(number.layer(unreachable)), Request::new(())).await;
        let other = respond(number.layer(dict.layer(unreachable)), Request::new(())).await;
        let service = number.layer(theme.layer(dict.layer(unreachable)));
        let third = respond(service, Request::new(())).await;
        for response in [one, other, third] {
            assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
            assert!(response.body().starts_with("Two SessionLayers"), "{}", response.body());
        }
    }
    log.says("ERROR", "two SessionLayers have one cookie");
}

#[tokio::test]
async fn layers_of_other_payload_types_and_cookies_do_not_meet() {
    for other in [typed::<u32>().name("admin"), typed().path("/admin"), typed().domain("a.test")] {
        let service = ServiceBuilder::new()
            .layer(SessionLayer::new(typed::<bool>().name("theme").build().unwrap()))
            .layer(SessionLayer::new(other.build().unwrap()))
            .layer(SessionLayer::new(sessions()))
            .service_fn(log_in);
        let response = respond(service, Request::new(())).await;
        assert_eq!(user(&sessions(), &response).as_deref(), Some("alice"));
    }
}

/// A unit test may have a handle of its own beside a layer.
#[tokio::test]
async fn a_handle_of_a_test_of_another_payload_type_does_not_meet_a_layer() {
    let number = typed::<u32>().build().unwrap();
    respond(SessionLayer::new(number.clone()).layer(service_fn(ok)), Request::new(())).await;
    let mut request = Request::new(());
    request.extensions_mut().insert(SessionHandle::for_test(number.fresh()));
    let response = respond(SessionLayer::new(sessions()).layer(service_fn(log_in)), request).await;
    assert_eq!(response.status(), StatusCode::OK);
}

async fn ok(_: Request<()>) -> Result<Answer, Infallible> {
    Ok(Response::new(String::new()))
}

#[tokio::test]
async fn on_error_is_told_of_two_layers() {
    let inner = SessionLayer::new(sessions()).on_error(|error| {
        assert!(matches!(error, EncodeError::TwoLayers));
        Response::new(error.to_string())
    });
    let service = SessionLayer::new(sessions()).layer(inner.layer(service_fn(log_in)));
    let response = respond(service, Request::new(())).await;
    assert!(response.body().starts_with("two SessionLayers"), "{}", response.body());
}

#[tokio::test]
async fn a_handle_of_a_test_is_not_replaced_unnoticed() {
    let mut request = Request::new(());
    request.extensions_mut().insert(SessionHandle::for_test(sessions().fresh()));
    let response = respond(SessionLayer::new(sessions()).layer(service_fn(log_in)), request).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[test]
fn a_refusal_that_is_polled_once_more_is_pending() {
    let layer = SessionLayer::new(sessions());
    let mut service = layer.clone().layer(layer.layer(service_fn(log_in)));
    let mut response = pin!(service.call(Request::new(())));
    let mut context = Context::from_waker(Waker::noop());
    assert!(response.as_mut().poll(&mut context).is_ready());
    assert!(response.as_mut().poll(&mut context).is_pending());
}

/// With another cookie between them, two layers of one cookie are not noticed. The outer one has
/// nothing to send.
#[tokio::test]
async fn of_three_layers_the_innermost_is_used() {
    let [admin, ..] = others();
    let service = ServiceBuilder::new()
        .layer(SessionLayer::new(sessions()))
        .layer(SessionLayer::new(admin))
        .layer(SessionLayer::new(sessions()))
        .service_fn(log_in);
    let response = respond(service, Request::new(())).await;
    assert_eq!(user(&sessions(), &response).as_deref(), Some("alice"));
    assert_eq!(response.headers().get_all(SET_COOKIE).iter().count(), 1);
}

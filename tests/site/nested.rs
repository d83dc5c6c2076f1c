//! The layer of a part of a site, with another cookie, inside the layer of the whole site.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use sealed_session::{CookieSessions, Csrf, FlashHandle, Level, SessionHandle, SessionLayer};
use tower::{ServiceBuilder, ServiceExt};

use crate::support::{Log, ring, sessions};

async fn save(request: Request<()>) -> Result<Response<String>, Infallible> {
    let session: &SessionHandle = request.extensions().get().unwrap();
    session.set("user", "root");
    request.extensions().get::<FlashHandle>().unwrap().push(Level::Info, "Saved.").unwrap();
    Ok(Response::new(String::new()))
}

#[tokio::test]
async fn the_inner_layer_takes_over_with_all_its_parts() {
    let log = Log::default();
    let _listening = log.listen();
    let (site, admin) =
        (sessions(), CookieSessions::builder(ring(1)).name("admin").build().unwrap());
    let layer = |sessions: &CookieSessions| {
        SessionLayer::new(sessions.clone()).flash().csrf(Csrf::header_only())
    };
    let service = ServiceBuilder::new().layer(layer(&site)).layer(layer(&admin)).service_fn(save);
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(admin.from_response(response.headers()).unwrap().get("user"), Some("root"));
    assert_eq!(admin.received_flash(response.headers()).unwrap().len(), 1);
    assert!(site.from_response(response.headers()).is_none());
    assert!(site.received_flash(response.headers()).is_none());
    assert!(!log.all().contains("WARN"), "{}", log.all());
}

#[tokio::test]
async fn a_layer_without_messages_inside_one_with_messages_is_logged() {
    let log = Log::default();
    let _listening = log.listen();
    let admin = CookieSessions::builder(ring(1)).name("admin").build().unwrap();
    let service = ServiceBuilder::new()
        .layer(SessionLayer::new(sessions()).flash())
        .layer(SessionLayer::new(admin).csrf(Csrf::header_only()))
        .service_fn(save);
    assert_eq!(service.oneshot(Request::new(())).await.unwrap().status(), StatusCode::OK);
    log.says("WARN", "FlashLayer is outside of SessionLayer");
}

#[tokio::test]
async fn the_same_layer_twice_is_an_error_that_says_so() {
    let layer = SessionLayer::new(sessions()).flash();
    let service = ServiceBuilder::new().layer(layer.clone()).layer(layer).service_fn(save);
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.body().starts_with("Two SessionLayers"), "{}", response.body());
}

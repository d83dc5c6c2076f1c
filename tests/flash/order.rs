//! `FlashLayer` beside `SessionLayer`: which one belongs inside, and the warning about the wrong
//! order.

use std::convert::Infallible;
use std::future::ready;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, Request, Response, StatusCode};
use sealed_session::{
    CookieSessions, Flash, FlashHandle, FlashLayer, Level, SessionHandle, SessionLayer,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};

use crate::support::{Log, ring, sessions};

const WARNING: &str = "FlashLayer is outside of SessionLayer: its messages are sent even if the session is not; \
                       put FlashLayer inside SessionLayer, or let SessionLayer::flash make both";

/// Writes more than fits into a session, and pushes a message that says it is saved.
async fn save(request: Request<()>) -> Result<Response<String>, Infallible> {
    let flash: &FlashHandle = request.extensions().get().unwrap();
    assert_eq!(flash.take().len(), 1);
    flash.push(Level::Success, "Saved.").unwrap();
    if let Some(session) = request.extensions().get::<SessionHandle>() {
        session.set("notes", "x".repeat(5000));
    }
    Ok(Response::new("done".into()))
}

/// The response to a request that brings a message.
async fn respond<S>(sessions: &CookieSessions, service: S) -> (StatusCode, HeaderMap)
where
    S: Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let mut flash = Flash::new();
    flash.push(Level::Info, "Hello.").unwrap();
    let request = Request::builder().header(COOKIE, sessions.flash_cookie(&flash).unwrap());
    let response = service.oneshot(request.body(()).unwrap()).await.unwrap();
    (response.status(), response.headers().clone())
}

fn warnings(log: &Log) -> usize {
    log.all().matches(WARNING).count()
}

#[tokio::test]
async fn inside_no_message_outlives_the_response_that_an_error_replaces() {
    let (sessions, log) = (sessions(), Log::default());
    let _listening = log.listen();
    let service = ServiceBuilder::new()
        .layer(SessionLayer::new(sessions.clone()))
        .layer(FlashLayer::new(sessions.clone()))
        .service_fn(save);
    let (status, headers) = respond(&sessions, service).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!headers.contains_key(SET_COOKIE), "and what was taken stays in the browser");
    assert_eq!(warnings(&log), 0);
}

#[tokio::test]
async fn outside_is_logged_once_for_each_build() {
    let (sessions, log) = (sessions(), Log::default());
    let _listening = log.listen();
    let outside = |sessions: &CookieSessions| {
        let layers = ServiceBuilder::new().layer(FlashLayer::new(sessions.clone()));
        layers.layer(SessionLayer::new(sessions.clone())).service_fn(save)
    };
    let (status, headers) = respond(&sessions, outside(&sessions)).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    let mut flash = sessions.received_flash(&headers).unwrap();
    assert_eq!(flash.take()[0].text(), "Saved.", "which is not true");
    log.says("WARN", WARNING);
    respond(&sessions, outside(&sessions)).await;
    respond(&sessions, outside(&sessions.clone())).await;
    assert_eq!(warnings(&log), 1);
    respond(&sessions, outside(&crate::support::sessions())).await;
    assert_eq!(warnings(&log), 2);
}

#[tokio::test]
async fn between_two_session_layers_it_is_outside_of_one() {
    let (sessions, log) = (sessions(), Log::default());
    let _listening = log.listen();
    let typed = CookieSessions::typed::<u32>(ring(1), "number").name("number").build().unwrap();
    for (inner, expected) in [(None, 0), (Some(typed), 1)] {
        let layers = ServiceBuilder::new()
            .layer(SessionLayer::new(sessions.clone()))
            .layer(FlashLayer::new(sessions.clone()))
            .option_layer(inner.map(SessionLayer::new));
        let service = layers.service_fn(save).map_err(|error| panic!("{error}"));
        respond(&sessions, service).await;
        assert_eq!(warnings(&log), expected);
    }
}

#[tokio::test]
async fn without_a_session_layer_there_is_no_wrong_order() {
    let (sessions, log) = (sessions(), Log::default());
    let _listening = log.listen();
    let service = FlashLayer::new(sessions.clone()).layer(service_fn(save));
    let (status, headers) = respond(&sessions, service).await;
    assert_eq!((status, warnings(&log)), (StatusCode::OK, 0));
    assert_eq!(sessions.received_flash(&headers).unwrap().len(), 1);
}

#[cfg(feature = "revocation")]
#[tokio::test]
async fn a_log_out_that_was_not_recorded_is_not_announced() {
    use sealed_session::{Revocation, RevocationQuery, RevokedSession, Unavailable};

    struct Down;

    impl Revocation for Down {
        fn is_revoked(&self, _: &RevocationQuery) -> Result<bool, Unavailable> {
            Ok(false)
        }

        fn revoke(&self, _: &RevokedSession) -> Result<(), Unavailable> {
            Err(Unavailable::new("the disk is full"))
        }
    }

    let sessions = CookieSessions::builder(ring(1)).revocation(Down).build().unwrap();
    let log_out = |request: Request<()>| {
        let session: &SessionHandle = request.extensions().get().unwrap();
        session.revoke();
        let flash: &FlashHandle = request.extensions().get().unwrap();
        flash.push(Level::Success, "You are logged out.").unwrap();
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    };
    let mut session = sessions.fresh();
    session.set("user", "alice");
    let cookie = sessions.request_cookie(&session).unwrap();
    for check in [false, true] {
        let request = Request::builder().header(COOKIE, &cookie).body(()).unwrap();
        let layer = SessionLayer::new(sessions.clone());
        let inner = FlashLayer::new(sessions.clone()).layer(service_fn(log_out));
        let response = if check {
            layer.check_revocation(tokio::time::sleep).layer(inner).oneshot(request).await
        } else {
            layer.layer(inner).oneshot(request).await
        };
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!response.headers().contains_key(SET_COOKIE));
    }
}

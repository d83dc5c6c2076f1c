//! Requests that were refused for their CSRF token.

use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderValue, Request, Response, StatusCode};
use sealed_session::{CookieSessions, Csrf, CsrfLayer, Session, SessionLayer};
use tower::{ServiceBuilder, ServiceExt};

use crate::recorder::Recorder;

type Header = (&'static str, String);

fn post(sessions: &CookieSessions, session: Option<&Session>, headers: &[Header]) -> Request<Body> {
    let mut request = Request::post("/").body(Body::empty()).unwrap();
    if let Some(session) = session {
        request.headers_mut().insert(COOKIE, sessions.request_cookie(session).unwrap());
    }
    for (name, value) in headers {
        request.headers_mut().append(*name, HeaderValue::try_from(value).unwrap());
    }
    request
}

fn form(request: Request<Body>, kind: &'static str, body: String) -> Request<Body> {
    let mut request = request.map(|_| Body::from(body));
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    request
}

async fn status_of(sessions: &CookieSessions, request: Request<Body>) -> StatusCode {
    let layers = ServiceBuilder::new()
        .layer(SessionLayer::new(sessions.clone()))
        .layer(CsrfLayer::new(sessions.clone(), Csrf::form_field("csrf").max_form_len(100)));
    let service = layers.service_fn(|request: Request<_>| async {
        drop(request);
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    });
    service.oneshot(request).await.unwrap().status()
}

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_refusal_is_counted_by_its_reason() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let (mut session, other) = (sessions.fresh(), sessions.fresh());
    session.set("user", "alice");
    let token = session.csrf_token();
    let with = |token: &str| post(&sessions, Some(&session), &[("x-csrf-token", token.to_owned())]);
    let from = |site: &str| post(&sessions, Some(&session), &[("sec-fetch-site", site.to_owned())]);
    let bare = || post(&sessions, Some(&session), &[]);
    let cut = "multipart/form-data";
    let mut long = with(&other.csrf_token());
    *long.method_mut() = http::Method::from_bytes("A".repeat(70_000).as_bytes()).unwrap();
    for (reason, request) in [
        ("missing", bare()),
        ("empty", with("")),
        ("too_long", with(&"x".repeat(60))),
        ("malformed", with("x")),
        ("unknown_version", with(&format!("_{}", &token[1..]))),
        ("mismatch", with(&other.csrf_token())),
        ("scope_too_long", long),
        ("no_id", post(&sessions, None, &[("x-csrf-token", token.clone())])),
        ("repeated", form(bare(), URL_ENCODED, format!("csrf={token}&csrf={token}"))),
        ("cross_site", from("cross-site")),
        ("same_site", from("same-site")),
        ("form_too_large", form(bare(), URL_ENCODED, "x".repeat(200))),
        ("broken_form", form(bare(), cut, String::new())),
    ] {
        assert!(status_of(&sessions, request).await.is_client_error(), "{reason}");
        let counted = recorder.take();
        let refused: Vec<_> = counted.iter().filter(|(name, _)| name.starts_with("csrf")).collect();
        assert_eq!(refused, [(&format!("csrf_refused_total {reason}"), &1)]);
    }
    assert_eq!(status_of(&sessions, with(&token)).await, StatusCode::OK);
    recorder.counted([("accepted_total current", 1)]);
}

#[tokio::test]
async fn a_request_without_a_session_layer_is_counted() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let layer = CsrfLayer::new(sessions.clone(), Csrf::header_only());
    let service = ServiceBuilder::new().layer(layer).service_fn(|_: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    });
    let response = service.oneshot(post(&sessions, None, &[])).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    recorder.counted([("csrf_refused_total no_session_layer", 1)]);
}

#[test]
fn a_token_that_the_application_verifies_itself_is_not_counted() {
    let recorder = Recorder::default();
    let session = recorder.sessions().fresh();
    session.csrf_token();
    assert!(session.verify_csrf("junk").is_err());
    recorder.counted([]);
}

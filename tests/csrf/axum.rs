//! axum: the layer on a `Router`, and forms as its extractors read them.

use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Form, Multipart};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{Request, Response, StatusCode};
use sealed_session::{CookieSessions, Csrf, CsrfLayer, SessionHandle, SessionLayer};
use tower::ServiceExt;

use crate::body::URLENCODED;
use crate::visitor::Visitor;

type Fields = Vec<(String, String)>;

async fn upload(mut form: Multipart) -> String {
    let mut received = Vec::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap_or_default().to_owned();
        let len = field.bytes().await.unwrap().len();
        received.push(format!("{name}={len}"));
    }
    received.join(" ")
}

fn app(sessions: &CookieSessions) -> Router {
    Router::new()
        .route("/", get(async |session: SessionHandle| session.csrf_token()))
        .route("/form", post(async |Form(fields): Form<Fields>| format!("{fields:?}")))
        .route("/json", post(async |Json(fields): Json<Fields>| format!("{fields:?}")))
        .route("/upload", post(upload).layer(DefaultBodyLimit::disable()))
        .layer(CsrfLayer::new(sessions.clone(), Csrf::form_field("csrf")))
        .layer(SessionLayer::new(sessions.clone()))
}

async fn send(
    visitor: &Visitor,
    path: &str,
    header: &[(&'static str, &str)],
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let mut request: Request<Body> = visitor.send("POST", header, "").map(|_| body.into());
    *request.uri_mut() = path.parse().unwrap();
    text(app(&visitor.sessions).oneshot(request).await.unwrap()).await
}

async fn text(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_form_reaches_its_extractor() {
    let visitor = Visitor::new();
    let token = visitor.token();
    let header = [("content-type", URLENCODED)];
    let (status, body) = send(&visitor, "/form", &header, format!("a=1&csrf={token}")).await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, format!("[(\"a\", \"1\"), (\"csrf\", \"{token}\")]"))
    );
    let (status, _) = send(&visitor, "/form", &header, "a=1").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn json_reaches_its_extractor_with_the_token_in_the_header() {
    let visitor = Visitor::new();
    let json = || r#"[["csrf", "1"]]"#;
    let with = [("content-type", "application/json"), ("x-csrf-token", &*visitor.token())];
    let passed = (StatusCode::OK, "[(\"csrf\", \"1\")]".to_owned());
    assert_eq!(send(&visitor, "/json", &with, json()).await, passed);
    let (status, _) = send(&visitor, "/json", &with[..1], json()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[cfg(feature = "multipart")]
#[tokio::test]
async fn a_large_upload_reaches_its_extractor() {
    let visitor = Visitor::new();
    let header = [("content-type", "multipart/form-data; boundary=XyZ")];
    let file = "x".repeat(1 << 20);
    let part = |name: &str, value: &str| {
        format!("--XyZ\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let (csrf, file) = (part("csrf", &visitor.token()), part("file", &file));
    let (status, body) = send(&visitor, "/upload", &header, format!("{csrf}{file}--XyZ--")).await;
    assert_eq!((status, &*body), (StatusCode::OK, "csrf=44 file=1048576"));
    let (status, _) = send(&visitor, "/upload", &header, format!("{file}{csrf}--XyZ--")).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);

    let path = format!("/upload?csrf={}", visitor.token_for("POST", "/upload"));
    let (status, body) = send(&visitor, &path, &header, format!("{file}--XyZ--")).await;
    assert_eq!((status, &*body), (StatusCode::OK, "file=1048576"));
}

#[tokio::test]
async fn a_page_is_shown_as_without_the_layer() {
    let visitor = Visitor::new();
    let request = visitor.send("GET", &[], "").map(Body::from);
    let mut request: Request<Body> = request;
    *request.uri_mut() = "/".parse().unwrap();
    let (status, token) = text(app(&visitor.sessions).oneshot(request).await.unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(visitor.session.verify_csrf(token), Ok(()));
}

#[cfg(feature = "flash")]
#[tokio::test]
async fn a_refusal_redirects_with_a_flash_message() {
    use sealed_session::{FlashHandle, FlashLayer, Level};

    let visitor = Visitor::new();
    let sessions = &visitor.sessions;
    let csrf = Csrf::form_field("csrf").on_refused(|request, reason| {
        let flash: &FlashHandle = request.extensions.get().unwrap();
        flash.push(Level::Error, "Please send it again.").unwrap();
        let to = request.headers.get("referer").and_then(|value| value.to_str().ok());
        Response::builder()
            .status(StatusCode::SEE_OTHER)
            .header("location", to.unwrap_or("/"))
            .header("x-status", reason.status().as_u16())
            .body(Body::empty())
            .unwrap()
    });
    let app = Router::new()
        .route("/", post(async || "unreachable"))
        .layer(CsrfLayer::new(sessions.clone(), csrf))
        .layer(FlashLayer::new(sessions.clone()))
        .layer(SessionLayer::new(sessions.clone()));
    for (content_type, body, status) in [
        ("application/json", "{}", "403"),
        (URLENCODED, "csrf=junk", "403"),
        #[cfg(feature = "multipart")]
        ("multipart/form-data; boundary=a", "", "400"),
    ] {
        let header = [("content-type", content_type), ("referer", "/form")];
        let mut request = visitor.send("POST", &header, "").map(|_| Body::from(body));
        *request.uri_mut() = "/".parse().unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let header = response.headers();
        assert_eq!(
            (&header["location"], &header["x-status"]),
            (&"/form".parse().unwrap(), &status.parse().unwrap())
        );
        let mut flash = sessions.received_flash(header).unwrap();
        assert_eq!(flash.take()[0].text(), "Please send it again.");
    }
}

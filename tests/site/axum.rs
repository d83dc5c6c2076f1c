//! The layer as an application with axum and a typed session writes it.

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use axum::routing::{get, post};
use axum::{Router, response::Redirect};
use sealed_session::{
    CookieSessions, Csrf, CsrfError, FlashError, FlashHandle, Level, Message, SessionHandle,
    SessionLayer,
};
use serde::{Deserialize, Serialize};
use tower::ServiceExt;

use crate::support::{pair, ring};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Account {
    user: Option<String>,
    visits: u32,
}

fn accounts() -> CookieSessions<Account> {
    CookieSessions::typed::<Account>(ring(1), "account-1").build().unwrap()
}

async fn page(session: SessionHandle<Account>, flash: FlashHandle) -> String {
    session.update(|account| account.visits += 1);
    let said: String = flash.take().iter().map(Message::text).collect();
    format!("{} {said}", session.csrf_token())
}

async fn log_in(
    session: SessionHandle<Account>,
    flash: FlashHandle,
    form: String,
) -> Result<Redirect, FlashError> {
    assert!(form.starts_with("password=secret&csrf="), "{form}");
    session.renew();
    session.update(|account| account.user = Some("alice".to_owned()));
    flash.push(Level::Success, "Welcome!")?;
    Ok(Redirect::to("/"))
}

fn refuse(parts: &axum::http::request::Parts, _: CsrfError) -> Response<Body> {
    let flash: &FlashHandle = parts.extensions.get().unwrap();
    flash.push(Level::Error, "Please try again.").unwrap();
    let response = Response::builder().status(StatusCode::SEE_OTHER);
    response.header(header::LOCATION, "/").body(Body::empty()).unwrap()
}

fn app() -> Router {
    let csrf = Csrf::form_field("csrf").on_refused(refuse);
    Router::new().route("/", get(page)).route("/login", post(log_in)).layer(
        SessionLayer::new(accounts()).flash().csrf(csrf).check_revocation(tokio::time::sleep),
    )
}

async fn send(request: axum::http::request::Builder, form: &str) -> Response<Body> {
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    app().oneshot(request.body(Body::from(form.to_owned())).unwrap()).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(to_bytes(response.into_body(), 4096).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_typed_session_needs_no_type_at_the_layer() {
    let first = send(Request::get("/"), "").await;
    let cookie = pair(first.headers());
    let page = text(first).await;
    let token = page.split(' ').next().unwrap();

    let log_in = || Request::post("/login").header("cookie", &cookie);
    let response = send(log_in(), &format!("password=secret&csrf={token}")).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let account = accounts().from_response(response.headers()).unwrap();
    assert_eq!(account.data(), &Account { user: Some("alice".to_owned()), visits: 1 });
    let mut flash = accounts().received_flash(response.headers()).unwrap();
    assert_eq!(flash.take()[0].text(), "Welcome!");

    let response = send(log_in(), "password=secret").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert!(accounts().from_response(response.headers()).is_none());
    let said = send(Request::get("/").header("cookie", pair(response.headers())), "").await;
    assert!(text(said).await.ends_with(" Please try again."));
}

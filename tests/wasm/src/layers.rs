//! The site with axum and all layers, without a runtime: nothing in it waits.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::to_bytes;
use axum::routing::{get, post};
use http::{Request, Response};
use sealed_session::{
    CookieSessions, Csrf, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tower::ServiceExt;

/// Tokens in forms, messages for the next page, and sessions that `setup` lets end on the server.
pub fn router(sessions: CookieSessions) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .layer(SessionLayer::new(sessions).flash().csrf(Csrf::form_field("csrf")))
}

async fn home(session: SessionHandle, flash: FlashHandle) -> String {
    let messages = flash.take();
    let messages: Vec<&str> = messages.iter().map(Message::text).collect();
    let user = session.get("user").unwrap_or_default();
    format!("user={user}\nmessages={}\ncsrf={}", messages.join(", "), session.csrf_token())
}

async fn log_in(session: SessionHandle, flash: FlashHandle) -> Result<&'static str, String> {
    session.renew();
    session.set("user", "alice");
    flash.push(Level::Success, "Welcome!").map_err(|error| error.to_string())?;
    Ok("logged in")
}

async fn log_out(session: SessionHandle) -> &'static str {
    session.revoke();
    "logged out"
}

/// Drives the service and the body of its response to their end.
pub fn respond(router: &Router, request: Request<String>) -> String {
    let Ok(response) = now(router.clone().oneshot(request));
    let (parts, body) = response.into_parts();
    let body = now(to_bytes(body, usize::MAX)).expect("a body in memory");
    let body = String::from_utf8(body.into()).expect("our bodies are text");
    super::written(&Response::from_parts(parts, body))
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits for something"),
    }
}

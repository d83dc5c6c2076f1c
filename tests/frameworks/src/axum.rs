//! axum 0.8: the layer, and the extractor of the feature `axum`.
//!
//! The layer opens the session when a handler first uses it; a route that does not stays as it was.

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use sealed_session::{
    CookieSessions, Csrf, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tokio::net::TcpListener;

use crate::{FOR_EVERYBODY, LogIn, NOBODY, NOTED, OUT_OF_ORDER};

fn app(sessions: CookieSessions) -> Router {
    routes().layer(SessionLayer::new(sessions))
}

// The routes.

fn routes() -> Router {
    Router::new()
        .route("/me", get(me))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .route("/big", post(big))
        .route("/fail", get(fail))
        .route("/public", get(public))
}

async fn me(session: SessionHandle) -> impl IntoResponse {
    ([(SET_COOKIE, "theirs=1")], session.get("user").unwrap_or(NOBODY.into()))
}

async fn log_in(session: SessionHandle, Query(LogIn { user }): Query<LogIn>) {
    session.renew();
    session.set("user", user);
}

async fn log_out(session: SessionHandle) {
    session.invalidate();
}

async fn big(session: SessionHandle, body: String) {
    session.set("blob", body);
}

async fn fail(session: SessionHandle) -> Result<(), impl IntoResponse> {
    session.set("seen", "1");
    Err((StatusCode::SERVICE_UNAVAILABLE, OUT_OF_ORDER))
}

async fn public() -> impl IntoResponse {
    ([(CACHE_CONTROL, FOR_EVERYBODY)], "for everybody")
}

// The guarded ones.

fn guarded(sessions: CookieSessions) -> Router {
    Router::new()
        .route("/token", get(token))
        .route("/note", post(note))
        .route("/said", get(said))
        .route("/end", post(end))
        .layer(crate::guards(sessions).csrf(Csrf::header_only()))
}

async fn token(session: SessionHandle) -> String {
    session.csrf_token()
}

async fn note(session: SessionHandle, flash: FlashHandle, body: String) -> Redirect {
    session.set("note", body);
    flash.push(Level::Success, NOTED).expect("a short message");
    Redirect::to("/said")
}

async fn said(flash: FlashHandle) -> String {
    flash.take().iter().map(Message::text).collect()
}

async fn end(session: SessionHandle) {
    session.revoke();
}

/// Serves them until dropped.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    axum::serve(listener, guarded(sessions)).await.expect("axum serves");
}

/// Serves them until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    axum::serve(listener, app(sessions)).await.expect("axum serves");
}

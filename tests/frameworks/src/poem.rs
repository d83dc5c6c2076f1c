//! poem 3: the layer around an endpoint, which is no tower service, in the outermost `around`.
//!
//! The layer sees the head of the request, the endpoint all of it and the handle, as `Data<&SessionHandle>`. The
//! layer opens the session when a handler first uses it; a route that does not stays as it was. Errors are answers
//! by the time the layer sees them, so that they carry what was written: a `catch_error` belongs inside.

use std::convert::Infallible;
use std::sync::Arc;

use poem::http::StatusCode;
use poem::http::header::CACHE_CONTROL;
use poem::listener::TcpAcceptor;
use poem::middleware::CookieJarManager;
use poem::web::cookie::{Cookie, CookieJar};
use poem::web::{Data, Query};
use poem::{
    Endpoint, EndpointExt, Error, IntoResponse, Request, Response, Result, Route, get, handler, post,
};
use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt, service_fn};

use crate::{FOR_EVERYBODY, LogIn, NOBODY, OUT_OF_ORDER};

fn app(sessions: CookieSessions) -> impl Endpoint {
    let layer = SessionLayer::new(sessions);
    routes().around(move |endpoint, request| with_session(layer.clone(), endpoint, request))
}

async fn with_session(layer: SessionLayer, routes: Arc<impl Endpoint>, request: Request) -> Result<Response> {
    let mut head = http::Request::new(request);
    *head.headers_mut() = head.body().headers().clone();
    let routes = service_fn(|head: http::Request<Request>| async {
        let (head, mut request) = head.into_parts();
        request.extensions_mut().extend(head.extensions);
        Ok::<_, Infallible>(http::Response::from(routes.get_response(request).await))
    });
    Ok(layer.layer(routes).oneshot(head).await?.into())
}

// The routes.

fn routes() -> impl Endpoint {
    Route::new()
        .at("/me", get(me))
        .at("/login", post(log_in))
        .at("/logout", post(log_out))
        .at("/big", post(big))
        .at("/fail", get(fail))
        .at("/public", get(public))
        .with(CookieJarManager::new())
}

#[handler]
fn me(session: Data<&SessionHandle>, cookies: &CookieJar) -> String {
    cookies.add(Cookie::new_with_str("theirs", "1"));
    session.get("user").unwrap_or(NOBODY.into())
}

#[handler]
fn log_in(session: Data<&SessionHandle>, Query(LogIn { user }): Query<LogIn>) {
    session.renew();
    session.set("user", user);
}

#[handler]
fn log_out(session: Data<&SessionHandle>) {
    session.invalidate();
}

#[handler]
fn big(session: Data<&SessionHandle>, body: String) {
    session.set("blob", body);
}

#[handler]
fn fail(session: Data<&SessionHandle>) -> Result<()> {
    session.set("seen", "1");
    Err(Error::from_string(OUT_OF_ORDER, StatusCode::SERVICE_UNAVAILABLE))
}

#[handler]
fn public() -> impl IntoResponse {
    "for everybody".with_header(CACHE_CONTROL, FOR_EVERYBODY)
}

/// Serves them until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let acceptor = TcpAcceptor::from_tokio(listener).expect("a listener");
    poem::Server::new_with_acceptor(acceptor).run(app(sessions)).await.expect("poem serves");
}

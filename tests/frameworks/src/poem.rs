//! poem 3: the layer around an endpoint, which is no tower service, in the outermost `around`.
//!
//! The layers see the head of the request, the endpoint all of it and what they add, as `Data<&SessionHandle>`. The
//! layer of sessions opens the session when a handler first uses it; a route that does not stays as it was. Errors are answers
//! by the time the layer sees them, so that they carry what was written: a `catch_error` belongs inside.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use http_body_util::combinators::BoxBody;
use hyper::body::Bytes;
use poem::http::StatusCode;
use poem::http::header::CACHE_CONTROL;
use poem::listener::TcpAcceptor;
use poem::middleware::CookieJarManager;
use poem::web::cookie::{Cookie, CookieJar};
use poem::web::{Data, Query, Redirect};
use poem::{
    Endpoint, EndpointExt, Error, IntoResponse, Request, Response, Result, Route, get, handler,
    post,
};
use sealed_session::{
    CookieSessions, Csrf, CsrfLayer, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tokio::net::TcpListener;
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{FOR_EVERYBODY, LogIn, NOBODY, NOTED, OUT_OF_ORDER};

fn app(sessions: CookieSessions) -> impl Endpoint {
    let layer = SessionLayer::new(sessions);
    routes().around(move |routes, request| behind(layer.clone(), routes, request))
}

type Answer = http::Response<BoxBody<Bytes, io::Error>>;
type Routes = BoxCloneService<http::Request<Request>, Answer, Infallible>;

async fn behind<L>(
    layer: L,
    routes: Arc<impl Endpoint + 'static>,
    request: Request,
) -> Result<Response>
where
    L: Layer<Routes>,
    L::Service:
        Service<http::Request<Request>, Response = Answer, Error = Infallible, Future: Send> + Send,
{
    let mut head = http::Request::new(request);
    *head.method_mut() = head.body().method().clone();
    *head.uri_mut() = head.body().uri().clone();
    *head.headers_mut() = head.body().headers().clone();
    let routes = service_fn(move |head: http::Request<Request>| {
        let (head, mut request) = head.into_parts();
        request.extensions_mut().extend(head.extensions);
        let routes = Arc::clone(&routes);
        async move { Ok(routes.get_response(request).await.into()) }
    });
    Ok(layer.layer(BoxCloneService::new(routes)).oneshot(head).await?.into())
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

// The guarded ones. A body of poem's responses is not made from a text, so that it takes a response of its own to refuse.

fn guarded(sessions: CookieSessions) -> impl Endpoint {
    let (first, messages, _) = crate::guards(sessions.clone());
    let refusal = || Response::builder().status(StatusCode::FORBIDDEN).body("reload the page");
    let csrf = Csrf::header_only().on_refused(move |_, _| refusal().into());
    let layers = (first, messages, CsrfLayer::new(sessions, csrf));
    let routes = Route::new()
        .at("/token", get(token))
        .at("/note", post(note))
        .at("/said", get(said))
        .at("/end", post(end));
    routes.around(move |routes, request| behind(layers.clone(), routes, request))
}

#[handler]
fn token(session: Data<&SessionHandle>) -> String {
    session.csrf_token()
}

#[handler]
fn note(session: Data<&SessionHandle>, flash: Data<&FlashHandle>, body: String) -> Redirect {
    session.set("note", body);
    flash.push(Level::Success, NOTED).expect("a short message");
    Redirect::see_other("/said")
}

#[handler]
fn said(flash: Data<&FlashHandle>) -> String {
    flash.take().iter().map(Message::text).collect()
}

#[handler]
fn end(session: Data<&SessionHandle>) {
    session.revoke();
}

/// Serves them until dropped.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    let acceptor = TcpAcceptor::from_tokio(listener).expect("a listener");
    poem::Server::new_with_acceptor(acceptor).run(guarded(sessions)).await.expect("poem serves");
}

/// Serves them until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let acceptor = TcpAcceptor::from_tokio(listener).expect("a listener");
    poem::Server::new_with_acceptor(acceptor).run(app(sessions)).await.expect("poem serves");
}

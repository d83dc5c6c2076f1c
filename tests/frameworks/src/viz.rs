//! viz 0.11: the layer by way of `viz-tower`, and errors turned into responses below it.
//!
//! Without `answer_errors` an error passes by the layer, with what was written, and `viz-tower` makes an empty 500
//! of it whatever it was. The layer opens the session when a handler first uses it; a route that does not stays as
//! it was.

use http::header::{CACHE_CONTROL, LOCATION};
use sealed_session::{
    CookieSessions, Csrf, CsrfLayer, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tokio::net::TcpListener;
use viz::middleware::cookie;
use viz::types::Cookie;
use viz::{
    BoxHandler, Error, Handler, IntoResponse, Next, Request, RequestExt, Response, Result, Router,
    StatusCode,
};
use viz_tower::Layered;

use crate::{FOR_EVERYBODY, LogIn, NOBODY, NOTED, OUT_OF_ORDER};

fn app(sessions: CookieSessions) -> Router {
    routes().with_handler(answer_errors).with(Layered::new(SessionLayer::new(sessions)))
}

async fn answer_errors((request, next): Next<Request, BoxHandler>) -> Result<Response> {
    next.call(request).await.or_else(|error| Ok(error.into_response()))
}

fn session(request: &Request) -> &SessionHandle {
    request.extensions().get().expect("the layer of sessions")
}

// The routes.

fn routes() -> Router {
    Router::new()
        .get("/me", me)
        .post("/login", log_in)
        .post("/logout", log_out)
        .post("/big", big)
        .get("/fail", fail)
        .get("/public", public)
        .with(cookie::Config::default())
}

async fn me(request: Request) -> Result<String> {
    request.cookies()?.add(Cookie::new("theirs", "1"));
    Ok(session(&request).get("user").unwrap_or(NOBODY.into()))
}

async fn log_in(request: Request) -> Result<()> {
    let LogIn { user } = request.query()?;
    session(&request).renew();
    session(&request).set("user", user);
    Ok(())
}

async fn log_out(request: Request) -> Result<()> {
    session(&request).invalidate();
    Ok(())
}

async fn big(mut request: Request) -> Result<()> {
    let body = request.text().await?;
    session(&request).set("blob", body);
    Ok(())
}

async fn fail(request: Request) -> Result<()> {
    session(&request).set("seen", "1");
    Err(Error::Responder(Box::new((StatusCode::SERVICE_UNAVAILABLE, OUT_OF_ORDER).into_response())))
}

async fn public(_: Request) -> Result<Response> {
    let mut response = "for everybody".into_response();
    response.headers_mut().insert(CACHE_CONTROL, FOR_EVERYBODY.parse().expect("a field"));
    Ok(response)
}

// The guarded ones. A body of viz is not made from a text, so that it takes a response of its own to refuse with.

fn guarded(sessions: CookieSessions) -> Router {
    let (first, messages, _) = crate::guards(sessions.clone());
    let csrf = Csrf::header_only()
        .on_refused(|_, _| (StatusCode::FORBIDDEN, "reload the page").into_response());
    let forms = CsrfLayer::new(sessions, csrf);
    Router::new()
        .get("/token", token)
        .post("/note", note)
        .get("/said", said)
        .post("/end", end)
        .with_handler(answer_errors)
        .with(Layered::new((first, messages, forms)))
}

fn messages(request: &Request) -> &FlashHandle {
    request.extensions().get().expect("the layer of messages")
}

async fn token(request: Request) -> Result<String> {
    Ok(session(&request).csrf_token())
}

async fn note(mut request: Request) -> Result<Response> {
    let body = request.text().await?;
    session(&request).set("note", body);
    messages(&request).push(Level::Success, NOTED).expect("a short message");
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, "/said".parse().expect("a field"));
    Ok(response)
}

async fn said(request: Request) -> Result<String> {
    Ok(messages(&request).take().iter().map(Message::text).collect())
}

async fn end(request: Request) -> Result<()> {
    session(&request).revoke();
    Ok(())
}

/// Serves them until dropped.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    viz::serve(listener, guarded(sessions)).await.expect("viz serves");
}

/// Serves them until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    viz::serve(listener, app(sessions)).await.expect("viz serves");
}

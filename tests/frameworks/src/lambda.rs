//! `lambda_http` 1: the layer around the handler.
//!
//! The layer opens the session when a handler first uses it; a route that does not stays as it was. An `Err` of the
//! handler is an invocation that failed, not a response.
//!
//! API Gateway hands the `Cookie` fields of HTTP/2 clients to a function behind a REST API one by one, and
//! `lambda_http` keeps the last: its `headers`, with one value of a name, replace its `multiValueHeaders`, with all.
//! `keep_every_cookie` is for that, by way of types that are public but not in its documentation. Behind an HTTP API
//! there is nothing to do.

use std::convert::Infallible;

use http::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use http::{Method, StatusCode};
use lambda_http::request::LambdaRequest;
use lambda_http::{
    Adapter, Body, Error, LambdaEvent, Request, RequestExt, Response, Service, lambda_runtime,
};
use sealed_session::{
    CookieSessions, Csrf, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::{FOR_EVERYBODY, NOBODY, NOTED, OUT_OF_ORDER};

type Answer = Response<Body>;

/// What `main` does behind an HTTP API.
pub async fn run_behind_an_http_api(sessions: CookieSessions) -> Result<(), Error> {
    lambda_http::run(app(sessions)).await
}

/// What `main` does behind a REST API.
pub async fn run_behind_a_rest_api(sessions: CookieSessions) -> Result<(), Error> {
    lambda_runtime::run(Adapter::from(app(sessions)).map_request(keep_every_cookie)).await
}

pub fn app(
    sessions: CookieSessions,
) -> impl Service<Request, Response = Answer, Error = Infallible, Future: Send> {
    SessionLayer::new(sessions).layer(service_fn(route))
}

pub fn keep_every_cookie(mut event: LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest> {
    if let LambdaRequest::ApiGatewayV1(request) = &mut event.payload
        && request.multi_value_headers.contains_key(COOKIE)
    {
        request.headers.remove(COOKIE);
    }
    event
}

fn session(request: &Request) -> &SessionHandle {
    request.extensions().get().expect("the layer of sessions")
}

// The routes. The path of the event is without the stage, which that of the request has.

async fn route(request: Request) -> Result<Answer, Infallible> {
    Ok(match (request.method(), request.raw_http_path()) {
        (&Method::GET, "/me") => me(&request),
        (&Method::POST, "/login") => log_in(&request),
        (&Method::POST, "/logout") => log_out(&request),
        (&Method::POST, "/big") => big(&request),
        (&Method::GET, "/fail") => fail(&request),
        (&Method::GET, "/public") => public(),
        _ => status(StatusCode::NOT_FOUND, "not found"),
    })
}

fn me(request: &Request) -> Answer {
    let mut answer = text(session(request).get("user").unwrap_or(NOBODY.into()));
    answer.headers_mut().append(SET_COOKIE, "theirs=1".parse().expect("a cookie"));
    answer
}

fn log_in(request: &Request) -> Answer {
    session(request).renew();
    session(request)
        .set("user", request.query_string_parameters().first("user").unwrap_or_default());
    text("")
}

fn log_out(request: &Request) -> Answer {
    session(request).invalidate();
    text("")
}

fn big(request: &Request) -> Answer {
    session(request).set("blob", String::from_utf8_lossy(request.body()));
    text("")
}

fn fail(request: &Request) -> Answer {
    session(request).set("seen", "1");
    status(StatusCode::SERVICE_UNAVAILABLE, OUT_OF_ORDER)
}

fn public() -> Answer {
    let mut answer = text("for everybody");
    answer.headers_mut().insert(CACHE_CONTROL, FOR_EVERYBODY.parse().expect("a field"));
    answer
}

// The guarded ones. A token for one form is for the path of the request, which has the stage.

pub fn guarded(
    sessions: CookieSessions,
) -> impl Service<Request, Response = Answer, Error = Infallible, Future: Send> {
    crate::guards(sessions).csrf(Csrf::header_only()).layer(service_fn(route_guarded))
}

async fn route_guarded(request: Request) -> Result<Answer, Infallible> {
    Ok(match (request.method(), request.raw_http_path()) {
        (&Method::GET, "/token") => text(session(&request).csrf_token()),
        (&Method::POST, "/note") => note(&request),
        (&Method::GET, "/said") => said(&request),
        (&Method::POST, "/end") => end(&request),
        _ => status(StatusCode::NOT_FOUND, "not found"),
    })
}

fn messages(request: &Request) -> &FlashHandle {
    request.extensions().get().expect("the layer of messages")
}

fn note(request: &Request) -> Answer {
    session(request).set("note", String::from_utf8_lossy(request.body()));
    messages(request).push(Level::Success, NOTED).expect("a short message");
    let mut answer = status(StatusCode::SEE_OTHER, "");
    answer.headers_mut().insert(LOCATION, "/said".parse().expect("a field"));
    answer
}

fn said(request: &Request) -> Answer {
    text(messages(request).take().iter().map(Message::text).collect::<String>())
}

fn end(request: &Request) -> Answer {
    session(request).revoke();
    text("")
}

fn text(text: impl Into<Body>) -> Answer {
    Response::new(text.into())
}

fn status(status: StatusCode, text: &str) -> Answer {
    let mut answer = self::text(text);
    *answer.status_mut() = status;
    answer
}

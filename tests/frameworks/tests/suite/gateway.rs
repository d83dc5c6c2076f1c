//! What Amazon API Gateway does before and after `lambda_http`: HTTP to event, result to HTTP.
//!
//! `events` holds an event of each kind, of which the fields that a request decides are filled in.

use std::convert::{Infallible, identity};

use frameworks::lambda::{app, guarded, keep_every_cookie};
use frameworks::serve_connections;
use http::header::{COOKIE, HeaderName, SET_COOKIE};
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Context, LambdaEvent, Service};
use sealed_session::CookieSessions;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// What is done to an event before `lambda_http` gets it.
type Prepare = fn(LambdaEvent<LambdaRequest>) -> LambdaEvent<LambdaRequest>;

/// What a function does with an event.
trait Handler:
    Service<lambda_http::Request, Response = Response<Body>, Error = Infallible, Future: Send> + Send
{
}

impl<S> Handler for S where
    S: Service<lambda_http::Request, Response = Response<Body>, Error = Infallible, Future: Send>
        + Send
{
}

/// An HTTP API, with events of version 2.0.
pub async fn http_api(listener: TcpListener, sessions: CookieSessions) {
    let service =
        service_fn(move |request| answer(app(sessions.clone()), request, http_api_event, identity));
    serve_connections(listener, service).await;
}

/// The same with what is guarded.
pub async fn http_api_guarded(listener: TcpListener, sessions: CookieSessions) {
    let service = service_fn(move |request| {
        answer(guarded(sessions.clone()), request, http_api_event, identity)
    });
    serve_connections(listener, service).await;
}

/// A REST API, with events of version 1.0.
pub async fn rest_api(listener: TcpListener, sessions: CookieSessions) {
    let service = service_fn(move |request| {
        answer(app(sessions.clone()), request, rest_api_event, keep_every_cookie)
    });
    serve_connections(listener, service).await;
}

/// The same with what is guarded.
pub async fn rest_api_guarded(listener: TcpListener, sessions: CookieSessions) {
    let service = service_fn(move |request| {
        answer(guarded(sessions.clone()), request, rest_api_event, keep_every_cookie)
    });
    serve_connections(listener, service).await;
}

/// Runs the handler as `lambda_http::run` and `lambda_runtime::run` do.
pub async fn invoke(sessions: &CookieSessions, event: &Value, prepare: Prepare) -> Value {
    invoke_handler(app(sessions.clone()), event, prepare).await
}

async fn invoke_handler(handler: impl Handler, event: &Value, prepare: Prepare) -> Value {
    let request: LambdaRequest = serde_json::from_str(&event.to_string()).unwrap();
    let lambda = Adapter::from(handler).map_request(prepare);
    let result = lambda.oneshot(LambdaEvent::new(request, Context::default())).await.unwrap();
    serde_json::to_value(result).unwrap()
}

/// Cookies have a field of their own, and values of one name are joined.
pub fn http_api_event(parts: &Parts, body: &str) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("events/http_api.json")).unwrap();
    event["rawPath"] = parts.uri.path().into();
    event["rawQueryString"] = parts.uri.query().unwrap_or_default().into();
    event["requestContext"]["http"]["path"] = parts.uri.path().into();
    event["requestContext"]["http"]["method"] = parts.method.as_str().into();
    event["cookies"] = cookies(parts).into();
    for name in parts.headers.keys().filter(|name| **name != COOKIE) {
        event["headers"][name.as_str()] = values(parts, name).join(",").into();
    }
    event["body"] = body.into();
    event
}

/// Every field is there twice: with its last value, and with all. Cookies come one by one, as from an HTTP/2 client.
pub fn rest_api_event(parts: &Parts, body: &str) -> Value {
    let mut event: Value = serde_json::from_str(include_str!("events/rest_api.json")).unwrap();
    event["path"] = parts.uri.path().into();
    event["pathParameters"]["proxy"] = parts.uri.path()[1..].into();
    event["requestContext"]["path"] = format!("/live{}", parts.uri.path()).into();
    event["requestContext"]["httpMethod"] = parts.method.as_str().into();
    event["httpMethod"] = parts.method.as_str().into();
    for name in parts.headers.keys() {
        let values = if name == COOKIE { cookies(parts) } else { values(parts, name) };
        event["headers"][name.as_str()] = values.last().cloned().into();
        event["multiValueHeaders"][name.as_str()] = values.into();
    }
    if let Some((name, value)) = parts.uri.query().and_then(|query| query.split_once('=')) {
        event["queryStringParameters"] = json!({ name: value });
        event["multiValueQueryStringParameters"] = json!({ name: [value] });
    }
    event["body"] = body.into();
    event
}

fn cookies(parts: &Parts) -> Vec<String> {
    values(parts, &COOKIE).iter().flat_map(|field| field.split("; ")).map(str::to_owned).collect()
}

fn values(parts: &Parts, name: &HeaderName) -> Vec<String> {
    let values = parts.headers.get_all(name).into_iter();
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

async fn answer(
    handler: impl Handler,
    request: Request<Incoming>,
    event: fn(&Parts, &str) -> Value,
    prepare: Prepare,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().into()).unwrap();
    let result = invoke_handler(handler, &event(&parts, &body), prepare).await;

    let mut response =
        Response::builder().status(u16::try_from(result["statusCode"].as_u64().unwrap()).unwrap());
    for (name, value) in result["headers"].as_object().unwrap_or(&Map::new()) {
        response = response.header(name, value.as_str().unwrap());
    }
    for (name, values) in result["multiValueHeaders"].as_object().unwrap_or(&Map::new()) {
        for value in values.as_array().unwrap() {
            response = response.header(name, value.as_str().unwrap());
        }
    }
    for cookie in result["cookies"].as_array().unwrap_or(&Vec::new()) {
        response = response.header(SET_COOKIE, cookie.as_str().unwrap());
    }
    let body = result["body"].as_str().unwrap_or_default().to_owned();
    Ok(response.body(Full::from(body)).unwrap())
}

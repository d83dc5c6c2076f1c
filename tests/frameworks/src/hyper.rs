//! Bare hyper 1, over HTTP/1.1 and HTTP/2: `decode` before a handler, `encode` after it.
//!
//! Only the handlers that are given a session are wrapped, so that any other route stays as it was. What is guarded is
//! behind the layers, by way of `TowerToHyperService`.

use std::convert::Infallible;

use http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::service::TowerToHyperService;
use sealed_session::{CookieSessions, Csrf, FlashHandle, Level, Message, Session, SessionHandle};
use tokio::net::TcpListener;
use tower::Layer;

use crate::{FOR_EVERYBODY, NOBODY, NOTED, OUT_OF_ORDER};

type Answer = Response<Full<Bytes>>;

async fn with_session<B>(
    sessions: &CookieSessions,
    request: Request<B>,
    handler: impl AsyncFnOnce(Request<B>, &mut Session) -> Answer,
) -> Answer {
    let mut session = sessions.decode(&request);
    let mut answer = handler(request, &mut session).await;
    match sessions.encode(&session, &mut answer) {
        Ok(_) => answer,
        Err(_) => status(StatusCode::INTERNAL_SERVER_ERROR, "the session cannot be sent"),
    }
}

// The routes.

async fn route(sessions: CookieSessions, request: Request<Incoming>) -> Result<Answer, Infallible> {
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/me") => with_session(&sessions, request, me).await,
        (&Method::POST, "/login") => with_session(&sessions, request, log_in).await,
        (&Method::POST, "/logout") => with_session(&sessions, request, log_out).await,
        (&Method::POST, "/big") => with_session(&sessions, request, big).await,
        (&Method::GET, "/fail") => with_session(&sessions, request, fail).await,
        (&Method::GET, "/public") => public(),
        _ => status(StatusCode::NOT_FOUND, "not found"),
    })
}

async fn me(_: Request<Incoming>, session: &mut Session) -> Answer {
    let mut answer = text(session.get("user").unwrap_or(NOBODY));
    answer.headers_mut().append(SET_COOKIE, "theirs=1".parse().expect("a cookie"));
    answer
}

async fn log_in(request: Request<Incoming>, session: &mut Session) -> Answer {
    let user =
        request.uri().query().and_then(|query| query.strip_prefix("user=")).unwrap_or_default();
    session.renew();
    session.set("user", user);
    text("")
}

async fn log_out(_: Request<Incoming>, session: &mut Session) -> Answer {
    session.invalidate();
    text("")
}

async fn big(request: Request<Incoming>, session: &mut Session) -> Answer {
    let Ok(body) = request.into_body().collect().await else {
        return status(StatusCode::BAD_REQUEST, "half a body");
    };
    session.set("blob", String::from_utf8_lossy(&body.to_bytes()));
    text("")
}

async fn fail(_: Request<Incoming>, session: &mut Session) -> Answer {
    session.set("seen", "1");
    status(StatusCode::SERVICE_UNAVAILABLE, OUT_OF_ORDER)
}

fn public() -> Answer {
    let mut answer = text("for everybody");
    answer.headers_mut().insert(CACHE_CONTROL, FOR_EVERYBODY.parse().expect("a field"));
    answer
}

// The guarded ones.

async fn route_guarded(request: Request<Incoming>) -> Result<Answer, Infallible> {
    let session: SessionHandle =
        request.extensions().get().cloned().expect("the layer of sessions");
    let flash: FlashHandle = request.extensions().get().cloned().expect("the layer of messages");
    Ok(match (request.method(), request.uri().path()) {
        (&Method::GET, "/token") => text(&session.csrf_token()),
        (&Method::POST, "/note") => note(request, session, flash).await,
        (&Method::GET, "/said") => {
            text(&flash.take().iter().map(Message::text).collect::<String>())
        }
        (&Method::POST, "/end") => {
            session.revoke();
            text("")
        }
        _ => status(StatusCode::NOT_FOUND, "not found"),
    })
}

async fn note(request: Request<Incoming>, session: SessionHandle, flash: FlashHandle) -> Answer {
    let Ok(body) = request.into_body().collect().await else {
        return status(StatusCode::BAD_REQUEST, "half a body");
    };
    session.set("note", String::from_utf8_lossy(&body.to_bytes()));
    flash.push(Level::Success, NOTED).expect("a short message");
    let mut answer = status(StatusCode::SEE_OTHER, "");
    answer.headers_mut().insert(LOCATION, "/said".parse().expect("a field"));
    answer
}

/// Serves them until dropped.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    let service =
        crate::guards(sessions).csrf(Csrf::header_only()).layer(tower::service_fn(route_guarded));
    crate::serve_connections(listener, TowerToHyperService::new(service)).await;
}

fn text(text: &str) -> Answer {
    Response::new(Full::from(text.to_owned()))
}

fn status(status: StatusCode, text: &str) -> Answer {
    let mut answer = self::text(text);
    *answer.status_mut() = status;
    answer
}

/// Serves them until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let service = service_fn(move |request| route(sessions.clone(), request));
    crate::serve_connections(listener, service).await;
}

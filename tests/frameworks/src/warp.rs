//! warp 0.4: the layer around `warp::service`, served by hyper; `warp::ext::get` takes the handle out.
//!
//! The layer opens the session when a handler first uses it; a route that does not stays as it was. Rejections are
//! answers by the time the layer sees them, so that they carry what was written.

use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{StatusCode, Uri};
use hyper_util::service::TowerToHyperService;
use sealed_session::{
    CookieSessions, Csrf, FlashHandle, Level, Message, SessionHandle, SessionLayer,
};
use tokio::net::TcpListener;
use tower::Layer;
use warp::filters::BoxedFilter;
use warp::reject::{self, Reject, Rejection};
use warp::reply::{self, Reply};
use warp::{Filter, body, ext, path, query};

use crate::{FOR_EVERYBODY, LogIn, NOBODY, NOTED, OUT_OF_ORDER};

/// Serves the routes until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let service = SessionLayer::new(sessions).layer(warp::service(routes()));
    crate::serve_connections(listener, TowerToHyperService::new(service)).await;
}

// The routes.

fn routes() -> BoxedFilter<(impl Reply,)> {
    let session = ext::get::<SessionHandle>;
    let get = warp::get().and(
        (path!("me").and(session()).map(me).or(path!("fail").and(session()).and_then(fail)))
            .or(path!("public").map(public)),
    );
    let post = warp::post().and(
        (path!("login").and(session()).and(query()).map(log_in))
            .or(path!("logout").and(session()).map(log_out))
            .or(path!("big").and(session()).and(body::bytes()).map(big)),
    );
    get.or(post).recover(out_of_order).boxed()
}

fn me(session: SessionHandle) -> impl Reply {
    reply::with_header(session.get("user").unwrap_or(NOBODY.into()), SET_COOKIE, "theirs=1")
}

fn log_in(session: SessionHandle, LogIn { user }: LogIn) -> impl Reply {
    session.renew();
    session.set("user", user);
    reply::reply()
}

fn log_out(session: SessionHandle) -> impl Reply {
    session.invalidate();
    reply::reply()
}

fn big(session: SessionHandle, body: hyper::body::Bytes) -> impl Reply {
    session.set("blob", String::from_utf8_lossy(&body));
    reply::reply()
}

#[derive(Debug)]
struct OutOfOrder;

impl Reject for OutOfOrder {}

async fn fail(session: SessionHandle) -> Result<&'static str, Rejection> {
    session.set("seen", "1");
    Err(reject::custom(OutOfOrder))
}

async fn out_of_order(rejection: Rejection) -> Result<impl Reply, Rejection> {
    rejection.find::<OutOfOrder>().ok_or(reject::reject())?;
    Ok(reply::with_status(OUT_OF_ORDER, StatusCode::SERVICE_UNAVAILABLE))
}

fn public() -> impl Reply {
    reply::with_header("for everybody", CACHE_CONTROL, FOR_EVERYBODY)
}

// The guarded ones.

/// Serves them until dropped.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    let service =
        crate::guards(sessions).csrf(Csrf::header_only()).layer(warp::service(guarded_routes()));
    crate::serve_connections(listener, TowerToHyperService::new(service)).await;
}

fn guarded_routes() -> BoxedFilter<(impl Reply,)> {
    let (session, flash) = (ext::get::<SessionHandle>, ext::get::<FlashHandle>);
    let get = warp::get().and(
        (path!("token").and(session()).map(|session: SessionHandle| session.csrf_token()))
            .or(path!("said").and(flash()).map(said)),
    );
    let post = warp::post().and(
        (path!("note").and(session()).and(flash()).and(body::bytes()).map(note))
            .or(path!("end").and(session()).map(end)),
    );
    get.or(post).boxed()
}

fn note(session: SessionHandle, flash: FlashHandle, body: hyper::body::Bytes) -> impl Reply {
    session.set("note", String::from_utf8_lossy(&body));
    flash.push(Level::Success, NOTED).expect("a short message");
    warp::redirect::see_other(Uri::from_static("/said"))
}

fn said(flash: FlashHandle) -> String {
    flash.take().iter().map(Message::text).collect()
}

fn end(session: SessionHandle) -> impl Reply {
    session.revoke();
    reply::reply()
}

//! actix-web 4: types of its own, so through the door for cookie jars: `decode_at` in, `set_cookie` out.
//!
//! `Visitor` opens the session when a handler asks for it and leaves it in the extensions of the request, where the
//! middleware finds it; a route that does not ask stays as it was. What `encode` does for caches is up to the
//! middleware here. An error of a middleware inside of it passes by, and what was written is lost; an error of a handler
//! is an answer by then.

use std::cell::RefCell;
use std::future::{Ready, pending, ready};
use std::rc::Rc;
use std::time::SystemTime;

use actix_web::body::MessageBody;
use actix_web::cookie::Cookie;
use actix_web::dev::{Payload, Server, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::error::{ErrorInternalServerError, ErrorServiceUnavailable};
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, VARY};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, Query};
use actix_web::{App, Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpServer};
use http::HeaderMap;
use sealed_session::{CookieSessions, Session};
use tokio::net::TcpListener;

use crate::{FOR_EVERYBODY, LogIn, NOBODY, OUT_OF_ORDER};

#[derive(Clone)]
struct Visitor(Rc<RefCell<Session>>);

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sessions = request.app_data::<Data<CookieSessions>>().expect("the sessions of the application");
        let open = || {
            let fields = request.headers().get_all("cookie");
            let fields = fields.filter_map(|field| http::HeaderValue::from_bytes(field.as_bytes()).ok());
            let fields: HeaderMap = fields.map(|field| (http::header::COOKIE, field)).collect();
            let session = sessions.decode_at(&fields, sessions.transport(), SystemTime::now());
            Self(Rc::new(RefCell::new(session)))
        };
        ready(Ok(request.extensions_mut().get_or_insert_with(open).clone()))
    }
}

async fn send_session(
    sessions: Data<CookieSessions>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let visitor = response.request().extensions_mut().remove::<Visitor>();
    let Some(Visitor(session)) = visitor else { return Ok(response) };
    let cookie =
        sessions.set_cookie(&session.borrow(), SystemTime::now()).map_err(ErrorInternalServerError)?;
    let fields = response.headers_mut();
    fields.append(VARY, HeaderValue::from_static("Cookie"));
    if cookie.is_some() || !fields.contains_key(CACHE_CONTROL) {
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Some(cookie) = cookie {
        let cookie = Cookie::parse(cookie.to_string()).map_err(ErrorInternalServerError)?;
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}

// The routes.

fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/me", web::get().to(me))
        .route("/login", web::post().to(log_in))
        .route("/logout", web::post().to(log_out))
        .route("/big", web::post().to(big))
        .route("/fail", web::get().to(fail))
        .route("/public", web::get().to(public));
}

async fn me(Visitor(session): Visitor) -> HttpResponse {
    let user = session.borrow().get("user").unwrap_or(NOBODY).to_owned();
    HttpResponse::Ok().cookie(Cookie::new("theirs", "1")).body(user)
}

async fn log_in(Visitor(session): Visitor, query: Query<LogIn>) -> &'static str {
    session.borrow_mut().renew();
    session.borrow_mut().set("user", &query.user);
    ""
}

async fn log_out(Visitor(session): Visitor) -> &'static str {
    session.borrow_mut().invalidate();
    ""
}

async fn big(Visitor(session): Visitor, body: String) -> &'static str {
    session.borrow_mut().set("blob", body);
    ""
}

async fn fail(Visitor(session): Visitor) -> Result<&'static str, Error> {
    session.borrow_mut().set("seen", "1");
    Err(ErrorServiceUnavailable(OUT_OF_ORDER))
}

async fn public() -> HttpResponse {
    HttpResponse::Ok().insert_header((CACHE_CONTROL, FOR_EVERYBODY)).body("for everybody")
}

/// Serves them until dropped, in a thread with a runtime of actix's own.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    let listener = listener.into_std().expect("a listener");
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let server = run(listener, sessions);
            sender.send(StopOnDrop(server.handle())).ok();
            server.await.expect("actix serves");
        });
    });
    let _server = receiver.await.expect("the server starts");
    pending::<()>().await;
}

fn run(listener: std::net::TcpListener, sessions: CookieSessions) -> Server {
    let sessions = Data::new(sessions);
    let app = move || App::new().app_data(sessions.clone()).configure(routes).wrap(from_fn(send_session));
    HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a listener").run()
}

struct StopOnDrop(ServerHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        drop(self.0.stop(false));
    }
}

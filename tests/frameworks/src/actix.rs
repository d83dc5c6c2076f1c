//! actix-web 4: types of its own, so through the door for cookie jars: `decode_at` in, `to_cookie` out.
//!
//! `Visitor` opens the session when a handler asks for it and leaves it in the extensions of the request, where the
//! middleware finds it; a route that does not ask stays as it was. What `encode` does for caches is up to the
//! middleware here. An error of a middleware inside of it passes by, and what was written is lost; an error of a handler
//! is a response by then.

use std::cell::RefCell;
use std::future::{Ready, pending, ready};
use std::rc::Rc;
use std::time::SystemTime;

use actix_web::body::MessageBody;
use actix_web::cookie::Cookie;
use actix_web::dev::{Payload, Server, ServerHandle, ServiceRequest, ServiceResponse};
use actix_web::error::{
    ErrorForbidden, ErrorInternalServerError, ErrorServiceUnavailable, InternalError,
};
use actix_web::http::header::{
    CACHE_CONTROL, HeaderValue, LOCATION, RETRY_AFTER, SET_COOKIE, VARY,
};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{self, Data, Query};
use actix_web::{App, Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpServer};
use http::HeaderMap;
use sealed_session::{CookieSessions, Flash, Level, Message, Rejection, Session};
use tokio::net::TcpListener;

use crate::{FOR_EVERYBODY, LogIn, NOBODY, NOTED, OUT_OF_ORDER};

#[derive(Clone)]
struct Visitor(Rc<RefCell<Session>>);

impl FromRequest for Visitor {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let sessions =
            request.app_data::<Data<CookieSessions>>().expect("the sessions of the application");
        let open = || {
            let mut session =
                sessions.decode_at(&cookies(request), sessions.transport(), SystemTime::now());
            if request.headers().contains_key(crate::POLL) {
                session.passive();
            }
            Self(Rc::new(RefCell::new(session)))
        };
        ready(Ok(request.extensions_mut().get_or_insert_with(open).clone()))
    }
}

/// The `Cookie` fields, in the types of the `http` crate.
fn cookies(request: &HttpRequest) -> HeaderMap {
    let fields = request.headers().get_all("cookie");
    let fields = fields.filter_map(|field| http::HeaderValue::from_bytes(field.as_bytes()).ok());
    fields.map(|field| (http::header::COOKIE, field)).collect()
}

async fn send_session(
    sessions: Data<CookieSessions>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let visitor = response.request().extensions_mut().remove::<Visitor>();
    let Some(Visitor(session)) = visitor else { return Ok(response) };
    let cookie = sessions
        .to_cookie(&session.borrow(), SystemTime::now())
        .map_err(ErrorInternalServerError)?;
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

// The guarded ones: a middleware inside of `send_session`, by the pure functions, with a hook that answers at once.

#[derive(Clone)]
struct Messages(Rc<RefCell<Flash>>);

impl FromRequest for Messages {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let messages = request.extensions().get::<Self>().cloned();
        ready(messages.ok_or_else(|| ErrorInternalServerError("the middleware `guard` is missing")))
    }
}

async fn guard(
    sessions: Data<CookieSessions>,
    Visitor(session): Visitor,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if session.borrow().rejection() == Some(&Rejection::Unchecked) {
        let answer = HttpResponse::ServiceUnavailable().insert_header((RETRY_AFTER, "5")).finish();
        return Err(InternalError::from_response("sessions cannot be checked", answer).into());
    }
    let token = request.headers().get("x-csrf-token").map_or(&[][..], |token| token.as_bytes());
    if !request.method().is_safe() && session.borrow().verify_csrf(token).is_err() {
        return Err(ErrorForbidden("reload the page"));
    }
    let (arrived, transport) = (cookies(request.request()), sessions.transport());
    let flash = sessions.decode_flash_at(&arrived, transport, SystemTime::now());
    let messages = Messages(Rc::new(RefCell::new(flash)));
    request.extensions_mut().insert(messages.clone());
    let mut response = next.call(request).await?;
    let mut fields = HeaderMap::new();
    // Messages that cannot be sent are logged, and the response goes out.
    let _ = sessions.encode_flash_at(&messages.0.borrow(), &mut fields, SystemTime::now());
    for line in fields.get_all(http::header::SET_COOKIE) {
        let line = HeaderValue::from_bytes(line.as_bytes()).map_err(ErrorInternalServerError)?;
        response.headers_mut().append(SET_COOKIE, line);
    }
    Ok(response)
}

fn guarded(config: &mut web::ServiceConfig) {
    config
        .route("/token", web::get().to(token))
        .route("/note", web::post().to(note))
        .route("/said", web::get().to(said))
        .route("/end", web::post().to(end));
}

async fn token(Visitor(session): Visitor) -> String {
    session.borrow().csrf_token()
}

async fn note(Visitor(session): Visitor, Messages(flash): Messages, body: String) -> HttpResponse {
    session.borrow_mut().set("note", body);
    flash.borrow_mut().push(Level::Success, NOTED).expect("a short message");
    HttpResponse::SeeOther().insert_header((LOCATION, "/said")).finish()
}

async fn said(Messages(flash): Messages) -> String {
    flash.borrow_mut().take().iter().map(Message::text).collect()
}

async fn end(Visitor(session): Visitor) -> &'static str {
    session.borrow_mut().revoke();
    ""
}

/// Serves them until dropped.
pub async fn serve_guarded(listener: TcpListener, sessions: CookieSessions) {
    serve_in_a_thread(listener, sessions, run_guarded).await;
}

fn run_guarded(listener: std::net::TcpListener, sessions: CookieSessions) -> Server {
    let sessions = Data::new(sessions);
    let app = move || {
        let app = App::new().app_data(sessions.clone()).configure(guarded);
        app.wrap(from_fn(guard)).wrap(from_fn(send_session))
    };
    HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a listener").run()
}

/// Serves them until dropped.
pub async fn serve(listener: TcpListener, sessions: CookieSessions) {
    serve_in_a_thread(listener, sessions, run).await;
}

/// With a runtime of actix's own.
async fn serve_in_a_thread(
    listener: TcpListener,
    sessions: CookieSessions,
    run: fn(std::net::TcpListener, CookieSessions) -> Server,
) {
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
    let app =
        move || App::new().app_data(sessions.clone()).configure(routes).wrap(from_fn(send_session));
    HttpServer::new(app).workers(1).disable_signals().listen(listener).expect("a listener").run()
}

struct StopOnDrop(ServerHandle);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        drop(self.0.stop(false));
    }
}

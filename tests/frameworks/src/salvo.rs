//! salvo 1: a hoop that encodes, and `session`, by which a handler opens the session, into the depot.
//!
//! A route whose handler does not ask for it stays as it was. With the feature `tower-compat` of salvo,
//! `hoop(SessionLayer::new(sessions).compat::<ReqBody>())` does the same in a line, but the pages that salvo's
//! catcher makes of errors come out empty.

use std::time::SystemTime;

use salvo::conn::tcp::TcpAcceptor;
use salvo::http::cookie::Cookie;
use salvo::http::header::{CACHE_CONTROL, RETRY_AFTER};
use salvo::prelude::*;
use sealed_session::{CookieSessions, Flash, Level, Message, Rejection, Session};

use crate::{FOR_EVERYBODY, NOBODY, NOTED, OUT_OF_ORDER};

struct Sessions(CookieSessions);

#[handler]
impl Sessions {
    async fn handle(
        &self,
        req: &mut Request,
        depot: &mut Depot,
        res: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        depot.insert_typed(self.0.clone());
        ctrl.call_next(req, depot, res).await;
        let Ok(session) = depot.remove_typed::<Session>() else { return };
        let status = res.status_code.unwrap_or_default();
        if self.0.encode_at(&session, res.headers_mut(), status, SystemTime::now()).is_err() {
            *res = Response::new();
            res.render(StatusError::internal_server_error());
        }
    }
}

fn session<'d>(req: &Request, depot: &'d mut Depot) -> &'d mut Session {
    if !depot.contains_typed::<Session>() {
        let sessions = depot.get_typed::<CookieSessions>().expect("the hoop `Sessions`");
        let mut session =
            sessions.decode_at(req.headers(), sessions.transport(), SystemTime::now());
        if req.headers().contains_key(crate::POLL) {
            session.passive();
        }
        depot.insert_typed(session);
    }
    depot.get_typed_mut().expect("just inserted")
}

// The routes.

fn routes() -> Router {
    Router::new()
        .push(Router::with_path("me").get(me))
        .push(Router::with_path("login").post(log_in))
        .push(Router::with_path("logout").post(log_out))
        .push(Router::with_path("big").post(big))
        .push(Router::with_path("fail").get(fail))
        .push(Router::with_path("public").get(public))
}

#[handler]
async fn me(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    res.add_cookie(Cookie::new("theirs", "1"));
    res.render(session(req, depot).get("user").unwrap_or(NOBODY).to_owned());
}

#[handler]
async fn log_in(req: &mut Request, depot: &mut Depot) {
    let user: String = req.query("user").unwrap_or_default();
    let session = session(req, depot);
    session.renew();
    session.set("user", user);
}

#[handler]
async fn log_out(req: &mut Request, depot: &mut Depot) {
    session(req, depot).invalidate();
}

#[handler]
async fn big(req: &mut Request, depot: &mut Depot) -> Result<(), StatusError> {
    let body = req.payload().await.map_err(|_| StatusError::bad_request())?.clone();
    session(req, depot).set("blob", String::from_utf8_lossy(&body));
    Ok(())
}

#[handler]
async fn fail(req: &mut Request, depot: &mut Depot) -> Result<(), StatusError> {
    session(req, depot).set("seen", "1");
    Err(StatusError::service_unavailable().brief(OUT_OF_ORDER))
}

#[handler]
async fn public(res: &mut Response) {
    res.headers_mut().insert(CACHE_CONTROL, FOR_EVERYBODY.parse().expect("a field"));
    res.render("for everybody");
}

// The guarded ones: a hoop inside of `Sessions`, by the pure functions, with a hook that answers at once.

struct Guards(CookieSessions);

#[handler]
impl Guards {
    async fn handle(
        &self,
        req: &mut Request,
        depot: &mut Depot,
        res: &mut Response,
        ctrl: &mut FlowCtrl,
    ) {
        if let Err(status) = admit(req, session(req, depot)) {
            if status == StatusCode::SERVICE_UNAVAILABLE {
                res.headers_mut().insert(RETRY_AFTER, "5".parse().expect("a field"));
            }
            res.status_code(status);
            ctrl.skip_rest();
            return;
        }
        let now = SystemTime::now();
        depot.insert_typed(self.0.decode_flash_at(req.headers(), self.0.transport(), now));
        ctrl.call_next(req, depot, res).await;
        let flash = depot.remove_typed::<Flash>().expect("just inserted");
        // Messages that cannot be sent are logged, and the response goes out.
        let _ = self.0.encode_flash_at(&flash, res.headers_mut(), SystemTime::now());
    }
}

/// Whether a request may pass.
fn admit(req: &Request, session: &Session) -> Result<(), StatusCode> {
    if session.rejection() == Some(&Rejection::Unchecked) {
        return Err(StatusCode::SERVICE_UNAVAILABLE);
    }
    let sent = req.headers().get("x-csrf-token").map_or(&[][..], |field| field.as_bytes());
    if req.method().is_safe() || session.verify_csrf(sent).is_ok() {
        Ok(())
    } else {
        Err(StatusCode::FORBIDDEN)
    }
}

#[handler]
async fn token(req: &mut Request, depot: &mut Depot, res: &mut Response) {
    res.render(session(req, depot).csrf_token());
}

#[handler]
async fn note(req: &mut Request, depot: &mut Depot, res: &mut Response) -> Result<(), StatusError> {
    let body = req.payload().await.map_err(|_| StatusError::bad_request())?.clone();
    session(req, depot).set("note", String::from_utf8_lossy(&body));
    let flash: &mut Flash = depot.get_typed_mut().expect("the hoop `Guards`");
    flash.push(Level::Success, NOTED).expect("a short message");
    res.render(Redirect::other("/said"));
    Ok(())
}

#[handler]
async fn said(depot: &mut Depot, res: &mut Response) {
    let flash: &mut Flash = depot.get_typed_mut().expect("the hoop `Guards`");
    res.render(flash.take().iter().map(Message::text).collect::<String>());
}

#[handler]
async fn end(req: &mut Request, depot: &mut Depot) {
    session(req, depot).revoke();
}

/// Serves them until dropped.
pub async fn serve_guarded(listener: tokio::net::TcpListener, sessions: CookieSessions) {
    let acceptor = TcpAcceptor::try_from(listener).expect("a listener");
    let routes = Router::new()
        .push(Router::with_path("token").get(token))
        .push(Router::with_path("note").post(note))
        .push(Router::with_path("said").get(said))
        .push(Router::with_path("end").post(end));
    let guards = Guards(sessions.clone());
    Server::new(acceptor).serve(routes.hoop(Sessions(sessions)).hoop(guards)).await;
}

/// Serves them until dropped.
pub async fn serve(listener: tokio::net::TcpListener, sessions: CookieSessions) {
    let acceptor = TcpAcceptor::try_from(listener).expect("a listener");
    Server::new(acceptor).serve(routes().hoop(Sessions(sessions))).await;
}

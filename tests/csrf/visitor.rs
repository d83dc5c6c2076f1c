//! A visitor of a site with the layer, and the site.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::header::{COOKIE, HeaderValue};
use http::{Request, Response, StatusCode};
use sealed_session::csrf::{Form, OnRefused, PlainRefusal, ReadForm};
use sealed_session::{CookieSessions, Csrf, CsrfError, CsrfLayer, Session, SessionLayer};
use tower::{ServiceBuilder, ServiceExt};

use crate::support::sessions;

pub type Answer = Response<String>;

pub const WORDS: &str = "Nothing was changed, because this page is out of date. Please go back, reload the page and \
                     send again. If that does not help, allow cookies for this site.\n";

/// A visitor with a session that is in a cookie.
pub struct Visitor {
    pub sessions: CookieSessions,
    pub session: Session,
}

impl Visitor {
    pub fn new() -> Self {
        Self::of(sessions())
    }

    pub fn of(sessions: CookieSessions) -> Self {
        let mut session = sessions.fresh();
        session.set("user", "alice");
        Self { sessions, session }
    }

    /// A request of the method, with the cookie and a body of lines, each a value of the field.
    pub fn send(
        &self,
        method: &str,
        header: &[(&'static str, &str)],
        body: &str,
    ) -> Request<String> {
        let mut request =
            Request::builder().method(method).uri("/transfer?to=bob").body(body.into()).unwrap();
        request.headers_mut().insert(COOKIE, self.sessions.request_cookie(&self.session).unwrap());
        for (name, value) in header {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        request
    }

    pub fn token(&self) -> String {
        self.session.csrf_token()
    }

    pub fn token_for(&self, method: &str, path: &str) -> String {
        self.session.csrf_token_for(method, path).unwrap()
    }

    pub async fn run(&self, request: Request<String>) -> Answer {
        self.run_through(Csrf::form(lines_of), request).await
    }

    pub async fn run_through<F, R>(&self, csrf: Csrf<F, R>, request: Request<String>) -> Answer
    where
        F: ReadForm<String, String, Inner = String> + Clone,
        R: OnRefused<String> + Clone,
    {
        let layers = ServiceBuilder::new()
            .layer(SessionLayer::new(self.sessions.clone()))
            .layer(CsrfLayer::new(self.sessions.clone(), csrf));
        layers.service_fn(handle).oneshot(request).await.unwrap()
    }

    pub async fn passes(&self, request: Request<String>) {
        self.passes_through(Csrf::form(lines_of), request).await;
    }

    pub async fn passes_through<F>(&self, csrf: Csrf<F>, request: Request<String>)
    where
        F: ReadForm<String, String, Inner = String> + Clone,
    {
        let row = format!("{request:?}");
        let response = self.run_through(csrf, request).await;
        assert_eq!(
            (response.status(), response.body().as_str()),
            (StatusCode::OK, "done"),
            "{row}"
        );
    }

    /// Why it is refused, without the handler having been asked.
    pub async fn refuses(&self, request: Request<String>) -> CsrfError {
        self.refuses_through(Csrf::form(lines_of), request).await
    }

    pub async fn refuses_through<F>(&self, csrf: Csrf<F>, request: Request<String>) -> CsrfError
    where
        F: ReadForm<String, String, Inner = String> + Clone,
    {
        let seen: Arc<Mutex<Option<CsrfError>>> = Arc::default();
        let see = Arc::clone(&seen);
        let csrf = csrf.on_refused(move |request, reason| {
            *see.lock().unwrap() = Some(reason);
            PlainRefusal.respond(request, reason)
        });
        let row = format!("{request:?}");
        let response = self.run_through(csrf, request).await;
        assert_eq!(
            (response.status(), response.body().as_str()),
            (StatusCode::FORBIDDEN, WORDS),
            "{row}"
        );
        let reason = seen.lock().unwrap().take();
        reason.unwrap()
    }
}

pub async fn handle(request: Request<String>) -> Result<Answer, Infallible> {
    assert_ne!(request.body(), "", "the body is as it was");
    Ok(Response::new("done".into()))
}

/// Reads a form whose lines are the values of the field.
pub async fn lines_of(request: Request<String>) -> Form<String, String> {
    tokio::task::yield_now().await;
    let values = request.body().lines().filter(|line| *line != "-").map(str::to_owned).collect();
    Ok((request, values))
}

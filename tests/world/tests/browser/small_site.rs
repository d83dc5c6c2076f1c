//! A site of a few pages in this program, on `https://site.test`, with the settings that a test gives it.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Form, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, Redirect, Response};
use axum::routing::{get, post};
use form_urlencoded::parse;
use sealed_session::{CookieSessions, Csrf, CsrfLayer, SessionHandle, SessionLayer};
use serde::Deserialize;
use tokio::sync::Notify;
use world::{Browser, Certificate, Stored, serve_tls};

use crate::place::says;

/// Whoever gives a name is logged in under it.
pub(crate) struct SmallSite {
    origin: String,
    pub(crate) late: Arc<Late>,
}

/// What holds up a request for `/late`, a page like `/form`.
#[derive(Default)]
pub(crate) struct Late {
    pub(crate) arrived: Notify,
    pub(crate) goes_on: Notify,
}

impl SmallSite {
    pub(crate) async fn start(certificate: &Certificate, sessions: CookieSessions) -> Self {
        let late = Arc::new(Late::default());
        let app = Router::new()
            .route("/form", get(form).post(log_in))
            .layer(CsrfLayer::new(sessions.clone(), Csrf::form(csrf_field)))
            .route("/", get(home))
            .route("/return", post(come_back))
            .route("/late", get(form))
            .layer(SessionLayer::new(sessions))
            .layer(from_fn_with_state(Arc::clone(&late), hold_up));
        let port = serve_tls(app, certificate).await.port();
        Self { origin: format!("https://site.test:{port}"), late }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Its cookie in the browser.
    pub(crate) async fn session(&self, browser: &Browser) -> Option<Stored> {
        browser.cookie("__Host-session").await
    }

    pub(crate) async fn log_in(&self, browser: &Browser, user: &str) -> Stored {
        browser.goto(&self.url("/form")).await;
        browser.fill("Name", user).await;
        says(&browser.press("Log in").await, &format!("Logged in as {user}."));
        self.session(browser).await.unwrap()
    }
}

#[derive(Deserialize)]
struct Name {
    user: String,
}

fn greeting(session: &SessionHandle) -> String {
    session.get("user").map_or("Not logged in.".to_owned(), |user| format!("Logged in as {user}."))
}

async fn home(session: SessionHandle) -> Html<String> {
    Html(format!(r#"<p>{}</p><a href="/form">Form</a>"#, greeting(&session)))
}

/// A page that calls `csrf_token`.
async fn form(session: SessionHandle) -> Html<String> {
    Html(format!(
        r#"<p>{}</p><form method="post"><input type="hidden" name="csrf" value="{}">
<label>Name <input name="user"></label><button>Log in</button></form><a href="/">Home</a>"#,
        greeting(&session),
        session.csrf_token(),
    ))
}

async fn log_in(session: SessionHandle, Form(name): Form<Name>) -> Redirect {
    session.renew();
    session.set("user", name.user);
    Redirect::to("/")
}

/// A form that other sites have the browser send; the address of the next page says whose it was.
async fn come_back(session: SessionHandle) -> Redirect {
    let whose = session.get("user").unwrap_or("nobody".to_owned());
    Redirect::to(&format!("/?returned={whose}"))
}

/// As a slow network does: outside of the layer, which asks a hook at once.
async fn hold_up(State(late): State<Arc<Late>>, request: Request, next: Next) -> Response {
    if request.uri().path() == "/late" {
        late.arrived.notify_one();
        late.goes_on.notified().await;
    }
    next.run(request).await
}

async fn csrf_field(request: Request) -> Result<(Request, Vec<String>), Response> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1024).await.unwrap();
    let fields = parse(&body).filter(|(name, _)| name == "csrf");
    let tokens = fields.map(|(_, token)| token.into_owned()).collect();
    Ok((Request::from_parts(parts, body.into()), tokens))
}

//! A typed session behind the tower layer: `cargo run --example axum --features axum`, then open
//! <http://127.0.0.1:8080>. Its handlers are tested at the end of the file, with cookies made for the purpose.

use axum::extract::Form;
use axum::response::{Html, Redirect};
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
use serde::{Deserialize, Serialize};

/// What is kept of a visitor. A field that is added later needs `#[serde(default)]`: see `sealed_session::guide::types`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Account {
    user: Option<String>,
    visits: u32,
}

#[derive(Deserialize)]
struct LogIn {
    user: String,
}

fn app(sessions: CookieSessions<Account>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", post(log_in))
        .route("/logout", post(log_out))
        .layer(SessionLayer::new(sessions))
}

async fn home(session: SessionHandle<Account>) -> Html<String> {
    let account = session.update(|account| {
        account.visits += 1;
        account.clone()
    });
    let form = r#"<form method="post" action="/login"><input name="user" required> <button>Log in</button></form>
<form method="post" action="/logout"><button>Log out</button></form>"#;
    let user = account.user.as_deref().unwrap_or("stranger");
    Html(format!(
        "<!doctype html><title>axum</title><p>Hello, {}! Visit {}.</p>\n{form}\n",
        escape(user),
        account.visits
    ))
}

async fn log_in(session: SessionHandle<Account>, Form(form): Form<LogIn>) -> Redirect {
    // Here a password would be checked, and the name bounded: a session holds some 2,900 bytes.
    if session.data().user.is_some_and(|before| before != form.user) {
        session.invalidate(); // somebody else: nothing of the last user's session stays
    }
    session.renew(); // a new id at every change of privilege
    session.update(|account| account.user = Some(form.user));
    Redirect::to("/")
}

async fn log_out(session: SessionHandle<Account>) -> Redirect {
    session.invalidate();
    Redirect::to("/")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt().init();
    let keyring = Keyring::from_env("SESSION_SECRET")?.unwrap_or_else(Keyring::ephemeral);
    let sessions = CookieSessions::typed(keyring, "account-1").insecure_http().build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app(sessions)).await?)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::header::COOKIE;
    use axum::http::{HeaderMap, HeaderValue, Request, Response};
    use tower::ServiceExt;

    use super::*;

    fn sessions() -> CookieSessions<Account> {
        CookieSessions::typed(Keyring::ephemeral(), "account-1").build().unwrap()
    }

    /// A `Cookie` field of somebody who is logged in.
    fn logged_in(sessions: &CookieSessions<Account>, user: &str) -> HeaderValue {
        let mut session = sessions.fresh();
        *session.data_mut() = Account { user: Some(user.into()), visits: 41 };
        sessions.request_cookie(&session).unwrap()
    }

    async fn send(sessions: &CookieSessions<Account>, request: Request<Body>) -> Response<Body> {
        app(sessions.clone()).oneshot(request).await.unwrap()
    }

    fn received(sessions: &CookieSessions<Account>, headers: &HeaderMap) -> Account {
        sessions.from_response(headers).unwrap().data().clone()
    }

    #[tokio::test]
    async fn greets_who_is_logged_in() {
        let sessions = sessions();
        let cookie = logged_in(&sessions, "alice");
        let response = send(
            &sessions,
            Request::get("/").header("cookie", cookie).body(Body::empty()).unwrap(),
        )
        .await;
        assert_eq!(received(&sessions, response.headers()).visits, 42);
        let page = to_bytes(response.into_body(), 4096).await.unwrap();
        assert!(str::from_utf8(&page).unwrap().contains("Hello, alice! Visit 42."));
    }

    /// A log-in by a browser that has this cookie.
    fn log_in_as(user: &str, cookie: Option<HeaderValue>) -> Request<Body> {
        let form =
            Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
        let mut request = form.body(Body::from(format!("user={user}"))).unwrap();
        request.headers_mut().extend(cookie.map(|cookie| (COOKIE, cookie)));
        request
    }

    #[tokio::test]
    async fn logs_in() {
        let sessions = sessions();
        let response = send(&sessions, log_in_as("bob", None)).await;
        assert_eq!(response.headers()["location"], "/");
        assert_eq!(received(&sessions, response.headers()).user.as_deref(), Some("bob"));
    }

    #[tokio::test]
    async fn leaves_no_data_of_the_last_user_to_another_user_who_logs_in() {
        let sessions = sessions();
        for (user, visits) in [("alice", 41), ("bob", 0)] {
            let request = log_in_as(user, Some(logged_in(&sessions, "alice")));
            let account = received(&sessions, send(&sessions, request).await.headers());
            assert_eq!((account.user.as_deref(), account.visits), (Some(user), visits));
        }
    }

    #[tokio::test]
    async fn logs_out() {
        let sessions = sessions();
        let cookie = logged_in(&sessions, "alice");
        let request =
            Request::post("/logout").header("cookie", cookie).body(Body::empty()).unwrap();
        let response = send(&sessions, request).await;
        assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    }

    #[tokio::test]
    async fn a_handler_is_tested_without_a_layer() {
        let session = SessionHandle::for_test(sessions().fresh());
        let _ = log_in(session.clone(), Form(LogIn { user: "carol".into() })).await;
        assert_eq!(session.data().user.as_deref(), Some("carol"));
    }
}

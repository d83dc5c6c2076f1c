//! A typed session in axum, with pages for users who are logged in and CSRF tokens in the forms.
//!
//! ```sh
//! cargo run --example axum --features axum,csrf -- --dev
//! ```
//!
//! Open <http://127.0.0.1:8080/profile>: it asks you to log in and leads you back.
//!
//! With `--dev` the program uses plain HTTP, and a random key if `SESSION_SECRET` is not set. Without `--dev` it needs
//! `SESSION_SECRET` and a proxy that ends TLS.
//!
//! Copy the session type, `CurrentUser`, `path_of_this_site`, `app`, and the tests at the end. Do not copy the log-in
//! without a password, nor the bare pages: `examples/forms` has a site as one would ship it, with headers such as
//! `Cache-Control: no-store`.

use std::{env, error::Error};

use axum::extract::{Form, FromRequestParts};
use axum::http::{Method, request::Parts};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Csrf, Keyring, SessionHandle, SessionLayer};
use serde::{Deserialize, Serialize};

/// What the session holds. See `sealed_session::guide::types` before you change a field.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Account {
    user: Option<String>,
    visits: u32,
}

/// The one layer: sessions, and around every POST a check of the CSRF token in the field `csrf` of its form. A script
/// sends the token in the header `x-csrf-token` instead.
fn app(sessions: CookieSessions<Account>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/profile", get(profile))
        .route("/login", get(log_in_form).post(log_in))
        .route("/logout", post(log_out))
        .layer(SessionLayer::new(sessions).csrf(Csrf::form_field("csrf")))
}

/// The user who is logged in. A handler with this argument is reached by no one else.
struct CurrentUser(String);

/// Redirects to the log-in page, which leads back afterwards.
impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let session = SessionHandle::<Account>::from_request_parts(parts, state)
            .await
            .map_err(IntoResponse::into_response)?;
        if let Some(user) = session.data().user {
            return Ok(Self(user));
        }
        // Only a page can be opened again, not a form that was sent. Inside `Router::nest` the path is in `OriginalUri`.
        let page = parts.uri.path_and_query().filter(|_| parts.method == Method::GET);
        let next = page.map_or("/", |page| page.as_str());
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        Err(Redirect::to(&format!("/login?{query}")).into_response())
    }
}

/// The path itself if it stays on this site, else `/`. Without this check, `/login?next=https://evil.example` would lead
/// users to another site after their log-in (an open redirect).
fn path_of_this_site(next: &str) -> &str {
    // Browsers read `//evil.example` and `/\evil.example` as another host, and drop tabs and line feeds.
    let is_path = next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
    if is_path && !next.contains(char::is_control) { next } else { "/" }
}

async fn home(session: SessionHandle<Account>) -> Html<String> {
    match session.data().user {
        None => page(r#"<p>Hello, stranger! <a href="/login">Log in</a></p>"#),
        Some(user) => {
            let (user, csrf) = (escape(&user), csrf_input(&session));
            page(&format!(
                r#"<p>Hello, {user}! <a href="/profile">Your profile</a></p>
<form method="post" action="/logout">{csrf}<button>Log out</button></form>"#
            ))
        }
    }
}

/// For users who are logged in: `CurrentUser` is an argument.
async fn profile(CurrentUser(user): CurrentUser, session: SessionHandle<Account>) -> Html<String> {
    let visits = session.update(|account| {
        account.visits += 1;
        account.visits
    });
    page(&format!("<p>This is the profile of {}. Visit {visits}.</p>", escape(&user)))
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

/// `Form` reads the query of a GET.
async fn log_in_form(session: SessionHandle<Account>, Form(form): Form<Next>) -> Html<String> {
    let (next, csrf) = (escape(&form.next), csrf_input(&session));
    page(&format!(
        r#"<form method="post" action="/login">{csrf}<input type="hidden" name="next" value="{next}">
<label>Name <input name="user" autocomplete="username" maxlength="64" required autofocus></label>
<button>Log in</button></form>"#
    ))
}

#[derive(Deserialize)]
struct LogIn {
    user: String,
    #[serde(default)]
    next: String,
}

async fn log_in(session: SessionHandle<Account>, Form(form): Form<LogIn>) -> Redirect {
    // Check a password here. The name is bounded, because a session holds about 2,900 bytes.
    let user: String = form.user.chars().take(64).collect();
    if session.data().user.is_some_and(|before| before != user) {
        session.invalidate(); // another user: nothing of the previous user's session stays
    }
    session.renew(); // a new id at every log-in, against session fixation
    session.update(|account| account.user = Some(user));
    Redirect::to(path_of_this_site(&form.next))
}

async fn log_out(session: SessionHandle<Account>) -> Redirect {
    session.invalidate();
    Redirect::to("/")
}

/// Belongs in every form with `method="post"`; other sites cannot read it.
fn csrf_input(session: &SessionHandle<Account>) -> String {
    format!(r#"<input type="hidden" name="csrf" value="{}">"#, session.csrf_token())
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>axum</title>
<style>body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 10vh auto; padding: 0 1rem }}</style>
{body}
"#
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Development is asked for: a secret that is missing on a server is an error, not a random key.
fn sessions(dev: bool) -> Result<CookieSessions<Account>, Box<dyn Error>> {
    let secrets = Keyring::from_env("SESSION_SECRET")?;
    if dev {
        let keyring = secrets.unwrap_or_else(Keyring::ephemeral);
        return Ok(CookieSessions::typed(keyring, "account-1").insecure_http().build()?);
    }
    let keyring = secrets.ok_or(
        "set SESSION_SECRET: openssl rand -base64 32 (for development without TLS: -- --dev)",
    )?;
    Ok(CookieSessions::typed(keyring, "account-1").build()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let sessions = sessions(env::args().any(|argument| argument == "--dev"))?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, app(sessions)).await?)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{HeaderMap, Request, Response, StatusCode};
    use sealed_session::Session;
    use tower::ServiceExt;

    use super::*;

    fn sessions() -> CookieSessions<Account> {
        CookieSessions::typed(Keyring::ephemeral(), "account-1").build().unwrap()
    }

    fn logged_in(sessions: &CookieSessions<Account>, user: &str) -> Session<Account> {
        let mut session = sessions.fresh();
        *session.data_mut() = Account { user: Some(user.into()), visits: 41 };
        session
    }

    /// Opens a page, perhaps with a session.
    async fn get(
        sessions: &CookieSessions<Account>,
        path: &str,
        session: Option<&Session<Account>>,
    ) -> Response<Body> {
        let mut request = Request::get(path);
        if let Some(session) = session {
            request = request.header("cookie", sessions.request_cookie(session).unwrap());
        }
        app(sessions.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    /// Sends a form with a session and its token.
    async fn post(
        sessions: &CookieSessions<Account>,
        path: &str,
        session: &Session<Account>,
        fields: &str,
    ) -> Response<Body> {
        let form = format!("csrf={}&{fields}", session.csrf_token());
        let request = Request::post(path)
            .header("cookie", sessions.request_cookie(session).unwrap())
            .header("content-type", "application/x-www-form-urlencoded");
        app(sessions.clone()).oneshot(request.body(Body::from(form)).unwrap()).await.unwrap()
    }

    /// The account in the cookie that was set.
    fn received(sessions: &CookieSessions<Account>, headers: &HeaderMap) -> Account {
        sessions.from_response(headers).unwrap().data().clone()
    }

    #[tokio::test]
    async fn shows_the_profile_of_the_user() {
        let sessions = sessions();
        let session = logged_in(&sessions, "alice");
        let response = get(&sessions, "/profile", Some(&session)).await;
        assert_eq!(received(&sessions, response.headers()).visits, 42);
        let page = to_bytes(response.into_body(), 4096).await.unwrap();
        assert!(str::from_utf8(&page).unwrap().contains("the profile of alice. Visit 42."));
    }

    #[tokio::test]
    async fn leads_to_the_log_in_and_back() {
        let sessions = sessions();
        let response = get(&sessions, "/profile?tab=a%26b", None).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER);
        let log_in = response.headers()["location"].to_str().unwrap();
        assert_eq!(log_in, "/login?next=%2Fprofile%3Ftab%3Da%2526b");

        let response = get(&sessions, log_in, None).await;
        let session = sessions.from_response(response.headers()).unwrap();
        let page = to_bytes(response.into_body(), 4096).await.unwrap();
        let page = str::from_utf8(&page).unwrap();
        assert!(page.contains(r#"name="next" value="/profile?tab=a%26b""#), "{page}");

        let fields = "user=bob&next=%2Fprofile%3Ftab%3Da%2526b";
        let response = post(&sessions, "/login", &session, fields).await;
        assert_eq!(response.headers()["location"], "/profile?tab=a%26b");
        assert_eq!(received(&sessions, response.headers()).user.as_deref(), Some("bob"));
    }

    #[test]
    fn leads_to_no_other_site() {
        for next in ["/", "/profile?tab=1", "/a//b", "/?to=https://a.example"] {
            assert_eq!(path_of_this_site(next), next);
        }
        let others = [
            "",
            "profile",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            " //evil.example",
        ];
        for next in others {
            assert_eq!(path_of_this_site(next), "/", "{next:?}");
        }
    }

    #[tokio::test]
    async fn rejects_a_form_without_the_token_of_the_session() {
        let sessions = sessions();
        let session = logged_in(&sessions, "alice");
        let token_of_another = logged_in(&sessions, "mallory").csrf_token();
        for form in ["user=bob".to_owned(), format!("user=bob&csrf={token_of_another}")] {
            let request = Request::post("/login")
                .header("cookie", sessions.request_cookie(&session).unwrap())
                .header("content-type", "application/x-www-form-urlencoded");
            let request = request.body(Body::from(form)).unwrap();
            let response = app(sessions.clone()).oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            assert_eq!(response.headers().get("set-cookie"), None);
        }
    }

    #[tokio::test]
    async fn leaves_nothing_of_the_previous_user_to_another_one() {
        let sessions = sessions();
        for (user, visits) in [("alice", 41), ("bob", 0)] {
            let session = logged_in(&sessions, "alice");
            let response = post(&sessions, "/login", &session, &format!("user={user}")).await;
            let account = received(&sessions, response.headers());
            assert_eq!((account.user.as_deref(), account.visits), (Some(user), visits));
        }
    }

    #[tokio::test]
    async fn logs_out() {
        let sessions = sessions();
        let session = logged_in(&sessions, "alice");
        let response = post(&sessions, "/logout", &session, "").await;
        assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    }

    #[tokio::test]
    async fn a_handler_is_tested_without_a_layer() {
        let session = SessionHandle::for_test(sessions().fresh());
        let form = LogIn { user: "carol".into(), next: String::new() };
        let _ = log_in(session.clone(), Form(form)).await;
        assert_eq!(session.data().user.as_deref(), Some("carol"));
    }
}

//! Log-in with OAuth 2 (authorization code, PKCE) and a link that resets a password, with sealed values.
//!
//! ```sh
//! cargo run --example oauth --features axum,csrf -- --dev
//! ```
//!
//! Open <http://127.0.0.1:8080/>. The program also starts a stand-in for a provider on port 8081, where everyone is
//! `alice`. It responds with a redirect (`response_mode=query`) or with a form (`form_post`). The link that resets a
//! password is printed, where a site would send an e-mail.
//!
//! With `--dev` the program uses plain HTTP, and a random key if `SESSION_SECRET` is not set. Without `--dev` it needs
//! `SESSION_SECRET` and a proxy that ends TLS.
//!
//! Copy `Flow`, `sign_in`, `come_back`, `finish`, `forgotten`, `reset`, and the tests at the end. Do not copy the
//! provider, which a real one replaces: exchange the code by a request of your server to its token endpoint. Nor copy
//! the bare pages, and hash passwords as `examples/forms` does, away from the threads that serve requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use std::{env, error::Error};

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use sealed_session::{
    ConfigError, CookieSessions, Csrf, Keyring, SameSite, SealedCookie, Sealer, Secret,
    SessionHandle, SessionLayer, Transport,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

/// What waits in a cookie while the browser is at the provider.
#[derive(Serialize, Deserialize)]
enum Flow {
    /// On the way to the provider.
    Begun { state: String, verifier: String },
    /// Back from it: the next request logs this user in.
    Done { user: String },
}

#[derive(Clone)]
struct App {
    sessions: CookieSessions,
    flows: SealedCookie<Flow>,
    resets: Sealer<String>,
    /// The hash of each user's password.
    accounts: Arc<Mutex<HashMap<String, String>>>,
    /// In place of e-mails.
    sent: Arc<Mutex<Vec<String>>>,
    provider: Provider,
    /// Where the browser finds this site and the provider.
    urls: (String, String),
}

impl App {
    fn new(sessions: CookieSessions, site: &str, provider: &str) -> Result<Self, ConfigError> {
        // The form of the provider comes from another site, so only a cookie with `SameSite=None` is sent with it. That
        // needs TLS. In development the provider is on the same host, which is the same site.
        let same_site = match sessions.transport() {
            Transport::Https => SameSite::None,
            _ => SameSite::Lax,
        };
        let flows =
            sessions.sealer("oauth", Duration::from_secs(600))?.in_cookie("oauth", same_site)?;
        let resets = sessions.sealer("reset password", Duration::from_secs(1800))?;
        Ok(Self {
            sessions,
            flows,
            resets,
            accounts: Arc::default(),
            sent: Arc::default(),
            provider: Provider::default(),
            urls: (site.to_owned(), provider.to_owned()),
        })
    }

    /// The return from the provider has no CSRF protection, because its form is another site's, and no session, which
    /// is held back there. The `state` protects it.
    fn routes(self) -> Router {
        let pages = Router::new()
            .route("/", get(home))
            .route("/sign-in", get(sign_in))
            .route("/finish", get(finish))
            .route("/forgotten", post(forgotten))
            .route("/reset", get(reset_form).post(reset))
            .layer(SessionLayer::new(self.sessions.clone()).csrf(Csrf::form_field("csrf")));
        let returns = Router::new().route("/return", get(come_back).post(come_back));
        pages.merge(returns).with_state(self)
    }
}

#[derive(Deserialize)]
struct Begin {
    mode: String,
}

/// `Form` reads the query of a GET.
async fn sign_in(State(app): State<App>, Form(begin): Form<Begin>) -> Result<Response, StatusCode> {
    let (state, verifier) = (random(), random());
    let mode = if begin.mode == "form_post" { "form_post" } else { "query" };
    let query = query(&[
        ("response_type", "code"),
        ("client_id", "example"),
        ("redirect_uri", &format!("{}/return", app.urls.0)),
        ("response_mode", mode),
        ("state", &state),
        ("code_challenge", &challenge(&verifier)),
        ("code_challenge_method", "S256"),
    ]);
    let to_provider = Redirect::to(&format!("{}/authorize?{query}", app.urls.1));
    keep(&app, &Flow::Begun { state, verifier }, to_provider)
}

#[derive(Deserialize)]
struct Back {
    state: String,
    code: String,
}

/// A redirect with a query, or a form. The session is not touched: it is held back from the form.
async fn come_back(
    State(app): State<App>,
    headers: HeaderMap,
    Form(back): Form<Back>,
) -> Result<Response, StatusCode> {
    let flow = app.flows.decode(&headers, app.sessions.transport(), SystemTime::now());
    let failed =
        (StatusCode::BAD_REQUEST, page("<p>That did not work. <a href=\"/\">Begin again</a></p>"));
    // The state says that this browser began this attempt. It is compared before the code is used.
    let verifier = match flow {
        Ok(Some(Flow::Begun { state, verifier })) if state == back.state => verifier,
        // The cookie stays: another site can send a browser here, and must not end the attempt of its user.
        _ => return Ok(failed.into_response()),
    };
    match app.provider.exchange(&back.code, &verifier) {
        Some(user) => keep(&app, &Flow::Done { user }, Redirect::to("/finish")),
        None => end(&app, failed),
    }
}

/// A request of this site, which brings the session too.
async fn finish(
    State(app): State<App>,
    headers: HeaderMap,
    session: SessionHandle,
) -> Result<Response, StatusCode> {
    let flow = app.flows.decode(&headers, app.sessions.transport(), SystemTime::now());
    let Ok(Some(Flow::Done { user })) = flow else { return end(&app, Redirect::to("/")) };
    if session.get("user").is_some_and(|before| before != user) {
        session.invalidate(); // another user: nothing of the previous user's session stays
    }
    session.renew(); // a new id; no `confirm()`, because the provider may not have asked for the password
    session.set("user", user);
    end(&app, Redirect::to("/"))
}

/// A response that keeps the flow.
fn keep(app: &App, flow: &Flow, response: impl IntoResponse) -> Result<Response, StatusCode> {
    let mut response = response.into_response();
    let (transport, now) = (app.sessions.transport(), SystemTime::now());
    let sent = app.flows.encode(flow, response.headers_mut(), transport, now);
    sent.map(|_| response).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// A response that ends the flow.
fn end(app: &App, response: impl IntoResponse) -> Result<Response, StatusCode> {
    let mut response = response.into_response();
    let sent = app.flows.remove(response.headers_mut(), app.sessions.transport());
    sent.map(|_| response).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

/// 32 random bytes, the length that RFC 7636 recommends.
fn random() -> String {
    Secret::generate().expose_base64url().to_string()
}

/// RFC 7636 section 4.2.
fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[derive(Deserialize)]
struct Forgotten {
    user: String,
}

/// The response is the same whether there is an account or not. Send the e-mail in the background, so that its time is
/// too.
async fn forgotten(
    State(app): State<App>,
    Form(form): Form<Forgotten>,
) -> Result<Html<String>, StatusCode> {
    let hash = app.accounts.lock().unwrap().get(&form.user).cloned();
    if let Some(hash) = hash {
        let sealed = app.resets.bound_to_bytes(hash).seal(&form.user, SystemTime::now());
        let token = sealed.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
        let link =
            format!("{}/reset?{}", app.urls.0, query(&[("user", &form.user), ("t", &token)]));
        println!("an e-mail to {:?}: {link}", form.user);
        app.sent.lock().unwrap().push(link);
    }
    Ok(page("<p>If there is an account, a link is on its way.</p>"))
}

#[derive(Deserialize)]
struct Link {
    user: String,
    t: String,
}

/// Changes nothing: mail programs open links before their readers do.
async fn reset_form(session: SessionHandle, Form(link): Form<Link>) -> Response {
    let (user, t, csrf) = (escape(&link.user), escape(&link.t), session.csrf_token());
    let form = page(&format!(
        r#"<form method="post" action="/reset"><input type="hidden" name="csrf" value="{csrf}">
<input type="hidden" name="user" value="{user}"><input type="hidden" name="t" value="{t}">
<label>New password <input type="password" name="password" autocomplete="new-password" required></label>
<button>Set it</button></form>"#
    ));
    // The URL has the token, so no other site gets it as a referrer.
    ([("referrer-policy", "no-referrer")], form).into_response()
}

#[derive(Deserialize)]
struct Reset {
    user: String,
    t: String,
    password: String,
}

async fn reset(
    State(app): State<App>,
    Form(form): Form<Reset>,
) -> Result<Html<String>, StatusCode> {
    let new = hash(&form.password);
    let mut accounts = app.accounts.lock().unwrap();
    // Checked and changed under one lock: of two requests with one link, the second finds another hash.
    if let Some(hash) = accounts.get_mut(&form.user)
        && app.resets.bound_to_bytes(&*hash).open(&form.t, SystemTime::now()) == Ok(form.user)
    {
        *hash = new;
        return Ok(page("<p>The password is set. <a href=\"/\">Continue</a></p>"));
    }
    Err(StatusCode::BAD_REQUEST)
}

fn hash(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("the password is not too long").to_string()
}

async fn home(session: SessionHandle) -> Html<String> {
    let csrf = session.csrf_token();
    let hello = session
        .get("user")
        .map_or("Hello, stranger!".into(), |user| format!("Hello, {}!", escape(&user)));
    page(&format!(
        r#"<p>{hello}</p>
<p>Sign in at the provider, <a href="/sign-in?mode=query">by a redirect</a> or <a href="/sign-in?mode=form_post">by a form</a></p>
<form method="post" action="/forgotten"><input type="hidden" name="csrf" value="{csrf}">
<input type="hidden" name="user" value="alice"><button>Forgot the password of alice</button></form>"#
    ))
}

fn page(body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>oauth</title>\n{body}\n"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A stand-in for a provider: the challenge of each code that it gave out. A code works once.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<HashMap<String, String>>>);

#[derive(Deserialize)]
struct Authorize {
    redirect_uri: String,
    response_mode: String,
    state: String,
    code_challenge: String,
}

impl Provider {
    fn routes(self) -> Router {
        Router::new().route("/authorize", get(authorize)).with_state(self)
    }

    /// The user who logged in, for the one who knows the verifier. A site asks the token endpoint.
    fn exchange(&self, code: &str, verifier: &str) -> Option<String> {
        let expected = self.0.lock().unwrap().remove(code)?;
        (expected == challenge(verifier)).then(|| "alice".to_owned())
    }
}

/// A provider has a log-in here, and compares `redirect_uri` with the one that was registered.
async fn authorize(State(provider): State<Provider>, Form(asked): Form<Authorize>) -> Response {
    let code = random();
    provider.0.lock().unwrap().insert(code.clone(), asked.code_challenge);
    if asked.response_mode == "query" {
        let query = query(&[("code", &code), ("state", &asked.state)]);
        return Redirect::to(&format!("{}?{query}", asked.redirect_uri)).into_response();
    }
    let (uri, state) = (escape(&asked.redirect_uri), escape(&asked.state));
    page(&format!(
        r#"<form method="post" action="{uri}"><input type="hidden" name="code" value="{code}">
<input type="hidden" name="state" value="{state}"><button>Go back as alice</button></form>"#
    ))
    .into_response()
}

/// Development is asked for: a secret that is missing on a server is an error, not a random key.
fn sessions(dev: bool) -> Result<CookieSessions, Box<dyn Error>> {
    let secrets = Keyring::from_env("SESSION_SECRET")?;
    if dev {
        let keyring = secrets.unwrap_or_else(Keyring::ephemeral);
        return Ok(CookieSessions::builder(keyring).insecure_http().build()?);
    }
    let keyring = secrets.ok_or(
        "set SESSION_SECRET: openssl rand -base64 32 (for development without TLS: -- --dev)",
    )?;
    Ok(CookieSessions::new(keyring))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let sessions = sessions(env::args().any(|argument| argument == "--dev"))?;
    let site = TcpListener::bind("127.0.0.1:8080").await?;
    let provider = TcpListener::bind("127.0.0.1:8081").await?;
    let urls = [&site, &provider].map(TcpListener::local_addr);
    let [site_url, provider_url] =
        urls.map(|address| address.map(|address| format!("http://{address}")));
    let app = App::new(sessions, &site_url?, &provider_url?)?;
    app.accounts.lock().unwrap().insert("alice".into(), hash("correct horse battery staple"));
    println!("listening on {}", app.urls.0);
    let at_provider = axum::serve(provider, app.provider.clone().routes());
    tokio::spawn(async move { at_provider.await });
    Ok(axum::serve(site, app.routes()).await?)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, header};
    use tower::ServiceExt;

    use super::*;

    fn app() -> App {
        let sessions = CookieSessions::new(Keyring::ephemeral());
        let app = App::new(sessions, "https://site.example", "https://provider.example").unwrap();
        app.accounts.lock().unwrap().insert("alice".into(), "the old hash".into());
        app
    }

    fn request(app: &App, cookies: &[String], path: &str) -> Request<Body> {
        let path = path.trim_start_matches(&*app.urls.0).trim_start_matches(&*app.urls.1);
        let mut request = Request::get(path);
        for cookie in cookies {
            request = request.header(header::COOKIE, cookie);
        }
        request.body(Body::empty()).unwrap()
    }

    /// A form, of this site or of another one.
    fn form(app: &App, cookies: &[String], path: &str, fields: &str, from: &str) -> Request<Body> {
        let mut request = request(app, cookies, path);
        *request.method_mut() = "POST".parse().unwrap();
        let headers = request.headers_mut();
        headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
        headers.insert("sec-fetch-site", from.parse().unwrap());
        *request.body_mut() = Body::from(fields.to_owned());
        request
    }

    async fn send(app: &App, request: Request<Body>) -> Response {
        app.clone().routes().oneshot(request).await.unwrap()
    }

    fn location(response: &Response) -> String {
        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// `name=value` of the cookie of this name; empty after `=` if it is removed.
    fn cookie(response: &Response, name: &str) -> Option<String> {
        let set = response.headers().get_all(header::SET_COOKIE).iter();
        let mut pairs =
            set.map(|field| field.to_str().unwrap().split(';').next().unwrap().to_owned());
        pairs.find(|pair| pair.starts_with(&format!("{name}=")))
    }

    async fn text(response: Response) -> String {
        String::from_utf8(to_bytes(response.into_body(), 8192).await.unwrap().to_vec()).unwrap()
    }

    /// From the site to the provider; the cookie of the flow, and code and state in what the provider responds.
    async fn at_provider(app: &App, mode: &str) -> (String, String) {
        let response = send(app, request(app, &[], &format!("/sign-in?mode={mode}"))).await;
        let flow = cookie(&response, "__Host-oauth").unwrap();
        let provider = app.provider.clone().routes();
        let response = provider.oneshot(request(app, &[], &location(&response))).await.unwrap();
        if mode == "query" {
            return (flow, location(&response).split_once('?').unwrap().1.to_owned());
        }
        let page = text(response).await;
        let value = |name: &str| {
            page.split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap()
        };
        (flow, query(&[("code", value("code")), ("state", value("state"))]))
    }

    /// Back at the site, in either way.
    async fn back(app: &App, flow: &str, fields: &str, mode: &str) -> Response {
        let cookies = [flow.to_owned()];
        let request = match mode {
            "query" => request(app, &cookies, &format!("/return?{fields}")),
            _ => form(app, &cookies, "/return", fields, "cross-site"),
        };
        send(app, request).await
    }

    #[tokio::test]
    async fn logs_in_by_a_redirect_and_by_a_form() {
        for mode in ["query", "form_post"] {
            let app = app();
            let (flow, fields) = at_provider(&app, mode).await;
            let response = back(&app, &flow, &fields, mode).await;
            assert_eq!(location(&response), "/finish");
            assert_eq!(cookie(&response, "__Host-session"), None, "the session is not touched");

            let done = cookie(&response, "__Host-oauth").unwrap();
            let response = send(&app, request(&app, &[done], "/finish")).await;
            let session = app.sessions.from_response(response.headers()).unwrap();
            assert_eq!(session.get("user"), Some("alice"));
            assert_eq!(cookie(&response, "__Host-oauth").as_deref(), Some("__Host-oauth="));
        }
    }

    #[tokio::test]
    async fn refuses_the_response_to_another_attempt() {
        for mode in ["query", "form_post"] {
            let app = app();
            let (mine, my_fields) = at_provider(&app, mode).await;
            let (_, of_another) = at_provider(&app, mode).await;
            let without_cookie = back(&app, "a=b", &of_another, mode).await;
            for response in [back(&app, &mine, &of_another, mode).await, without_cookie] {
                assert_eq!(response.status(), StatusCode::BAD_REQUEST);
                assert_eq!(cookie(&response, "__Host-oauth"), None, "the attempt goes on");
            }
            assert_eq!(app.provider.0.lock().unwrap().len(), 2, "no code was used");
            assert_eq!(location(&back(&app, &mine, &my_fields, mode).await), "/finish");
        }
    }

    #[tokio::test]
    async fn a_code_works_once_and_for_its_verifier_only() {
        let app = app();
        let (flow, fields) = at_provider(&app, "query").await;
        assert_eq!(back(&app, &flow, &fields, "query").await.status(), StatusCode::SEE_OTHER);
        let response = back(&app, &flow, &fields, "query").await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(cookie(&response, "__Host-oauth").as_deref(), Some("__Host-oauth="), "ended");
        app.provider.0.lock().unwrap().insert("code".into(), challenge("one"));
        assert_eq!(app.provider.exchange("code", "another"), None);
    }

    #[tokio::test]
    async fn finishes_nothing_that_did_not_come_back() {
        let app = app();
        let (begun, _) = at_provider(&app, "query").await;
        for cookies in [vec![], vec![begun], vec!["__Host-oauth=junk".to_owned()]] {
            let response = send(&app, request(&app, &cookies, "/finish")).await;
            assert_eq!(location(&response), "/");
            assert_eq!(cookie(&response, "__Host-session"), None);
        }
    }

    /// Asks for a link, and sends its form with another password.
    async fn reset(app: &App, link: &str) -> StatusCode {
        let response = send(app, request(app, &[], link)).await;
        let session = app.sessions.from_response(response.headers()).unwrap();
        let cookies = [cookie(&response, "__Host-session").unwrap()];
        let fields = format!(
            "{}&password=new&csrf={}",
            link.split_once('?').unwrap().1,
            session.csrf_token()
        );
        send(app, form(app, &cookies, "/reset", &fields, "same-origin")).await.status()
    }

    async fn forgotten(app: &App, user: &str) -> String {
        let session = app.sessions.fresh();
        let fields = format!("user={user}&csrf={}", session.csrf_token());
        let cookie = app.sessions.request_cookie(&session).unwrap().to_str().unwrap().to_owned();
        text(send(app, form(app, &[cookie], "/forgotten", &fields, "same-origin")).await).await
    }

    #[tokio::test]
    async fn a_link_sets_the_password_once_and_ends_the_older_ones() {
        let app = app();
        forgotten(&app, "alice").await;
        forgotten(&app, "alice").await;
        let links = app.sent.lock().unwrap().clone();
        assert_eq!(reset(&app, &links[1]).await, StatusCode::OK);
        assert_ne!(app.accounts.lock().unwrap()["alice"], "the old hash");
        for link in &links {
            assert_eq!(reset(&app, link).await, StatusCode::BAD_REQUEST);
        }
    }

    #[tokio::test]
    async fn a_link_is_for_one_user_and_the_page_tells_nothing() {
        let app = app();
        app.accounts.lock().unwrap().insert("bob".into(), "the old hash".into());
        assert_eq!(forgotten(&app, "alice").await, forgotten(&app, "nobody").await);
        let link = app.sent.lock().unwrap()[0].replace("user=alice", "user=bob");
        assert_eq!(reset(&app, &link).await, StatusCode::BAD_REQUEST, "also with an equal hash");
        assert_eq!(
            reset(&app, &link.replace("user=bob", "user=nobody")).await,
            StatusCode::BAD_REQUEST
        );
        assert_eq!(app.sent.lock().unwrap().len(), 1);
    }
}

//! A site with accounts and notes: `cargo run --example forms --features axum,csrf,flash,revocation`, then open the
//! address that it prints. Register, log in, write a note, log out here or everywhere.
//!
//! `SESSION_SECRET` sets the secret, `PORT` the port, `BEHIND_TLS=1` the cookies of a site that is served with TLS. An
//! argument moves its clock: `-- 604800` makes it a week ahead, to see sessions refreshed and ended.
//! Accounts and notes are kept in memory, and so is what was ended on the server: a fleet needs a store for both.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use std::{env, error::Error};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Argon2, Params};
use axum::body::to_bytes;
use axum::extract::{Form, Request, State};
use axum::http::{StatusCode, header::CACHE_CONTROL};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use sealed_session::{
    CookieSessions, CsrfError, CsrfLayer, FlashHandle, FlashLayer, Keyring, Level, LocalDenyList,
    SessionHandle, SessionLayer,
};
use serde::Deserialize;

/// How long a device stays logged in that is to be remembered; others are forgotten when the browser closes.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Bytes of a name, a password, a note.
const MAX_FIELD: usize = 128;

/// What the site knows.
#[derive(Clone)]
pub(crate) struct Site {
    ahead: Duration,
    deny_list: LocalDenyList,
    accounts: Arc<Mutex<HashMap<String, Account>>>,
}

struct Account {
    password_hash: String,
    notes: Vec<String>,
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
    remember: Option<String>,
}

#[derive(Deserialize)]
struct Note {
    text: String,
}

impl Site {
    /// A site whose clock is so much ahead.
    pub(crate) fn new(ahead: Duration) -> Self {
        Self { ahead, deny_list: LocalDenyList::new(100_000), accounts: Arc::default() }
    }

    fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sessions that this site can end.
    pub(crate) fn sessions(
        &self,
        keyring: Keyring,
        behind_tls: bool,
    ) -> Result<CookieSessions, Box<dyn Error>> {
        let site = self.clone();
        let builder = CookieSessions::builder(keyring)
            .browser_session(true)
            .clock(move || site.now())
            .revocation(self.deny_list.clone())
            .subject(|session| session.get("user").map(Cow::from));
        Ok(if behind_tls { builder } else { builder.insecure_http() }.build()?)
    }

    pub(crate) fn app(self, sessions: CookieSessions) -> Router {
        Router::new()
            .route("/", get(home))
            .route("/register", get(register_form).post(register))
            .route("/login", get(log_in_form).post(log_in))
            .route("/notes", post(add_note))
            .route("/logout", post(log_out))
            .route("/logout-others", post(log_out_others))
            .route("/logout-everywhere", post(log_out_everywhere))
            // Whoever is refused has the address of a form before them, and may open it as a page.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(CsrfLayer::new().form(csrf_field).on_refused(refused))
            .layer(FlashLayer::new(sessions.clone()))
            .layer(SessionLayer::new(sessions))
            .with_state(self)
    }
}

// The pages.

async fn home(State(site): State<Site>, session: SessionHandle, flash: FlashHandle) -> Response {
    let Some(user) = session.get("user") else {
        return page(
            "Notes",
            &flash,
            r#"<p><a href="/login">Log in</a> or <a href="/register">register</a>.</p>"#,
        );
    };
    let mut notes = String::new();
    for note in site.accounts().get(&user).iter().flat_map(|account| &account.notes) {
        notes = format!("{notes}<li>{}</li>", escape(note));
    }
    let csrf = csrf_input(&session);
    let name = escape(&user);
    let body = format!(
        r#"<p>You are logged in as <b>{name}</b>.</p>
<ul>{notes}</ul>
<form method="post" action="/notes">{csrf}
<label>Note <input name="text" maxlength="{MAX_FIELD}" required autofocus></label>
<button>Add</button></form>
<form method="post">{csrf}
<button formaction="/logout">Log out</button>
<button formaction="/logout-others">Log out my other devices</button>
<button formaction="/logout-everywhere">Log out everywhere</button></form>"#
    );
    page("Notes", &flash, &body)
}

async fn register_form(session: SessionHandle, flash: FlashHandle) -> Response {
    credentials_form("Register", "new-password", "", &session, &flash)
}

async fn log_in_form(session: SessionHandle, flash: FlashHandle) -> Response {
    let remember = r#"<label><input type="checkbox" name="remember" value="yes"> Remember me on this device</label>"#;
    credentials_form("Log in", "current-password", remember, &session, &flash)
}

fn credentials_form(
    title: &str,
    password: &str,
    more: &str,
    session: &SessionHandle,
    flash: &FlashHandle,
) -> Response {
    let csrf = csrf_input(session);
    let body = format!(
        r#"<form method="post">{csrf}
<label>Name <input name="user" autocomplete="username" maxlength="{MAX_FIELD}" required autofocus></label>
<label>Password <input type="password" name="password" autocomplete="{password}" maxlength="{MAX_FIELD}" required></label>
{more}
<button>{title}</button></form>
<p><a href="/">Back</a></p>"#
    );
    page(title, flash, &body)
}

// What the forms do. Each answers with a redirect, so that a reload sends nothing twice.

async fn register(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Credentials>,
) -> Response {
    let fits = |text: &str| (1..=MAX_FIELD).contains(&text.len());
    if !fits(&form.user) || !fits(&form.password) {
        return tell(
            &flash,
            Level::Error,
            "A name and a password, please, not too long.",
            "/register",
        );
    }
    let Some(password_hash) = hash(form.password).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if site.accounts().contains_key(&form.user) {
        return tell(&flash, Level::Error, "That name is taken.", "/register");
    }
    site.accounts().insert(form.user.clone(), Account { password_hash, notes: Vec::new() });
    begin(&session, &form.user, form.remember.is_some());
    tell(&flash, Level::Success, "Welcome!", "/")
}

async fn log_in(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Credentials>,
) -> Response {
    let known = site.accounts().get(&form.user).map(|account| account.password_hash.clone());
    if !verify(form.password, known).await {
        return tell(&flash, Level::Error, "That name or that password is not right.", "/login");
    }
    begin(&session, &form.user, form.remember.is_some());
    tell(&flash, Level::Success, "Welcome back!", "/")
}

/// A change of privilege: a new id, against session fixation.
fn begin(session: &SessionHandle, user: &str, remember: bool) {
    session.renew();
    session.set("user", user);
    if remember {
        session.set_idle_timeout(REMEMBERED);
    }
}

async fn add_note(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(note): Form<Note>,
) -> Response {
    let Some(user) = session.get("user") else { return Redirect::to("/login").into_response() };
    if note.text.len() > MAX_FIELD {
        return tell(&flash, Level::Error, "That note is too long.", "/");
    }
    if let Some(account) = site.accounts().get_mut(&user) {
        account.notes.push(note.text);
    }
    tell(&flash, Level::Success, "Noted.", "/")
}

async fn log_out(session: SessionHandle, flash: FlashHandle) -> Response {
    session.revoke(); // and a copy of the cookie is worth nothing from now on
    tell(&flash, Level::Info, "You are logged out.", "/")
}

async fn log_out_others(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    if let Some(user) = session.get("user") {
        session.with(|session| site.deny_list.deny_before(user, site.now(), Some(session.id())));
    }
    tell(&flash, Level::Info, "Your other devices are logged out.", "/")
}

async fn log_out_everywhere(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    if let Some(user) = session.get("user") {
        site.deny_list.deny_before(user, site.now(), None);
    }
    session.invalidate();
    tell(&flash, Level::Info, "You are logged out everywhere.", "/")
}

// What they share.

/// Every value of the field `csrf`, and the request as it was.
async fn csrf_field(request: Request) -> Result<(Request, Vec<String>), Response> {
    let (parts, body) = request.into_parts();
    let too_large = |_| StatusCode::PAYLOAD_TOO_LARGE.into_response();
    let body = to_bytes(body, 16 * 1024).await.map_err(too_large)?;
    let fields = form_urlencoded::parse(&body).filter(|(name, _)| name == "csrf");
    let tokens = fields.map(|(_, token)| token.into_owned()).collect();
    Ok((Request::from_parts(parts, body.into()), tokens))
}

fn csrf_input(session: &SessionHandle) -> String {
    format!(r#"<input type="hidden" name="csrf" value="{}">"#, session.csrf_token())
}

/// A redirect, with words for the page behind it.
fn tell(flash: &FlashHandle, level: Level, text: &str, to: &str) -> Response {
    // Too many messages at once: one more would not be read either.
    let _ = flash.push(level, text);
    Redirect::to(to).into_response()
}

/// A page, with the messages that wait for it.
fn page(title: &str, flash: &FlashHandle, body: &str) -> Response {
    let mut messages = String::new();
    for message in flash.take() {
        let text = escape(message.text());
        messages = format!(r#"{messages}<p class="{}" role="status">{text}</p>"#, message.level());
    }
    html(title, &format!("{messages}{body}"))
}

/// What a form is answered that this session was not shown: it was sent from a page from before a log-in or a log-out.
fn refused(_: CsrfError) -> Response {
    let body = r#"<p class="error" role="alert">Nothing was changed, because that page was out of date.
Go back, reload the page and send again. If that does not help, allow cookies for this site.</p>
<p><a href="/">Back to the site</a></p>"#;
    (StatusCode::FORBIDDEN, html("Please send it again", body)).into_response()
}

/// For one visitor alone: no cache keeps it, the browser's own neither.
fn html(title: &str, body: &str) -> Response {
    let html = format!(
        r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #222 }}
label {{ display: block; margin: .5rem 0 }} form + form {{ margin-top: 1rem; border-top: 1px solid #ddd }}
input:not([type=checkbox]) {{ display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .3rem .5rem }}
button {{ font: inherit; padding: .3rem .8rem; margin: .8rem .3rem .5rem 0 }}
.success, .info, .warning, .error {{ padding: .5rem .8rem; border-radius: .3rem; background: #e8f0fe }}
.success {{ background: #e6f4ea }} .error {{ background: #fce8e6 }}
</style>
<h1>{title}</h1>
{body}
"#
    );
    ([(CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

// Passwords: Argon2id, off the threads that serve.

fn argon2() -> Argon2<'static> {
    Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, Params::default())
}

async fn hash(password: String) -> Option<String> {
    let hash = move || argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string());
    tokio::task::spawn_blocking(hash).await.ok()?.ok()
}

/// Whether it is the password of a known account; a name that is not known takes as long.
async fn verify(password: String, known: Option<String>) -> bool {
    let check = move || match known {
        Some(known) => PasswordHash::new(&known)
            .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok()),
        None => argon2().hash_password(password.as_bytes()).is_ok_and(|_| false),
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let keyring = Keyring::from_env("SESSION_SECRET")?.unwrap_or_else(Keyring::ephemeral);
    let ahead = env::args().nth(1).map_or(Ok(0), |seconds| seconds.parse())?;
    let site = Site::new(Duration::from_secs(ahead));
    let sessions = site.sessions(keyring, env::var_os("BEHIND_TLS").is_some())?;
    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, site.app(sessions)).await?)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderMap, request};
    use tower::ServiceExt;

    use super::*;

    /// A browser on the site, with a jar of its own.
    struct Browser {
        app: Router,
        jar: HashMap<String, String>,
    }

    /// What it got: status, header fields, page.
    type Got = (StatusCode, HeaderMap, String);

    fn site() -> Router {
        let site = Site::new(Duration::ZERO);
        let sessions = site.sessions(Keyring::ephemeral(), true).unwrap();
        site.app(sessions)
    }

    impl Browser {
        fn new(app: &Router) -> Self {
            Self { app: app.clone(), jar: HashMap::new() }
        }

        async fn send(&mut self, request: request::Builder, body: String) -> Got {
            let cookies: Vec<String> =
                self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let request =
                request.header("cookie", cookies.join("; ")).body(Body::from(body)).unwrap();
            let (parts, body) = self.app.clone().oneshot(request).await.unwrap().into_parts();
            for line in parts.headers.get_all("set-cookie") {
                let line = line.to_str().unwrap();
                let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
                self.jar.insert(name.to_owned(), value.to_owned());
                if line.contains("Max-Age=0") {
                    self.jar.remove(name);
                }
            }
            let page = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
            (parts.status, parts.headers, page)
        }

        async fn get(&mut self, path: &str) -> String {
            self.send(Request::get(path), String::new()).await.2
        }

        /// Sends a form with these fields, and the token that stands in the page.
        async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Got {
            let page = self.get(page).await;
            let csrf =
                page.split(r#"name="csrf" value=""#).nth(1).unwrap().split('"').next().unwrap();
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields).append_pair("csrf", csrf);
            let request =
                Request::post(path).header("content-type", "application/x-www-form-urlencoded");
            self.send(request, form.finish()).await
        }

        async fn register(&mut self) -> Got {
            self.post(
                "/register",
                "/register",
                &[("user", "zoë <b>"), ("password", "correct horse")],
            )
            .await
        }

        async fn log_in(&mut self, password: &str, more: &[(&str, &str)]) -> Got {
            let fields = [&[("user", "zoë <b>"), ("password", password)], more].concat();
            self.post("/login", "/login", &fields).await
        }
    }

    #[tokio::test]
    async fn registers_writes_a_note_and_is_told_so_once() {
        let mut browser = Browser::new(&site());
        let (status, headers, _) = browser.register().await;
        assert_eq!((status, headers["location"].to_str().unwrap()), (StatusCode::SEE_OTHER, "/"));
        let home = browser.get("/").await;
        assert!(home.contains("Welcome!") && home.contains("zoë &lt;b&gt;"), "{home}");
        browser.post("/", "/notes", &[("text", "milk & <eggs>")]).await;
        let home = browser.get("/").await;
        assert!(
            home.contains("Noted.") && home.contains("<li>milk &amp; &lt;eggs&gt;</li>"),
            "{home}"
        );
        assert!(!browser.get("/").await.contains("Noted."));
    }

    #[tokio::test]
    async fn a_form_without_its_token_changes_nothing() {
        let mut browser = Browser::new(&site());
        browser.register().await;
        let request =
            Request::post("/notes").header("content-type", "application/x-www-form-urlencoded");
        let (status, _, page) = browser.send(request, "text=forged".into()).await;
        assert_eq!(status, StatusCode::FORBIDDEN);
        assert!(page.contains("reload the page and send again"), "{page}");
        assert!(!browser.get("/").await.contains("forged"));
    }

    #[tokio::test]
    async fn a_new_id_comes_with_log_in_and_none_with_a_wrong_password() {
        let app = site();
        Browser::new(&app).register().await;
        let mut browser = Browser::new(&app);
        assert_eq!(browser.log_in("wrong", &[]).await.1["location"], "/login");
        assert!(browser.get("/login").await.contains("That name or that password is not right."));
        let before = browser.jar["__Host-session"].clone();
        browser.log_in("correct horse", &[]).await;
        assert_ne!(browser.jar["__Host-session"], before);
        assert!(browser.get("/").await.contains("Welcome back!"));
    }

    #[tokio::test]
    async fn a_device_is_remembered_only_if_it_is_to_be() {
        let app = site();
        Browser::new(&app).register().await;
        let line = |headers: &HeaderMap| {
            let mut lines =
                headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap().to_owned());
            lines.find(|line| line.starts_with("__Host-session=")).unwrap()
        };
        let (_, headers, _) = Browser::new(&app).log_in("correct horse", &[]).await;
        assert!(!line(&headers).contains("Max-Age"));
        let (_, headers, _) =
            Browser::new(&app).log_in("correct horse", &[("remember", "yes")]).await;
        assert!(line(&headers).contains("Max-Age=2592000"));
    }

    #[tokio::test]
    async fn a_copied_cookie_is_worth_nothing_after_log_out() {
        let mut browser = Browser::new(&site());
        browser.register().await;
        let copy = browser.jar.clone();
        browser.post("/", "/logout", &[]).await;
        assert!(browser.get("/").await.contains("You are logged out."));
        browser.jar = copy;
        assert!(browser.get("/").await.contains("Log in"));
    }

    #[tokio::test]
    async fn logs_out_other_devices_and_everywhere() {
        let app = site();
        let (mut phone, mut laptop) = (Browser::new(&app), Browser::new(&app));
        phone.register().await;
        laptop.log_in("correct horse", &[]).await;
        laptop.post("/", "/logout-others", &[]).await;
        assert!(phone.get("/").await.contains("Log in"));
        assert!(laptop.get("/").await.contains("You are logged in as"));
        laptop.post("/", "/logout-everywhere", &[]).await;
        assert!(laptop.get("/").await.contains("Log in"));
    }

    #[tokio::test]
    async fn no_cache_keeps_a_page() {
        let mut browser = Browser::new(&site());
        let (_, headers, _) = browser.send(Request::get("/login"), String::new()).await;
        let fields = headers.get_all(CACHE_CONTROL).iter().map(|field| field.to_str().unwrap());
        assert!(fields.collect::<Vec<_>>().join(", ").contains("no-store"), "{headers:?}");
    }
}

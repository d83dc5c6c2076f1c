//! A site with accounts and notes:
//! `cargo run --example forms --features axum,csrf,flash,revocation -- --dev`, then open the address
//! that it prints. Register, log in, write a note, log out here or everywhere.
//!
//! With `--dev` the site is reached without TLS, and a missing secret is drawn at random. Without,
//! it stands behind a proxy that ends TLS, and `SESSION_SECRET` has to be set. `PORT` sets the port.
//! A number moves its clock: `-- --dev 604800` makes it a week ahead, to see sessions refreshed and
//! ended. Accounts and notes are kept in memory, and so is what was ended on the server: a fleet
//! needs a store for both.

use std::borrow::Cow;
use std::collections::{HashMap, hash_map::Entry};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use std::{env, error::Error};

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Argon2, Params};
use axum::body::to_bytes;
use axum::extract::{Form, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode, request::Parts};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing::get, routing::post};
use sealed_session::{
    CookieSessions, Csrf, CsrfError, CsrfLayer, FlashHandle, FlashLayer, Keyring, Level,
    LocalDenyList, SessionHandle, SessionLayer,
};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a device stays logged in that is to be remembered; others are forgotten when the browser closes.
const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Bytes of a name, a password, a note.
const MAX_FIELD: usize = 128;
/// Bytes of a password at least.
const MIN_PASSWORD: usize = 8;
/// Accounts, and notes in each: with fields of this length 13 MB.
const MAX_ACCOUNTS: usize = 1_000;
const MAX_NOTES: usize = 100;
/// Passwords that are hashed at once. Each takes 46 MiB and a core.
const MAX_HASHES: usize = 4;
/// Log-ins with one name within `ATTEMPTS_WITHIN`, unless one succeeds. A stranger can use them up
/// and so keep the owner out for that long: a site in earnest limits them by address as well.
const MAX_ATTEMPTS: u32 = 10;
const ATTEMPTS_WITHIN: Duration = Duration::from_secs(15 * 60);

/// Headers of every response that does not set them itself.
const HEADERS: [(HeaderName, &str); 4] = [
    // No script runs, no frame shows the page, no form leads elsewhere.
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Under `no-referrer` browsers send `Origin: null` with the site's own forms.
    (REFERRER_POLICY, "same-origin"),
    // A page is for one visitor alone: no cache keeps it, the browser's own neither.
    (CACHE_CONTROL, "no-store"),
];

/// What the site knows.
#[derive(Clone)]
pub(crate) struct Site {
    ahead: Duration,
    deny_list: LocalDenyList,
    accounts: Arc<Mutex<HashMap<String, Account>>>,
    hashes: Arc<Semaphore>,
}

struct Account {
    password_hash: String,
    notes: Vec<String>,
    attempts: u32,
    first_attempt: SystemTime,
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
        let hashes = Arc::new(Semaphore::new(MAX_HASHES));
        Self { ahead, deny_list: LocalDenyList::new(100_000), accounts: Arc::default(), hashes }
    }

    fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit to hash one password. It goes with the work, which does not end when the visitor
    /// hangs up.
    fn may_hash(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.hashes).try_acquire_owned().ok()
    }

    /// Looks and inserts under one lock: of two visitors who want a name at once, one gets it.
    fn open_account(&self, name: String, password_hash: String) -> Result<(), &'static str> {
        let mut accounts = self.accounts();
        let is_full = accounts.len() >= MAX_ACCOUNTS;
        match accounts.entry(name) {
            Entry::Occupied(_) => Err("That name is taken."),
            Entry::Vacant(_) if is_full => Err("There is no room for another account."),
            Entry::Vacant(place) => {
                let (notes, first_attempt) = (Vec::new(), SystemTime::UNIX_EPOCH);
                place.insert(Account { password_hash, notes, attempts: 0, first_attempt });
                Ok(())
            }
        }
    }

    /// Sessions that this site can end. Without a secret they end with the process, which only
    /// development can do with.
    pub(crate) fn sessions(
        &self,
        keyring: Option<Keyring>,
        dev: bool,
    ) -> Result<CookieSessions, Box<dyn Error>> {
        let keyring = match keyring {
            None if dev => Keyring::ephemeral(),
            keyring => {
                keyring.ok_or("SESSION_SECRET is not set; for development add `-- --dev`")?
            }
        };
        let site = self.clone();
        let builder = CookieSessions::builder(keyring)
            .browser_session(true)
            .clock(move || site.now())
            .revocation(self.deny_list.clone())
            .subject(|session| session.get("user").map(Cow::from));
        Ok(if dev { builder.insecure_http() } else { builder }.build()?)
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
            .route("/style.css", get(style))
            // Whoever is refused has the address of a form before them, and may open it as a page.
            .method_not_allowed_fallback(async || Redirect::to("/"))
            .layer(CsrfLayer::new(sessions.clone(), Csrf::form(csrf_field).on_refused(refused)))
            .layer(map_response(with_headers))
            .layer(FlashLayer::new(sessions.clone()))
            .layer(SessionLayer::new(sessions))
            .with_state(self)
    }
}

impl Account {
    /// Counts an attempt to log in. Before it is judged, so that many at once count as many.
    fn may_try(&mut self, now: SystemTime) -> bool {
        if now >= self.first_attempt + ATTEMPTS_WITHIN {
            (self.attempts, self.first_attempt) = (0, now);
        }
        self.attempts = self.attempts.saturating_add(1);
        self.attempts <= MAX_ATTEMPTS
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

// What the forms do. Each responds with a redirect, so that a reload sends nothing twice.

async fn register(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Credentials>,
) -> Response {
    let user = form.user.trim().to_owned();
    let is_name = (1..=MAX_FIELD).contains(&user.len()) && !user.contains(char::is_control);
    if !is_name || !(MIN_PASSWORD..=MAX_FIELD).contains(&form.password.len()) {
        return tell(
            &flash,
            Level::Error,
            "A name and a password, please: a password of 8 or more, neither too long.",
            "/register",
        );
    }
    let Some(permit) = site.may_hash() else { return busy() };
    let Some(password_hash) = hash(permit, form.password).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Err(reason) = site.open_account(user.clone(), password_hash) {
        return tell(&flash, Level::Error, reason, "/register");
    }
    begin(&session, &user, form.remember.is_some());
    tell(&flash, Level::Success, "Welcome!", "/")
}

async fn log_in(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
    Form(form): Form<Credentials>,
) -> Response {
    let user = form.user.trim();
    let Some(permit) = site.may_hash() else { return busy() };
    let known = site.accounts().get_mut(user).map(|account| {
        let may_try = account.may_try(site.now());
        (may_try, account.password_hash.clone())
    });
    if let Some((false, _)) = known {
        let reason = "There were too many attempts to log in with that name.";
        return later(StatusCode::TOO_MANY_REQUESTS, ATTEMPTS_WITHIN.as_secs(), reason);
    }
    if !verify(permit, form.password, known.map(|(_, hash)| hash)).await {
        return tell(&flash, Level::Error, "That name or that password is not right.", "/login");
    }
    if let Some(account) = site.accounts().get_mut(user) {
        account.attempts = 0;
    }
    begin(&session, user, form.remember.is_some());
    tell(&flash, Level::Success, "Welcome back!", "/")
}

/// A change of privilege: a new id, against session fixation.
fn begin(session: &SessionHandle, user: &str, remember: bool) {
    if session.get("user").is_some_and(|before| before != user) {
        session.invalidate(); // somebody else: nothing of the last user's session stays
    }
    session.renew();
    session.set("user", user);
    session.set_idle_timeout(remember.then_some(REMEMBERED));
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
        if account.notes.len() >= MAX_NOTES {
            return tell(&flash, Level::Error, "There is no room for another note.", "/");
        }
        account.notes.push(note.text);
    }
    tell(&flash, Level::Success, "Noted.", "/")
}

async fn log_out(session: SessionHandle, flash: FlashHandle) -> Response {
    session.revoke(); // and every copy of the cookie is rejected from now on
    tell(&flash, Level::Info, "You are logged out.", "/")
}

async fn log_out_others(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    if let Some(user) = session.get("user") {
        session.with(|session| site.deny_list.log_out_others(user, session, site.now()));
    }
    tell(&flash, Level::Info, "Your other devices are logged out.", "/")
}

async fn log_out_everywhere(
    State(site): State<Site>,
    session: SessionHandle,
    flash: FlashHandle,
) -> Response {
    if let Some(user) = session.get("user") {
        site.deny_list.log_out_everywhere(user, site.now());
    }
    session.revoke();
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
fn refused(_: &Parts, _: CsrfError) -> Response {
    let body = r#"<p class="error" role="alert">Nothing was changed, because that page was out of date.
Go back, reload the page and send again. If that does not help, allow cookies for this site.</p>
<p><a href="/">Back to the site</a></p>"#;
    (StatusCode::FORBIDDEN, html("Please send it again", body)).into_response()
}

fn busy() -> Response {
    later(StatusCode::SERVICE_UNAVAILABLE, 1, "Too many visitors are logging in at once.")
}

fn later(status: StatusCode, seconds: u64, reason: &str) -> Response {
    let body = format!(r#"<p class="error" role="alert">{reason} Please try again later.</p>"#);
    (status, [(RETRY_AFTER, seconds.to_string())], html("Not now", &body)).into_response()
}

async fn with_headers(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

async fn style() -> impl IntoResponse {
    let css = "\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 3rem auto; padding: 0 1rem; color: #222 }
label { display: block; margin: .5rem 0 } form + form { margin-top: 1rem; border-top: 1px solid #ddd }
input:not([type=checkbox]) { display: block; width: 100%; box-sizing: border-box; font: inherit; padding: .3rem .5rem }
button { font: inherit; padding: .3rem .8rem; margin: .8rem .3rem .5rem 0 }
.success, .info, .warning, .error { padding: .5rem .8rem; border-radius: .3rem; background: #e8f0fe }
.success { background: #e6f4ea } .error { background: #fce8e6 }
";
    ([(CONTENT_TYPE, "text/css"), (CACHE_CONTROL, "public, max-age=3600")], css)
}

fn html(title: &str, body: &str) -> Response {
    Html(format!(
        r#"<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="/style.css">
<h1>{title}</h1>
{body}
"#
    ))
    .into_response()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

// Passwords: Argon2id, off the threads that serve.

/// With the first of OWASP's parameters, 46 MiB in one pass. What is above 32 MiB glibc gives back to
/// the system at once; of the default's 19 MiB it keeps more and more.
fn argon2() -> Argon2<'static> {
    let params = Params::new(46 * 1024, 1, 1, None).expect("they are in range");
    Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
}

async fn hash(permit: OwnedSemaphorePermit, password: String) -> Option<String> {
    let hash = move || {
        let _permit = permit;
        argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    };
    tokio::task::spawn_blocking(hash).await.ok()?.ok()
}

/// Whether it is the password of a known account; a name that is not known takes as long.
async fn verify(permit: OwnedSemaphorePermit, password: String, known: Option<String>) -> bool {
    let check = move || {
        let _permit = permit;
        match known {
            Some(known) => PasswordHash::new(&known)
                .is_ok_and(|hash| argon2().verify_password(password.as_bytes(), &hash).is_ok()),
            None => argon2().hash_password(password.as_bytes()).is_ok_and(|_| false),
        }
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let (dev, others): (Vec<_>, Vec<_>) = env::args().skip(1).partition(|arg| arg == "--dev");
    let ahead = others.first().map_or(Ok(0), |seconds| seconds.parse())?;
    let site = Site::new(Duration::from_secs(ahead));
    let sessions = site.sessions(Keyring::from_env("SESSION_SECRET")?, !dev.is_empty())?;
    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, site.app(sessions)).await?)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderMap, request};
    use sealed_session::Transport;
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
        site_and_app().1
    }

    fn site_and_app() -> (Site, Router) {
        let site = Site::new(Duration::ZERO);
        let sessions = site.sessions(Some(Keyring::ephemeral()), false).unwrap();
        (site.clone(), site.app(sessions))
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
        let mut browser = Browser::new(&app);
        let (_, headers, _) = browser.log_in("correct horse", &[("remember", "yes")]).await;
        assert!(line(&headers).contains("Max-Age=2592000"));
        let (_, headers, _) = browser.log_in("correct horse", &[]).await;
        assert!(!line(&headers).contains("Max-Age"), "taken back");
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
    async fn every_response_has_the_headers_and_only_the_style_sheet_is_kept() {
        let mut browser = Browser::new(&site());
        let mut responses = vec![browser.register().await];
        let gets = ["/", "/login", "/register", "/notes", "/nothing", "/style.css"];
        let requests = gets.map(Request::get).into_iter().chain([Request::post("/notes")]);
        for request in requests {
            responses.push(browser.send(request, String::new()).await);
        }
        for (status, headers, page) in &responses {
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(
                policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self';")
            );
            assert!(policy.ends_with(" base-uri 'none'; frame-ancestors 'none'"), "{policy}");
            assert_eq!(headers["x-content-type-options"], "nosniff", "{status}");
            assert_eq!(headers["referrer-policy"], "same-origin", "{status}");
            let is_style = page.starts_with("body {");
            let expected = if is_style { "public, max-age=3600" } else { "no-store" };
            let controls: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
            assert_eq!(controls, [expected], "{status} {page}");
            assert!(!page.contains("<style") && !page.contains("style="), "{page}");
        }
        let statuses: Vec<u16> = responses.iter().map(|(status, ..)| status.as_u16()).collect();
        assert_eq!(statuses, [303, 200, 200, 200, 303, 404, 200, 403]);
    }

    #[tokio::test]
    async fn no_more_passwords_are_hashed_at_once_than_there_is_memory_for() {
        let (site, app) = site_and_app();
        let mut browser = Browser::new(&app);
        browser.register().await;
        let others = Arc::clone(&site.hashes)
            .acquire_many_owned(u32::try_from(MAX_HASHES).unwrap())
            .await
            .unwrap();
        for (path, name) in [("/login", "zoë <b>"), ("/login", "nobody"), ("/register", "bob")] {
            let fields = [("user", name), ("password", "correct horse")];
            let (status, headers, page) = Browser::new(&app).post(path, path, &fields).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path} {name}");
            assert_eq!(headers["retry-after"], "1");
            assert!(page.contains("Too many visitors"), "{page}");
        }
        drop(others);
        for _ in 0..=MAX_HASHES {
            assert_eq!(browser.log_in("correct horse", &[]).await.1["location"], "/");
        }
    }

    #[tokio::test]
    async fn a_name_is_given_once_also_to_those_who_ask_at_once() {
        let app = site();
        let [mut alice, mut bob] = [Browser::new(&app), Browser::new(&app)];
        let (first, second) = tokio::join!(alice.register(), bob.register());
        let mut places = [&first.1["location"], &second.1["location"]];
        places.sort();
        assert_eq!(places, ["/", "/register"]);
        let late = if first.1["location"] == "/" { &mut bob } else { &mut alice };
        assert!(late.get("/register").await.contains("That name is taken."));
        assert!(late.get("/").await.contains("Log in"));
    }

    #[tokio::test]
    async fn names_and_passwords_have_limits() {
        let app = site();
        let long = "x".repeat(MAX_FIELD + 1);
        let rows = [
            ("", "correct horse", "/register"),
            (" \t", "correct horse", "/register"),
            ("a\u{7}b", "correct horse", "/register"),
            (&long, "correct horse", "/register"),
            ("alice", "1234567", "/register"),
            ("alice", &long, "/register"),
            (" alice ", "12345678", "/"),
            ("alice", "correct horse", "/register"),
            (&long[1..], &long[1..], "/"),
        ];
        for (user, password, expected) in rows {
            let fields = [("user", user), ("password", password)];
            let got = Browser::new(&app).post("/register", "/register", &fields).await;
            assert_eq!(got.1["location"], expected, "{user} {password}");
        }
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_accounts_and_notes() {
        let (site, app) = site_and_app();
        let mut browser = Browser::new(&app);
        browser.register().await;
        for n in 0..=MAX_NOTES {
            browser.post("/", "/notes", &[("text", &format!("note {n}."))]).await;
        }
        let home = browser.get("/").await;
        assert!(home.contains("note 99.") && !home.contains("note 100."), "{home}");
        assert!(home.contains("There is no room for another note."), "{home}");
        browser.post("/", "/notes", &[("text", &"x".repeat(MAX_FIELD + 1))]).await;
        assert!(browser.get("/").await.contains("That note is too long."));

        for n in 1..MAX_ACCOUNTS {
            site.open_account(n.to_string(), String::new()).unwrap();
        }
        let fields = [("user", "one more"), ("password", "correct horse")];
        let mut late = Browser::new(&app);
        late.post("/register", "/register", &fields).await;
        assert!(late.get("/register").await.contains("There is no room for another account."));
    }

    #[tokio::test]
    async fn a_password_can_be_tried_so_often() {
        let app = site();
        Browser::new(&app).register().await;
        let mut browser = Browser::new(&app);
        for _ in 1..MAX_ATTEMPTS {
            assert_eq!(browser.log_in("wrong", &[]).await.1["location"], "/login");
        }
        // The last one is right, and they are counted from the beginning.
        assert_eq!(browser.log_in("correct horse", &[]).await.1["location"], "/");
        for _ in 0..MAX_ATTEMPTS {
            assert_eq!(browser.log_in("wrong", &[]).await.1["location"], "/login");
        }
        let (status, headers, page) = browser.log_in("correct horse", &[]).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(headers["retry-after"], "900");
        assert!(page.contains("too many attempts"), "{page}");
        assert_eq!(headers.get("set-cookie"), None);
    }

    #[test]
    fn attempts_are_forgotten_after_a_while() {
        let site = Site::new(Duration::ZERO);
        site.open_account("alice".into(), String::new()).unwrap();
        let mut accounts = site.accounts();
        let account = accounts.get_mut("alice").unwrap();
        let now = site.now();
        for n in 0..=MAX_ATTEMPTS {
            assert_eq!(account.may_try(now), n < MAX_ATTEMPTS);
        }
        assert!(!account.may_try(now + ATTEMPTS_WITHIN - Duration::from_secs(1)));
        assert!(account.may_try(now + ATTEMPTS_WITHIN));
    }

    #[test]
    fn nothing_that_is_forgotten_makes_it_insecure() {
        let site = Site::new(Duration::ZERO);
        let error = site.sessions(None, false).unwrap_err().to_string();
        assert_eq!(error, "SESSION_SECRET is not set; for development add `-- --dev`");
        for (keyring, dev, transport) in [
            (Some(Keyring::ephemeral()), false, Transport::Https),
            (Some(Keyring::ephemeral()), true, Transport::Http),
            (None, true, Transport::Http),
        ] {
            assert_eq!(site.sessions(keyring, dev).unwrap().transport(), transport);
        }
    }
}

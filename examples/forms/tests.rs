//! The site, visited by clients with cookie jars.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, Request, StatusCode, request};
use sealed_session::{Keyring, Transport};
use tower::ServiceExt;

use super::accounts::{ATTEMPTS_WITHIN, MAX_ACCOUNTS, MAX_ATTEMPTS, MAX_FIELD, MAX_NOTES};
use super::app::Site;
use super::confirm::MINUTES;
use super::password::MAX_HASHES;
use super::return_to::{GOES_ON_WITHIN, own_page};

/// A client of the site, with a cookie jar.
struct Browser {
    app: Router,
    jar: HashMap<String, String>,
}

/// Status, headers, page.
type Received = (StatusCode, HeaderMap, String);

fn site() -> Router {
    site_and_app().1
}

fn site_and_app() -> (Site, Router) {
    let site = Site::new(Duration::ZERO);
    let sessions = site.sessions(Some(Keyring::ephemeral()), false).unwrap();
    (site.clone(), site.app(sessions).unwrap())
}

fn form(path: &str) -> request::Builder {
    Request::post(path).header("content-type", "application/x-www-form-urlencoded")
}

/// The token in the form of a page.
fn token(page: &str) -> &str {
    page.split(r#"name="csrf" value=""#).nth(1).unwrap().split('"').next().unwrap()
}

impl Browser {
    fn new(app: &Router) -> Self {
        Self { app: app.clone(), jar: HashMap::new() }
    }

    async fn send(&mut self, request: request::Builder, body: String) -> Received {
        let cookies: Vec<String> =
            self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = match cookies.join("; ") {
            none if none.is_empty() => request,
            cookies => request.header("cookie", cookies),
        };
        let request = request.body(Body::from(body)).unwrap();
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

    /// Sends a form with these fields, and with the token in the form of this page.
    async fn post(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Received {
        let page = self.get(page).await;
        let csrf = page.split(r#"name="csrf" value=""#).nth(1).unwrap().split('"').next().unwrap();
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields).append_pair("csrf", csrf);
        let request =
            Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request, form.finish()).await
    }

    async fn register(&mut self) -> Received {
        self.post("/register", "/register", &[("user", "zoë <b>"), ("password", "correct horse")])
            .await
    }

    async fn log_in(&mut self, password: &str, more: &[(&str, &str)]) -> Received {
        let fields = [&[("user", "zoë <b>"), ("password", password)], more].concat();
        self.post("/login", "/login", &fields).await
    }
}

/// The error beside a field; empty if there is none.
fn error_of<'p>(page: &'p str, field: &str) -> &'p str {
    let text = page.split(&format!("id=\"{field}-text\">")).nth(1).unwrap();
    let text = text.split("</p>").next().unwrap();
    text.split("<strong>").nth(1).map_or("", |error| error.strip_suffix("</strong>").unwrap())
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
    assert!(home.contains("Noted.") && home.contains("<li>milk &amp; &lt;eggs&gt;</li>"), "{home}");
    assert!(!browser.get("/").await.contains("Noted."));
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing_and_leads_back_with_a_message() {
    let mut browser = Browser::new(&site());
    browser.register().await;
    browser.get("/").await;
    for (path, back) in [("/notes", "/"), ("/logout", "/"), ("/login", "/login")] {
        let (status, headers, _) = browser.send(form(path), "text=forged".into()).await;
        assert_eq!((status.as_u16(), &headers["location"]), (303, &back.parse().unwrap()));
        let page = browser.get(back).await;
        assert!(page.contains("role=\"alert\">Nothing was changed, because"), "{page}");
    }
    let home = browser.get("/").await;
    assert!(home.contains("You are logged in as") && !home.contains("forged"), "{home}");
}

#[tokio::test]
async fn a_form_of_a_session_that_has_ended_leads_to_the_log_in() {
    let app = site();
    let (mut phone, mut laptop) = (Browser::new(&app), Browser::new(&app));
    phone.register().await;
    laptop.log_in("correct horse", &[]).await;
    let page = phone.get("/").await;
    laptop.post("/", "/logout-everywhere", &[]).await;
    for path in ["/notes", "/logout"] {
        let body = format!("text=late&csrf={}", token(&page));
        let (status, headers, _) = phone.send(form(path), body).await;
        assert_eq!((status.as_u16(), &headers["location"]), (303, &"/login".parse().unwrap()));
        assert!(phone.get("/login").await.contains("Your session has ended. Please log in."));
    }
}

#[tokio::test]
async fn a_browser_without_cookies_is_told_in_the_refusal_itself() {
    let mut browser = Browser::new(&site());
    let (status, _, page) = browser.send(form("/login"), "user=a&password=b".into()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(page.contains("Please allow cookies for this site"), "{page}");
}

#[tokio::test]
async fn a_wrong_password_shows_the_form_again_with_the_name_and_the_focus_on_the_error() {
    let app = site();
    Browser::new(&app).register().await;
    let mut browser = Browser::new(&app);
    let (status, _, page) = browser.log_in("mistyped", &[("remember", "yes")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let input = |name: &str| page.split("<input ").find(|input| input.contains(name)).unwrap();
    let (user, password) = (input("id=\"user\""), input("id=\"password\""));
    assert!(user.contains("value=\"zoë &lt;b&gt;\"") && !user.contains("autofocus"), "{page}");
    assert!(password.contains("value=\"\"") && !page.contains("mistyped"), "{page}");
    let read = "aria-describedby=\"password-text\" aria-invalid=\"true\" autofocus";
    assert!(password.contains(read), "{page}");
    assert_eq!(error_of(&page, "password"), "That name or that password is not right.");
    assert_eq!(error_of(&page, "user"), "");
    assert!(page.contains("value=\"yes\" checked"), "{page}");
    assert_eq!(page.matches("autofocus").count(), 1);
    assert_eq!(browser.get("/login").await.matches("autofocus").count(), 1);
}

#[tokio::test]
async fn a_wrong_password_keeps_the_session_and_a_log_in_gives_it_a_new_id() {
    let app = site();
    Browser::new(&app).register().await;
    let mut browser = Browser::new(&app);
    browser.get("/login").await;
    let before = browser.jar["__Host-session"].clone();
    browser.log_in("wrong", &[]).await;
    assert_eq!(browser.jar["__Host-session"], before);
    browser.log_in("correct horse", &[]).await;
    assert_ne!(browser.jar["__Host-session"], before);
    assert!(browser.get("/").await.contains("Welcome back!"));
}

#[tokio::test]
async fn a_device_is_remembered_if_the_user_says_so() {
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
async fn a_copied_cookie_is_rejected_after_log_out() {
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
async fn every_response_has_the_headers_and_caches_keep_the_style_sheet_alone() {
    let mut browser = Browser::new(&site());
    let mut responses = vec![browser.register().await];
    let gets = ["/", "/login", "/register", "/notes", "/nothing", "/style.css"];
    let requests = gets.map(Request::get).into_iter().chain([Request::post("/notes")]);
    for request in requests {
        responses.push(browser.send(request, String::new()).await);
    }
    for (status, headers, page) in &responses {
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; form-action 'self';"));
        assert!(policy.ends_with(" base-uri 'none'; frame-ancestors 'none'"), "{policy}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{status}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{status}");
        let is_style = headers.get("content-type").is_some_and(|kind| kind == "text/css");
        let expected = if is_style { "public, max-age=3600" } else { "no-store" };
        let controls: Vec<_> = headers.get_all(CACHE_CONTROL).iter().collect();
        assert_eq!(controls, [expected], "{status} {page}");
        assert!(!page.contains("<style") && !page.contains("style="), "{page}");
    }
    let statuses: Vec<u16> = responses.iter().map(|(status, ..)| status.as_u16()).collect();
    assert_eq!(statuses, [303, 200, 200, 200, 303, 404, 200, 303]);
}

#[tokio::test]
async fn hashes_no_more_passwords_at_once_than_the_limit() {
    let (site, app) = site_and_app();
    let mut browser = Browser::new(&app);
    browser.register().await;
    let others = Arc::clone(&site.hashes.0)
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
async fn a_name_is_given_once_also_to_two_visitors_at_the_same_time() {
    let app = site();
    let [mut alice, mut bob] = [Browser::new(&app), Browser::new(&app)];
    let (first, second) = tokio::join!(alice.register(), bob.register());
    let mut statuses = [first.0.as_u16(), second.0.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
    let (late, page) =
        if first.0 == StatusCode::SEE_OTHER { (&mut bob, second.2) } else { (&mut alice, first.2) };
    assert_eq!(error_of(&page, "user"), "That name is taken.");
    assert!(late.get("/").await.contains("You are not logged in."));
}

#[tokio::test]
async fn names_and_passwords_have_limits() {
    let app = site();
    let long = "x".repeat(MAX_FIELD + 1);
    let (name, short) = ("Choose a name of 1 to 128 bytes.", "That password is too short.");
    let rows = [
        ("", "correct horse", name, ""),
        (" \t", "correct horse", name, ""),
        ("a\u{7}b", "correct horse", name, ""),
        (&long, "correct horse", name, ""),
        ("alice", "1234567", "", short),
        ("alice", &long, "", "That password is longer than 128 bytes."),
        (" alice ", "12345678", "", ""),
        ("alice", "correct horse", "That name is taken.", ""),
        (&long[1..], &long[1..], "", ""),
    ];
    for (user, password, of_user, of_password) in rows {
        let fields = [("user", user), ("password", password)];
        let (status, _, page) = Browser::new(&app).post("/register", "/register", &fields).await;
        if of_user.is_empty() && of_password.is_empty() {
            assert_eq!(status, StatusCode::SEE_OTHER, "{user} {password}");
            continue;
        }
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{user} {password}");
        let errors = (error_of(&page, "user"), error_of(&page, "password"));
        assert_eq!(errors, (of_user, of_password), "{user} {password}");
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_accounts_and_notes() {
    let (site, app) = site_and_app();
    let mut browser = Browser::new(&app);
    browser.register().await;
    for n in 0..MAX_NOTES {
        browser.post("/", "/notes", &[("text", &format!("note {n}."))]).await;
    }
    let (status, _, page) = browser.post("/", "/notes", &[("text", "one \"more\"")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("There is no room for another note."), "{page}");
    assert!(page.contains("value=\"one &quot;more&quot;\""), "{page}");
    let home = browser.get("/").await;
    assert!(home.contains("note 99.") && !home.contains("more"), "{home}");
    for text in [" ", &"x".repeat(MAX_FIELD + 1)] {
        let (_, _, page) = browser.post("/", "/notes", &[("text", text)]).await;
        assert!(page.contains("A note has 1 to 128 bytes."), "{page}");
    }

    for n in 1..MAX_ACCOUNTS {
        site.accounts.open(&n.to_string(), String::new()).unwrap();
    }
    let fields = [("user", "one more"), ("password", "correct horse")];
    let (_, _, page) = Browser::new(&app).post("/register", "/register", &fields).await;
    assert!(page.contains("There is no room for another account."), "{page}");
}

/// The same site, later.
fn later(site: &Site, keyring: &Keyring, ahead: Duration) -> Router {
    let site = Site { ahead, ..site.clone() };
    let sessions = site.sessions(Some(keyring.clone()), false).unwrap();
    site.app(sessions).unwrap()
}

/// Later than `Confirmed<{ 15 * MINUTES }>` accepts.
const LONG_AFTER: Duration = Duration::from_secs(16 * MINUTES);

impl Browser {
    /// Asks for a page that needs a recent password: where the redirect leads, and what is sealed in it.
    async fn asked_for(&mut self, request: request::Builder) -> (String, String) {
        let (status, headers, _) = self.send(request, String::new()).await;
        assert_eq!(status, StatusCode::SEE_OTHER);
        let location = headers["location"].to_str().unwrap().to_owned();
        let sealed = location.strip_prefix("/confirm?next=").expect(&location).to_owned();
        (location, sealed)
    }

    /// Gives the right password, and with it the page to go on to: where that leads.
    async fn confirm(&mut self, next: &str) -> String {
        let fields = [("password", "correct horse"), ("next", next)];
        let (status, headers, page) = self.post("/confirm", "/confirm", &fields).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{page}");
        headers["location"].to_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_page_that_needs_a_recent_password_asks_for_it_and_then_goes_on() {
    let (site, keyring) = (Site::new(Duration::ZERO), Keyring::ephemeral());
    let mut browser = Browser::new(&later(&site, &keyring, Duration::ZERO));
    browser.register().await;
    assert!(browser.get("/close").await.contains("Close my account"), "just registered");

    browser.app = later(&site, &keyring, LONG_AFTER);
    let csrf = token(&browser.get("/").await).to_owned();
    let (_, headers, _) = browser.send(form("/close"), format!("csrf={csrf}")).await;
    let location = headers["location"].to_str().unwrap();
    assert!(location.starts_with("/confirm?next="), "the form asks too: {location}");
    assert!(browser.get("/").await.contains("You are logged in"), "nothing was closed");

    let (location, next) = browser.asked_for(Request::get("/close?why=a%20b")).await;
    let wrong = [("password", "wrong"), ("next", &next)];
    let (status, _, page) = browser.post(&location, "/confirm", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains(&format!(r#"name="next" value="{next}""#)), "{page}");
    assert_eq!(browser.confirm(&next).await, "/close?why=a%20b");
    let (_, headers, _) = browser.post("/close", "/close", &[]).await;
    assert_eq!(headers["location"], "/");
    let home = browser.get("/").await;
    assert!(home.contains("Your account is closed.") && home.contains("not logged in"), "{home}");
    assert_eq!(browser.log_in("correct horse", &[]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn after_the_password_no_address_that_another_site_wrote_is_next() {
    let mut browser = Browser::new(&site());
    browser.register().await;
    for next in
        ["//evil.example", "https://evil.example", "/\\evil.example", "/close", "", "\"><b>"]
    {
        let mut query =
            form_urlencoded::Serializer::for_suffix("/confirm?".to_owned(), "/confirm?".len());
        let page = browser.get(&query.append_pair("next", next).finish()).await;
        assert!(!page.contains("\"><b>"), "{page}");
        assert_eq!(browser.confirm(next).await, "/", "{next}");
    }
}

#[tokio::test]
async fn after_the_password_a_page_is_next_that_this_session_asked_for_and_lately() {
    let (site, keyring) = (Site::new(Duration::ZERO), Keyring::ephemeral());
    let now = later(&site, &keyring, Duration::ZERO);
    Browser::new(&now).register().await;
    let mut sealed_before = String::new();
    for (what, waits, expected) in [
        ("its own", Duration::ZERO, "/close"),
        ("its own", GOES_ON_WITHIN.saturating_sub(Duration::from_secs(10)), "/close"),
        ("its own", GOES_ON_WITHIN, "/"),
        ("of another session", Duration::ZERO, "/"),
        ("changed", Duration::ZERO, "/"),
        ("the session itself", Duration::ZERO, "/"),
    ] {
        let mut browser = Browser::new(&now);
        browser.log_in("correct horse", &[]).await;
        browser.app = later(&site, &keyring, LONG_AFTER);
        let (_, sealed) = browser.asked_for(Request::get("/close")).await;
        let next = match what {
            "of another session" => sealed_before,
            "changed" => changed(&sealed),
            "the session itself" => browser.jar["__Host-session"].clone(),
            _ => sealed.clone(),
        };
        browser.app = later(&site, &keyring, LONG_AFTER + waits);
        assert_eq!(browser.confirm(&next).await, expected, "{what} {waits:?}");
        // The session has a new id now.
        assert_eq!(browser.confirm(&next).await, "/", "{what} {waits:?}");
        sealed_before = sealed;
    }
}

/// Another character in the middle.
fn changed(sealed: &str) -> String {
    let (before, after) = sealed.split_at(sealed.len() / 2);
    let other = if after.starts_with('A') { "B" } else { "A" };
    format!("{before}{other}{}", &after[1..])
}

#[test]
fn only_pages_of_the_site_are_sealed() {
    for (page, expected) in [
        ("/close", "/close"),
        ("/close?why=a%20b&to=//x", "/close?why=a%20b&to=//x"),
        ("https://evil.example/close", "/close"), // the form of a proxy: the host is dropped
        ("//evil.example/close", "/"),
        ("/\\evil.example", "/"),
        ("/a\\..\\b", "/"),
        ("*", "/"),
        ("evil.example:443", "/"),
    ] {
        assert_eq!(own_page(&page.parse().unwrap()), expected, "{page}");
    }
}

#[tokio::test]
async fn a_page_that_is_too_long_to_be_sealed_is_not_next() {
    let (site, keyring) = (Site::new(Duration::ZERO), Keyring::ephemeral());
    let mut browser = Browser::new(&later(&site, &keyring, Duration::ZERO));
    browser.register().await;
    browser.app = later(&site, &keyring, LONG_AFTER);
    let long = format!("/close?{}", "x".repeat(4000));
    let (_, sealed) = browser.asked_for(Request::get(long)).await;
    assert_eq!(sealed, "");
    assert_eq!(browser.confirm(&sealed).await, "/");
}

#[tokio::test]
async fn a_visitor_who_is_not_logged_in_is_led_to_the_log_in() {
    let mut browser = Browser::new(&site());
    let (_, headers, _) = browser.send(Request::get("/close"), String::new()).await;
    assert_eq!(headers["location"], "/login");
    let (_, headers, _) =
        browser.post("/confirm", "/confirm", &[("password", "x"), ("next", "/")]).await;
    assert_eq!(headers["location"], "/login");
}

#[tokio::test]
async fn log_ins_with_one_name_have_a_limit() {
    let app = site();
    Browser::new(&app).register().await;
    let mut browser = Browser::new(&app);
    for _ in 1..MAX_ATTEMPTS {
        assert_eq!(browser.log_in("wrong", &[]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    // The last attempt succeeds, and the count begins anew.
    assert_eq!(browser.log_in("correct horse", &[]).await.1["location"], "/");
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(browser.log_in("wrong", &[]).await.0, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (status, headers, page) = browser.log_in("correct horse", &[]).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(headers["retry-after"], "900");
    assert!(page.contains("too many attempts"), "{page}");
    assert!(page.contains("value=\"zoë &lt;b&gt;\""), "{page}");
    assert_eq!(headers.get("set-cookie"), None);
}

#[test]
fn attempts_are_forgotten_after_a_while() {
    let site = Site::new(Duration::ZERO);
    site.accounts.open("alice", String::new()).unwrap();
    let mut accounts = site.accounts.lock();
    let account = accounts.get_mut("alice").unwrap();
    let now = site.now();
    for n in 0..=MAX_ATTEMPTS {
        assert_eq!(account.may_try(now), n < MAX_ATTEMPTS);
    }
    assert!(!account.may_try(now + ATTEMPTS_WITHIN - Duration::from_secs(1)));
    assert!(account.may_try(now + ATTEMPTS_WITHIN));
}

#[test]
fn without_a_secret_it_fails_unless_development_is_asked_for() {
    let site = Site::new(Duration::ZERO);
    let error = site.sessions(None, false).unwrap_err().to_string();
    assert!(error.starts_with("set SESSION_SECRET: openssl rand -base64 32"), "{error}");
    for (keyring, dev, transport) in [
        (Some(Keyring::ephemeral()), false, Transport::Https),
        (Some(Keyring::ephemeral()), true, Transport::Http),
        (None, true, Transport::Http),
    ] {
        assert_eq!(site.sessions(keyring, dev).unwrap().transport(), transport);
    }
}

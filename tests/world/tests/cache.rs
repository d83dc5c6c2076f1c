//! A cache that everybody shares, before pages with and without sessions: nobody gets what was made for another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

use axum::extract::{Path, State};
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get, routing::post};
use reqwest::header::{HeaderMap, SET_COOKIE};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
use world::{Certificate, Nginx, client, serve};

const PUBLIC: [(axum::http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=60")];
const HALF_A_TIMEOUT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Does not ask for its session.
async fn article() -> impl IntoResponse {
    (PUBLIC, "an article")
}

/// Shows who is there, and says nothing of caches.
async fn home(session: SessionHandle) -> String {
    session.get("user").unwrap_or("stranger".into())
}

/// Shows who is there, and says only how long it is fresh.
async fn timeline(session: SessionHandle) -> impl IntoResponse {
    ([(CACHE_CONTROL, "max-age=60")], home(session).await)
}

/// Says that it is for everybody, to nginx in its own words too, and writes to its session all the
/// same.
async fn visit(session: SessionHandle) -> impl IntoResponse {
    let visits =
        session.with(|session| session.parse::<u64>("visits")).map_or(0, Result::unwrap) + 1;
    session.set("visits", visits);
    let page = format!("{} {visits}", session.get("user").unwrap_or("stranger".into()));
    ([("x-accel-expires", "60")], PUBLIC, page)
}

/// Says that it is for everybody, and asks for its session without telling.
async fn news(session: SessionHandle) -> impl IntoResponse {
    let _ = session.get("user");
    (PUBLIC, "news")
}

/// Says that it is for everybody, and shows who is there.
async fn greeting(session: SessionHandle) -> impl IntoResponse {
    (PUBLIC, home(session).await)
}

async fn log_in(session: SessionHandle, Path(user): Path<String>) {
    session.renew();
    session.set("user", user);
}

async fn log_out(session: SessionHandle) -> Response {
    session.invalidate();
    (PUBLIC, "bye").into_response()
}

/// The site behind nginx, and how often it was asked.
struct World {
    certificate: Certificate,
    nginx: Nginx,
    asked: Arc<AtomicU64>,
    /// Seconds that its clock is ahead.
    ahead: Arc<AtomicU64>,
}

async fn count(
    State(asked): State<Arc<AtomicU64>>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    asked.fetch_add(1, Relaxed);
    next.run(request).await
}

/// What nginx keeps for a minute, also where the site says nothing; and what it is told to ignore.
async fn world(setting: &str) -> World {
    let (asked, ahead) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let clock = Arc::clone(&ahead);
    let now = move || SystemTime::now() + Duration::from_secs(clock.load(Relaxed));
    let sessions = CookieSessions::builder(Keyring::ephemeral()).clock(now).build().unwrap();
    let app = Router::new()
        .route("/article", get(article))
        .route("/home", get(home))
        .route("/timeline", get(timeline))
        .route("/visit", get(visit))
        .route("/news", get(news))
        .route("/greeting", get(greeting))
        .route("/login/{user}", post(log_in))
        .route("/logout", get(log_out))
        .layer(SessionLayer::new(sessions))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&asked), count));
    let address = serve(app).await;
    let certificate = Certificate::of(&["localhost"]);
    let tls = certificate.for_nginx();
    let nginx = Nginx::start(|[port]| {
        format!(
            "proxy_cache_path cache levels=1 keys_zone=pages:1m; proxy_cache pages; proxy_cache_valid 200 1m;
             add_header x-cache $upstream_cache_status always; {setting}
             server {{ listen 127.0.0.1:{port} ssl; {tls} location / {{ proxy_pass http://{address}; }} }}"
        )
    });
    World { certificate, nginx, asked, ahead }
}

struct Visitor {
    http: reqwest::Client,
    address: String,
    user: &'static str,
}

struct Page {
    body: String,
    headers: HeaderMap,
}

impl Page {
    fn is_hit(&self) -> bool {
        self.headers["x-cache"] == "HIT"
    }

    fn sets_a_cookie(&self) -> bool {
        self.headers.contains_key(SET_COOKIE)
    }
}

impl World {
    async fn visitor(&self, user: &'static str) -> Visitor {
        let http = client(&self.certificate).cookie_store(true).build().unwrap();
        let address = format!("https://localhost:{}", self.nginx.port());
        let visitor = Visitor { http, address, user };
        if user != "stranger" {
            let answer = visitor
                .http
                .post(format!("{}/login/{user}", visitor.address))
                .send()
                .await
                .unwrap();
            assert!(answer.headers().contains_key(SET_COOKIE));
        }
        visitor
    }

    /// Two users and two visitors that are not logged in.
    async fn visitors(&self) -> [Visitor; 4] {
        [
            self.visitor("alice").await,
            self.visitor("bob").await,
            self.visitor("stranger").await,
            self.visitor("stranger").await,
        ]
    }
}

impl Visitor {
    async fn get(&self, path: &str) -> Page {
        let answer = self.http.get(format!("{}{path}", self.address)).send().await.unwrap();
        Page { headers: answer.headers().clone(), body: answer.text().await.unwrap() }
    }
}

/// What nginx is told of the site's header fields.
const SETTINGS: [(&str, &str); 3] = [
    ("as installed", ""),
    ("ignoring Vary", "proxy_ignore_headers Vary;"),
    ("ignoring Vary and Set-Cookie", "proxy_ignore_headers Vary Set-Cookie;"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_for_no_session_is_made_once_for_all() {
    for (name, setting) in SETTINGS {
        let world = world(setting).await;
        let visitors = world.visitors().await;
        let asked = world.asked.load(Relaxed);
        let (mut pages, mut hits) = (0, 0);
        for _ in 0..25 {
            for visitor in &visitors {
                let page = visitor.get("/article").await;
                assert_eq!(
                    (page.body.as_str(), page.sets_a_cookie()),
                    ("an article", false),
                    "{name}"
                );
                assert!(!page.headers.contains_key("vary"), "{name}");
                pages += 1;
                hits += usize::from(page.is_hit());
            }
        }
        println!("cache, {name}: {hits} of {pages} untouched pages came from the cache");
        assert_eq!((hits, world.asked.load(Relaxed) - asked), (pages - 1, 1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_the_page_or_the_cookie_of_another() {
    for (name, setting) in SETTINGS {
        let world = world(setting).await;
        let visitors = world.visitors().await;
        for round in 1..=10 {
            for visitor in &visitors {
                let page = visitor.get("/visit").await;
                let expected = (format!("{} {round}", visitor.user), true, false);
                assert_eq!(
                    (page.body.clone(), page.sets_a_cookie(), page.is_hit()),
                    expected,
                    "{name}"
                );
                for path in ["/home", "/timeline"] {
                    let page = visitor.get(path).await;
                    // Who ignores Vary keeps the page of strangers for all, which is wrong, but nobody's.
                    let nobodys =
                        setting.contains("Vary") && page.body == "stranger" && page.is_hit();
                    assert!(
                        page.body == visitor.user || nobodys,
                        "{name}: {} of {path} for {}",
                        page.body,
                        visitor.user
                    );
                    assert!(!page.sets_a_cookie(), "{name}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_honours_vary_keeps_a_page_for_each_cookie() {
    let world = world("").await;
    let visitors = world.visitors().await;
    for round in 0..3 {
        for (number, visitor) in visitors.iter().enumerate() {
            let page = visitor.get("/greeting").await;
            assert_eq!((page.body.as_str(), page.sets_a_cookie()), (visitor.user, false));
            // The two strangers have no cookie, and share a page.
            assert_eq!(page.is_hit(), round > 0 || number == 3, "{}", visitor.user);
        }
    }
}

/// Not a promise, but what the README warns of.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_says_it_is_public_is_public_where_vary_is_ignored() {
    let world = world("proxy_ignore_headers Vary;").await;
    let [alice, bob, ..] = world.visitors().await;
    assert_eq!(alice.get("/greeting").await.body, "alice");
    assert_eq!(bob.get("/greeting").await.body, "alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_page_refreshes_nobody_and_the_next_private_one_does() {
    for (name, setting) in SETTINGS {
        let world = world(setting).await;
        let visitors = world.visitors().await;
        world.ahead.store(HALF_A_TIMEOUT.as_secs(), Relaxed);
        for visitor in &visitors[..2] {
            let page = visitor.get("/news").await;
            assert_eq!((page.body.as_str(), page.sets_a_cookie()), ("news", false), "{name}");
        }
        for visitor in &visitors[..2] {
            let page = visitor.get("/home").await;
            let got = (page.body.as_str(), page.sets_a_cookie(), page.is_hit());
            assert_eq!(got, (visitor.user, true, false), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_out_is_nobody_elses() {
    for (name, setting) in SETTINGS {
        let world = world(setting).await;
        let [alice, bob, stranger, _] = world.visitors().await;
        let page = alice.get("/logout").await;
        assert!(page.sets_a_cookie() && !page.is_hit(), "{name}");
        assert!(!stranger.get("/logout").await.sets_a_cookie(), "{name}");
        assert_eq!(bob.get("/home").await.body, "bob", "{name}");
        assert_eq!(alice.get("/home").await.body, "stranger", "{name}");
    }
}

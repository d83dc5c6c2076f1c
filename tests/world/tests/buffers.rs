//! The largest session through nginx: as installed it responds with 502, and the guide says what to do.

use axum::extract::State;
use axum::{Router, routing::get};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
use world::{Certificate, Nginx, client, serve};

const GUIDE: &str = include_str!("../../../src/guide/proxies_and_caches.rs");

#[derive(Clone)]
struct Site {
    sessions: CookieSessions,
    max_set_cookie_len: usize,
}

/// Fills the session until its line is as long as it may be.
async fn fill(State(site): State<Site>, session: SessionHandle) -> String {
    session.with(|session| {
        let short = site.sessions.set_cookie_len(session).unwrap();
        let mut bytes = (site.max_set_cookie_len - short) * 3 / 4 - 16;
        while site.sessions.set_cookie_len(session).unwrap() < site.max_set_cookie_len {
            bytes += 1;
            session.set("data", "x".repeat(bytes));
        }
        assert_eq!(site.sessions.set_cookie_len(session).unwrap(), site.max_set_cookie_len);
    });
    show(session).await
}

async fn show(session: SessionHandle) -> String {
    session.get("data").map_or_else(|| "nothing".into(), |data| format!("{} bytes", data.len()))
}

/// Whether a browser that had its session filled still has all of it on the next page, through an nginx with this
/// setting; and the log.
async fn passes_nginx(setting: &str, max_set_cookie_len: usize) -> (bool, String) {
    let sessions = CookieSessions::builder(Keyring::ephemeral())
        .max_set_cookie_len(max_set_cookie_len)
        .build()
        .unwrap();
    let site = Site { sessions: sessions.clone(), max_set_cookie_len };
    let app = Router::new()
        .route("/", get(show).post(fill))
        .layer(SessionLayer::new(sessions))
        .with_state(site);
    let address = serve(app).await;
    let certificate = Certificate::of(&["localhost"]);
    let nginx = Nginx::start(|[port]| {
        let tls = certificate.for_nginx();
        format!(
            "server {{ listen 127.0.0.1:{port} ssl; {tls} {setting} location / {{ proxy_pass http://{address}; }} }}"
        )
    });
    let browser = client(&certificate).cookie_store(true).build().unwrap();
    let url = format!("https://localhost:{}/", nginx.port());
    let filled = browser.post(&url).send().await.unwrap();
    let status = filled.status().as_u16();
    let filled = filled.text().await.unwrap();
    let next = browser.get(&url).send().await.unwrap().text().await.unwrap();
    match status {
        200 => assert_eq!(next, filled),
        _ => assert_eq!((status, next.as_str()), (502, "nothing")),
    }
    (status == 200, nginx.log())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_session_does_not_pass_nginx_as_installed() {
    let (passes, log) = passes_nginx("", 4096).await;
    assert!(!passes);
    let message = "upstream sent too big header";
    assert!(log.contains(message), "{log}");
    assert!(GUIDE.contains(message), "the guide quotes nginx");
    println!("buffers: {}", log.lines().find(|line| line.contains(message)).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_session_passes_nginx_with_the_setting_of_the_guide() {
    let setting = "proxy_buffer_size 8k;";
    assert!(GUIDE.contains(setting));
    let (passes, log) = passes_nginx(setting, 4096).await;
    assert!(passes, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_smaller_header_passes_nginx_as_installed() {
    assert!(GUIDE.contains("Or keep the cookie smaller with [`max_set_cookie_len`]"));
    let (passes, log) = passes_nginx("", 2048).await;
    assert!(passes, "{log}");
}

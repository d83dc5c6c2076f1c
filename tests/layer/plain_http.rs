//! A cookie through the layer that the browser drops: a `Secure` one over plain HTTP, or one of another domain.

use std::convert::Infallible;

use http::{Request, Response};
use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Log, ring, sessions};

/// What is logged while a handler logs a user in.
async fn log_in(request: Request<()>) -> String {
    log_in_to(sessions(), request).await
}

async fn log_in_to(sessions: CookieSessions, request: Request<()>) -> String {
    let log = Log::default();
    let listening = log.listen();
    let handler = service_fn(|request: Request<()>| async move {
        let session: &SessionHandle = request.extensions().get().unwrap();
        session.set("user", "alice");
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let response = SessionLayer::new(sessions).layer(handler).oneshot(request).await.unwrap();
    assert!(response.headers().contains_key("set-cookie"));
    drop(listening);
    log.all()
}

#[tokio::test]
async fn a_log_in_over_plain_http_is_a_warning_that_says_what_to_do() {
    let request = Request::post("/").header("host", "shop.example:3000");
    let request = request.header("origin", "http://shop.example:3000").body(()).unwrap();
    let log = log_in(request).await;
    assert!(log.contains(" WARN sealed_session: the browser will drop it: "), "{log}");
    // HTTP/2 without TLS has the host in the URI.
    let request = Request::post("http://shop.example:3000/");
    let request = request.header("referer", "http://shop.example:3000/log-in").body(()).unwrap();
    assert!(log_in(request).await.contains("the browser will drop it: "));
}

#[tokio::test]
async fn a_log_in_on_a_host_outside_the_domain_is_a_warning() {
    for (host, is_outside) in [("localhost:3000", true), ("www.shop.example", false)] {
        let sessions = CookieSessions::builder(ring(1)).domain("shop.example").build().unwrap();
        let request = Request::post("/").header("host", host).header("sec-fetch-site", "none");
        let log = log_in_to(sessions, request.body(()).unwrap()).await;
        let warning =
            " WARN sealed_session: the browser will drop it, unless a proxy rewrites Host: ";
        assert_eq!(log.contains(warning), is_outside, "{log}");
    }
}

#[tokio::test]
async fn a_log_in_over_tls_or_on_the_machine_itself_is_no_warning() {
    for origin in ["https://shop.example:3000", "http://localhost:3000"] {
        let host = origin.split_once("://").unwrap().1;
        let request = Request::post("/").header("host", host).header("origin", origin);
        let log = log_in(request.body(()).unwrap()).await;
        assert!(!log.contains("WARN"), "{log}");
    }
}

/// A client that sent the cookie has kept it, whatever `Referer` says.
#[tokio::test]
async fn a_session_that_came_with_the_request_is_no_warning() {
    let mut session = sessions().fresh();
    session.set("lang", "en");
    let request = Request::post("/").header("host", "shop.example");
    let request = request.header("origin", "http://shop.example");
    let cookie = sessions().request_cookie(&session).unwrap();
    let log = log_in(request.header("cookie", cookie).body(()).unwrap()).await;
    assert!(!log.contains("the browser will drop it"), "{log}");
}

//! Which messages count as shown: those that were taken for a response without a body are sent to
//! the next page.

use http::header::{CACHE_CONTROL, COOKIE, SET_COOKIE, VARY};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use sealed_session::{CookieSessions, Flash, Level, Message, Sent, Transport};

use crate::support::{NOW, at, ring, sessions};

/// Methods and statuses of responses without a body (RFC 9110 sections 6.4.1, 9.3.6 and 15.3.6).
fn without_body() -> Vec<(Method, u16)> {
    let mut rows = vec![
        (Method::HEAD, 200),
        (Method::HEAD, 404),
        (Method::HEAD, 500),
        (Method::HEAD, 303),
        (Method::CONNECT, 200),
    ];
    for status in [100, 101, 103, 199, 204, 205, 304] {
        rows.extend([Method::GET, Method::POST, Method::HEAD].map(|method| (method, status)));
    }
    rows
}

/// Methods and statuses of responses with one.
fn with_body() -> Vec<(Method, u16)> {
    let methods = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
    let statuses = [200, 201, 203, 206, 301, 303, 305, 404, 500, 503];
    methods.iter().flat_map(|method| statuses.map(|status| (method.clone(), status))).collect()
}

fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(Message::text).collect()
}

/// The messages of a request of this method that brings these texts.
fn arrive(sessions: &CookieSessions, method: &Method, texts: &[&str]) -> Flash {
    let mut request = Request::builder().method(method).body(()).unwrap();
    if !texts.is_empty() {
        let mut flash = Flash::new();
        for text in texts {
            flash.push(Level::Info, *text).unwrap();
        }
        request.headers_mut().insert(COOKIE, sessions.flash_cookie(&flash).unwrap());
    }
    let flash = sessions.decode_flash(&request);
    assert_eq!(flash.len(), texts.len());
    flash
}

fn empty(status: u16) -> Response<()> {
    Response::builder().status(status).body(()).unwrap()
}

/// The result of `encode_flash` for a response with this status, and the messages of the next page.
#[track_caller]
fn respond(sessions: &CookieSessions, flash: &Flash, status: u16) -> (Sent, Vec<String>) {
    let mut response = empty(status);
    let sent = sessions.encode_flash(flash, &mut response).unwrap();
    (sent, next(sessions, response.headers()))
}

fn next(sessions: &CookieSessions, headers: &HeaderMap) -> Vec<String> {
    let mut flash = sessions.received_flash(headers).unwrap_or_default();
    texts(&flash.take()).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_response_without_a_body_takes_nothing_away() {
    let sessions = sessions();
    for (method, status) in without_body() {
        let mut flash = arrive(&sessions, &method, &["a", "b"]);
        assert_eq!(texts(&flash.take()), ["a", "b"]);
        assert!(flash.is_empty() && flash.take().is_empty(), "taken once all the same");
        let mut response = empty(status);
        let sent = sessions.encode_flash(&flash, &mut response).unwrap();
        assert_eq!(sent, Sent::Unchanged, "{method} {status}");
        assert!(!response.headers().contains_key(SET_COOKIE));
        assert_eq!(
            (&response.headers()[CACHE_CONTROL], &response.headers()[VARY]),
            (&"private".parse().unwrap(), &"Cookie".parse().unwrap())
        );
    }
    for (method, status) in with_body() {
        let mut flash = arrive(&sessions, &method, &["a", "b"]);
        assert_eq!(flash.take().len(), 2);
        assert_eq!(respond(&sessions, &flash, status).0, Sent::Removed, "{method} {status}");
    }
}

#[test]
fn a_pushed_message_is_sent_after_taken_ones_that_were_not_shown() {
    let sessions = sessions();
    for (method, status) in without_body() {
        let mut flash = arrive(&sessions, &method, &["a", "b"]);
        assert_eq!(flash.take().len(), 2);
        flash.push(Level::Info, "c").unwrap();
        let sent = respond(&sessions, &flash, status);
        assert_eq!(sent, (Sent::Set, ["a", "b", "c"].map(str::to_owned).into()));
    }
    for (method, status) in with_body() {
        let mut flash = arrive(&sessions, &method, &["a", "b"]);
        assert_eq!(flash.take().len(), 2);
        flash.push(Level::Info, "c").unwrap();
        assert_eq!(respond(&sessions, &flash, status), (Sent::Set, vec!["c".to_owned()]));
    }
}

#[test]
fn what_the_request_itself_pushed_and_took_was_not_shown_either() {
    let sessions = sessions();
    for (method, status) in without_body() {
        let mut flash = arrive(&sessions, &method, &[]);
        flash.push(Level::Error, "a").unwrap();
        assert_eq!(texts(&flash.take()), ["a"]);
        assert_eq!(respond(&sessions, &flash, status), (Sent::Set, vec!["a".to_owned()]));
        flash.push(Level::Error, "b").unwrap();
        assert_eq!(texts(&flash.take()), ["b"]);
        let sent = respond(&sessions, &flash, status);
        assert_eq!(sent, (Sent::Set, ["a", "b"].map(str::to_owned).into()));
    }
    for (method, status) in with_body() {
        let mut flash = arrive(&sessions, &method, &[]);
        flash.push(Level::Error, "a").unwrap();
        assert_eq!(flash.take().len(), 1);
        assert_eq!(respond(&sessions, &flash, status), (Sent::Unchanged, vec![]));
    }
}

#[test]
fn taken_messages_are_dropped_the_oldest_first() {
    let sessions = sessions();
    let eight = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut flash = arrive(&sessions, &Method::HEAD, &eight);
    assert_eq!(flash.take().len(), 8);
    for text in ["i", "j", "k"] {
        flash.push(Level::Info, text).unwrap();
    }
    let expected = ["d", "e", "f", "g", "h", "i", "j", "k"].map(str::to_owned);
    assert_eq!(respond(&sessions, &flash, 200), (Sent::Set, expected.into()));

    let long = "x".repeat(1020);
    let mut flash = arrive(&sessions, &Method::HEAD, &["a", &long]);
    assert_eq!(flash.take().len(), 2);
    flash.push(Level::Info, "bcde").unwrap();
    assert_eq!(respond(&sessions, &flash, 200).1, [&*long, "bcde"]);
    flash.push(Level::Info, "f").unwrap();
    assert_eq!(respond(&sessions, &flash, 200).1, ["bcde", "f"]);
}

#[test]
fn pushing_and_taking_repeatedly_keeps_no_more_messages_than_are_sent() {
    let sessions = sessions();
    let mut flash = arrive(&sessions, &Method::HEAD, &["old"]);
    for n in 0..1000 {
        flash.push(Level::Info, format!("{n:0>500}")).unwrap();
        assert_eq!(flash.take().len(), if n == 0 { 2 } else { 1 });
    }
    let sent = respond(&sessions, &flash, 200).1;
    assert_eq!(sent, [format!("{:0>500}", 998), format!("{:0>500}", 999)]);
    let kept = allocation_counter::measure(|| {
        for _ in 0..100 {
            flash.push(Level::Info, "x".repeat(1000)).unwrap();
            drop(flash.take());
        }
    });
    assert!(kept.bytes_current <= 1024, "{kept:?}");
}

#[test]
fn encoding_again_leaves_what_was_not_shown() {
    let sessions = sessions();
    let mut flash = arrive(&sessions, &Method::GET, &["a"]);
    flash.push(Level::Info, "b").unwrap();
    for status in [204, 200] {
        let mut response = empty(status);
        assert_eq!(sessions.encode_flash(&flash, &mut response).unwrap(), Sent::Set);
        let mut taken = arrive(&sessions, &Method::GET, &["a"]);
        taken.push(Level::Info, "b").unwrap();
        assert_eq!(taken.take().len(), 2);
        let sent = sessions.encode_flash(&taken, &mut response).unwrap();
        let (expected, texts) =
            if status == 204 { (Sent::Set, vec!["a", "b"]) } else { (Sent::Removed, vec![]) };
        assert_eq!(
            (sent, next(&sessions, response.headers())),
            (expected, texts.into_iter().map(str::to_owned).collect())
        );
    }
    // The `Set-Cookie` header of another `Flash` stays if this one sends nothing.
    let mut response = empty(204);
    sessions.encode_flash(&flash, &mut response).unwrap();
    let mut taken = arrive(&sessions, &Method::GET, &["a"]);
    assert_eq!(taken.take().len(), 1);
    assert_eq!(sessions.encode_flash(&taken, &mut response).unwrap(), Sent::Unchanged);
    assert_eq!(next(&sessions, response.headers()), ["a", "b"]);
}

#[test]
fn headers_alone_say_the_method_and_the_status_of_nothing() {
    let sessions = sessions();
    // The method is known from the request, the status is not.
    let mut flash = arrive(&sessions, &Method::HEAD, &["a"]);
    assert_eq!(flash.take().len(), 1);
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_flash_at(&flash, &mut headers, at(NOW)).unwrap();
    assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Unchanged, false));

    let mut flash = Flash::new();
    flash.push(Level::Info, "a").unwrap();
    let request = HeaderMap::from_iter([(COOKIE, sessions.flash_cookie(&flash).unwrap())]);
    let now = std::time::SystemTime::now();
    for (status, expected) in [(None, Sent::Removed), (Some(204), Sent::Unchanged)] {
        let mut flash = sessions.decode_flash_at(&request, Transport::Https, now);
        assert_eq!(flash.take().len(), 1);
        let sent = match status {
            Some(status) => sessions.encode_flash(&flash, &mut empty(status)).unwrap(),
            None => sessions.encode_flash_at(&flash, &mut HeaderMap::new(), now).unwrap(),
        };
        assert_eq!(sent, expected);
    }
}

#[test]
fn over_the_other_transport_nothing_is_sent_without_a_body_either() {
    let sessions = sessions();
    let mut request = Request::head("/").body(()).unwrap();
    request.extensions_mut().insert(Transport::Http);
    let mut flash = sessions.decode_flash(&request);
    flash.push(Level::Info, "a").unwrap();
    assert_eq!(flash.take().len(), 1);
    assert_eq!(respond(&sessions, &flash, 200), (Sent::Withheld, vec![]));
}

#[cfg(feature = "rotation")]
#[test]
fn messages_of_a_removed_secret_are_not_sealed_again_without_a_body_either() {
    let sessions = CookieSessions::new(ring(1));
    let mut flash = arrive(&sessions, &Method::HEAD, &["forged"]);
    assert_eq!(flash.take().len(), 1);
    sessions.rotate(ring(2));
    assert_eq!(respond(&sessions, &flash, 200), (Sent::Unchanged, vec![]));
    flash.push(Level::Info, "b").unwrap();
    assert_eq!(respond(&sessions, &flash, 200), (Sent::Set, vec!["b".to_owned()]));
}

#[cfg(feature = "axum")]
mod layer {
    use axum::body::{Body, to_bytes};
    use axum::extract::Path;
    use axum::{Router, routing::get};
    use sealed_session::{FlashHandle, FlashLayer};
    use tower::ServiceExt;

    use super::*;

    fn app(sessions: &CookieSessions) -> Router {
        let show = |flash: FlashHandle| async move {
            let shown: Vec<String> =
                flash.take().iter().map(|message| message.text().to_owned()).collect();
            shown.join(",")
        };
        let status = |flash: FlashHandle, Path(status): Path<u16>| async move {
            assert_eq!(flash.take().len(), 1);
            flash.push(Level::Info, "pushed").unwrap();
            StatusCode::from_u16(status).unwrap()
        };
        Router::new()
            .route("/", get(show))
            .route("/{status}", get(status))
            .layer(FlashLayer::new(sessions.clone()))
    }

    /// The status, the headers and the body of a response.
    async fn visit(sessions: &CookieSessions, method: &str, path: &str) -> (HeaderMap, String) {
        let mut flash = Flash::new();
        flash.push(Level::Info, "a").unwrap();
        let request = Request::builder().method(method).uri(path);
        let request = request.header(COOKIE, sessions.flash_cookie(&flash).unwrap());
        let response = app(sessions).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 4096).await.unwrap();
        (parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_head_request_takes_no_message_away() {
        let sessions = sessions();
        let (headers, body) = visit(&sessions, "HEAD", "/").await;
        assert_eq!((headers.contains_key(SET_COOKIE), &*body), (false, ""));
        let (headers, body) = visit(&sessions, "GET", "/").await;
        assert!(headers[SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
        assert_eq!(body, "a");
    }

    #[tokio::test]
    async fn pushed_messages_are_sent_with_those_that_were_not_shown() {
        let sessions = sessions();
        for (method, path, sent) in [
            ("GET", "/204", &["a", "pushed"][..]),
            ("GET", "/205", &["a", "pushed"]),
            ("GET", "/304", &["a", "pushed"]),
            ("GET", "/101", &["a", "pushed"]),
            ("HEAD", "/200", &["a", "pushed"]),
            ("HEAD", "/404", &["a", "pushed"]),
            ("GET", "/200", &["pushed"]),
            ("GET", "/404", &["pushed"]),
            ("GET", "/303", &["pushed"]),
        ] {
            let (headers, _) = visit(&sessions, method, path).await;
            assert_eq!(next(&sessions, &headers), sent, "{method} {path}");
        }
    }
}

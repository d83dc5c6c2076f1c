//! HTTP/2 clients may send each cookie in a field of its own (RFC 9113 section 8.2.3): by hyper's own client, which
//! joins nothing.

use std::convert::Infallible;

use http::header::COOKIE;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use sealed_session::CookieSessions;
use tokio::net::{TcpListener, TcpStream};

use crate::site::Site;

async fn get(site: &Site, path: &str, cookies: &[&str]) -> String {
    let url: Uri = site.url.parse().unwrap();
    let stream = TokioIo::new(TcpStream::connect(url.authority().unwrap().as_str()).await.unwrap());
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::get(format!("{url}{path}"));
    for cookie in cookies {
        request = request.header(COOKIE, *cookie);
    }
    let response = client.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

/// Says in how many fields the cookies came.
async fn count(listener: TcpListener, _: CookieSessions) {
    let service = service_fn(async |request: Request<Incoming>| {
        let fields = request.headers().get_all(COOKIE).iter().count();
        Ok::<_, Infallible>(Response::new(fields.to_string()))
    });
    frameworks::serve_connections(listener, service).await;
}

#[tokio::test]
async fn they_arrive_split() {
    let site = Site::over_http2(count).await;
    assert_eq!(get(&site, "", &["a=1", "session=token", "b=2"]).await, "3");
}

#[tokio::test]
async fn the_session_is_found_in_any_of_them() {
    let site = Site::over_http2(frameworks::hyper::serve).await;
    let mut session = site.sessions.fresh();
    session.set("user", "alice");
    let cookie = site.sessions.request_cookie(&session).unwrap();
    let ours = cookie.to_str().unwrap();
    for cookies in [
        [ours, "a=1", "b=2"],
        ["a=1", ours, "b=2"],
        ["a=1", "b=2", ours],
        ["session=junk", ours, "session=AAAA"],
    ] {
        assert_eq!(get(&site, "me", &cookies).await, "alice");
    }
}

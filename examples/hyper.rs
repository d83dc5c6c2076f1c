//! Bare hyper, `decode` and `encode`: `cargo run --example hyper`, then `curl -b jar -c jar 127.0.0.1:8080`.

use std::convert::Infallible;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sealed_session::{CookieSessions, Keyring};
use tokio::net::TcpListener;

fn answer<B>(sessions: &CookieSessions, request: &Request<B>) -> Response<Full<Bytes>> {
    let mut session = sessions.decode(request);
    let (status, text) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/") => {
            let visits =
                session.parse::<u64>("visits").and_then(Result::ok).unwrap_or(0).saturating_add(1);
            session.set("visits", visits);
            (StatusCode::OK, format!("visit {visits}\n"))
        }
        (&Method::POST, "/forget") => {
            session.invalidate();
            (StatusCode::OK, "forgotten\n".to_owned())
        }
        _ => (StatusCode::NOT_FOUND, "not found\n".to_owned()),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    match sessions.encode(&session, &mut response) {
        Ok(_) => response,
        Err(error) => {
            let mut response = Response::new(Full::from(format!("{error}\n")));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keyring = Keyring::from_env("SESSION_SECRET")?.unwrap_or_else(Keyring::ephemeral);
    let sessions = CookieSessions::builder(keyring).insecure_http().build()?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let sessions = sessions.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = answer(&sessions, &request);
                async move { Ok::<_, Infallible>(response) }
            });
            if let Err(error) =
                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
            {
                eprintln!("connection: {error}");
            }
        });
    }
}

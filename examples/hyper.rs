//! Sessions in plain hyper, without a layer: `decode` before the work, `encode` after it.
//!
//! ```sh
//! cargo run --example hyper -- --dev
//! ```
//!
//! In another terminal:
//!
//! ```sh
//! curl -b jar -c jar http://127.0.0.1:8080/
//! curl -b jar -c jar -d '' http://127.0.0.1:8080/forget
//! ```
//!
//! Run the first one twice: it prints `visit 1`, then `visit 2`. The second one ends the session.
//!
//! With `--dev` the program uses plain HTTP, and a random key if `SESSION_SECRET` is not set. Without `--dev` it needs
//! `SESSION_SECRET` and a proxy that ends TLS, because the cookie is then `Secure`.
//!
//! Copy `respond` and `sessions`. Do not copy the loop in `main`: it has neither limits nor timeouts, and it does not
//! shut down gracefully.

use std::convert::Infallible;
use std::{env, error::Error};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sealed_session::{CookieSessions, Keyring};
use tokio::net::TcpListener;

fn respond<B>(sessions: &CookieSessions, request: &Request<B>) -> Response<Full<Bytes>> {
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
    let sessions = sessions(env::args().any(|argument| argument == "--dev"))?;
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let sessions = sessions.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = respond(&sessions, &request);
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

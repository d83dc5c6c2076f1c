//! A server whose log-outs take effect on every machine of a fleet at once. In this folder, with a Redis on this machine:
//!
//! ```sh
//! export SESSION_SECRET=$(openssl rand -base64 32)
//! cargo run -- redis://127.0.0.1/ 127.0.0.1:3000 --dev
//! ```
//!
//! In another terminal:
//!
//! ```sh
//! curl -b jar -c jar -d '' http://127.0.0.1:3000/login/alice
//! curl -b jar -c jar http://127.0.0.1:3000/
//! curl -b jar -c jar -d '' http://127.0.0.1:3000/logout
//! ```
//!
//! Start a second one on another address with the same secret: a session that is logged out on one of them has ended on
//! the other. `--dev` uses plain HTTP; without it the server needs a proxy that ends TLS.
//!
//! Copy `lib.rs` and `sessions`. Do not copy the log-in without a password and the POST requests without a CSRF token.

use std::error::Error;
use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Router, routing::get, routing::post};
use revocation_redis::RedisRevocation;
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};

async fn greet(session: SessionHandle) -> String {
    format!("Hello, {}!\n", session.get("user").unwrap_or("stranger".into()))
}

async fn log_in(session: SessionHandle, Path(user): Path<String>) {
    session.renew();
    session.set("user", user);
}

/// If Redis does not record it, the response is a 500 and the browser keeps its cookie: the user can try again.
async fn log_out(session: SessionHandle) {
    session.revoke();
}

/// "Log out my other devices."
async fn log_out_others(
    session: SessionHandle,
    State(redis): State<Arc<RedisRevocation>>,
) -> Result<(), StatusCode> {
    let Some(user) = session.get("user") else { return Err(StatusCode::UNAUTHORIZED) };
    let denied = redis.log_out_others(&user, &session, SystemTime::now()).await;
    denied.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)
}

/// Every machine needs the same secret, in development too.
fn sessions(redis: &Arc<RedisRevocation>, dev: bool) -> Result<CookieSessions, Box<dyn Error>> {
    let keyring = Keyring::from_env("SESSION_SECRET")?
        .ok_or("set SESSION_SECRET: openssl rand -base64 32")?;
    let builder = CookieSessions::builder(keyring)
        .revocation_async(Arc::clone(redis))
        .subject(|dict| dict.get("user").map(Into::into));
    Ok(if dev { builder.insecure_http() } else { builder }.build()?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (dev, arguments): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument == "--dev");
    let mut arguments = arguments.into_iter();
    let url = arguments.next().unwrap_or("redis://127.0.0.1/".into());
    let address = arguments.next().unwrap_or("127.0.0.1:3000".into());
    let redis = Arc::new(RedisRevocation::connect(&url, "example", 4)?);
    let sessions = sessions(&redis, !dev.is_empty())?;

    let app = Router::new()
        .route("/", get(greet))
        .route("/login/{user}", post(log_in))
        .route("/logout", post(log_out))
        .route("/logout-others", post(log_out_others))
        .with_state(redis)
        .layer(SessionLayer::new(sessions).check_revocation(tokio::time::sleep));
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}

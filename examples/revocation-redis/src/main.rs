//! A server whose sessions end on every machine at once: `SESSION_SECRET=… cargo run -- redis://127.0.0.1/ 127.0.0.1:3000`.

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

/// If Redis does not take it, the response is a 500 and the browser keeps its cookie, to try again.
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

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or("redis://127.0.0.1/".into());
    let address = arguments.next().unwrap_or("127.0.0.1:3000".into());

    let keyring = Keyring::from_env("SESSION_SECRET")?.unwrap_or_else(Keyring::ephemeral);
    let redis = Arc::new(RedisRevocation::connect(&url, "example", 4)?);
    let sessions = CookieSessions::builder(keyring)
        .revocation_async(Arc::clone(&redis))
        .subject(|dict| dict.get("user").map(Into::into))
        .insecure_http()
        .build()?;

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

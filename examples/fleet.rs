//! One of several processes behind a proxy, with secrets that change while it runs:
//! `cargo run --example fleet --features axum,rotation -- SECRETS`, where SECRETS is a file that all of them read.
//!
//! Put another file in its place, by a rename, and it goes on with the secrets there; `/keys` tells which it has. Ctrl-C
//! ends it when the requests that it has are answered. `PORT` sets the port, a second argument moves its clock by so
//! many seconds.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, error::Error, fs, io};

use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};

/// How often it looks whether the file has changed.
const LOOKS: Duration = Duration::from_secs(1);

async fn show(session: SessionHandle) -> String {
    let Some(user) = session.get("user") else { return "stranger".into() };
    format!("{user} {}", session.get("count").unwrap_or_default())
}

async fn log_in(session: SessionHandle, Segment(user): Segment<String>) -> String {
    session.renew(); // a new id at every change of privilege
    session.set("user", user);
    session.set("count", "0");
    show(session).await
}

async fn count(session: SessionHandle) -> (StatusCode, String) {
    let Some(Ok(count)) = session.with(|session| session.parse::<u64>("count")) else {
        return (StatusCode::UNAUTHORIZED, "stranger".into());
    };
    session.set("count", (count + 1).to_string());
    (StatusCode::OK, show(session).await)
}

async fn log_out(session: SessionHandle) {
    session.invalidate();
}

/// Roles and ids of the secrets: a step of a rotation has arrived when every machine says the same.
async fn keys(State(sessions): State<CookieSessions>) -> String {
    let keys: Vec<String> = sessions.keys().map(|(role, id)| format!("{role} {id}")).collect();
    keys.join(", ")
}

fn app(sessions: CookieSessions) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/login/{user}", post(log_in))
        .route("/count", post(count))
        .route("/logout", post(log_out))
        .route("/keys", get(keys))
        .layer(SessionLayer::new(sessions.clone()))
        .with_state(sessions)
}

/// Looks for ever; what cannot be read is logged, and the secrets stay as they are.
async fn reload(sessions: CookieSessions, secrets: PathBuf, mut seen: SystemTime) {
    loop {
        tokio::time::sleep(LOOKS).await;
        match changed(&secrets) {
            Ok(time) if time != seen => match Keyring::from_file(&secrets) {
                Ok(keyring) => {
                    sessions.rotate(keyring);
                    seen = time;
                }
                Err(error) => tracing::error!("the secrets stay as they are: {error}"),
            },
            Ok(_) => {}
            Err(error) => tracing::error!("the secrets stay as they are: {error}"),
        }
    }
}

fn changed(file: &Path) -> io::Result<SystemTime> {
    fs::metadata(file)?.modified()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let mut arguments = env::args().skip(1);
    let secrets = PathBuf::from(arguments.next().ok_or("which file has the secrets?")?);
    let ahead: i64 = arguments.next().map_or(Ok(0), |seconds| seconds.parse())?;
    let moved = Duration::from_secs(ahead.unsigned_abs());
    let clock =
        move || if ahead < 0 { SystemTime::now() - moved } else { SystemTime::now() + moved };

    // Before the file is read: a file that comes in between is then read once more.
    let seen = changed(&secrets)?;
    let sessions = CookieSessions::builder(Keyring::from_file(&secrets)?).clock(clock).build()?;
    tokio::spawn(reload(sessions.clone(), secrets, seen));

    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, app(sessions)).with_graceful_shutdown(interrupted).await?)
}

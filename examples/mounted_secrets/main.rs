//! A server that follows a mounted secret: Kubernetes swaps the file, and the process takes the new secrets.
//!
//! ```sh
//! cargo run -q --example secret > target/keys
//! cargo run --example mounted_secrets --features axum,rotation -- target/keys
//! ```
//!
//! `curl http://127.0.0.1:8080/keys` prints the keys in use. Replace the file by a rename, and it prints others.
//! `guide::mounted_secrets` has the manifests for Kubernetes, Docker and systemd. `fleet.rs` does the same with less: it
//! reads the file each second.
//!
//! Copy `follow.rs`. It reads the file at once where the system tells of a change, and every ten seconds in any case:
//!
//! - **Notices alone lose changes.** inotify tells of what its own kernel changes: not of what another machine changes on
//!   a network file system, or the host of a sandbox or a virtual machine. A watch ends with its folder, and a queue that
//!   is full drops events.
//! - **Reading alone is enough.** It takes microseconds, and the path is opened anew each time. A notice saves seconds of
//!   a change that takes the kubelet a minute or more. It pays where you replace the file yourself.
//! - **`notify` costs four small crates** on Linux: itself, `notify-types`, `inotify` and `inotify-sys`. The others that
//!   it asks for come with tokio and the tests. It works on macOS and Windows too.
//! - **The watch is on the folder, not on the file.** The path of a mounted file stays a link to `..data/NAME`, and only
//!   the link `..data` is swapped. A watch on the file is on its former content: it sees that removed, and then nothing.

mod follow;
#[cfg(all(test, unix))]
mod tests;
#[cfg(all(test, unix))]
mod volume;

use std::path::PathBuf;
use std::time::Duration;
use std::{env, error::Error, io};

use axum::{Router, extract::State, routing::get};
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};

use follow::Follower;

/// The time between two readings if nothing tells of a change.
const INTERVAL: Duration = Duration::from_secs(10);

async fn count(session: SessionHandle) -> String {
    let count = session.with(|session| session.parse::<u64>("visits"));
    let count = count.and_then(Result::ok).unwrap_or(0) + 1;
    session.set("visits", count.to_string());
    format!("visit {count}")
}

/// For operators only: on a port that nobody else reaches.
async fn keys(State(sessions): State<CookieSessions>) -> String {
    let keys: Vec<String> = sessions.keys().map(|(role, id)| format!("{role} {id}")).collect();
    keys.join(", ")
}

fn app(sessions: CookieSessions) -> Router {
    Router::new()
        .route("/", get(count))
        .route("/keys", get(keys))
        .layer(SessionLayer::new(sessions.clone()))
        .with_state(sessions)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let file = PathBuf::from(env::args().nth(1).ok_or("give the file with the secrets")?);
    // Without valid secrets at start, the process ends with an error that says why.
    let sessions = CookieSessions::new(Keyring::from_file(&file)?);
    Follower::new(sessions.clone(), file).start(INTERVAL);

    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, app(sessions)).with_graceful_shutdown(interrupted).await?)
}

//! A server whose sessions are counted. Prometheus reads the counters on a port of their own. In this folder:
//!
//! ```sh
//! openssl rand -base64 32 > secrets
//! touch revoked
//! cargo run -- secrets revoked
//! ```
//!
//! In another terminal:
//!
//! ```sh
//! curl -b jar -c jar -d '' http://127.0.0.1:8080/login/alice
//! curl -b jar -c jar http://127.0.0.1:8080/
//! curl http://127.0.0.1:9464/metrics
//! prometheus --config.file=prometheus.yml    # then open http://127.0.0.1:9090/alerts
//! ```
//!
//! `alerts.yml` has five alerts, and `board.json` is a dashboard to import into Grafana. The guide `metrics` explains
//! both.
//!
//! `PORT` and `METRICS_PORT` set the ports. A third argument moves the clock by so many seconds, for tests. Write other
//! secrets into the file, and the process takes them within a second. Start a second one on other ports: both share the
//! secrets and the file of revoked sessions.
//!
//! Copy `exporter.rs`. Do not copy the log-in without a password, the POST requests without a CSRF token, and the file of
//! revoked sessions: for a fleet, `../revocation-redis` has a store.

mod exporter;
mod revoked;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use std::{env, error::Error};

use axum::extract::{Path, State};
use axum::{Router, routing::get, routing::post};
use metrics_exporter_prometheus::PrometheusHandle;
use revoked::RevokedFile;
use sealed_session::{CookieSessions, Keyring, SessionHandle, SessionLayer};
use tokio::net::TcpListener;

async fn greet(session: SessionHandle) -> String {
    format!("Hello, {}!\n", session.get("user").unwrap_or("stranger".into()))
}

async fn log_in(session: SessionHandle, Path(user): Path<String>) {
    session.renew();
    session.set("user", user);
}

/// Above some 2,900 bytes the session does not fit into its cookie: the response is a 500, and the old cookie stays.
async fn write_note(session: SessionHandle, note: String) {
    session.set("note", note);
}

async fn log_out(session: SessionHandle) {
    session.revoke();
}

/// Role and id of each key: a step of a rotation is complete when every machine prints the same.
async fn keys(State(sessions): State<CookieSessions>) -> String {
    let keys: Vec<String> = sessions.keys().map(|(role, id)| format!("{role} {id}\n")).collect();
    keys.concat()
}

/// For the public.
fn site(sessions: CookieSessions) -> Router {
    Router::new()
        .route("/", get(greet))
        .route("/login/{user}", post(log_in))
        .route("/note", post(write_note))
        .route("/logout", post(log_out))
        .layer(SessionLayer::new(sessions).check_revocation(tokio::time::sleep))
}

/// For operators: on a port that the public does not reach.
fn inside(sessions: CookieSessions, recorder: PrometheusHandle) -> Router {
    Router::new().route("/keys", get(keys)).with_state(sessions).merge(exporter::page(recorder))
}

/// Takes the secrets of the file every second. `examples/fleet.rs` has one to copy.
async fn follow(sessions: CookieSessions, secrets: PathBuf) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match Keyring::from_file(&secrets) {
            Ok(keyring) => sessions.rotate(keyring),
            Err(error) => eprintln!("the secrets stay as they are: {error}"),
        }
    }
}

async fn listen(port: &str, default: u16) -> Result<TcpListener, Box<dyn Error>> {
    let port = env::var(port).map_or(Ok(default), |port| port.parse())?;
    Ok(TcpListener::bind(("127.0.0.1", port)).await?)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let secrets = PathBuf::from(arguments.next().ok_or("give the file with the secrets")?);
    let revoked = arguments.next().ok_or("give the file with the revoked sessions")?;
    let ahead = Duration::from_secs(arguments.next().map_or(Ok(0), |seconds| seconds.parse())?);

    let recorder = exporter::install()?; // before `build`
    let sessions = CookieSessions::builder(Keyring::from_file(&secrets)?)
        .revocation_async(RevokedFile(revoked.into()))
        .clock(move || SystemTime::now() + ahead)
        .build()?;
    tokio::spawn(follow(sessions.clone(), secrets));
    tokio::spawn(exporter::keep_up(recorder.clone()));

    let inside = inside(sessions.clone(), recorder);
    let (public, operators) = (listen("PORT", 8080).await?, listen("METRICS_PORT", 9464).await?);
    println!("metrics on http://{}/metrics", operators.local_addr()?);
    println!("listening on http://{}", public.local_addr()?);
    tokio::try_join!(axum::serve(public, site(sessions)), axum::serve(operators, inside))?;
    Ok(())
}

//! One of several processes behind a proxy, which takes new secrets without a restart.
//!
//! ```sh
//! cargo run -q --example secret > target/secrets
//! cargo run --example fleet --features axum,rotation -- target/secrets
//! ```
//!
//! Every process of the fleet reads the same file. Replace the file by a rename and each of them takes its secrets within
//! a second. `curl http://127.0.0.1:8080/keys` prints the keys in use: a step of a rotation is complete when every
//! process prints the same. Ctrl-C ends the process after the requests in progress.
//!
//! The sessions themselves need TLS in front, because the cookie is `Secure`. `PORT` sets the port. A second argument
//! moves the clock by so many seconds, for tests.
//!
//! Copy `reload` and `follow`. Do not copy the routes: `/login/{user}` checks no password, the POST requests carry
//! no CSRF token, and `/keys` belongs on a port that only operators reach.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, error::Error, io};

use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::{Router, routing::get, routing::post};
use sealed_session::{CookieSessions, Keyring, KeyringFileError, SessionHandle, SessionLayer};

/// The time between two readings of the file.
const INTERVAL: Duration = Duration::from_secs(1);

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

/// Role and id of each key: a step of a rotation is complete when every machine prints the same.
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

/// Takes the secrets of the file. If they are those in use, nothing changes.
fn reload(sessions: &CookieSessions, secrets: &Path) -> Result<(), KeyringFileError> {
    sessions.rotate(Keyring::from_file(secrets)?);
    Ok(())
}

/// Reloads the file for as long as the process runs. With an error, the secrets stay as they are.
async fn follow(sessions: CookieSessions, secrets: PathBuf) {
    let mut last = String::new();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let (sessions, secrets) = (sessions.clone(), secrets.clone());
        // Not on a thread that serves requests: a file system can be slow.
        let reloaded = tokio::task::spawn_blocking(move || reload(&sessions, &secrets)).await;
        let error = match reloaded {
            Ok(reloaded) => reloaded.err().map(|error| error.to_string()).unwrap_or_default(),
            Err(error) => error.to_string(),
        };
        // Each error once, not at each reading.
        if !error.is_empty() && error != last {
            tracing::error!("the secrets stay as they are: {error}");
        }
        last = error;
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let mut arguments = env::args().skip(1);
    let secrets = PathBuf::from(arguments.next().ok_or("give the file with the secrets")?);
    let ahead: i64 = arguments.next().map_or(Ok(0), |seconds| seconds.parse())?;
    let moved = Duration::from_secs(ahead.unsigned_abs());
    let clock =
        move || if ahead < 0 { SystemTime::now() - moved } else { SystemTime::now() + moved };

    let sessions = CookieSessions::builder(Keyring::from_file(&secrets)?).clock(clock).build()?;
    tokio::spawn(follow(sessions.clone(), secrets));

    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, app(sessions)).with_graceful_shutdown(interrupted).await?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use sealed_session::{KeyRole, Secret};

    use super::*;

    /// A folder for one test, with a file of secrets, and sessions under these secrets.
    struct Place {
        folder: PathBuf,
        sessions: CookieSessions,
    }

    impl Place {
        fn new(name: &str) -> Self {
            let folder = env::temp_dir().join(format!("fleet-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let secrets = folder.join("secrets");
            fs::write(&secrets, secret()).unwrap();
            let sessions = CookieSessions::new(Keyring::from_file(&secrets).unwrap());
            Self { folder, sessions }
        }

        fn secrets(&self) -> PathBuf {
            self.folder.join("secrets")
        }

        /// Replaces the file; the new one has the modification time of the old one.
        fn put(&self, text: &str) {
            let next = self.folder.join("next");
            fs::write(&next, text).unwrap();
            let time = fs::metadata(self.secrets()).unwrap().modified().unwrap();
            fs::File::options().write(true).open(&next).unwrap().set_modified(time).unwrap();
            fs::rename(next, self.secrets()).unwrap();
        }

        fn reload(&self) -> Result<(), String> {
            reload(&self.sessions, &self.secrets()).map_err(|error| error.to_string())
        }

        fn keys(&self) -> Vec<String> {
            self.sessions.keys().map(|(role, id)| format!("{role} {id}")).collect()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    fn secret() -> String {
        Secret::generate().expose_base64url().to_string()
    }

    /// The role and id of the key of a secret.
    fn current(text: &str) -> String {
        let sessions = CookieSessions::new(Keyring::new(text.parse().unwrap()));
        let (_, id) = sessions.keys().next().unwrap();
        format!("{} {id}", KeyRole::Current)
    }

    #[test]
    fn takes_the_secrets_of_another_file_of_the_same_time_and_length() {
        let place = Place::new("same");
        for _ in 0..3 {
            let next = secret();
            place.put(&next);
            place.reload().unwrap();
            assert_eq!(place.keys(), [current(&next)]);
        }
    }

    /// Mounted secrets are swapped by a symbolic link.
    #[cfg(unix)]
    #[test]
    fn follows_a_symbolic_link_that_is_swapped() {
        let place = Place::new("link");
        for version in ["1", "2"] {
            let (next, target) = (secret(), place.folder.join(version));
            fs::write(&target, &next).unwrap();
            let link = place.folder.join("link");
            std::os::unix::fs::symlink(target, &link).unwrap();
            fs::rename(link, place.secrets()).unwrap();
            place.reload().unwrap();
            assert_eq!(place.keys(), [current(&next)]);
        }
    }

    /// Opening a pipe for reading waits for a writer.
    #[cfg(unix)]
    #[test]
    fn does_not_wait_for_a_pipe() {
        let place = Place::new("pipe");
        let keys = place.keys();
        fs::remove_file(place.secrets()).unwrap();
        let made = std::process::Command::new("mkfifo").arg(place.secrets()).status().unwrap();
        assert!(made.success());
        place.reload().unwrap_err();
        assert_eq!(place.keys(), keys);
    }

    #[test]
    fn keeps_the_secrets_while_the_file_is_bad_or_missing_and_takes_the_next_good_one() {
        let place = Place::new("bad");
        let keys = place.keys();
        fs::remove_file(place.secrets()).unwrap();
        place.reload().unwrap_err();
        fs::write(place.secrets(), "hunter2").unwrap();
        assert!(place.reload().unwrap_err().contains("line 1: "));
        assert_eq!(place.keys(), keys);
        let next = secret();
        place.put(&next);
        place.reload().unwrap();
        assert_eq!(place.keys(), [current(&next)]);
    }
}

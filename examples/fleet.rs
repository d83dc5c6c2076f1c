//! One of several processes behind a proxy, with secrets that change while it runs:
//! `cargo run --example fleet --features axum,rotation -- SECRETS`, where SECRETS is a file that all of them read.
//!
//! Put another file in its place, by a rename, and it goes on with the secrets there; `/keys` tells which it has. Ctrl-C
//! ends it when the requests that it has are answered. `PORT` sets the port, a second argument moves its clock by so
//! many seconds.

#[cfg(unix)]
use std::os::unix::fs::MetadataExt;
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

/// What tells one file from another that was put in its place.
///
/// The time of its last change alone does not: two files of one archive may have the same. Nor does
/// the number of the inode, which the next file may get once this one is gone. So there is the time
/// of the inode's last change as well, which a rename sets.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    modified: SystemTime,
    len: u64,
    /// Device, number, and time of the last change in seconds and nanoseconds.
    #[cfg(unix)]
    inode: (u64, u64, i64, i64),
}

impl Seen {
    fn at(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self {
            modified: found.modified()?,
            len: found.len(),
            #[cfg(unix)]
            inode: (found.dev(), found.ino(), found.ctime(), found.ctime_nsec()),
        })
    }
}

/// Takes the secrets of the file if it is another one than was seen, and says what is seen now.
fn look(
    sessions: &CookieSessions,
    secrets: &Path,
    seen: Seen,
) -> Result<Seen, Box<dyn Error + Send + Sync>> {
    // Before the file is read: one that comes in between is then read once more.
    let now = Seen::at(secrets)?;
    if now != seen {
        sessions.rotate(Keyring::from_file(secrets)?);
    }
    Ok(now)
}

/// Looks for ever; what cannot be read is logged, and the secrets stay as they are.
async fn reload(sessions: CookieSessions, secrets: PathBuf, mut seen: Seen) {
    loop {
        tokio::time::sleep(LOOKS).await;
        let (sessions, secrets) = (sessions.clone(), secrets.clone());
        // Not on a thread that serves requests: a file system may take its time.
        let looked = tokio::task::spawn_blocking(move || look(&sessions, &secrets, seen)).await;
        match looked.map_err(Into::into).and_then(|looked| looked) {
            Ok(now) => seen = now,
            Err(error) => tracing::error!("the secrets stay as they are: {error}"),
        }
    }
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
    let seen = Seen::at(&secrets)?;
    let sessions = CookieSessions::builder(Keyring::from_file(&secrets)?).clock(clock).build()?;
    tokio::spawn(reload(sessions.clone(), secrets, seen));

    let port = env::var("PORT").map_or(Ok(8080), |port| port.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let interrupted = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, app(sessions)).with_graceful_shutdown(interrupted).await?)
}

#[cfg(test)]
mod tests {
    use sealed_session::{KeyRole, Secret};

    use super::*;

    /// A folder of its own for each test, with a file of secrets in it, and sessions of these.
    struct Place {
        folder: PathBuf,
        sessions: CookieSessions,
        seen: Seen,
    }

    impl Place {
        fn new(name: &str) -> Self {
            let folder = env::temp_dir().join(format!("fleet-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let secrets = folder.join("secrets");
            fs::write(&secrets, secret()).unwrap();
            let seen = Seen::at(&secrets).unwrap();
            let sessions = CookieSessions::new(Keyring::from_file(&secrets).unwrap());
            Self { folder, sessions, seen }
        }

        fn secrets(&self) -> PathBuf {
            self.folder.join("secrets")
        }

        /// Puts another file in place, with the time of the one that was there.
        fn put(&self, text: &str) {
            let next = self.folder.join("next");
            fs::write(&next, text).unwrap();
            let time = fs::metadata(self.secrets()).unwrap().modified().unwrap();
            fs::File::options().write(true).open(&next).unwrap().set_modified(time).unwrap();
            fs::rename(next, self.secrets()).unwrap();
        }

        fn look(&mut self) -> Result<(), String> {
            let looked = look(&self.sessions, &self.secrets(), self.seen);
            self.seen = looked.map_err(|error| error.to_string())?;
            Ok(())
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

    /// What the sessions of this text's first secret have.
    fn current(text: &str) -> String {
        let sessions = CookieSessions::new(Keyring::new(text.parse().unwrap()));
        let (_, id) = sessions.keys().next().unwrap();
        format!("{} {id}", KeyRole::Current)
    }

    #[cfg(unix)]
    #[test]
    fn takes_the_secrets_of_another_file_of_the_same_time_and_length() {
        let mut place = Place::new("same");
        for _ in 0..3 {
            let next = secret();
            place.put(&next);
            place.look().unwrap();
            assert_eq!(place.keys(), [current(&next)]);
        }
    }

    #[test]
    fn reads_a_file_once() {
        let mut place = Place::new("once");
        place.sessions.rotate(Keyring::new(Secret::generate()));
        let keys = place.keys();
        place.look().unwrap();
        assert_eq!(place.keys(), keys, "the file is the one that was seen");
    }

    #[test]
    fn keeps_the_secrets_while_the_file_is_bad_or_missing_and_takes_the_next_good_one() {
        let mut place = Place::new("bad");
        let keys = place.keys();
        fs::remove_file(place.secrets()).unwrap();
        place.look().unwrap_err();
        fs::write(place.secrets(), "hunter2").unwrap();
        for _ in 0..2 {
            assert!(place.look().unwrap_err().contains("line 1: "), "at each look");
            assert_eq!(place.keys(), keys);
        }
        let next = secret();
        place.put(&next);
        place.look().unwrap();
        assert_eq!(place.keys(), [current(&next)]);
    }
}

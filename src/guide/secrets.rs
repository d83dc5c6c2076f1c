//! Secrets: how to make, store and replace them.
//!
//! The secret seals every session. Anybody who has it can make sessions for any user, so treat it like the password of
//! a database.
//!
//! # Make a secret
//!
//! ```sh
//! openssl rand -base64 32
//! ```
//!
//! Put the output into the environment variable `SESSION_SECRET`, the same on every machine. Without a secret, refuse
//! to start:
//!
//! ```
//! use sealed_session::{CookieSessions, Keyring};
//!
//! fn sessions() -> Result<CookieSessions, Box<dyn std::error::Error>> {
//!     let keyring = Keyring::from_env("SESSION_SECRET")?;
//!     let keyring = keyring.ok_or("set SESSION_SECRET: openssl rand -base64 32")?;
//!     Ok(CookieSessions::new(keyring))
//! }
//!
//! fn main() {
//!     let error = sessions().unwrap_err().to_string();
//!     assert_eq!(error, "set SESSION_SECRET: openssl rand -base64 32");
//! }
//! ```
//!
//! In development, [`Keyring::ephemeral`](crate::Keyring::ephemeral) draws a *boot key*: every session ends with the
//! process. In production, two workers with different boot keys make log-ins fail at random.
//!
//! # Which texts are accepted
//!
//! At least 32 bytes, written as one of these:
//!
//! | text | for example |
//! |---|---|
//! | base64 or base64url, with or without padding | `openssl rand -base64 32`, [`Secret::generate`](crate::Secret::generate) |
//! | hexadecimal, an even number of digits | `openssl rand -hex 32` |
//!
//! A text that has only hexadecimal digits is always read as hexadecimal. One line end after the secret and one byte
//! order mark before it are ignored.
//!
//! A text is refused if it is unlikely to be random, or if it was probably copied wrongly. The error says what was
//! found and how to make a secret. It never shows the text.
//!
//! | refused | why |
//! |---|---|
//! | fewer than 32 bytes after decoding | can be guessed |
//! | a block of up to 16 bytes that repeats; fewer than 12 different byte values | not random |
//! | base64 without letters of both cases | reads like a pass phrase |
//! | the example from this documentation: `RHq80IP/ov3yxr33cuj/gZ+kO0eSgMCo9MfLYdgVFss` | everybody can read it |
//! | quotation marks around the secret | `docker run --env-file` and some `.env` readers keep them |
//! | `base64:`, `SESSION_SECRET=` or `0x` in front of it | copied with the secret |
//! | a second, short line | the rest of a wrapped secret: `openssl rand -base64 64` prints two lines |
//!
//! ```
//! use sealed_session::Secret;
//!
//! fn main() {
//!     let text = "'RHq80IP/ov3yxr33cuj/gZ+kO0eSgMCo9MfLYdgVFss='";
//!     let refused = text.parse::<Secret>().unwrap_err();
//!     assert_eq!(
//!         refused.to_string(),
//!         "the secret has quotation marks around it, which some readers of .env files keep; \
//!          expected at least 32 random bytes as hex or base64, such as `openssl rand -base64 32` \
//!          prints"
//!     );
//! }
//! ```
//!
//! A pass phrase of mixed case without spaces is valid base64 and cannot be detected. Do not invent a secret: let a
//! program draw it.
//!
//! # Put several secrets into one variable
//!
//! Separate them by spaces, line ends or commas:
//!
//! ```text
//! SESSION_SECRET="NEW OLD upcoming:NEXT"
//! ```
//!
//! | secret | role | seals | opens |
//! |---|---|---|---|
//! | the first one | current | yes | yes |
//! | after `upcoming:` | upcoming: other machines seal with it already, or will soon | no | yes |
//! | any other | previous: it sealed until recently; a session that it opens is sealed again with the current secret | no | yes |
//!
//! Keep secrets at 32 bytes. A longer one may be wrapped by the tool that prints it, and each line then counts as a
//! secret.
//!
//! # Read secrets from a file
//!
//! [`Keyring::from_file`](crate::Keyring::from_file) reads the same list from a file. Comments begin with `#`:
//!
//! ```text
//! NEW              # since 1 May
//! OLD              # until 15 May
//! upcoming:NEXT
//! ```
//!
//! The file is read without waiting: a pipe, a device or a file that changes while it is read is an error. To replace
//! the file, write a new one beside it and rename it.
//!
//! Only the server should be able to read the file. This library does not check that.
//!
//! # Rotate a secret
//!
//! Replace the secret from time to time, for example each year and when a person who knew it leaves. Nobody is logged
//! out. CSRF tokens, open forms and flash messages stay valid as well. Each step must reach every machine before the next
//! step begins.
//!
//! ```text
//! step              start        1. upcoming           2. current          3. drop
//! SESSION_SECRET    "OLD"        "OLD upcoming:NEW"    "NEW OLD"           "NEW"
//!                   │            │                     │                   │
//! OLD               seals ────── seals ─────────────── opens ───────────── ╳
//! NEW                            opens ─────────────── seals ───────────── seals ───►
//!                                │                     │                   │
//! before the                     every machine         the idle timeout
//! next step                      logs the same keys    has passed
//! ```
//!
//! 1. **Upcoming.** Make `NEW`, and set `SESSION_SECRET="OLD upcoming:NEW"`. Then compare the key ids that each machine
//!    logs at start, or that [`keys`](crate::CookieSessions::keys) returns. Go on when they are the same everywhere.
//!    *Way back:* `SESSION_SECRET="OLD"`. Nothing has been sealed with `NEW`.
//! 2. **Current.** Set `SESSION_SECRET="NEW OLD"`. New sessions are sealed with `NEW`. A session that was sealed with
//!    `OLD` is opened, and sealed again with a later response.
//!    *Way back:* step 1. Every machine opens both.
//! 3. **Drop.** Wait until the idle timeout has passed since the last machine took step 2: 14 days by default. If you
//!    use [`set_idle_timeout`](crate::Session::set_idle_timeout), wait for the absolute timeout: 30 days by default.
//!    After that, no session needs `OLD` anymore. If you [seal values](super::sealed_values), keep `OLD` as previous
//!    for the longest lifetime of any [`sealer`](crate::CookieSessions::sealer), or give the sealers [a secret of their
//!    own](super::sealed_values#what-it-does-not-do). Set `SESSION_SECRET="NEW"`.
//!    *Way back:* step 2. A cookie that cannot be opened is never deleted for that reason, so no session was lost.
//!
//! The program `sealed-session` [takes these steps in a file](super::command_line#rotate-the-secrets-of-a-file), and
//! refuses a step that comes too early.
//!
//! Do not skip step 1 if there is more than one machine. A machine that only knows `OLD` cannot open a session that
//! another machine has sealed with `NEW`. The user appears logged out there, and the next write replaces the session.
//!
//! The log shows the keys and their roles at start:
//!
//! ```text
//! INFO sealed_session: sessions are configured name="__Host-session" transport=Https
//!     keys="current 3f0a, upcoming 91c4"
//! ```
//!
//! # Rotate without a restart
//!
//! With the feature `rotation`, [`rotate`](crate::CookieSessions::rotate) replaces the secrets of every clone while
//! requests are served. Each step above is one call:
//!
//! ```
//! use http::{Request, Response};
//! use sealed_session::{CookieSessions, Keyring, Secret};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let (old, new) = (Secret::generate(), Secret::generate());
//!     let sessions = CookieSessions::new(Keyring::new(old.clone()));
//!     let mut session = sessions.fresh();
//!     session.set("user", "alice");
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = Request::builder().header("cookie", cookie).body(())?;
//!
//!     sessions.rotate(Keyring::new(old.clone()).upcoming(new.clone())); // 1. upcoming
//!     sessions.rotate(Keyring::new(new.clone()).previous(old)); // 2. current
//!     let session = sessions.decode(&request);
//!     assert_eq!(session.get("user"), Some("alice"));
//!
//!     let mut response = Response::new(());
//!     sessions.encode(&session, &mut response)?; // sealed again, with the new secret
//!     let session = sessions.from_response(response.headers()).unwrap();
//!     let cookie = sessions.request_cookie(&session)?;
//!     let request = Request::builder().header("cookie", cookie).body(())?;
//!
//!     sessions.rotate(Keyring::new(new)); // 3. drop
//!     assert_eq!(sessions.decode(&request).get("user"), Some("alice"));
//!     Ok(())
//! }
//! ```
//!
//! To follow a file, read it again every few seconds. If it has the secrets that are in use, in the same roles,
//! `rotate` changes nothing and logs nothing. If the file is not valid, the secrets stay as they are. Log such an error
//! once, not at each reading:
//!
//! ```
//! use std::{fs, path::{Path, PathBuf}, time::Duration};
//! use sealed_session::{CookieSessions, Keyring, KeyringFileError};
//!
//! /// Takes the secrets of the file. If they are those in use, nothing changes.
//! fn reload(sessions: &CookieSessions, file: &Path) -> Result<(), KeyringFileError> {
//!     sessions.rotate(Keyring::from_file(file)?);
//!     Ok(())
//! }
//!
//! /// Reloads the file for as long as the process runs.
//! async fn follow(sessions: CookieSessions, file: PathBuf) {
//!     let mut last = String::new();
//!     loop {
//!         tokio::time::sleep(Duration::from_secs(5)).await;
//!         let (sessions, file) = (sessions.clone(), file.clone());
//!         // Not on a thread that serves requests: a file system can be slow.
//!         let reloaded = tokio::task::spawn_blocking(move || reload(&sessions, &file)).await;
//!         let error = match reloaded {
//!             Ok(Ok(())) => String::new(),
//!             Ok(Err(error)) => error.to_string(),
//!             Err(error) => error.to_string(),
//!         };
//!         if !error.is_empty() && error != last {
//!             tracing::error!("the secrets stay as they are: {error}");
//!         }
//!         last = error;
//!     }
//! }
//!
//! /// Call it at start, inside of the runtime.
//! fn sessions(file: PathBuf) -> Result<CookieSessions, KeyringFileError> {
//!     let sessions = CookieSessions::new(Keyring::from_file(&file)?);
//!     tokio::spawn(follow(sessions.clone(), file));
//!     Ok(sessions)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let file = std::env::temp_dir().join(format!("guide-secrets-{}", std::process::id()));
//!     fs::write(&file, sealed_session::Secret::generate().expose_base64url())?;
//!     let sessions = sessions(file.clone())?;
//!     let before: Vec<_> = sessions.keys().collect();
//!
//!     fs::write(&file, "not a secret")?;
//!     assert!(reload(&sessions, &file).is_err());
//!     assert!(sessions.keys().eq(before.iter().copied())); // the secrets stay as they are
//!
//!     fs::write(&file, sealed_session::Secret::generate().expose_base64url())?;
//!     reload(&sessions, &file)?;
//!     assert!(sessions.keys().ne(before));
//!     Ok(fs::remove_file(file)?)
//! }
//! ```
//!
//! Read the file itself, and do not rely on its modification time: mounted secrets are swapped by a symbolic link, and
//! two files can have the same time. The file is small, and reading it takes microseconds.
//!
//! `examples/fleet.rs` in the repository is a whole server that does this, with tests. It also has a route that prints
//! its keys. `examples/mounted_secrets` also reacts to notifications of the file system. After each step the log has a
//! line with the new keys:
//!
//! ```text
//! INFO sealed_session: the secrets were rotated name="__Host-session" keys="current 91c4,
//!     previous 3f0a"
//! ```
//!
//! If the current secret was not among those before, the event has an `advice`: step 1 was skipped here. If none of those
//! before is left, a warning says that every session ends.
//!
//! # Mount secrets with Kubernetes, Docker or systemd
//!
//! [Mounted secrets](super::mounted_secrets) has the manifests, and says when a process sees a new version of the file.
//! If the file does not change while the process runs, each step of a rotation needs a restart. That is just as safe.
//!
//! # A secret has leaked
//!
//! There is no grace period, because an attacker can make sessions with the secret:
//!
//! 1. Set `SESSION_SECRET="NEW"` on every machine at once, *without* the leaked one. With `rotate`, this also covers
//!    requests that are being handled: what the leaked secret opened is not sealed again
//!    ([`Sent::Withheld`](crate::Sent::Withheld)).
//! 2. Every session ends. Users log in again. [Sealed values](super::sealed_values), such as links in e-mails, end too.
//! 3. Find out what was done with the leaked secret. Forged sessions look like real ones in the log.

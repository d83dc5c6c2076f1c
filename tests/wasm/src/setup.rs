//! What the host decides: secrets, clock, and that they change.

use std::cell::RefCell;

use axum::Router;
use sealed_session::{Builder, ConfigError, CookieSessions, Keyring, LocalDenyList, SecretError};

use crate::{Now, layers};

pub struct Site {
    pub sessions: CookieSessions,
    pub router: Router,
}

thread_local! {
    static SITE: RefCell<Option<Site>> = const { RefCell::new(None) };
}

pub fn with_site<R>(act: impl FnOnce(&Site) -> R) -> R {
    SITE.with_borrow(|site| act(site.as_ref().expect("started")))
}

/// `secret: text`, the current one first; the others are previous.
fn keyring(lines: &str) -> Result<Keyring, SecretError> {
    let mut secrets = lines.lines().filter_map(|line| line.strip_prefix("secret: "));
    let current = secrets.next().unwrap_or_default().parse()?;
    secrets.try_fold(Keyring::new(current), |ring, text| Ok(ring.previous(text.parse()?)))
}

fn open(built: Result<CookieSessions, ConfigError>) -> String {
    match built {
        Ok(sessions) => {
            let router = layers::router(sessions.clone());
            SITE.replace(Some(Site { sessions, router }));
            "started".to_owned()
        }
        Err(error) => error.to_string(),
    }
}

fn with_keyring(lines: &str, build: impl FnOnce(Keyring) -> String) -> String {
    keyring(lines).map_or_else(|error| error.to_string(), build)
}

/// With a list of what has ended: a module that is one instance may have it in memory.
fn site(keyring: Keyring) -> Builder<sealed_session::Dict> {
    CookieSessions::builder(keyring).revocation(LocalDenyList::new(100))
}

pub fn start(lines: &str, now: Now) -> String {
    with_keyring(lines, |keyring| open(site(keyring).clock(now).build()))
}

pub fn start_without_clock(lines: &str) -> String {
    with_keyring(lines, |keyring| open(site(keyring).build()))
}

pub fn new(lines: &str) -> String {
    with_keyring(lines, |keyring| open(Ok(CookieSessions::new(keyring))))
}

/// With a boot key, which is drawn now.
pub fn ephemeral(now: Now) -> String {
    open(site(Keyring::ephemeral()).clock(now).build())
}

pub fn rotate(lines: &str) -> String {
    with_keyring(lines, |keyring| {
        with_site(|site| site.sessions.rotate(keyring));
        "rotated".to_owned()
    })
}

/// What there is where there are neither variables nor files.
pub fn environment() -> String {
    let variable = Keyring::from_env("SESSION_SECRET").map(|found| found.is_some());
    let file = Keyring::from_file("/run/secrets/session").map(|_| ());
    format!("{variable:?}\n{file:?}")
}

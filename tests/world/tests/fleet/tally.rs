//! What the clients share: where the story is, and what they counted.

use std::fmt;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, SET_COOKIE};
use sealed_session::{CookieSessions, Keyring};
use tokio::time::{Instant, sleep};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// What holds for requests that begin now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Nothing special.
    Before,
    /// No machine has the old secret any more.
    Retired,
    /// The same, and a process with a wrong secret answers some of those who read at `/reading/`.
    Stray,
}

#[derive(Debug, Default)]
pub struct Tally {
    pub requests: AtomicU64,
    pub sessions: AtomicU64,
    /// Answers to somebody who had a session and was taken for a stranger.
    pub lost: AtomicU64,
    /// Answers with other data than what was written last.
    pub wrong: AtomicU64,
    /// Cookies that the old secret sealed after it was dropped.
    pub stale: AtomicU64,
    pub set_cookies_on_reads: AtomicU64,
    /// Those among them that were not from the old secret to the new one.
    pub needless: AtomicU64,
    pub reseals: AtomicU64,
    /// Requests without a response of a machine: it was ended meanwhile. They are sent again.
    pub failed: AtomicU64,
    /// Answers of the process with the wrong secret to somebody who had a session.
    pub strangers: AtomicU64,
    pub stray_log_outs: AtomicU64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [requests, sessions, lost, wrong, stale, set, failed, strangers] = [
            &self.requests,
            &self.sessions,
            &self.lost,
            &self.wrong,
            &self.stale,
            &self.set_cookies_on_reads,
            &self.failed,
            &self.strangers,
        ]
        .map(|count| count.load(Relaxed));
        writeln!(f, "fleet: {failed} requests were sent again, {strangers} met the wrong secret")?;
        write!(
            f,
            "fleet requests={requests} sessions={sessions} lost={lost} wrong={wrong} stale={stale}"
        )?;
        write!(f, " set_cookies_on_reads={set}")
    }
}

/// Tells which secret sealed a cookie.
#[derive(Debug)]
pub struct Judge {
    old: CookieSessions,
    new: CookieSessions,
}

impl Judge {
    pub fn new(old: &str, new: &str) -> Self {
        let alone = |secret: &str| CookieSessions::new(Keyring::new(secret.parse().unwrap()));
        Self { old: alone(old), new: alone(new) }
    }

    pub fn is_old(&self, line: &HeaderValue) -> bool {
        self.old.from_response(&headers(line)).is_some()
    }

    pub fn is_new(&self, line: &HeaderValue) -> bool {
        self.new.from_response(&headers(line)).is_some()
    }
}

fn headers(line: &HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([(SET_COOKIE, line.clone())])
}

#[derive(Debug)]
pub struct Shared {
    pub tally: Tally,
    pub judge: Judge,
    phase: AtomicU8,
    round: AtomicU64,
    /// The round in which each client last got a response to a request that it began in it.
    came_by: Vec<AtomicU64>,
    stopped: AtomicBool,
}

impl Shared {
    pub fn new(clients: usize, judge: Judge) -> Self {
        let came_by = (0..clients).map(|_| AtomicU64::new(0)).collect();
        Self {
            tally: Tally::default(),
            judge,
            phase: AtomicU8::new(Phase::Before as u8),
            round: AtomicU64::new(0),
            came_by,
            stopped: AtomicBool::new(false),
        }
    }

    pub fn begin(&self, phase: Phase) {
        self.phase.store(phase as u8, SeqCst);
    }

    pub fn phase(&self) -> Phase {
        let phases = [Phase::Before, Phase::Retired, Phase::Stray];
        phases[usize::from(self.phase.load(SeqCst))]
    }

    pub fn round(&self) -> u64 {
        self.round.load(SeqCst)
    }

    pub fn came_by(&self, client: usize, round: u64) {
        self.came_by[client].store(round, SeqCst);
    }

    pub fn stop(&self) {
        self.stopped.store(true, SeqCst);
    }

    pub fn stopped(&self) -> bool {
        self.stopped.load(SeqCst)
    }

    /// Until so many more requests were answered.
    pub async fn wait_for(&self, requests: u64) {
        self.wait_until(self.tally.requests.load(Relaxed) + requests).await;
    }

    pub async fn wait_until(&self, requests: u64) {
        patiently("requests", || self.tally.requests.load(Relaxed) >= requests).await;
    }

    /// Until each client got a response to a request that it begins from now on.
    pub async fn everybody_comes_by(&self) {
        let round = self.round.fetch_add(1, SeqCst) + 1;
        patiently("everybody", || self.came_by.iter().all(|client| client.load(SeqCst) >= round))
            .await;
    }
}

/// Until it is so.
pub async fn patiently(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "still waiting for {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

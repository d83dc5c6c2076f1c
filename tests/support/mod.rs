//! What the tests share: a fixed clock, fixed secrets, and a client that sends back what it was sent.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::io::Write;
use std::process::Command;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use sealed_session::{CookieSessions, Keyring, Payload, Secret, Sent, Session};
use tracing::dispatcher::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::fmt::MakeWriter;

pub const NOW: u64 = 1_700_000_000;
pub const DAY: u64 = 86_400;
/// The full name of the cookie by default.
pub const NAME: &str = "__Host-session";

/// So many seconds after 1970.
pub fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// This test program again, to run one test of a module (`module_path!()`) and print what it prints.
pub fn again(module: &str, test: &str) -> Command {
    let test =
        module.split_once("::").map_or(test.to_owned(), |(_, module)| format!("{module}::{test}"));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", &test, "--nocapture"]);
    child
}

/// Lets each thread listen for itself: while there is only one listener, `tracing` may remember that nobody listens, from a
/// thread where nobody does.
pub fn each_thread_for_itself() {
    static OTHERS: OnceLock<[Dispatch; 2]> = OnceLock::new();
    OTHERS.get_or_init(|| [(); 2].map(|()| Dispatch::new(NoSubscriber::new())));
}

/// What is logged while it is the default subscriber.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub fn listen(&self) -> tracing::subscriber::DefaultGuard {
        each_thread_for_itself();
        let everything =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        tracing::subscriber::set_default(everything.with_writer(self.clone()).finish())
    }

    pub fn all(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    #[track_caller]
    pub fn says(&self, level: &str, words: &str) {
        let log = self.all();
        let said = |line: &str| {
            line.contains(level) && line.contains(" sealed_session: ") && line.contains(words)
        };
        assert!(log.lines().any(said), "no {level} {words:?} in:\n{log}");
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Events that only a listener of one test hears are printed for `.ci/silence` too.
        if std::env::var_os("TRACE").is_some() {
            print!("{}", String::from_utf8_lossy(bytes));
        }
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Log {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Prints every event of the library if the environment asks for it; `.ci/silence` then reads all that is printed.
fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| {
        if std::env::var_os("TRACE").is_some() {
            let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
            // In one program with other tests, somebody may listen already.
            let _ = everything.with_ansi(false).without_time().try_init();
        }
    });
}

/// The n-th secret.
pub fn secret(n: u8) -> Secret {
    listen();
    let bytes: Vec<u8> = (0..32).map(|i| i ^ n.wrapping_mul(37)).collect();
    Secret::from_bytes(&bytes).unwrap()
}

/// A session with the extension 2, which is not known, sealed under the first secret at `NOW`.
pub const UNKNOWN_EXTENSION: &str = "AcKaBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH8lH_OCV-Vqq_cmTdNYN50X-llqAN-r2mUtlNTga7d-wf0P4pZcM0W_R3Ii8N6XGeKD8TNfNe0Q";

/// A keyring of the n-th secret.
pub fn ring(n: u8) -> Keyring {
    Keyring::new(secret(n))
}

/// Sessions with all defaults under the first secret.
pub fn sessions() -> CookieSessions {
    CookieSessions::new(ring(1))
}

/// Request header fields with these `Cookie` fields.
pub fn cookies<F: AsRef<[u8]>>(fields: impl IntoIterator<Item = F>) -> HeaderMap {
    fields
        .into_iter()
        .map(|field| (COOKIE, HeaderValue::from_bytes(field.as_ref()).unwrap()))
        .collect()
}

/// Decodes a request with one `Cookie` field that comes over the coder's own transport.
pub fn decode<T: Payload>(sessions: &CookieSessions<T>, cookie: &str, now: u64) -> Session<T> {
    sessions.decode_at(&cookies([cookie]), sessions.transport(), at(now))
}

/// Decodes a request without cookies.
pub fn visit<T: Payload>(sessions: &CookieSessions<T>, now: u64) -> Session<T> {
    sessions.decode_at(&HeaderMap::new(), sessions.transport(), at(now))
}

/// Encodes to an empty 200.
#[track_caller]
pub fn encode<T: Payload>(
    sessions: &CookieSessions<T>,
    session: &Session<T>,
    now: u64,
) -> (Sent, HeaderMap) {
    let mut headers = HeaderMap::new();
    let sent = sessions.encode_at(session, &mut headers, StatusCode::OK, at(now)).unwrap();
    (sent, headers)
}

/// The only `Set-Cookie` header, whole.
#[track_caller]
pub fn line(headers: &HeaderMap) -> String {
    assert_eq!(headers.get_all(SET_COOKIE).iter().count(), 1, "exactly one Set-Cookie line");
    headers[SET_COOKIE].to_str().unwrap().to_owned()
}

/// `name=token` of the only `Set-Cookie` header, as a browser sends it back.
#[track_caller]
pub fn pair(headers: &HeaderMap) -> String {
    line(headers).split(';').next().unwrap().to_owned()
}

/// `name=token` of a fresh session with these entries, sealed at `now`.
#[track_caller]
pub fn sealed(sessions: &CookieSessions, entries: &[(&str, &str)], now: u64) -> String {
    let mut session = visit(sessions, now);
    session.data_mut().extend(entries.iter().copied());
    session.touch();
    pair(&encode(sessions, &session, now).1)
}

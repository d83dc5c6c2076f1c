//! What the hook writes to a real Redis and reads from it: which sessions have ended, and for how
//! long each entry is kept. `redis-server` has to be installed.

mod server;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use revocation_redis::RedisRevocation;
use sealed_session::{
    AsyncRevocation, CookieSessions, Keyring, Label, Rejection, Revocation, RevocationQuery,
    RevokedSession, Secret, Session, Transport, Unavailable,
};
use server::{Process, ask_redis, free_port, redis};
use tokio::runtime::Runtime;

/// When the sessions of these tests begin.
const NOW: u64 = 1_700_000_000;
const DAY: u64 = 24 * 60 * 60;
/// What clocks may differ by, in seconds: an entry is kept for so long after its session ended.
const TOLERANCE: u64 = 300;

/// A Redis, what waits for it, and the secret of every application.
struct World {
    port: u16,
    _redis: Process,
    runtime: Arc<Runtime>,
    secret: Secret,
}

impl World {
    fn new() -> Self {
        let port = free_port();
        let runtime = Arc::new(Runtime::new().unwrap());
        Self { port, _redis: redis(port), runtime, secret: Secret::generate() }
    }

    /// A process that connects as this application, and has no sessions of its own.
    fn tool(&self, application: &str) -> Store {
        let url = format!("redis://127.0.0.1:{}/", self.port);
        let _entered = self.runtime.enter();
        let redis = RedisRevocation::connect(&url, application, 1).unwrap();
        Store { redis: Arc::new(redis), runtime: Arc::clone(&self.runtime) }
    }

    /// A process that serves sessions of this application, which last so many days at most.
    fn server(&self, application: &str, days: u64) -> Server {
        let store = self.tool(application);
        let sessions = CookieSessions::builder(Keyring::new(self.secret.clone()))
            .revocation(store.clone())
            .subject(|dict| dict.get("user").map(Into::into))
            .absolute_timeout(Duration::from_secs(days * DAY))
            .idle_timeout(Duration::from_secs(DAY))
            .build()
            .unwrap();
        Server { store, sessions }
    }

    /// Seconds until this key goes.
    #[track_caller]
    fn expires_in(&self, key: &str) -> u64 {
        let reply = self.ask(&format!("TTL {key}"));
        reply.parse().unwrap_or_else(|_| panic!("{key} has no expiry: {reply}"))
    }

    fn ask(&self, command: &str) -> String {
        ask_redis(self.port, command).unwrap()[1..].to_owned()
    }
}

/// The asynchronous hook where a test can wait.
#[derive(Clone)]
struct Store {
    redis: Arc<RedisRevocation>,
    runtime: Arc<Runtime>,
}

impl Store {
    #[track_caller]
    fn deny_before(&self, subject: &str, instant: u64, except: Option<Label>) {
        self.runtime.block_on(self.redis.deny_before(subject, at(instant), except)).unwrap();
    }
}

impl Revocation for Store {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.runtime.block_on(self.redis.is_revoked(asked))
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.runtime.block_on(self.redis.revoke(ended))
    }

    fn attached(&self, absolute_timeout: Duration) {
        self.redis.attached(absolute_timeout);
    }
}

struct Server {
    store: Store,
    sessions: CookieSessions,
}

impl Server {
    /// The cookie of a session that begins then, and its label.
    fn log_in(&self, user: &str, now: u64) -> (HeaderMap, Label) {
        let mut session = self.sessions.decode_at(&HeaderMap::new(), Transport::Https, at(now));
        session.set("user", user);
        let mut response = HeaderMap::new();
        self.sessions.encode_at(&session, &mut response, StatusCode::OK, at(now)).unwrap();
        let cookie = response[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap();
        let cookie = HeaderValue::from_str(cookie).unwrap();
        (HeaderMap::from_iter([(header::COOKIE, cookie)]), session.label())
    }

    fn decode(&self, cookie: &HeaderMap, now: u64) -> Session {
        let session = self.sessions.decode_at(cookie, Transport::Https, at(now));
        assert!(matches!(session.rejection(), None | Some(Rejection::Revoked)), "{session:?}");
        session
    }

    fn is_revoked(&self, cookie: &HeaderMap, now: u64) -> bool {
        self.decode(cookie, now).rejection().is_some()
    }

    fn revoke(&self, mut session: Session, now: u64) {
        session.revoke();
        let mut response = HeaderMap::new();
        self.sessions.encode_at(&session, &mut response, StatusCode::OK, at(now)).unwrap();
    }
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The seconds of the real clock, which Redis counts by.
fn today() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Within the minute that the test may have taken.
#[track_caller]
fn assert_about(found: u64, expected: u64) {
    assert!((expected - 60..=expected).contains(&found), "{found} of {expected}");
}

#[test]
fn a_tool_without_sessions_of_its_own_ends_those_of_the_servers_and_keeps_what_was_denied() {
    let world = World::new();
    let (server, tool) = (world.server("shop", 30), world.tool("shop"));
    let (laptop, except) = server.log_in("bob", NOW);
    let (phone, _) = server.log_in("bob", NOW);
    server.store.deny_before("bob", NOW, Some(except));
    assert!(server.is_revoked(&phone, NOW + 1) && !server.is_revoked(&laptop, NOW + 1));

    tool.deny_before("bob", NOW - 1, None);
    assert!(server.is_revoked(&phone, NOW + 1), "what was denied before");
    tool.deny_before("bob", NOW, None);
    assert!(server.is_revoked(&phone, NOW + 1) && server.is_revoked(&laptop, NOW + 1));

    let (alice, _) = server.log_in("alice", NOW);
    tool.deny_before("alice", NOW, None);
    assert!(server.is_revoked(&alice, NOW + 1), "somebody about whom nothing was known");
    // It does not know how long a session may last, so it takes the longest that there is.
    assert_about(world.expires_in("shop:before:alice"), 400 * DAY + TOLERANCE);
}

#[test]
fn a_denial_lasts_as_long_as_the_sessions_that_it_ends() {
    let world = World::new();
    let server = world.server("shop", 30);
    for (subject, instant, days) in [
        ("long-ago", NOW, 30),
        ("now", today(), 30),
        // Sessions may begin until then, and last from then on.
        ("ahead", today() + 10 * DAY, 40),
    ] {
        server.store.deny_before(subject, instant, None);
        let key = format!("shop:before:{subject}");
        assert_about(world.expires_in(&key), days * DAY + TOLERANCE);
    }
}

#[test]
fn a_denial_is_never_made_shorter_and_is_made_longer() {
    let world = World::new();
    let servers = [30, 1, 60].map(|days| world.server("shop", days));
    for (server, days) in servers.iter().zip([30, 30, 60]) {
        server.store.deny_before("bob", today(), None);
        assert_about(world.expires_in("shop:before:bob"), days * DAY + TOLERANCE);
        server.store.deny_before("bob", today() - DAY, None);
        assert_about(world.expires_in("shop:before:bob"), days * DAY + TOLERANCE);
    }
}

#[test]
fn the_end_of_a_session_is_never_forgotten_earlier_and_may_be_later() {
    let world = World::new();
    let [server, of_longer] = [30, 60].map(|days| world.server("shop", days));
    let (cookie, label) = server.log_in("bob", NOW);
    let key = format!("shop:ended:{label}");
    let open = |server: &Server| server.decode(&cookie, NOW + 1);
    let sessions = [open(&server), open(&server), open(&of_longer)];
    let [first, late, longer] = sessions;
    server.revoke(first, NOW + 1);
    let expires = world.expires_in(&key);
    assert!((30 * DAY - 60..=30 * DAY + TOLERANCE).contains(&expires), "{expires}");
    server.revoke(late, NOW + 20 * DAY);
    assert!(world.expires_in(&key) >= expires - 60, "it is not made shorter");
    of_longer.revoke(longer, NOW + 1);
    let expires = world.expires_in(&key);
    assert!((60 * DAY - 60..=60 * DAY + TOLERANCE).contains(&expires), "{expires}");
    assert!(server.is_revoked(&cookie, NOW + 1));
}

#[test]
fn applications_that_share_a_redis_end_nothing_of_each_other() {
    let world = World::new();
    let [blog, shop] = ["blog", "shop"].map(|application| world.server(application, 30));
    let (bob, _) = shop.log_in("bob", NOW);
    blog.store.deny_before("bob", NOW, None);
    assert!(blog.is_revoked(&bob, NOW + 1) && !shop.is_revoked(&bob, NOW + 1));

    // One secret for both is a mistake, and labels are then the same.
    let (carol, _) = shop.log_in("carol", NOW);
    blog.revoke(blog.decode(&carol, NOW + 1), NOW + 1);
    assert!(blog.is_revoked(&carol, NOW + 1) && !shop.is_revoked(&carol, NOW + 1));
}

#[test]
fn an_application_without_a_name_of_its_own_is_refused() {
    let runtime = Runtime::new().unwrap();
    let _entered = runtime.enter();
    for application in ["", "shop:before", ":", "shop:"] {
        let refused = RedisRevocation::connect("redis://127.0.0.1/", application, 1);
        assert!(refused.is_err(), "{application:?}");
    }
}

#[test]
fn many_log_outs_of_one_subject_take_no_more_room_than_two() {
    let world = World::new();
    let server = world.server("shop", 30);
    let (cookie, _) = server.log_in("bob", NOW + 19);
    for n in 0..20 {
        let (_, label) = server.log_in("bob", NOW + n);
        server.store.deny_before("bob", NOW + n, Some(label));
        server.store.deny_before("bob", NOW + n, None);
    }
    assert!(world.ask("ZCARD shop:before:bob").parse::<u32>().unwrap() <= 2);
    assert!(server.is_revoked(&cookie, NOW + 20));
}

/// Whatever the calls and their order, a session has ended if and only if one of them ended it.
#[test]
fn of_several_denials_each_one_holds() {
    let world = World::new();
    let server = world.server("shop", 30);
    let mut drawn = 7_u64;
    let mut draw = |below: u64| {
        drawn =
            drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (drawn >> 33) % below
    };
    for user in (0..40).map(|n| format!("bob-{n}")) {
        let log_in = |n: u64| (NOW + n / 2, server.log_in(&user, NOW + n / 2));
        let sessions: Vec<_> = (0..8).map(log_in).collect();
        let mut denied: Vec<(u64, Option<Label>)> = Vec::new();
        for _ in 0..6 {
            let instant = NOW - 1 + draw(6);
            let spared = usize::try_from(draw(12)).unwrap();
            let except = sessions.get(spared).map(|(_, (_, label))| *label);
            server.store.deny_before(&user, instant, except);
            denied.push((instant, except));
            for (began, (cookie, label)) in &sessions {
                let ended = denied
                    .iter()
                    .any(|(instant, except)| began <= instant && *except != Some(*label));
                assert_eq!(server.is_revoked(cookie, NOW + 9), ended, "{began} {label} {denied:?}");
            }
        }
    }
}

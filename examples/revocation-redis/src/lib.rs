//! Sessions that a whole fleet can end: the revocation hook of `sealed-session` on Redis.
//!
//! ```text
//! <application>:ended:<label>       a session that was logged out; gone when its last copy has ended
//! <application>:before:<subject>    a sorted set: the session that a "log out everywhere" spared, or "-", by its instant
//! ```
//!
//! Labels are no secrets, and nobody can make a cookie from what is in there. Give Redis
//! `maxmemory-policy noeviction` and a journal (`appendonly yes`): what it forgets is no longer
//! revoked. A restart without a journal lets sessions come back.
//!
//! Both writes are scripts, each of one key, which Redis runs as one step. An entry must never go
//! earlier than an earlier call said, and commands alone do not say that on every server:
//! `ZADD … GT` came with Redis 6.2 and `EXPIRE … GT` with 7.0, where a key without an expiry counts
//! as one that lasts for ever, so that `GT` never gives it one. The scripts need `PTTL` as it is since
//! 2.8, where a missing key (-2) and one without an expiry (-1) are told apart.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, ErrorKind, RedisError, cmd, pipe};
use sealed_session::{
    AsyncRevocation, Label, Payload, RevocationQuery, RevokedSession, SessionHandle, Unavailable,
};

/// Seconds that a session may last where nobody has said so: the longest that the library allows.
const LONGEST: u64 = 400 * 24 * 60 * 60;

/// Seconds that the library lets clocks differ by: a session may be accepted for so long after it
/// ended by the clock of the machine where it began.
const TOLERANCE: u64 = 300;

/// Keeps for so many milliseconds from which second on a session is refused; longer, and from an
/// earlier second on, if that is kept already.
const REVOKE: &str = "
    local left = redis.call('PTTL', KEYS[1])
    local from = redis.call('GET', KEYS[1])
    if not from or tonumber(ARGV[2]) < tonumber(from) then
        from = ARGV[2]
    end
    if left == -1 then
        redis.call('SET', KEYS[1], from)
    else
        redis.call('SET', KEYS[1], from, 'PX', math.max(left, tonumber(ARGV[1])))
    end";

/// Adds an instant and whom it spares, for so many milliseconds, or for longer if the set is kept
/// already.
///
/// Of the set the two latest are enough, and it never grows: a session that began at the earlier of
/// the two or before is spared by one of them at most, so the other one has ended it.
const DENY: &str = "
    local left = redis.call('PTTL', KEYS[1])
    local known = redis.call('ZSCORE', KEYS[1], ARGV[2])
    if not known or tonumber(known) < tonumber(ARGV[1]) then
        redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
    end
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -3)
    if left ~= -1 and left < tonumber(ARGV[3]) then
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
    end";

/// Some connections to one Redis, each shared by many requests and made anew when it breaks.
pub struct RedisRevocation {
    application: String,
    pool: Vec<ConnectionManager>,
    turn: AtomicUsize,
    /// The longest that a session of any configuration of this process may last, in seconds; 0 in a
    /// process that has none.
    absolute: AtomicU64,
}

impl RedisRevocation {
    /// Connects lazily, so that a server starts while Redis is down; it responds with 503 to its sessions
    /// until then.
    ///
    /// Every process of one application gives the same name, and no two applications do: bob of the
    /// blog is not bob of the shop. A colon separates the name from what comes after it, so it has
    /// none itself.
    ///
    /// # Errors
    /// - A URL that is not one of Redis.
    /// - A name that is empty or has a colon in it.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn connect(url: &str, application: &str, connections: usize) -> Result<Self, RedisError> {
        if application.is_empty() || application.contains(':') {
            let refused = "the name of the application is empty or has a colon in it";
            return Err((ErrorKind::InvalidClientConfig, refused).into());
        }
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(Duration::from_millis(200)))
            .set_response_timeout(Some(Duration::from_millis(200)));
        let manager = |_| ConnectionManager::new_lazy_with_config(client.clone(), config.clone());
        let pool = (0..connections.max(1)).map(manager).collect::<Result<_, _>>()?;
        let application = application.to_owned();
        Ok(Self { application, pool, turn: AtomicUsize::new(0), absolute: AtomicU64::new(0) })
    }

    /// Ends every session of a subject but this one: "log out my other devices".
    ///
    /// A stolen cookie is a copy, and has the id of the session that it was copied from: this one is
    /// renewed first, and goes on under a new id. That drops its confirmation.
    ///
    /// # Errors
    /// A Redis that does not respond: nothing may have ended.
    pub async fn log_out_others<T: Payload>(
        &self,
        subject: &str,
        session: &SessionHandle<T>,
        now: SystemTime,
    ) -> Result<(), Unavailable> {
        let label = session.with(|session| {
            session.renew();
            session.id(); // draws it, so that it has a label
            session.label()
        });
        self.deny_before(subject, now, Some(label)).await
    }

    /// Ends every session of a subject that began at `instant` or before, but for one.
    ///
    /// Except none but an id that `renew` has just given, as `log_out_others` does: every copy of a
    /// cookie has its id. Without an exception it is "log out everywhere".
    ///
    /// Of the second of `instant` all end, before it or after. Clocks: a machine that is ahead may
    /// have begun sessions that seem to come later, so add what your clocks may differ by if that
    /// matters.
    ///
    /// The call holds for as long after `instant` as a session of this process may last. A tool that
    /// has no sessions of its own does not know how long that is, so that its calls hold for 400
    /// days, the longest that the library allows. No call makes another one hold for less.
    ///
    /// # Errors
    /// A Redis that does not respond: nothing may have ended.
    pub async fn deny_before(
        &self,
        subject: &str,
        instant: SystemTime,
        except: Option<Label>,
    ) -> Result<(), Unavailable> {
        let except = except.map_or("-".to_owned(), |label| label.to_string());
        let ahead = instant.duration_since(SystemTime::now()).unwrap_or_default().as_secs();
        let kept = ahead.saturating_add(self.absolute()).saturating_add(TOLERANCE);
        cmd("EVAL")
            .arg(DENY)
            .arg(1)
            .arg(self.before(subject))
            .arg(seconds(instant))
            .arg(except)
            .arg(milliseconds(Duration::from_secs(kept)))
            .query_async(&mut self.connection())
            .await
            .map_err(Unavailable::new)
    }

    /// Seconds that a session may last.
    fn absolute(&self) -> u64 {
        match self.absolute.load(Relaxed) {
            0 => LONGEST,
            seconds => seconds,
        }
    }

    fn ended(&self, label: Label) -> String {
        format!("{}:ended:{label}", self.application)
    }

    fn before(&self, subject: &str) -> String {
        format!("{}:before:{subject}", self.application)
    }

    fn connection(&self) -> ConnectionManager {
        self.pool[self.turn.fetch_add(1, Relaxed) % self.pool.len()].clone()
    }
}

impl AsyncRevocation for RedisRevocation {
    /// One round trip. If a call spared another session than this one, or none, it ended this one.
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        let (label, mut connection) = (asked.label(), self.connection());
        let ended = self.ended(label);
        let now = seconds(asked.now());
        let Some(subject) = asked.subject() else {
            let from: Option<u64> = connection.get(ended).await.map_err(Unavailable::new)?;
            return Ok(from.is_some_and(|from| from <= now));
        };
        let (before, created) = (self.before(subject), seconds(asked.created_at()));
        let mut pipe = pipe();
        pipe.get(ended).zrangebyscore_limit(before, created, "+inf", 0, 2);
        let (from, spared): (Option<u64>, Vec<String>) =
            pipe.query_async(&mut connection).await.map_err(Unavailable::new)?;
        Ok(from.is_some_and(|from| from <= now)
            || spared.iter().any(|other| other != label.as_str()))
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        cmd("EVAL")
            .arg(REVOKE)
            .arg(1)
            .arg(self.ended(ended.label()))
            .arg(milliseconds(ended.remaining()))
            .arg(seconds(ended.refused_from()))
            .query_async(&mut self.connection())
            .await
            .map_err(Unavailable::new)
    }

    fn attached(&self, absolute_timeout: Duration) {
        self.absolute.fetch_max(absolute_timeout.as_secs(), Relaxed);
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// At least one: Redis refuses an expiry of zero, and has none below a millisecond.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

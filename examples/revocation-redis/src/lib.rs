//! Sessions that a whole fleet can end: the revocation hook of `sealed-session` on Redis.
//!
//! ```text
//! session:ended:<label>       a session that was logged out; gone when its last copy has ended
//! session:before:<subject>    a sorted set: the session that a "log out everywhere" left alone, or "-", by its instant
//! ```
//!
//! Labels are no secrets, and nobody can make a cookie from what is in there. Give Redis `maxmemory-policy noeviction` and
//! a journal (`appendonly yes`): what it forgets is no longer revoked. A restart without a journal lets sessions come back.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{AsyncCommands, Client, RedisError, pipe};
use sealed_session::{AsyncRevocation, Label, RevocationQuery, RevokedSession, Unavailable};

/// Some connections to one Redis, each shared by many requests and made anew when it breaks.
pub struct RedisRevocation {
    pool: Vec<ConnectionManager>,
    turn: AtomicUsize,
    /// How long a session may last, in seconds.
    absolute: AtomicU64,
}

impl RedisRevocation {
    /// Connects lazily, so that a server starts while Redis is down; it answers 503 to its sessions until then.
    ///
    /// # Errors
    /// A URL that is not one of Redis.
    pub fn connect(url: &str, connections: usize) -> Result<Self, RedisError> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(0)
            .set_connection_timeout(Some(Duration::from_millis(200)))
            .set_response_timeout(Some(Duration::from_millis(200)));
        let manager = |_| ConnectionManager::new_lazy_with_config(client.clone(), config.clone());
        let pool = (0..connections.max(1)).map(manager).collect::<Result<_, _>>()?;
        Ok(Self { pool, turn: AtomicUsize::new(0), absolute: AtomicU64::new(0) })
    }

    /// Ends every session of a subject that began at `instant` or before, but for one: "log out everywhere" and "log out my
    /// other devices".
    ///
    /// Of the second of `instant` all end, before it or after. Clocks: a machine that is ahead may have begun sessions that
    /// seem to come later, so add what your clocks may differ by if that matters.
    ///
    /// # Errors
    /// A Redis that does not answer: nothing may have ended.
    pub async fn deny_before(
        &self,
        subject: &str,
        instant: SystemTime,
        except: Option<Label>,
    ) -> Result<(), Unavailable> {
        let key = format!("session:before:{subject}");
        let except = except.map_or("-".to_owned(), |label| label.to_string());
        let mut pipe = pipe();
        pipe.atomic().cmd("ZADD").arg(&key).arg("GT").arg(seconds(instant)).arg(except).ignore();
        pipe.expire(&key, self.absolute.load(Relaxed).cast_signed()).ignore();
        pipe.query_async(&mut self.connection()).await.map_err(Unavailable::new)
    }

    fn connection(&self) -> ConnectionManager {
        self.pool[self.turn.fetch_add(1, Relaxed) % self.pool.len()].clone()
    }
}

impl AsyncRevocation for RedisRevocation {
    /// One round trip. Whatever session a call left alone, if it is not this one, the call ended this one.
    async fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        let (label, mut connection) = (asked.label(), self.connection());
        let ended = format!("session:ended:{label}");
        let Some(subject) = asked.subject() else {
            return connection.exists(ended).await.map_err(Unavailable::new);
        };
        let (before, created) = (format!("session:before:{subject}"), seconds(asked.created_at()));
        let mut pipe = pipe();
        pipe.exists(ended).zrangebyscore_limit(before, created, "+inf", 0, 2);
        let (ended, left_alone): (bool, Vec<String>) =
            pipe.query_async(&mut connection).await.map_err(Unavailable::new)?;
        Ok(ended || left_alone.iter().any(|other| other != label.as_str()))
    }

    async fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        let (key, remaining) =
            (format!("session:ended:{}", ended.label()), ended.remaining().as_secs());
        self.connection().set_ex(key, 1, remaining.max(1)).await.map_err(Unavailable::new)
    }

    fn attached(&self, absolute_timeout: Duration) {
        self.absolute.fetch_max(absolute_timeout.as_secs(), Relaxed);
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

//! A deny list in memory: the sessions that one process has ended (feature `revocation`).
//!
//! ```text
//! entry  = a session, by its label            denied
//!        | a subject: latest, except, floor   denied if created <= floor, or created <= latest and it is not `except`
//! ```
//!
//! `created` is in whole seconds, so an instant is cut to its second, and what began within that second is denied.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::crypto::kdf;
use crate::error::Unavailable;
use crate::log::{self, EachMinute};
use crate::revocation::hook::{Revocation, RevocationQuery, RevokedSession};
use crate::session::lifetime::MAX_ABSOLUTE_TIMEOUT;
use crate::token::id::{Label, SessionId};
use crate::token::times::unix_seconds;

/// Which sessions this process has ended: a [`Revocation`] in memory; clones share it.
///
/// An entry dies when its session would have. The list is bounded: when it is full, the entry nearest its end goes,
/// which is counted ([`dropped`](Self::dropped)) and logged.
///
/// # Security
/// For one process: it is not shared with other machines or workers, and a restart forgets it. For a fleet there is
/// `examples/revocation-redis`. An entry that went early lets its session stand again, so leave room: whoever logs in
/// and out again adds one each time.
///
/// ```
/// use std::time::SystemTime;
/// use sealed_session::{CookieSessions, Keyring, LocalDenyList};
///
/// let denied = LocalDenyList::new(100_000);
/// let sessions = CookieSessions::builder(Keyring::ephemeral())
///     .revocation(denied.clone())
///     .subject(|dict| dict.get("user").map(Into::into))
///     .build()?;
///
/// let mut elsewhere = sessions.fresh();
/// elsewhere.set("user", "alice");
/// let elsewhere = http::Request::builder().header("cookie", sessions.request_cookie(&elsewhere)?).body(())?;
///
/// let mut here = sessions.fresh();
/// here.set("user", "alice");
/// denied.deny_before("alice", SystemTime::now(), Some(here.id())); // "log out my other devices"
///
/// let here = http::Request::builder().header("cookie", sessions.request_cookie(&here)?).body(())?;
/// assert!(!sessions.decode(&here).is_new());
/// assert!(sessions.decode(&elsewhere).is_new());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LocalDenyList(Arc<Shared>);

struct Shared {
    entries: RwLock<Denials>,
    dropped: AtomicU64,
    /// The longest that a session of any of its configurations lasts, in seconds; 0 before it has one.
    absolute: AtomicU64,
    /// The second at which it was asked or told last.
    now: AtomicU64,
    fullness: EachMinute,
}

impl LocalDenyList {
    /// A list of at most so many entries, and at least one.
    ///
    /// An entry takes some two hundred bytes.
    pub fn new(max_entries: usize) -> Self {
        Self(Arc::new(Shared {
            entries: RwLock::new(Denials { max: max_entries.max(1), ..Denials::default() }),
            dropped: AtomicU64::new(0),
            absolute: AtomicU64::new(0),
            now: AtomicU64::new(0),
            fullness: EachMinute::default(),
        }))
    }

    /// Ends every session of a subject that began at `instant` or before, but for one: "log out everywhere", and, with
    /// the session at hand as the exception, "log out my other devices".
    ///
    /// The subject is what [`Builder::subject`](crate::Builder::subject) says. Of several calls each one holds, in
    /// whatever order they come: a session stands if no call ends it.
    ///
    /// # Security
    /// Sessions know the second in which they began, no more. Those of the same second as `instant` end, before it or
    /// after: no session slips through, and one that begins within that second, after the call, has to log in once more.
    /// The exception alone stands. After a `renew` ask for [`id`](crate::Session::id) behind it.
    ///
    /// A visitor without a subject is nobody's: put the subject into the session at log-in, and `renew`.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use sealed_session::{CookieSessions, Keyring, LocalDenyList, Rejection};
    ///
    /// let denied = LocalDenyList::new(1000);
    /// let sessions = CookieSessions::builder(Keyring::ephemeral())
    ///     .revocation(denied.clone())
    ///     .subject(|dict| dict.get("user").map(Into::into))
    ///     .build()?;
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let request = http::Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
    ///
    /// denied.deny_before("alice", SystemTime::now(), None); // "log out everywhere"
    /// assert_eq!(sessions.decode(&request).rejection(), Some(&Rejection::Revoked));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deny_before(
        &self,
        subject: impl Into<String>,
        instant: SystemTime,
        except: Option<&SessionId>,
    ) {
        let instant = unix_seconds(instant);
        let denied = Cutoff { latest: instant, except: except.map(SessionId::label), floor: None };
        let ends = instant.saturating_add(self.absolute());
        let subject = Zeroizing::new(subject.into());
        self.insert(DeniedKey::of_subject(&subject), ends, Some(denied));
    }

    /// How many entries there are; those that died go when the next one comes.
    pub fn entries(&self) -> usize {
        self.0.entries.read().unwrap_or_else(PoisonError::into_inner).of.len()
    }

    /// How many entries went before their end, because the list was full.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// let denied = sealed_session::LocalDenyList::new(1);
    /// for user in ["alice", "bob"] {
    ///     denied.deny_before(user, SystemTime::now(), None);
    /// }
    /// assert_eq!((denied.entries(), denied.dropped()), (1, 1)); // too small: alice's sessions stand again
    /// ```
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Relaxed)
    }

    fn absolute(&self) -> u64 {
        match self.0.absolute.load(Relaxed) {
            0 => MAX_ABSOLUTE_TIMEOUT,
            seconds => seconds,
        }
    }

    fn insert(&self, key: DeniedKey, ends: u64, cutoff: Option<Cutoff>) {
        let now = self.0.now.load(Relaxed);
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.bury(now);
        if entries.insert(key, ends, cutoff) {
            let dropped = self.0.dropped.fetch_add(1, Relaxed) + 1;
            drop(entries);
            log::deny_list_full(&self.0.fullness, dropped, now);
        }
    }
}

impl Revocation for LocalDenyList {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        self.0.now.store(unix_seconds(asked.now()), Relaxed);
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        Ok(!entries.of.is_empty() && entries.deny(asked))
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        self.0.now.store(unix_seconds(ended.now()), Relaxed);
        self.insert(DeniedKey::Session(ended.label()), unix_seconds(ended.ends_at()), None);
        Ok(())
    }

    fn attached(&self, absolute_timeout: Duration) {
        self.0.absolute.fetch_max(absolute_timeout.as_secs(), Relaxed);
    }
}

impl fmt::Debug for LocalDenyList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalDenyList")
            .field("entries", &self.entries())
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

/// What is denied, each under its name, and the names by their ends.
#[derive(Default)]
struct Denials {
    of: HashMap<DeniedKey, Denial>,
    by_end: BTreeMap<End, DeniedKey>,
    /// Denials so far, which tells those apart that end in one second.
    count: u64,
    max: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum DeniedKey {
    Session(Label),
    /// Its hash: of one length, and nothing of the subject stays in memory.
    Subject([u8; 32]),
}

impl DeniedKey {
    fn of_subject(subject: &str) -> Self {
        Self::Subject(kdf::hmac_sha256(b"sealed-session subject", subject.as_bytes()))
    }
}

/// The second in which an entry dies, and which entry it was.
type End = (u64, u64);

struct Denial {
    end: End,
    cutoff: Option<Cutoff>,
}

impl Denials {
    fn deny(&self, asked: &RevocationQuery) -> bool {
        let label = asked.label();
        let of_subject = || {
            let key = DeniedKey::of_subject(asked.subject()?);
            Some(self.of.get(&key)?.cutoff?.denies(unix_seconds(asked.created_at()), label))
        };
        self.of.contains_key(&DeniedKey::Session(label)) || of_subject().unwrap_or(false)
    }

    /// Removes what died.
    fn bury(&mut self, now: u64) {
        while let Some(first) = self.by_end.first_entry().filter(|first| first.key().0 <= now) {
            self.of.remove(&first.remove());
        }
    }

    /// Whether it took the place of the one nearest its end.
    fn insert(&mut self, key: DeniedKey, ends: u64, cutoff: Option<Cutoff>) -> bool {
        let before = self.of.remove(&key);
        if let Some(entry) = &before {
            self.by_end.remove(&entry.end);
        }
        let full = self.of.len() >= self.max;
        if full && let Some((_, nearest)) = self.by_end.pop_first() {
            self.of.remove(&nearest);
        }
        self.count += 1;
        let end = (before.as_ref().map_or(ends, |entry| entry.end.0.max(ends)), self.count);
        let both = before.and_then(|entry| Some(entry.cutoff?.and(cutoff?)));
        self.by_end.insert(end, key);
        self.of.insert(key, Denial { end, cutoff: both.or(cutoff) });
        full
    }
}

/// Which sessions of a subject are denied, by when they began: what every call of `deny_before` comes to.
#[derive(Clone, Copy)]
struct Cutoff {
    latest: u64,
    /// What is not denied by `latest`.
    except: Option<Label>,
    /// The latest that denies that one as well.
    floor: Option<u64>,
}

impl Cutoff {
    fn denies(self, created: u64, label: Label) -> bool {
        self.floor.is_some_and(|floor| created <= floor)
            || (created <= self.latest && self.except != Some(label))
    }

    /// Denies what either denies.
    fn and(self, other: Self) -> Self {
        let (older, newer) =
            if self.latest <= other.latest { (self, other) } else { (other, self) };
        let older_denies_it = older.except != newer.except;
        let floor = older.floor.max(newer.floor).max(older_denies_it.then_some(older.latest));
        Self { floor, ..newer }
    }
}

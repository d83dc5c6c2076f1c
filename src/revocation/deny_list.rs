//! A deny list in memory: the sessions that one process has ended (feature `revocation`).

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::error::Unavailable;
use crate::log::{self, EachMinute};
use crate::revocation::denials::{Cutoff, Denials, Denied, DeniedKey};
use crate::revocation::hook::{Revocation, RevocationQuery, RevokedSession};
use crate::session::Session;
use crate::session::lifetime::{CLOCK_TOLERANCE, MAX_ABSOLUTE_TIMEOUT};
use crate::session::payload::Payload;
use crate::token::id::SessionId;
use crate::token::times::unix_seconds;

/// Which sessions this process has ended: a [`Revocation`] in memory; clones share it.
///
/// An entry dies when its session would have. The list is bounded: when it is full, the entry nearest its end goes,
/// which is counted ([`dropped`](Self::dropped)) and logged.
///
/// # Security
/// For one process: it is not shared with other machines or workers, and a restart forgets it. For a fleet there is
/// `examples/revocation-redis`. An entry that went early lets its session be accepted again, so leave room: whoever logs in
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
/// denied.log_out_others("alice", &mut here, SystemTime::now());
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
    fullness: EachMinute,
}

impl LocalDenyList {
    /// A list of at most so many entries, and at least one.
    ///
    /// An entry takes some two hundred bytes.
    pub fn new(max_entries: usize) -> Self {
        Self(Arc::new(Shared {
            entries: RwLock::new(Denials::new(max_entries)),
            dropped: AtomicU64::new(0),
            absolute: AtomicU64::new(0),
            fullness: EachMinute::default(),
        }))
    }

    /// Ends every session of a subject that began at `instant` or before, but for one.
    ///
    /// [`log_out_everywhere`](Self::log_out_everywhere) and [`log_out_others`](Self::log_out_others) are made of it, and are
    /// what a handler calls.
    ///
    /// The subject is what [`Builder::subject`](crate::Builder::subject) says. Of several calls each one holds, in
    /// whatever order they come: a session is accepted if no call ends it.
    ///
    /// # Security
    /// Sessions know the second in which they began, no more. Those of the same second as `instant` end: none slips
    /// through. A log-in within that second, after the call, is sealed as one of the next second, and goes on.
    /// The exception is an id, which every copy of its cookie has: except none but an id that `renew` has just given, or a
    /// stolen copy goes on. A session that is being renewed in another request is spared under its old id as under its new
    /// one: it is one session.
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
        let cutoff = Cutoff { latest: instant, except: except.map(SessionId::label), floor: None };
        let ends = instant.saturating_add(self.absolute()).saturating_add(CLOCK_TOLERANCE);
        let subject = Zeroizing::new(subject.into());
        let denied = Denied::Subject(cutoff);
        self.insert(DeniedKey::of_subject(&subject), ends, denied, instant);
    }

    /// Ends every session of a subject, this one too: "log out everywhere".
    ///
    /// Who goes on here logs in again; call [`revoke`](crate::Session::revoke) as well, which removes the cookie.
    pub fn log_out_everywhere(&self, subject: impl Into<String>, now: SystemTime) {
        self.deny_before(subject, now, None);
    }

    /// Ends every session of a subject but this one: "log out my other devices".
    ///
    /// A stolen cookie is a copy, and has the id of the session that it was copied from. So this session is renewed first:
    /// it goes on under a new id, and every copy ends.
    ///
    /// # Panics
    /// If the operating system has no randomness to give, as [`id`](crate::Session::id) does.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use sealed_session::{CookieSessions, Keyring, LocalDenyList};
    ///
    /// let denied = LocalDenyList::new(1000);
    /// let sessions = CookieSessions::builder(Keyring::ephemeral())
    ///     .revocation(denied.clone())
    ///     .subject(|dict| dict.get("user").map(Into::into))
    ///     .build()?;
    /// let mut session = sessions.fresh();
    /// session.set("user", "alice");
    /// let stolen = http::Request::builder().header("cookie", sessions.request_cookie(&session)?).body(())?;
    ///
    /// let mut session = sessions.decode(&stolen);
    /// denied.log_out_others("alice", &mut session, SystemTime::now());
    /// let mut response = http::Response::new(());
    /// sessions.encode(&session, &mut response)?;
    ///
    /// assert!(sessions.decode(&stolen).is_new()); // the copy has ended
    /// assert!(sessions.from_response(response.headers()).is_some()); // and this one goes on
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn log_out_others<T: Payload>(
        &self,
        subject: impl Into<String>,
        session: &mut Session<T>,
        now: SystemTime,
    ) {
        session.renew();
        self.deny_before(subject, now, Some(session.id()));
    }

    /// How many entries there are. Those of sessions that have ended go when their room is needed, and go first.
    pub fn entries(&self) -> usize {
        self.0.entries.read().unwrap_or_else(PoisonError::into_inner).len()
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
    /// assert_eq!((denied.entries(), denied.dropped()), (1, 1)); // too small: alice's sessions are accepted again
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

    /// Ended entries stay until their room is needed: no clock that is ahead can empty the list.
    fn insert(&self, key: DeniedKey, ends: u64, denied: Denied, now: u64) {
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.insert(key, ends, denied).is_some_and(|ended| ended > now) {
            let dropped = self.0.dropped.fetch_add(1, Relaxed) + 1;
            drop(entries);
            log::deny_list_full(&self.0.fullness, dropped, now);
        }
    }
}

impl Revocation for LocalDenyList {
    fn is_revoked(&self, asked: &RevocationQuery) -> Result<bool, Unavailable> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.deny(asked))
    }

    fn revoke(&self, ended: &RevokedSession) -> Result<(), Unavailable> {
        let [from, ends, now] =
            [ended.refused_from(), ended.ends_at(), ended.now()].map(unix_seconds);
        self.insert(DeniedKey::Session(ended.label()), ends, Denied::Session { from }, now);
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

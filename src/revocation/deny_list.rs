//! A deny list in memory: the sessions that one process has ended.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use zeroize::Zeroizing;

use crate::error::Unavailable;
use crate::log::event::EachMinute;
use crate::log::revocation::{deny_list_full, subject_denied_in_vain};
use crate::revocation::denials::{Cutoff, Denials, Denied, DeniedKey};
use crate::revocation::hook::{Revocation, RevocationQuery, RevokedSession};
use crate::session::Session;
use crate::session::lifetime::{CLOCK_TOLERANCE, MAX_ABSOLUTE_TIMEOUT};
use crate::session::payload::Payload;
use crate::token::id::SessionId;
use crate::token::times::unix_seconds;

/// A [`Revocation`] hook in memory, for a single process; clones share it.
///
/// An entry ends when its session would have expired. The list is bounded: if it is full, the entry
/// nearest its end is dropped, which is [counted](Self::dropped) and logged.
///
/// # Security
/// It is not shared with other machines or workers, and a restart empties it. For a fleet, see
/// `examples/revocation-redis`. If an entry is dropped, its session is accepted again, so leave
/// room: each log-out adds an entry.
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
/// let (mut here, mut elsewhere) = (sessions.fresh(), sessions.fresh());
/// here.set("user", "alice");
/// elsewhere.set("user", "alice");
/// let elsewhere = sessions.request_cookie(&elsewhere)?;
/// denied.log_out_others("alice", &mut here, SystemTime::now());
/// let here = sessions.request_cookie(&here)?;
///
/// for (cookie, is_ended) in [(here, false), (elsewhere, true)] {
///     let request = http::Request::builder().header("cookie", cookie).body(())?;
///     assert_eq!(sessions.decode(&request).is_new(), is_ended);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct LocalDenyList(Arc<Shared>);

struct Shared {
    entries: RwLock<Denials>,
    dropped: AtomicU64,
    /// The longest absolute timeout of all configurations that use the list, in seconds; 0 if there
    /// is none.
    absolute: AtomicU64,
    /// Whether one of them may have a subject.
    has_subject: AtomicBool,
    fullness: EachMinute,
    denied_in_vain: EachMinute,
}

impl LocalDenyList {
    /// Makes a list of at most `max_entries` entries, and at least one.
    ///
    /// An entry takes about 200 bytes.
    pub fn new(max_entries: usize) -> Self {
        Self(Arc::new(Shared {
            entries: RwLock::new(Denials::new(max_entries)),
            dropped: AtomicU64::new(0),
            absolute: AtomicU64::new(0),
            has_subject: AtomicBool::new(false),
            fullness: EachMinute::default(),
            denied_in_vain: EachMinute::default(),
        }))
    }

    /// Ends every session of a subject, including this one: "log out everywhere".
    ///
    /// The subject is that of [`Builder::subject`](crate::Builder::subject). It ends nothing unless
    /// the configuration has one, and has this list as its [`revocation`](crate::Builder::revocation):
    /// else a WARN is logged. Also call [`revoke`](crate::Session::revoke), which removes the cookie.
    pub fn log_out_everywhere(&self, subject: impl Into<String>, now: SystemTime) {
        self.deny_before(subject, now, None);
    }

    /// Ends every session of a subject but this one: "log out my other devices".
    ///
    /// A stolen cookie is a copy with the id of this session. So this session is renewed first: it
    /// continues under a new id, and every copy ends.
    ///
    /// The configuration has to have the subject and this list, as for
    /// [`log_out_everywhere`](Self::log_out_everywhere). Copies of a session without a subject are
    /// accepted for another 10 seconds, as after [`renew`](crate::Session::renew).
    ///
    /// # Panics
    /// If the operating system returns no random bytes, like [`id`](crate::Session::id).
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
    /// let cookie = sessions.request_cookie(&session)?;
    /// let stolen = http::Request::builder().header("cookie", cookie).body(())?;
    ///
    /// let mut session = sessions.decode(&stolen);
    /// denied.log_out_others("alice", &mut session, SystemTime::now());
    /// let mut response = http::Response::new(());
    /// sessions.encode(&session, &mut response)?;
    ///
    /// assert!(sessions.decode(&stolen).is_new()); // the copy has ended
    /// assert!(sessions.from_response(response.headers()).is_some()); // this one continues
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn log_out_others<T: Payload>(
        &self,
        subject: impl Into<String>,
        session: &mut Session<T>,
        now: SystemTime,
    ) {
        session.give_new_id();
        session.end_opened_id();
        self.deny_before(subject, now, Some(session.id()));
    }

    /// Ends every session of a subject that began at `instant` or before, except one.
    ///
    /// [`log_out_everywhere`](Self::log_out_everywhere) and
    /// [`log_out_others`](Self::log_out_others) call it; in a handler use those.
    ///
    /// The subject is that of [`Builder::subject`](crate::Builder::subject). Several calls add up,
    /// in any order: a session is accepted if no call ends it.
    ///
    /// # Security
    /// A session knows in which second it began, not more exactly. So all sessions that began in
    /// the second of `instant` end. A log-in after the call, but within that second, is sealed as
    /// one of the next second, and is accepted.
    ///
    /// Every copy of a cookie has the id of its session. So except only an id that `renew` has just
    /// given; otherwise a stolen copy is accepted too. If the excepted session is being renewed in
    /// another request, both its old and its new id are excepted.
    ///
    /// A session without a subject is not ended: at log-in, put the subject into the session and
    /// call `renew`.
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
    /// let cookie = sessions.request_cookie(&session)?;
    /// let request = http::Request::builder().header("cookie", cookie).body(())?;
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
        if !self.0.has_subject.load(Relaxed) {
            let is_attached = self.0.absolute.load(Relaxed) > 0;
            subject_denied_in_vain(&self.0.denied_in_vain, is_attached, instant);
        }
    }

    /// Returns the number of entries.
    ///
    /// Entries that have ended stay until their room is needed, and are dropped first.
    pub fn entries(&self) -> usize {
        self.0.entries.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns how many entries were dropped before their end because the list was full.
    ///
    /// ```
    /// use std::time::SystemTime;
    ///
    /// let denied = sealed_session::LocalDenyList::new(1);
    /// for user in ["alice", "bob"] {
    ///     denied.deny_before(user, SystemTime::now(), None);
    /// }
    /// // The list is too small: alice's sessions are accepted again.
    /// assert_eq!((denied.entries(), denied.dropped()), (1, 1));
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

    /// Adds an entry. Those that have ended stay until their room is needed, so that a clock that
    /// is ahead cannot empty the list.
    fn insert(&self, key: DeniedKey, ends: u64, denied: Denied, now: u64) {
        let mut entries = self.0.entries.write().unwrap_or_else(PoisonError::into_inner);
        if entries.insert(key, ends, denied).is_some_and(|ended| ended > now) {
            let dropped = self.0.dropped.fetch_add(1, Relaxed) + 1;
            drop(entries);
            deny_list_full(&self.0.fullness, dropped, now);
        }
    }
}

impl Revocation for LocalDenyList {
    fn is_revoked(&self, query: &RevocationQuery) -> Result<bool, Unavailable> {
        let entries = self.0.entries.read().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.deny(query))
    }

    fn revoke(&self, session: &RevokedSession) -> Result<(), Unavailable> {
        let [from, ends, now] =
            [session.refused_from(), session.ends_at(), session.now()].map(unix_seconds);
        self.insert(DeniedKey::Session(session.label()), ends, Denied::Session { from }, now);
        Ok(())
    }

    fn attached(&self, absolute_timeout: Duration) {
        self.0.has_subject.store(true, Relaxed);
        self.attached_without_subject(absolute_timeout);
    }

    fn attached_without_subject(&self, absolute_timeout: Duration) {
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

//! The rules of a deny list, written a second time.

use sealed_session::LocalDenyList;

use crate::common::{DAY, Id, unix_seconds};
use crate::hook::HookCall;

/// Keeps a list of all entries, and goes through all of them.
#[derive(Debug)]
pub struct DenyList {
    most: usize,
    /// How long a session lasts, in seconds.
    absolute: u64,
    /// In the order in which they were written.
    entries: Vec<Entry>,
    dropped: u64,
    /// Whether no entry went before its end, by the clock of the site.
    is_complete: bool,
}

#[derive(Debug)]
struct Entry {
    of: Of,
    ends_at: u64,
    /// A session is denied from the first of these seconds on.
    denied_from: Vec<u64>,
    /// Sessions created up to an instant are denied, but for one.
    denied_before: Vec<(u64, Option<Id>)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Of {
    Session(Id),
    Subject(String),
}

impl DenyList {
    /// For a list of at most so many entries, which may know how long sessions last.
    pub fn new(most: usize, absolute: Option<u64>) -> Self {
        let absolute = absolute.unwrap_or(400 * DAY);
        let (most, entries) = (most.max(1), Vec::new());
        Self { most, absolute, entries, dropped: 0, is_complete: true }
    }

    pub fn denies(&self, query: &HookCall) -> bool {
        let (created, now) = (unix_seconds(query.created), unix_seconds(query.now));
        let of_subject = |subject: &String| self.denies_subject(subject, created, Some(query.id));
        self.denies_session(query.id, now) || query.subject.as_ref().is_some_and(of_subject)
    }

    /// Whether a session was ended by itself.
    pub fn denies_session(&self, id: Id, now: u64) -> bool {
        let has_begun = |entry: &&Entry| entry.denied_from.iter().any(|from| *from <= now);
        self.entries.iter().filter(has_begun).any(|entry| entry.of == Of::Session(id))
    }

    /// Whether a subject's session of that second was ended, unless its id is spared.
    pub fn denies_subject(&self, subject: &str, created: u64, id: Option<Id>) -> bool {
        let is_denied = |(instant, except): &(u64, Option<Id>)| {
            created <= *instant && (except.is_none() || *except != id)
        };
        let denies = |entry: &&Entry| entry.denied_before.iter().any(is_denied);
        self.entries.iter().filter(denies).any(|entry| entry.of == Of::Subject(subject.into()))
    }

    pub fn revoke(&mut self, call: &HookCall) {
        let now = unix_seconds(call.now);
        let (from, _) = call.revoked.expect("a session to revoke");
        let entry = Entry {
            of: Of::Session(call.id),
            ends_at: unix_seconds(call.ends_at),
            denied_from: vec![unix_seconds(from)],
            denied_before: Vec::new(),
        };
        self.write(entry, now, now);
    }

    /// At a time that need not be the instant, which is the only one that the list is told.
    pub fn deny_before(&mut self, subject: &str, instant: u64, except: Option<Id>, now: u64) {
        let entry = Entry {
            of: Of::Subject(subject.into()),
            ends_at: instant.saturating_add(self.absolute).saturating_add(300),
            denied_from: Vec::new(),
            denied_before: vec![(instant, except)],
        };
        self.write(entry, instant, now);
    }

    /// An entry that has ended stays until its room is needed.
    fn write(&mut self, mut entry: Entry, told: u64, now: u64) {
        if let Some(which) = self.entries.iter().position(|before| before.of == entry.of) {
            let before = self.entries.remove(which);
            entry.ends_at = entry.ends_at.max(before.ends_at);
            entry.denied_from.extend(before.denied_from);
            entry.denied_before.extend(before.denied_before);
        }
        if self.entries.len() == self.most {
            let nearest = (0..self.most).min_by_key(|which| self.entries[*which].ends_at).unwrap();
            let nearest = self.entries.remove(nearest);
            self.dropped += u64::from(nearest.ends_at > told);
            self.is_complete &= nearest.ends_at <= now;
        }
        self.entries.push(entry);
    }

    /// Compares the library's list.
    pub fn check(&self, list: &LocalDenyList) {
        assert!(list.entries() <= self.most);
        assert_eq!((list.entries(), list.dropped()), (self.entries.len(), self.dropped));
    }

    /// Whether every session that was revoked is denied: its entry was never needed for another.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }
}

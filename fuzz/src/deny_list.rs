//! The rules of a deny list, written a second time.

use sealed_session::LocalDenyList;

use crate::common::{DAY, Id, unix_seconds};
use crate::hook::HookCall;

/// Keeps a list of all entries, and goes through all of them.
#[derive(Debug)]
pub struct DenyList {
    most: usize,
    /// How long an entry of a subject is kept, in seconds.
    absolute: u64,
    /// The time of the last call.
    now: u64,
    /// In the order in which they were written.
    entries: Vec<Entry>,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    of: Of,
    ends_at: u64,
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
        Self { most: most.max(1), absolute, now: 0, entries: Vec::new(), dropped: 0 }
    }

    pub fn denies(&mut self, call: &HookCall) -> bool {
        self.now = unix_seconds(call.now);
        let created = unix_seconds(call.created);
        let is_denied =
            |(instant, except): &(u64, Option<Id>)| created <= *instant && *except != Some(call.id);
        self.entries.iter().any(|entry| match &entry.of {
            Of::Session(id) => *id == call.id,
            Of::Subject(subject) => {
                call.subject.as_ref() == Some(subject) && entry.denied_before.iter().any(is_denied)
            }
        })
    }

    pub fn revoke(&mut self, call: &HookCall) {
        self.now = unix_seconds(call.now);
        self.write(Of::Session(call.id), unix_seconds(call.ends_at), None);
    }

    pub fn deny_before(&mut self, subject: &str, instant: u64, except: Option<Id>) {
        let ends_at = instant.saturating_add(self.absolute);
        self.write(Of::Subject(subject.into()), ends_at, Some((instant, except)));
    }

    fn write(&mut self, of: Of, ends_at: u64, denied_before: Option<(u64, Option<Id>)>) {
        let now = self.now;
        self.entries.retain(|entry| entry.ends_at > now);
        let mut entry = Entry { of, ends_at, denied_before: denied_before.into_iter().collect() };
        if let Some(which) = self.entries.iter().position(|before| before.of == entry.of) {
            let before = self.entries.remove(which);
            entry.ends_at = entry.ends_at.max(before.ends_at);
            entry.denied_before.extend(before.denied_before);
        }
        if self.entries.len() == self.most {
            let nearest = (0..self.most).min_by_key(|which| self.entries[*which].ends_at).unwrap();
            self.entries.remove(nearest);
            self.dropped += 1;
        }
        self.entries.push(entry);
    }

    /// Compares the library's list.
    pub fn check(&self, list: &LocalDenyList) {
        assert!(list.entries() <= self.most);
        assert_eq!((list.entries(), list.dropped()), (self.entries.len(), self.dropped));
    }

    /// Whether every session that was revoked is denied: the list was never full.
    pub fn is_complete(&self) -> bool {
        self.dropped == 0
    }
}

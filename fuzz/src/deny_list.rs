//! What a deny list is to hold, a second time.

use sealed_session::LocalDenyList;

use crate::common::{DAY, Id, unix_seconds};
use crate::hook::Told;

/// Every call is kept, and all are gone through.
#[derive(Debug)]
pub struct Register {
    most: usize,
    /// How long an entry of a subject lives.
    absolute: u64,
    /// The second at which it was asked or told last.
    now: u64,
    /// In the order in which they were written.
    entries: Vec<Entry>,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    of: Of,
    ends: u64,
    /// Instants, and who is not denied by them.
    cuts: Vec<(u64, Option<Id>)>,
}

#[derive(Debug, PartialEq, Eq)]
enum Of {
    Session(Id),
    Subject(String),
}

impl Register {
    /// Of a list that holds so many, and knows for how long sessions last or does not.
    pub fn new(most: usize, absolute: Option<u64>) -> Self {
        let absolute = absolute.unwrap_or(400 * DAY);
        Self { most: most.max(1), absolute, now: 0, entries: Vec::new(), dropped: 0 }
    }

    pub fn denies(&mut self, told: &Told) -> bool {
        self.now = unix_seconds(told.now);
        let created = unix_seconds(told.created);
        let cut =
            |(instant, except): &(u64, Option<Id>)| created <= *instant && *except != Some(told.id);
        self.entries.iter().any(|entry| match &entry.of {
            Of::Session(id) => *id == told.id,
            Of::Subject(subject) => {
                told.subject.as_ref() == Some(subject) && entry.cuts.iter().any(cut)
            }
        })
    }

    pub fn end(&mut self, told: &Told) {
        self.now = unix_seconds(told.now);
        self.write(Of::Session(told.id), unix_seconds(told.ends), None);
    }

    pub fn deny_before(&mut self, subject: &str, instant: u64, except: Option<Id>) {
        let ends = instant.saturating_add(self.absolute);
        self.write(Of::Subject(subject.into()), ends, Some((instant, except)));
    }

    fn write(&mut self, of: Of, ends: u64, cut: Option<(u64, Option<Id>)>) {
        let now = self.now;
        self.entries.retain(|entry| entry.ends > now);
        let mut entry = Entry { of, ends, cuts: cut.into_iter().collect() };
        if let Some(which) = self.entries.iter().position(|before| before.of == entry.of) {
            let before = self.entries.remove(which);
            entry.ends = entry.ends.max(before.ends);
            entry.cuts.extend(before.cuts);
        }
        if self.entries.len() == self.most {
            let nearest = (0..self.most).min_by_key(|which| self.entries[*which].ends).unwrap();
            self.entries.remove(nearest);
            self.dropped += 1;
        }
        self.entries.push(entry);
    }

    /// Compares the list.
    pub fn check(&self, list: &LocalDenyList) {
        assert!(list.entries() <= self.most);
        assert_eq!((list.entries(), list.dropped()), (self.entries.len(), self.dropped));
    }

    /// Whether every session that it was told of is denied.
    pub fn is_whole(&self) -> bool {
        self.dropped == 0
    }
}

//! The entries of a deny list.
//!
//! ```text
//! entry  = a session, by its label: from      denied if from <= now
//!        | a subject: latest, except, floor   denied if created <= floor,
//!                                             or created <= latest and it is not `except`
//! ```
//!
//! `created` is in whole seconds, so an instant is cut to its second, and sessions that began
//! within that second are denied.

use std::collections::{BTreeMap, HashMap};

use crate::crypto::kdf;
use crate::revocation::hook::RevocationQuery;
use crate::token::id::Label;
use crate::token::times::unix_seconds;

/// The entries by their keys, and the keys by the ends of their entries.
#[derive(Default)]
pub(super) struct Denials {
    of: HashMap<DeniedKey, Denial>,
    by_end: BTreeMap<End, DeniedKey>,
    /// The number of insertions so far, which tells apart entries that end in the same second.
    count: u64,
    max: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum DeniedKey {
    Session(Label),
    /// The hash of the subject, so that all keys have one length and no subject stays in memory.
    Subject([u8; 32]),
}

impl DeniedKey {
    pub(super) fn of_subject(subject: &str) -> Self {
        Self::Subject(kdf::hmac_sha256(b"sealed-session subject", subject.as_bytes()))
    }
}

/// The second in which an entry ends, and the number of its insertion.
type End = (u64, u64);

struct Denial {
    end: End,
    denied: Denied,
}

/// What an entry denies.
#[derive(Clone, Copy)]
pub(super) enum Denied {
    /// `from` is the second from which the session is denied.
    Session {
        from: u64,
    },
    Subject(Cutoff),
}

impl Denied {
    /// Denies what either denies.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Session { from }, Self::Session { from: other }) => {
                Self::Session { from: from.min(other) }
            }
            (Self::Subject(cutoff), Self::Subject(other)) => Self::Subject(cutoff.and(other)),
            // Unreachable: the two kinds have different keys.
            (_, other) => other,
        }
    }
}

impl Denials {
    /// Makes an empty list of at most `max` entries, and at least one.
    pub(super) fn new(max: usize) -> Self {
        Self { max: max.max(1), ..Self::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.of.len()
    }

    pub(super) fn deny(&self, query: &RevocationQuery) -> bool {
        if self.of.is_empty() {
            return false;
        }
        let (label, now) = (query.label(), unix_seconds(query.now()));
        let denies = |key| match self.of.get(&key)?.denied {
            Denied::Session { from } => Some(from <= now),
            Denied::Subject(cutoff) => Some(cutoff.denies(unix_seconds(query.created_at()), label)),
        };
        let subject = query.subject().map(DeniedKey::of_subject);
        let keys = std::iter::once(DeniedKey::Session(label)).chain(subject);
        keys.filter_map(denies).any(|denies| denies)
    }

    /// Adds an entry. If the list is full, it drops the one nearest its end, and returns that end.
    pub(super) fn insert(&mut self, key: DeniedKey, ends: u64, denied: Denied) -> Option<u64> {
        let before = self.of.remove(&key);
        if let Some(entry) = &before {
            self.by_end.remove(&entry.end);
        }
        let nearest = if self.of.len() >= self.max { self.by_end.pop_first() } else { None };
        if let Some((_, nearest)) = &nearest {
            self.of.remove(nearest);
        }
        self.count += 1;
        let end = (before.as_ref().map_or(ends, |entry| entry.end.0.max(ends)), self.count);
        let denied = before.map_or(denied, |entry| entry.denied.and(denied));
        self.by_end.insert(end, key);
        self.of.insert(key, Denial { end, denied });
        nearest.map(|((ends, _), _)| ends)
    }
}

/// Which sessions of a subject are denied, by when they began: all calls of `deny_before` combined.
#[derive(Clone, Copy)]
pub(super) struct Cutoff {
    pub(super) latest: u64,
    /// The session that `latest` does not deny.
    pub(super) except: Option<Label>,
    /// The latest second that denies the excepted session as well.
    pub(super) floor: Option<u64>,
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

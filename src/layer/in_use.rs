//! What a thread does with a handle at the moment, so that whatever it calls does not wait for
//! itself.
//!
//! The library calls code of the application while it works on a session: a clock, a subject, a
//! revocation hook, a subscriber of `tracing`, what a payload brings along. Each may use the very
//! handle.

use std::cell::RefCell;
use std::thread;

use crate::session::Session;
use crate::session::lifetime::Limits;

thread_local! {
    /// What this thread does, the innermost last.
    static MARKS: RefCell<Vec<(usize, Work)>> = const { RefCell::new(Vec::new()) };
}

/// Who works on what is behind a handle.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// A closure that was given the session.
    Closure(Blank),
    /// The library, which may call the application.
    Library(Blank),
}

/// What becomes of a session that cannot be had at the moment: the limits and the second of a
/// pre-session.
#[derive(Clone, Copy)]
pub(crate) struct Blank {
    pub(super) limits: Limits,
    pub(crate) now: u64,
}

impl Blank {
    /// For a handle of something else.
    pub(crate) const NO_SESSION: Self = Self { limits: Limits { idle: 0, absolute: 0 }, now: 0 };

    pub(super) fn of<T>(session: &Session<T>) -> Self {
        let (limits, now) = session.limits_and_now();
        Self { limits, now }
    }
}

/// A mark that this thread works on the handle with this address, until it is dropped.
pub(crate) struct InUse {
    depth: usize,
}

impl InUse {
    pub(crate) fn enter(address: usize, work: Work) -> Self {
        MARKS.with_borrow_mut(|marks| {
            marks.push((address, work));
            Self { depth: marks.len() - 1 }
        })
    }

    /// What stands in for the session, if this thread works on it already.
    ///
    /// # Panics
    /// If a closure was given the session: it has what it asks for. What is dropped while that
    /// panics gets the blank, since a second panic would end the process.
    pub(crate) fn blank(address: usize) -> Option<Blank> {
        let innermost = MARKS.with_borrow(|marks| {
            marks.iter().rev().find(|(of, _)| *of == address).map(|(_, work)| *work)
        });
        match innermost? {
            Work::Library(blank) => Some(blank),
            Work::Closure(blank) => {
                assert!(
                    thread::panicking(),
                    "a SessionHandle was used inside `SessionHandle::with` of the same session; use the session that \
                     the closure was given"
                );
                Some(blank)
            }
        }
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        MARKS.with_borrow_mut(|marks| marks.truncate(self.depth));
    }
}

//! What a thread does with a handle at the moment, so that code which it calls does not wait for
//! itself.
//!
//! The library calls code of the application while it works on a session: a clock, a subject, a
//! revocation hook, a subscriber of `tracing`, the payload's own `Serialize` or `Drop`. Each may
//! use the same handle.

use std::cell::RefCell;
use std::thread;

use crate::session::Session;
use crate::session::lifetime::Limits;

thread_local! {
    /// What this thread works on, the innermost last.
    static MARKS: RefCell<Vec<(usize, Work)>> = const { RefCell::new(Vec::new()) };
}

/// Which code works on the session of a handle.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// A closure that was given the session.
    Closure(Blank),
    /// The library, which may call the application.
    Library(Blank),
}

/// The limits and the time of the empty session that stands in for one that is in use.
#[derive(Clone, Copy)]
pub(crate) struct Blank {
    pub(super) limits: Limits,
    pub(crate) now: u64,
}

impl Blank {
    /// For a handle of flash messages.
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

    /// The stand-in for the session, if this thread already works on it.
    ///
    /// # Panics
    /// If a closure was given the session: it must use that one. While the thread unwinds, the
    /// blank is returned instead, because a second panic in a `drop` would abort the process.
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

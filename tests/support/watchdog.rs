//! For tests of what must not wait for ever: a limit, and code of an application that uses a handle
//! where it may.
#![allow(dead_code, reason = "no test file uses all of it")]

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tracing::field::Field;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

use crate::support::each_thread_for_itself;

/// Runs a test in a thread of its own, and fails if it does not end.
#[track_caller]
pub fn ends<R: Send + 'static>(test: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = channel();
    let thread = thread::spawn(move || {
        let result = test();
        // It came too late if nobody waits for it.
        let _ = sender.send(());
        result
    });
    match receiver.recv_timeout(Duration::from_secs(10)) {
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("it waits for ever"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// Code of an application that uses something of which the library is not done with: what it found,
/// in order.
///
/// It does nothing until it is given that, and is not called from within itself.
pub struct Meddler<H, F> {
    handle: Arc<Mutex<Option<H>>>,
    found: Arc<Mutex<Vec<F>>>,
    look: fn(&H) -> F,
    depth: Arc<AtomicUsize>,
}

impl<H, F> Clone for Meddler<H, F> {
    fn clone(&self) -> Self {
        Self {
            handle: Arc::clone(&self.handle),
            found: Arc::clone(&self.found),
            look: self.look,
            depth: Arc::clone(&self.depth),
        }
    }
}

impl<H: Clone, F> Meddler<H, F> {
    pub fn new(look: fn(&H) -> F) -> Self {
        let (handle, found, depth) = (Arc::default(), Arc::default(), Arc::default());
        Self { handle, found, look, depth }
    }

    /// What it uses from now on.
    pub fn watch(&self, handle: &H) {
        *self.handle.lock().unwrap() = Some(handle.clone());
    }

    /// Does what the application does.
    pub fn meddle(&self) {
        let handle = self.handle.lock().unwrap().clone();
        if let Some(handle) = handle {
            if self.depth.fetch_add(1, SeqCst) == 0 {
                let found = (self.look)(&handle);
                self.found.lock().unwrap().push(found);
            }
            self.depth.fetch_sub(1, SeqCst);
        }
    }

    /// What it found since it was asked last; it then does nothing any more.
    pub fn found(&self) -> Vec<F> {
        *self.handle.lock().unwrap() = None;
        std::mem::take(&mut self.found.lock().unwrap())
    }
}

/// Calls `meddle` at each event of the library in this thread.
pub fn at_each_event(meddle: impl Fn(&str) + Send + Sync + 'static) -> DefaultGuard {
    each_thread_for_itself();
    tracing::subscriber::set_default(AtEachEvent(Box::new(meddle)))
}

struct AtEachEvent(Box<dyn Fn(&str) + Send + Sync>);

impl Subscriber for AtEachEvent {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sealed_session"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut |_: &Field, value: &dyn fmt::Debug| {
            let _ = write!(text, "{value:?} ");
        });
        (self.0)(&text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

//! Takes the secrets of a file, and those of each file that replaces it. Copy this file.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use sealed_session::{CookieSessions, Keyring};

/// A file of secrets, and the sessions that take them.
pub struct Follower {
    sessions: CookieSessions,
    file: PathBuf,
    last: Option<String>,
}

impl Follower {
    pub fn new(sessions: CookieSessions, file: PathBuf) -> Self {
        Self { sessions, file, last: None }
    }

    /// Reads the file. If it is not valid, the secrets stay as they are. Returns the error, unless the last step had it.
    pub fn step(&mut self) -> Option<String> {
        let read = || Keyring::from_file(&self.file);
        // Once more after an error: the kubelet removes the former folder after a swap, and the first attempt may have
        // been on its way into it.
        let error = match read().or_else(|_| read()) {
            Ok(keyring) => {
                self.sessions.rotate(keyring); // with the secrets that are in use, it does nothing
                None
            }
            Err(error) => Some(error.to_string()),
        };
        let is_new = error != self.last;
        self.last.clone_from(&error);
        error.filter(|_| is_new)
    }

    /// Reads the file at each change, and after each interval without one, as long as the process runs.
    pub fn start(mut self, interval: Duration) -> JoinHandle<()> {
        let (changed, notices) = sync_channel(1); // one that was not taken yet stands for all
        let watcher = watch(&self.file, changed.clone()).inspect_err(|error| {
            tracing::warn!("the secrets are read every {interval:?} only: {error}");
        });
        // A thread of its own, because a file system can be slow.
        thread::spawn(move || {
            let _kept = (watcher, changed); // dropped, they would end the watch, and the wait for the interval
            loop {
                let _ = notices.recv_timeout(interval);
                if let Some(error) = self.step() {
                    tracing::error!("the secrets stay as they are: {error}");
                }
            }
        })
    }
}

/// Watches the folder. A watch on the file itself would end with the first swap.
fn watch(file: &Path, changed: SyncSender<()>) -> notify::Result<RecommendedWatcher> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if !event.is_ok_and(|event| is_reading(event.kind)) {
            let _ = changed.try_send(());
        }
    })?;
    watcher.watch(folder.unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// Opening a file to read it is an event too: a step at each of them would bring about the next one.
pub fn is_reading(kind: EventKind) -> bool {
    matches!(kind, EventKind::Access(access) if access != AccessKind::Close(AccessMode::Write))
}

//! Secrets from a mounted file that is swapped while it is read.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;

use crate::support::secret;
use sealed_session::{CookieSessions, Keyring};
use volume::Volume;

#[path = "../../examples/mounted_secrets/volume.rs"]
mod volume;

fn text(n: u8) -> String {
    secret(n).expose_base64url().to_string()
}

/// What a reading finds: roles and key ids, or why there are none.
fn reading(volume: &Path) -> Result<Vec<String>, String> {
    let name = |(role, id)| format!("{role} {id}");
    match Keyring::from_file(volume) {
        Ok(keyring) => Ok(CookieSessions::new(keyring).keys().map(name).collect()),
        Err(error) => Err(error.reason().to_string()),
    }
}

/// The kubelet removes the former folder after the swap. A path that is resolved at that moment may still lead into it.
#[test]
fn a_reading_during_a_swap_finds_a_whole_list_or_no_file() {
    let lists = [text(1), format!("{}\n{}\nupcoming:{}", text(2), text(1), text(3))];
    let mut volume = Volume::mount("race", &lists[0]);
    let (keys, done) = (volume.keys(), AtomicBool::new(false));
    let whole = lists.clone().map(|list| {
        volume.update(&list);
        reading(&keys)
    });
    let mut found = BTreeSet::new();
    thread::scope(|scope| {
        let swaps = scope.spawn(|| {
            while !done.load(Relaxed) {
                for list in &lists {
                    volume.update(list);
                }
            }
        });
        let mut readings = 0;
        let saw_both = |found: &BTreeSet<_>| whole.iter().all(|list| found.contains(list));
        while (readings < 2000 || !saw_both(&found)) && !swaps.is_finished() {
            readings += 1;
            found.insert(reading(&keys));
        }
        done.store(true, Relaxed);
    });
    let other: Vec<_> = found.iter().filter(|found| !whole.contains(found)).collect();
    let is_missing = |found: &&Result<_, String>| {
        found.as_ref().is_err_and(|error| error.starts_with("there is no such file"))
    };
    assert!(whole.iter().all(|list| found.contains(list)), "{found:?}");
    assert!(other.iter().all(is_missing), "{other:?}");
}

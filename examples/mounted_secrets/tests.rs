//! Machines that follow a mounted secret, through swaps, rotations and files that are not valid.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{fs, thread};

use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{COOKIE, SET_COOKIE};
use sealed_session::{CookieSessions, Keyring, Secret};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use super::app;
use super::follow::{Follower, is_reading};
use super::volume::Volume;

/// A process that follows a file.
struct Machine {
    sessions: CookieSessions,
    follower: Follower,
}

impl Machine {
    fn new(file: &Path) -> Self {
        let sessions = CookieSessions::new(Keyring::from_file(file).unwrap());
        let follower = Follower::new(sessions.clone(), file.to_owned());
        Self { sessions, follower }
    }

    fn keys(&self) -> Vec<String> {
        names(&self.sessions)
    }
}

fn names(sessions: &CookieSessions) -> Vec<String> {
    sessions.keys().map(|(role, id)| format!("{role} {id}")).collect()
}

/// The keys of a list of secrets.
fn keys_of(list: &str) -> Vec<String> {
    let current = list.split_whitespace().find(|secret| !secret.starts_with("upcoming:")).unwrap();
    let mut keyring = Keyring::new(current.parse().unwrap());
    for secret in list.split_whitespace().filter(|secret| *secret != current) {
        keyring = match secret.strip_prefix("upcoming:") {
            Some(secret) => keyring.upcoming(secret.parse().unwrap()),
            None => keyring.previous(secret.parse().unwrap()),
        };
    }
    names(&CookieSessions::new(keyring))
}

fn secret() -> String {
    Secret::generate().expose_base64url().to_string()
}

/// The file in each step of a rotation, from one secret to the next.
fn rotation(old: &str, new: &str) -> [String; 4] {
    [old.into(), format!("{old}\nupcoming:{new}"), format!("{new}\n{old}"), new.into()]
}

#[test]
fn follows_a_swap_and_the_swap_back() {
    let steps = rotation(&secret(), &secret());
    let mut volume = Volume::mount("swap", &steps[0]);
    let mut machine = Machine::new(&volume.keys());
    for list in steps.iter().chain(steps.iter().rev()) {
        volume.update(list);
        assert_eq!(machine.follower.step(), None);
        assert_eq!(machine.keys(), keys_of(list));
    }
}

/// Puts something at the path of the file.
type Put<'p> = &'p dyn Fn(&Path);

#[test]
fn keeps_the_secrets_at_each_bad_reading_and_logs_its_error_once() {
    let [good, next] = [secret(), secret()];
    let half = format!("{next}\n{}", &good[..good.len() / 2]);
    let mut volume = Volume::mount("bad", &good);
    let mut machine = Machine::new(&volume.keys());
    let rows: [(&str, Put); 6] = [
        ("it has no secret in it", &|keys| fs::write(keys, "").unwrap()),
        ("line 2: ", &|keys| fs::write(keys, &half).unwrap()),
        ("there is no such file", &|_| {}),
        ("it cannot be read: ", &|keys| symlink("keys", keys).unwrap()), // a link to itself
        ("it is a directory", &|keys| fs::create_dir(keys).unwrap()),
        ("line 1 is not UTF-8", &|keys| fs::write(keys, [0xff; 50]).unwrap()),
    ];
    for (row, put) in rows {
        for _ in 0..2 {
            volume.swap(put);
            let error = machine.follower.step().unwrap_or_default();
            assert!(error.contains(row), "{row}: {error}");
            assert!(!error.contains(&next[..8]) && !error.contains(&good[..8]), "{error}");
            volume.swap(put);
            assert_eq!(machine.follower.step(), None, "{row}: the same error again");
            assert_eq!(machine.keys(), keys_of(&good), "{row}");
            volume.update(&good);
            assert_eq!(machine.follower.step(), None, "{row}: a good file");
        }
    }
    volume.update(&next);
    assert_eq!(machine.follower.step(), None);
    assert_eq!(machine.keys(), keys_of(&next));
}

#[test]
fn the_volume_may_be_away_for_a_while() {
    let list = secret();
    let volume = Volume::mount("away", &list);
    let (keys, mut machine) = (volume.keys(), Machine::new(&volume.keys()));
    drop(volume);
    assert!(machine.follower.step().is_some());
    assert_eq!(machine.keys(), keys_of(&list));
    let next = secret();
    let volume = Volume::mount("away", &next);
    assert_eq!(volume.keys(), keys);
    assert_eq!(machine.follower.step(), None);
    assert_eq!(machine.keys(), keys_of(&next));
}

/// A mount with `subPath` is the file to which the links led when the container started. A hard link is that file, too.
#[test]
fn a_mount_with_sub_path_never_changes() {
    let steps = rotation(&secret(), &secret());
    let mut volume = Volume::mount("sub-path", &steps[0]);
    let mount = volume.keys().with_file_name("mount");
    fs::hard_link(fs::canonicalize(volume.keys()).unwrap(), &mount).unwrap();
    let mut machine = Machine::new(&mount);
    for list in &steps {
        volume.update(list);
        assert_eq!(machine.follower.step(), None);
        assert_eq!(machine.keys(), keys_of(&steps[0]));
    }
}

#[test]
fn a_session_of_each_step_opens_at_each_later_one_and_on_a_machine_one_step_behind() {
    let steps = rotation(&secret(), &secret());
    let mut volume = Volume::mount("steps", &steps[0]);
    let machines = steps.each_ref().map(|list| {
        volume.update(list);
        Machine::new(&volume.keys()).sessions
    });
    for (sealed, sealer) in machines.iter().enumerate() {
        let mut session = sealer.fresh();
        session.set("user", "alice");
        let cookie = sealer.request_cookie(&session).unwrap();
        let request = Request::get("/").header(COOKIE, cookie).body(()).unwrap();
        for (opened, machine) in machines.iter().enumerate().skip(sealed.saturating_sub(1)) {
            let user = machine.decode(&request).get("user").map(str::to_owned);
            // Sealed again at step 2, or else not used until the secret was dropped.
            let is_dropped = sealed < 2 && opened == 3;
            assert_eq!(user.is_none(), is_dropped, "sealed at step {sealed}, opened at {opened}");
        }
    }
}

/// A client with a cookie, which asks one machine after the other for its visit.
async fn visit(sessions: &CookieSessions, cookie: &mut String) -> String {
    let request = Request::get("/").header(COOKIE, &*cookie).body(Body::empty()).unwrap();
    let response = app(sessions.clone()).oneshot(request).await.unwrap();
    if let Some(set) = response.headers().get(SET_COOKIE) {
        set.to_str().unwrap().split(';').next().unwrap().clone_into(cookie);
    }
    String::from_utf8(to_bytes(response.into_body(), 100).await.unwrap().to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotations_while_requests_are_served_log_nobody_out() {
    const CLIENTS: usize = 8;
    const ROTATIONS: usize = 12;
    let mut old = secret();
    let mut volume = Volume::mount("rotations", &old);
    let mut machines = [Machine::new(&volume.keys()), Machine::new(&volume.keys())];
    let visits: &[AtomicUsize; CLIENTS] = Box::leak(Box::default());
    let clients: Vec<_> = visits
        .iter()
        .map(|visits| {
            let machines = machines.each_ref().map(|machine| machine.sessions.clone());
            tokio::spawn(async move {
                let mut cookie = String::new();
                for (number, machine) in (1..).zip(machines.iter().cycle()) {
                    assert_eq!(visit(machine, &mut cookie).await, format!("visit {number}"));
                    visits.store(number, Relaxed);
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    let everybody_was_here = async || {
        let before = visits.each_ref().map(|visits| visits.load(Relaxed));
        // Two more visits of each: the second began after this moment.
        while visits.iter().zip(before).any(|(visits, before)| visits.load(Relaxed) < before + 2) {
            assert!(!clients.iter().any(JoinHandle::is_finished), "a client was logged out");
            tokio::task::yield_now().await;
        }
    };
    for _ in 0..ROTATIONS {
        let new = secret();
        for list in &rotation(&old, &new)[1..] {
            volume.update(list);
            for machine in &mut machines {
                assert_eq!(machine.follower.step(), None);
                assert_eq!(machine.keys(), keys_of(list));
                everybody_was_here().await;
            }
        }
        old = new;
    }
    clients.iter().for_each(JoinHandle::abort);
}

/// Waits until the machine has the keys of this list.
#[track_caller]
fn takes(sessions: &CookieSessions, list: &str) {
    let began = Instant::now();
    while names(sessions) != keys_of(list) {
        assert!(began.elapsed() < Duration::from_secs(60), "the secrets are not taken");
        thread::yield_now();
    }
}

#[test]
fn reading_the_file_is_no_notice_of_a_change() {
    use notify::EventKind::{Access, Any, Modify, Remove};
    use notify::event::{AccessKind, AccessMode, ModifyKind, RemoveKind, RenameMode};
    let opened = Access(AccessKind::Open(AccessMode::Any));
    let read = Access(AccessKind::Close(AccessMode::Read));
    assert!([opened, read].into_iter().all(is_reading));
    let written = Access(AccessKind::Close(AccessMode::Write));
    let renamed = Modify(ModifyKind::Name(RenameMode::To));
    let removed = Remove(RemoveKind::File);
    assert!(![Any, written, renamed, removed].into_iter().any(is_reading));
}

#[cfg(target_os = "linux")]
#[test]
fn a_notice_of_the_system_is_enough() {
    let steps = rotation(&secret(), &secret());
    let mut volume = Volume::mount("notice", &steps[0]);
    let Machine { sessions, follower } = Machine::new(&volume.keys());
    follower.start(Duration::from_secs(24 * 3600));
    for list in &steps {
        volume.update(list);
        takes(&sessions, list);
    }
}

/// The watched folder does not change here: what changes is behind a link in it.
#[test]
fn the_interval_is_enough() {
    let steps = rotation(&secret(), &secret());
    let mut volume = Volume::mount("interval", &steps[0]);
    let other = Volume::mount("link", &steps[0]);
    let link = other.keys().with_file_name("link");
    symlink(volume.keys(), &link).unwrap();
    let Machine { sessions, follower } = Machine::new(&link);
    follower.start(Duration::from_millis(1));
    for list in &steps {
        volume.update(list);
        takes(&sessions, list);
    }
}

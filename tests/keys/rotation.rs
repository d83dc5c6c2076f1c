//! Rotation while it runs: what a swap of the secrets changes, when, and that it loses nothing.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;

use crate::support::{DAY, NAME, NOW, at, decode, encode, pair, ring, sealed, secret, visit};
use base64_simd::URL_SAFE_NO_PAD;
use http::header::SET_COOKIE;
use sealed_session::{CookieSessions, KeyRole, Keyring, Rejection, Sent, Session};

/// Role and id of each key.
fn names(sessions: &CookieSessions) -> Vec<String> {
    sessions.keys().map(|(role, id)| format!("{role} {id}")).collect()
}

#[test]
fn every_clone_has_the_secrets_of_the_last_rotation() {
    let sessions = CookieSessions::new(ring(1));
    let clones = [sessions.clone(), sessions.clone()];
    for keyring in
        [ring(1).upcoming(secret(2)), ring(2).previous(secret(1)), ring(2), Keyring::ephemeral()]
    {
        clones[0].rotate(keyring.clone());
        let expected = CookieSessions::new(keyring);
        for clone in [&sessions, &clones[0], &clones[1]] {
            assert_eq!(names(clone), names(&expected));
            assert_eq!(clone.is_ephemeral(), expected.is_ephemeral());
        }
    }
}

#[test]
fn a_session_that_is_open_survives_a_rotation_to_the_same_secrets() {
    let sessions = CookieSessions::new(ring(1));
    let mut session = decode(&sessions, &sealed(&sessions, &[("lang", "en")], NOW), NOW);
    sessions.rotate(ring(1));
    session.set("lang", "de");
    assert_eq!(encode(&sessions, &session, NOW).0, Sent::Set);
}

#[test]
fn other_builds_keep_their_secrets() {
    let [sessions, other] = [(); 2].map(|()| CookieSessions::new(ring(1)));
    sessions.rotate(ring(2));
    assert_eq!(names(&other), names(&CookieSessions::new(ring(1))));
}

#[test]
fn the_scope_stays_what_it_was() {
    let build = |n| CookieSessions::builder(ring(n)).path("/app").context("shop").build().unwrap();
    let sessions = build(1);
    sessions.rotate(ring(2));
    assert_eq!(names(&sessions), names(&build(2)));
}

/// How a session comes about.
type Arrive = fn(&CookieSessions) -> Session;

#[test]
fn a_response_is_sealed_under_the_secret_of_its_own_moment() {
    let rows: [(&str, Arrive); 2] = [
        ("a pre-session", |sessions| visit(sessions, NOW)),
        ("a loaded session", |sessions| {
            decode(sessions, &sealed(sessions, &[("lang", "en")], NOW), NOW)
        }),
    ];
    for (row, arrive) in rows {
        let sessions = CookieSessions::new(ring(1));
        let mut session = arrive(&sessions);
        sessions.rotate(ring(2).previous(secret(1)));
        session.set("user", "alice");
        let (sent, headers) = encode(&sessions, &session, NOW);
        assert_eq!(sent, Sent::Set, "{row}");
        let opened_by = |n| decode(&CookieSessions::new(ring(n)), &pair(&headers), NOW).opened_by();
        assert_eq!((opened_by(1), opened_by(2)), (None, Some(KeyRole::Current)), "{row}");
        let jar = sessions.to_cookie(&session, at(NOW)).unwrap().unwrap();
        assert_eq!(secret_of(jar.value(), &numbers()), 2, "{row}, in a jar");
    }
}

#[test]
fn a_request_is_opened_with_the_secrets_of_its_own_moment() {
    let sessions = CookieSessions::new(ring(1));
    let cookie = sealed(&sessions, &[("user", "alice")], NOW);
    for (keyring, role) in [
        (ring(2).previous(secret(1)), Some(KeyRole::Previous)),
        (ring(2), None),
        (ring(2).upcoming(secret(1)), Some(KeyRole::Upcoming)),
    ] {
        sessions.rotate(keyring);
        let session = decode(&sessions, &cookie, NOW);
        assert_eq!(session.opened_by(), role);
        assert_eq!(session.get("user"), role.map(|_| "alice"));
    }
}

#[test]
fn a_secret_that_leaked_opens_and_seals_nothing_once_it_is_rotated_out() {
    let sessions = CookieSessions::new(ring(1));
    let forged = sealed(&CookieSessions::new(ring(1)), &[("user", "admin")], NOW);
    assert_eq!(decode(&sessions, &forged, NOW).get("user"), Some("admin"));
    sessions.rotate(ring(2));
    let session = decode(&sessions, &forged, NOW);
    assert!(session.is_new() && matches!(session.rejection(), Some(Rejection::UnknownKey(_))));
    let sealed = sealed(&sessions, &[], NOW);
    assert!(decode(&CookieSessions::new(ring(1)), &sealed, NOW).is_new());
}

/// A change that a handler makes.
type Change = fn(&mut Session);

#[test]
fn a_session_that_a_secret_opened_is_not_sealed_again_once_it_is_rotated_out() {
    let rows: [(&str, u64, Change); 5] = [
        ("read", NOW, |_| {}),
        ("due", NOW + 10 * DAY, |_| {}),
        ("written", NOW, |session| session.set("user", "admin")),
        ("touched", NOW, Session::touch),
        ("renewed", NOW, Session::renew),
    ];
    for (row, now, change) in rows {
        let sessions = CookieSessions::new(ring(1));
        let mut session = decode(&sessions, &sealed(&sessions, &[("user", "alice")], NOW), now);
        change(&mut session);
        sessions.rotate(ring(2));
        let (sent, headers) = encode(&sessions, &session, now);
        assert_eq!((sent, headers.contains_key(SET_COOKIE)), (Sent::Withheld, false), "{row}");
        assert!(sessions.to_cookie(&session, at(now)).unwrap().is_none(), "{row}, in a jar");
        session.invalidate();
        assert_eq!(encode(&sessions, &session, now).0, Sent::Removed, "{row}, then invalidated");
        session.set("user", "bob");
        assert_eq!(
            encode(&sessions, &session, now).0,
            Sent::Set,
            "{row}, then invalidated and written"
        );
    }
}

#[test]
fn a_session_of_another_scope_is_sealed_whatever_was_rotated_there() {
    let one = CookieSessions::new(ring(1));
    let other = CookieSessions::builder(ring(2)).context("other").build().unwrap();
    let session = decode(&one, &sealed(&one, &[("user", "alice")], NOW), NOW);
    one.rotate(ring(3));
    let (sent, headers) = encode(&other, &session, NOW);
    assert_eq!(sent, Sent::Set);
    assert_eq!(decode(&other, &pair(&headers), NOW).get("user"), Some("alice"));
}

/// The two ways from the first secret to the second on a fleet.
const ONE: fn() -> Keyring = || ring(1);
const ANNOUNCED: fn() -> Keyring = || ring(1).upcoming(secret(2));
const ROTATED: fn() -> Keyring = || ring(2).previous(secret(1));
const RETIRED: fn() -> Keyring = || ring(2);

/// Of a session that is written at every visit, what is left when two machines take these steps in turn, and the
/// client visits both before and after each.
fn visits_kept(steps: &[fn() -> Keyring]) -> (usize, usize) {
    let machines = [(); 2].map(|()| CookieSessions::new(ring(1)));
    let (mut cookie, mut made) = (sealed(&machines[0], &[], NOW), 0);
    let mut kept = 0;
    let mut visit_both = || {
        for machine in [&machines[0], &machines[1], &machines[1], &machines[0]] {
            let mut session = decode(machine, &cookie, NOW);
            kept = session.parse("visits").map_or(0, Result::unwrap) + 1;
            session.set("visits", kept);
            cookie = pair(&encode(machine, &session, NOW).1);
            made += 1;
        }
    };
    for step in steps {
        for machine in &machines {
            visit_both();
            machine.rotate(step());
        }
        visit_both();
    }
    (made, kept)
}

#[test]
fn three_steps_lose_nothing_that_a_client_wrote_between_two_machines() {
    let (made, kept) = visits_kept(&[ANNOUNCED, ROTATED, RETIRED]);
    assert_eq!((made, kept), (36, 36));
    // And the way back from each step.
    let (made, kept) =
        visits_kept(&[ANNOUNCED, ONE, ANNOUNCED, ROTATED, ANNOUNCED, ROTATED, RETIRED, ROTATED]);
    assert_eq!(made, kept);
}

#[test]
fn two_steps_lose_what_a_client_wrote_which_is_why_there_are_three() {
    let (made, kept) = visits_kept(&[ROTATED, RETIRED]);
    assert!(
        kept < made,
        "{kept} of {made}: overwritten by a machine that did not know the new secret"
    );
}

/// What the big test is made of.
const THREADS: usize = 8;
const MACHINES: usize = 2;
const CLIENTS_OF_A_THREAD: usize = 12;
const ROTATIONS: usize = 100;
/// `.ci/run` makes a release build for the million.
const REQUESTS: usize = if cfg!(debug_assertions) { 30_000 } else { 1_000_000 };

/// The number of the secret by its key id.
fn numbers() -> HashMap<String, usize> {
    let id = |n| CookieSessions::new(ring(n)).keys().next().unwrap().1.to_string();
    let numbers: HashMap<_, _> = (1..=101).map(|n| (id(n), n.into())).collect();
    assert_eq!(numbers.len(), 101, "no two of them share a key id");
    numbers
}

/// The number of the secret that a token was sealed under.
#[track_caller]
fn secret_of(token: &str, numbers: &HashMap<String, usize>) -> usize {
    let front = URL_SAFE_NO_PAD.decode_to_vec(&token[..4]).unwrap();
    numbers[&format!("{:02x}{:02x}", front[1], front[2])]
}

/// Two machines whose secrets change under eight threads.
struct Fleet {
    machines: [CookieSessions; MACHINES],
    numbers: HashMap<String, usize>,
    /// Of each machine, the current secret of the last `rotate` that has returned.
    current: [AtomicUsize; MACHINES],
    /// Of each client, the secret of its cookie; 0 while it waits for a response.
    held: Vec<AtomicUsize>,
    requests: AtomicUsize,
    rotations: Mutex<Rotations>,
    failed: AtomicBool,
}

/// How far the rotations have come.
#[derive(Default)]
struct Rotations {
    /// Three steps a rotation, each on one machine after the other.
    steps: usize,
    /// Clients that were sent what the new secret sealed.
    reached: usize,
}

const STEPS: usize = ROTATIONS * 3 * MACHINES;

impl Fleet {
    fn new() -> Self {
        Self {
            machines: [(); MACHINES].map(|()| CookieSessions::new(ring(1))),
            numbers: numbers(),
            current: [(); MACHINES].map(|()| AtomicUsize::new(1)),
            held: (0..THREADS * CLIENTS_OF_A_THREAD).map(|_| AtomicUsize::new(1)).collect(),
            requests: AtomicUsize::new(0),
            rotations: Mutex::default(),
            failed: AtomicBool::new(false),
        }
    }

    /// Takes the next step if it is due, while the other threads go on; returns whether there is none left.
    fn rotate(&self) -> bool {
        let Ok(mut rotations) = self.rotations.try_lock() else { return false };
        let Rotations { steps, reached } = *rotations;
        if steps == STEPS || self.requests.load(SeqCst) < steps * (REQUESTS / STEPS) {
            return steps == STEPS;
        }
        let (rotation, step, machine) =
            (steps / 3 / MACHINES, steps / MACHINES % 3, steps % MACHINES);
        let [old, new] = [rotation + 1, rotation + 2];
        let [old_secret, new_secret] = [old, new].map(|n| secret(n.try_into().unwrap()));
        let keyring = match step {
            0 => Keyring::new(old_secret).upcoming(new_secret),
            1 => Keyring::new(new_secret).previous(old_secret),
            // In place of the idle timeout: each client has had a response since the last machine took step 2.
            _ => match self.held[reached..].iter().position(|held| held.load(SeqCst) < new) {
                Some(more) => {
                    rotations.reached += more;
                    return false;
                }
                None => Keyring::new(new_secret),
            },
        };
        self.machines[machine].rotate(keyring);
        self.current[machine].store(if step == 0 { old } else { new }, SeqCst);
        *rotations =
            Rotations { steps: steps + 1, reached: if step == 2 { self.held.len() } else { 0 } };
        false
    }

    fn clients_of(&self, thread: usize) -> Vec<Client> {
        let first = thread * CLIENTS_OF_A_THREAD;
        let numbers = first..first + CLIENTS_OF_A_THREAD;
        numbers.map(|number| Client::new(number, &self.machines[0])).collect()
    }

    /// One thread: its clients in turn, on both machines.
    fn serve(&self, mut clients: Vec<Client>) -> Vec<Client> {
        let _alarm = Alarm(&self.failed);
        let machines = self.machines.clone();
        let mut turn = 0;
        while self.requests.fetch_add(1, SeqCst) < REQUESTS || !self.rotate() {
            clients[turn % CLIENTS_OF_A_THREAD].visit(
                self,
                &machines,
                turn / CLIENTS_OF_A_THREAD % MACHINES,
            );
            self.rotate();
            turn += 1;
            assert!(!self.failed.load(SeqCst), "another thread failed");
        }
        clients
    }
}

/// Tells that its thread failed, so that nobody waits for it.
struct Alarm<'f>(&'f AtomicBool);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        self.0.fetch_or(thread::panicking(), SeqCst);
    }
}

struct Client {
    number: usize,
    cookie: String,
    label: String,
    visits: usize,
    sealed_under: usize,
    resealed: usize,
}

impl Client {
    fn new(number: usize, sessions: &CookieSessions) -> Self {
        let cookie = sealed(sessions, &[("client", &number.to_string()), ("visits", "0")], NOW);
        let label = decode(sessions, &cookie, NOW).label().to_string();
        let sealed_under = 1;
        Self { number, cookie, label, visits: 0, sealed_under, resealed: 0 }
    }

    /// Every third client writes at each visit, the others only read.
    fn writes(&self) -> bool {
        self.number.is_multiple_of(3)
    }

    fn visit(&mut self, fleet: &Fleet, machines: &[CookieSessions], machine: usize) {
        let held = &fleet.held[self.number];
        held.store(0, SeqCst);
        let mut session = decode(&machines[machine], &self.cookie, NOW);
        self.finds_all(&session);
        if self.writes() {
            self.visits += 1;
            session.set("visits", self.visits);
        }
        let current = fleet.current[machine].load(SeqCst);
        let (sent, headers) = encode(&machines[machine], &session, NOW);
        match sent {
            Sent::Set => self.takes(pair(&headers), current, fleet),
            _ => assert!(sent == Sent::Unchanged && !self.writes(), "{sent:?}"),
        }
        held.store(self.sealed_under, SeqCst);
    }

    #[track_caller]
    fn finds_all(&self, session: &Session) {
        assert_eq!(
            session.parse("client"),
            Some(Ok(self.number)),
            "lost: {:?}",
            session.rejection()
        );
        assert_eq!(session.parse("visits"), Some(Ok(self.visits)), "an older one");
        assert_eq!(session.label().to_string(), self.label);
    }

    #[track_caller]
    fn takes(&mut self, cookie: String, current: usize, fleet: &Fleet) {
        let token = cookie.strip_prefix(NAME).unwrap().strip_prefix('=').unwrap();
        let sealed_under = secret_of(token, &fleet.numbers);
        assert!(
            sealed_under >= current,
            "sealed under {sealed_under} when {current} had taken its place"
        );
        if !self.writes() {
            assert!(sealed_under > self.sealed_under, "sealed again and not under a later secret");
            self.resealed += 1;
        }
        (self.cookie, self.sealed_under) = (cookie, sealed_under);
    }
}

#[test]
fn a_hundred_rotations_under_eight_threads_lose_no_session_and_seal_each_again_once() {
    let fleet = Fleet::new();
    let clients: [_; THREADS] = std::array::from_fn(|thread| fleet.clients_of(thread));
    let clients: Vec<Client> = thread::scope(|scope| {
        let fleet = &fleet;
        let threads = clients.map(|clients| scope.spawn(move || fleet.serve(clients)));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(fleet.requests.into_inner() >= REQUESTS);
    assert_eq!(clients.len(), THREADS * CLIENTS_OF_A_THREAD);
    for client in &clients {
        assert_eq!(client.sealed_under, ROTATIONS + 1);
        assert!(
            client.writes() || client.resealed == ROTATIONS,
            "once a rotation: {}",
            client.resealed
        );
        assert!(
            !client.writes() || client.visits > ROTATIONS,
            "at least once a rotation: {}",
            client.visits
        );
    }
}

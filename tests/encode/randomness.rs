//! Nothing that has to be drawn ever repeats, through the public `encode`.

use std::collections::HashSet;
use std::thread;

use base64_simd::URL_SAFE_NO_PAD;
use sealed_session::{CookieSessions, Keyring, Rejection};

use crate::support::{NOW, again, at, decode, sealed, sessions, visit};

/// A million in release builds; debug builds are slower by more than ten.
const SEALS: usize = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };
const THREADS: usize = 8;

/// Id and nonce are what a token begins with: version and key id, 3 bytes, then the nonce, 24 bytes.
fn nonce(token: &str) -> [u8; 24] {
    URL_SAFE_NO_PAD.decode_to_vec(token).unwrap()[3..27].try_into().unwrap()
}

#[test]
fn no_nonce_repeats_over_threads() {
    let sessions = sessions();
    let seal = || -> Vec<[u8; 24]> {
        let mut session = visit(&sessions, NOW);
        session.set("user", "alice");
        (0..SEALS / THREADS)
            .map(|_| nonce(sessions.to_cookie(&session, at(NOW)).unwrap().unwrap().value()))
            .collect()
    };
    let nonces: HashSet<[u8; 24]> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(seal)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(nonces.len(), SEALS);
    assert!(!nonces.contains(&[0; 24]));
}

#[test]
fn no_two_sessions_have_one_id() {
    let sessions = sessions();
    let ids: HashSet<String> =
        (0..10_000).map(|_| sessions.fresh().id().expose_base64url().to_string()).collect();
    assert_eq!(ids.len(), 10_000);
}

#[test]
fn two_boot_keys_of_one_process_open_nothing_of_each_other() {
    let coder = || CookieSessions::new(Keyring::ephemeral());
    let (one, other) = (coder(), coder());
    let pair = sealed(&one, &[("user", "alice")], NOW);
    assert!(!decode(&one, &pair, NOW).is_new());
    let session = decode(&other, &pair, NOW);
    assert!(matches!(session.rejection(), Some(Rejection::UnknownKey(_) | Rejection::Forged)));
}

const IN_CHILD: &str = "SEALED_SESSION_TEST_PRINT_A_COOKIE";

#[test]
fn two_boot_keys_of_two_processes_open_nothing_of_each_other() {
    let sessions = CookieSessions::new(Keyring::ephemeral());
    if std::env::var_os(IN_CHILD).is_some() {
        println!("\ncookie {}", sealed(&sessions, &[("user", "alice")], NOW));
        return;
    }
    let name = "two_boot_keys_of_two_processes_open_nothing_of_each_other";
    let cookies = [(); 2].map(|()| {
        let output = again(module_path!(), name).env(IN_CHILD, "1").output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.lines().find_map(|line| line.strip_prefix("cookie ")).unwrap().to_owned()
    });
    assert_ne!(cookies[0], cookies[1]);
    for cookie in cookies {
        let session = decode(&sessions, &cookie, NOW);
        assert!(matches!(session.rejection(), Some(Rejection::UnknownKey(_) | Rejection::Forged)));
    }
}

//! The secrets in use, and rotations.

use metrics_util::debugging::DebugValue;
use sealed_session::CookieSessions;

use crate::recorder::Recorder;
use crate::support::{ring, secret};

/// The number of secrets of each role.
fn secrets(recorder: &Recorder) -> Vec<(String, String)> {
    let gauges = recorder.all().into_iter().filter_map(|series| match series.value {
        DebugValue::Gauge(value) => Some((series.labels[1].1.clone(), value.to_string())),
        _ => None,
    });
    gauges.collect()
}

fn roles(counts: [&str; 3]) -> Vec<(String, String)> {
    let roles = ["current", "previous", "upcoming"].map(str::to_owned);
    roles.into_iter().zip(counts.map(str::to_owned)).collect()
}

#[test]
fn the_secrets_of_each_role_are_those_in_use() {
    let recorder = Recorder::default();
    let builder = CookieSessions::builder(ring(1).previous(secret(2)).previous(secret(3)));
    let sessions = recorder.install(|| builder.build().unwrap());
    assert_eq!(secrets(&recorder), roles(["1", "2", "0"]));
    sessions.rotate(ring(1).upcoming(secret(4)));
    assert_eq!(secrets(&recorder), roles(["1", "0", "1"]));
}

#[test]
fn a_rotation_is_counted_if_it_changes_the_secrets() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let keyring = || ring(4).previous(secret(1));
    sessions.clone().rotate(keyring());
    recorder.counted([("rotations_total", 1)]);
    sessions.rotate(keyring());
    recorder.counted([]);
    sessions.rotate(ring(4));
    recorder.counted([("rotations_total", 1)]);
}

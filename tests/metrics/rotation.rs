//! The secrets in use, and rotations.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, SharedString, Unit};
use metrics_util::debugging::DebugValue;
use sealed_session::{CookieSessions, Keyring};

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

/// Rotates, once, while it is told the number of secrets: as another thread may do at that moment.
#[derive(Default)]
struct Rotating {
    sessions: OnceLock<CookieSessions>,
    next: Mutex<Option<Keyring>>,
    gauges: Mutex<Vec<Arc<AtomicU64>>>,
}

struct RotatingGauge(Arc<Rotating>, Arc<AtomicU64>);

impl GaugeFn for RotatingGauge {
    fn increment(&self, _: f64) {}

    fn decrement(&self, _: f64) {}

    fn set(&self, value: f64) {
        let next = self.0.next.lock().unwrap().take();
        if let (Some(sessions), Some(next)) = (self.0.sessions.get(), next) {
            sessions.rotate(next);
        }
        self.1.store(value.to_bits(), Ordering::Relaxed);
    }
}

struct RotatingRecorder(Arc<Rotating>);

impl metrics::Recorder for RotatingRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        let value = Arc::<AtomicU64>::default();
        self.0.gauges.lock().unwrap().push(value.clone());
        Gauge::from_arc(Arc::new(RotatingGauge(self.0.clone(), value)))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn of_two_rotations_at_once_the_gauges_have_the_secrets_that_stay() {
    let shared = Arc::new(Rotating::default());
    let recorder = RotatingRecorder(shared.clone());
    let builder = CookieSessions::builder(ring(1));
    let sessions = metrics::with_local_recorder(&recorder, || builder.build().unwrap());
    shared.sessions.set(sessions.clone()).unwrap();
    *shared.next.lock().unwrap() = Some(ring(5));
    sessions.rotate(ring(2).previous(secret(1)).upcoming(secret(3)).upcoming(secret(4)));
    let gauges = shared.gauges.lock().unwrap();
    let values = gauges.iter().map(|value| f64::from_bits(value.load(Ordering::Relaxed)));
    assert_eq!(values.map(|value| value.to_string()).collect::<Vec<_>>(), ["1", "0", "0"]);
    assert_eq!(sessions.keys().count(), 1);
}

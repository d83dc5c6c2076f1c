//! A recorder of its own for each test, and what it has counted.

use std::collections::BTreeMap;

use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use sealed_session::{Builder, CookieSessions, Dict, Payload};

use crate::support::{NAME, ring};

/// Counts by metric and label: `rejected_total forged`. Of a histogram, the number of samples.
pub type Counts = BTreeMap<String, u64>;

/// One metric under one set of labels.
pub struct Series {
    pub name: String,
    pub kind: MetricKind,
    pub unit: Option<metrics::Unit>,
    pub about: String,
    pub labels: Vec<(String, String)>,
    pub value: DebugValue,
}

#[derive(Default)]
pub struct Recorder(DebuggingRecorder);

impl Recorder {
    /// What the builder builds while this recorder is installed. What that counts is forgotten.
    pub fn build<T: Payload>(&self, builder: Builder<T>) -> CookieSessions<T> {
        let sessions = self.install(|| builder.build().unwrap());
        self.all();
        sessions
    }

    /// Runs something while this recorder is installed, in this thread.
    pub fn install<R>(&self, run: impl FnOnce() -> R) -> R {
        metrics::with_local_recorder(&self.0, run)
    }

    /// With default settings, under the first secret.
    pub fn sessions(&self) -> CookieSessions {
        self.build(CookieSessions::builder(ring(1)))
    }

    pub fn with(&self, configure: impl FnOnce(Builder<Dict>) -> Builder<Dict>) -> CookieSessions {
        self.build(configure(CookieSessions::builder(ring(1))))
    }

    /// Every series, in the order of registration; the values begin again.
    pub fn all(&self) -> Vec<Series> {
        let snapshot = self.0.snapshotter().snapshot().into_vec();
        let series = snapshot.into_iter().map(|(key, unit, about, value)| {
            let (kind, key) = key.into_parts();
            let (name, labels) = key.into_parts();
            let label = |label: metrics::Label| {
                let (name, value) = label.into_parts();
                (name.as_ref().to_owned(), value.as_ref().to_owned())
            };
            let labels = labels.into_iter().map(label).collect();
            let about = about.map(|about| about.as_ref().to_owned()).unwrap_or_default();
            Series { name: name.as_str().to_owned(), kind, unit, about, labels, value }
        });
        series.collect()
    }

    /// What was counted since the last call, but for gauges.
    pub fn take(&self) -> Counts {
        let counted = self.all().into_iter().filter_map(|series| {
            assert_eq!(series.labels[0].0, "cookie");
            assert_eq!(series.labels[0].1, NAME);
            let count = match &series.value {
                DebugValue::Counter(count) => *count,
                DebugValue::Histogram(samples) => u64::try_from(samples.len()).unwrap(),
                DebugValue::Gauge(_) => 0,
            };
            let mut words = vec![series.name.trim_start_matches("sealed_session_")];
            words.extend(series.labels[1..].iter().map(|(_, value)| value.as_str()));
            (count > 0).then(|| (words.join(" "), count))
        });
        counted.collect()
    }

    /// Compares what was counted since the last call.
    #[track_caller]
    pub fn counted<const N: usize>(&self, expected: [(&str, u64); N]) {
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(self.take(), Counts::from(expected));
    }
}

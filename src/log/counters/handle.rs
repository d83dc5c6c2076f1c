//! The handles of the recorder: counters, gauges and histograms. Without the feature `metrics` they
//! have no size, and what they do compiles to nothing.

#[cfg(not(feature = "metrics"))]
pub(crate) use nobody::{Counter, Gauge, Histogram, Timer};
#[cfg(feature = "metrics")]
pub(crate) use recorder::{Counter, Gauge, Histogram, Timer};

/// The handles of the facade.
// A recorder that panics leaves a count behind at worst, so the handles do not keep a configuration
// from being unwind-safe.
#[cfg(feature = "metrics")]
mod recorder {
    use std::panic::AssertUnwindSafe;
    use std::time::Instant;

    use metrics::Label;

    use crate::log::counters::metric::{Metric, Unit};

    impl Unit {
        fn of_facade(self) -> metrics::Unit {
            match self {
                Self::Count => metrics::Unit::Count,
                Self::Bytes => metrics::Unit::Bytes,
                Self::Seconds => metrics::Unit::Seconds,
            }
        }
    }

    fn owned(labels: &[(&'static str, &str)]) -> Vec<Label> {
        labels.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())).collect()
    }

    pub(crate) struct Counter(AssertUnwindSafe<metrics::Counter>);

    impl Counter {
        pub(crate) fn register(metric: &Metric, labels: &[(&'static str, &str)]) -> Self {
            metrics::describe_counter!(metric.name, metric.unit.of_facade(), metric.about);
            Self(AssertUnwindSafe(metrics::counter!(metric.name, owned(labels))))
        }

        pub(crate) fn add(&self) {
            self.0.increment(1);
        }
    }

    pub(crate) struct Gauge(AssertUnwindSafe<metrics::Gauge>);

    impl Gauge {
        pub(crate) fn register(metric: &Metric, labels: &[(&'static str, &str)]) -> Self {
            metrics::describe_gauge!(metric.name, metric.unit.of_facade(), metric.about);
            Self(AssertUnwindSafe(metrics::gauge!(metric.name, owned(labels))))
        }

        pub(crate) fn set(&self, count: impl FnOnce() -> usize) {
            self.0.set(u32::try_from(count()).unwrap_or(u32::MAX));
        }
    }

    pub(crate) struct Histogram(AssertUnwindSafe<metrics::Histogram>);

    impl Histogram {
        pub(crate) fn register(metric: &Metric, labels: &[(&'static str, &str)]) -> Self {
            metrics::describe_histogram!(metric.name, metric.unit.of_facade(), metric.about);
            Self(AssertUnwindSafe(metrics::histogram!(metric.name, owned(labels))))
        }

        pub(crate) fn record(&self, count: usize) {
            self.0.record(u32::try_from(count).unwrap_or(u32::MAX));
        }

        /// Starts a timer that records its seconds when it is dropped.
        pub(crate) fn start(&self) -> Timer<'_> {
            Timer { seconds: self, started: HAS_INSTANT.then(Instant::now) }
        }
    }

    /// Whether there is a monotonic clock: `Instant::now` panics on `wasm32-unknown-unknown`.
    const HAS_INSTANT: bool = !cfg!(all(target_family = "wasm", target_os = "unknown"));

    /// Also records work that is abandoned: its seconds until then.
    pub(crate) struct Timer<'h> {
        seconds: &'h Histogram,
        started: Option<Instant>,
    }

    impl Drop for Timer<'_> {
        fn drop(&mut self) {
            if let Some(started) = self.started {
                self.seconds.0.record(started.elapsed());
            }
        }
    }
}

/// Without a recorder.
#[cfg(not(feature = "metrics"))]
#[allow(clippy::unused_self, reason = "the handles have no content")]
mod nobody {
    use std::marker::PhantomData;

    use crate::log::counters::metric::Metric;

    pub(crate) struct Counter;

    impl Counter {
        pub(crate) fn register(_: &Metric, _: &[(&'static str, &str)]) -> Self {
            Self
        }

        #[inline]
        pub(crate) fn add(&self) {}
    }

    pub(crate) struct Gauge;

    impl Gauge {
        pub(crate) fn register(_: &Metric, _: &[(&'static str, &str)]) -> Self {
            Self
        }

        #[inline]
        pub(crate) fn set(&self, _: impl FnOnce() -> usize) {}
    }

    pub(crate) struct Histogram;

    impl Histogram {
        pub(crate) fn register(_: &Metric, _: &[(&'static str, &str)]) -> Self {
            Self
        }

        #[inline]
        pub(crate) fn record(&self, _: usize) {}

        #[inline]
        pub(crate) fn start(&self) -> Timer<'_> {
            Timer(PhantomData)
        }
    }

    pub(crate) struct Timer<'h>(PhantomData<&'h Histogram>);
}

//! A recorder is code of the application: it may use the session's handle while it counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use http::{Request, Response};
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use sealed_session::{CookieSessions, SessionHandle, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{NOW, at, ring, sealed, sessions};
use crate::watchdog::{Meddler, ends};

type Curious = Meddler<SessionHandle, Option<String>>;

/// Uses the handle each time that something is counted.
struct Meddling(Curious);

impl CounterFn for Meddling {
    fn increment(&self, _: u64) {
        self.0.meddle();
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for Meddling {
    fn record(&self, _: f64) {
        self.0.meddle();
    }
}

impl Recorder for Meddling {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Arc::new(Self(self.0.clone())))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Arc::new(Self(self.0.clone())))
    }
}

#[test]
fn a_recorder_may_use_the_handle() {
    ends(|| {
        let meddler: Curious = Meddler::new(|handle| handle.get("user"));
        let builder = CookieSessions::builder(ring(1)).clock(|| at(NOW));
        let recorder = Meddling(meddler.clone());
        let sessions = metrics::with_local_recorder(&recorder, || builder.build().unwrap());
        let handler_of = meddler.clone();
        let inner = service_fn(move |request: Request<()>| {
            let handle: &SessionHandle = request.extensions().get().unwrap();
            handler_of.watch(handle);
            assert_eq!(handle.get("user").as_deref(), Some("alice"));
            handle.set("user", "bob");
            async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) }
        });
        let cookie = sealed(&self::sessions(), &[("user", "alice")], NOW);
        let request = Request::builder().header("cookie", cookie).body(()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let layer = SessionLayer::new(sessions).layer(inner);
        let response = runtime.block_on(layer.oneshot(request)).unwrap();
        assert!(response.headers().contains_key("set-cookie"));
        // Accepted, before the handle has data; sealed, and its length.
        let bob = Some("bob".to_owned());
        assert_eq!(meddler.found(), [None, bob.clone(), bob]);
    });
}

#[test]
fn a_recorder_that_panics_leaves_the_handle_usable() {
    ends(|| {
        // In the handler, where it counts the session that is accepted; and after it, where it counts the one that is sent.
        for in_handler in [true, false] {
            let meddler: Curious = Meddler::new(|_| panic!("the recorder's own"));
            let builder = CookieSessions::builder(ring(1)).clock(|| at(NOW));
            let recorder = Meddling(meddler.clone());
            let sessions = metrics::with_local_recorder(&recorder, || builder.build().unwrap());
            let kept = Arc::new(OnceLock::new());
            let keep = Arc::clone(&kept);
            let inner = service_fn(move |request: Request<()>| {
                let handle: &SessionHandle = request.extensions().get().unwrap();
                let _ = keep.set(handle.clone());
                if in_handler {
                    meddler.watch(handle);
                    assert!(catch_unwind(AssertUnwindSafe(|| handle.get("user"))).is_err());
                }
                assert_eq!(handle.get("user").as_deref(), Some("alice"));
                handle.set("user", "bob");
                meddler.watch(handle);
                async { Ok::<_, std::convert::Infallible>(Response::new(String::new())) }
            });
            let cookie = sealed(&self::sessions(), &[("user", "alice")], NOW);
            let request = Request::builder().header("cookie", cookie).body(()).unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let response = SessionLayer::new(sessions).layer(inner).oneshot(request);
            let response = catch_unwind(AssertUnwindSafe(|| runtime.block_on(response)));
            // It panics once.
            assert_eq!(response.is_ok(), in_handler);
            let late: &SessionHandle = kept.get().unwrap();
            assert_eq!(late.get("user").as_deref(), Some("bob"));
            assert!(format!("{late:?}").contains("Session {"), "{late:?}");
        }
    });
}

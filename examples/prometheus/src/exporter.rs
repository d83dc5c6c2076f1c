//! The exporter: what counts, and the page that Prometheus reads. Copy this file.

use std::error::Error;
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The bytes of a `Set-Cookie` header. The last one is the limit of browsers, and the two before it come close.
const BYTES: [f64; 8] = [256.0, 384.0, 512.0, 1024.0, 2048.0, 3072.0, 3584.0, 4096.0];

/// The seconds of a question to the revocation hook, from one in memory to one that is late.
const SECONDS: [f64; 12] =
    [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];

/// The time between two calls of `run_upkeep`.
const UPKEEP: Duration = Duration::from_secs(5);

/// Installs the recorder of this process.
///
/// Call it before `build`, which takes the counters of the sessions from the recorder that is there. Without buckets
/// the exporter writes quantiles, which cannot be added up for several machines.
pub fn install() -> Result<PrometheusHandle, Box<dyn Error>> {
    Ok(PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_bytes".into()), &BYTES)?
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .install_recorder()?)
}

/// The page that Prometheus reads. It belongs on a port that only operators reach: it shows how many users there are.
pub fn page(handle: PrometheusHandle) -> Router {
    let render = async move || {
        ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], handle.render())
            .into_response()
    };
    Router::new().route("/metrics", get(render))
}

/// Moves what the histograms have collected into their buckets, so that it takes no memory while nobody reads the page.
pub async fn keep_up(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}

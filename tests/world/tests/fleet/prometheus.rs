//! A Prometheus with the rules of `examples/prometheus`, where minutes and days are some seconds.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};
use world::{Program, free_ports, repository};

/// How often Prometheus reads the counters and judges the rules, what it looks back on, and how long a condition holds
/// before an alert fires.
const INTERVAL: &str = "200ms";
const RANGE: &str = "[2s]";
const FOR: &str = "for: 500ms";

/// How long an alert may take to fire or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Alerts that fire, each with the machine, or none.
pub type Firing = BTreeSet<(String, String)>;

#[derive(Debug)]
pub struct Prometheus {
    program: Program,
    http: reqwest::Client,
    _folder: TempDir,
}

impl Prometheus {
    pub fn start(machines: &[String]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = |name| folder.path().join(name);
        let rules = repository().join("examples/prometheus/alerts.yml");
        fs::write(place("alerts.yml"), faster(&fs::read_to_string(rules).unwrap())).unwrap();
        let config = format!(
            "global: {{ scrape_interval: {INTERVAL}, scrape_timeout: {INTERVAL}, evaluation_interval: {INTERVAL} }}
rule_files: [alerts.yml]
scrape_configs: [{{ job_name: shop, static_configs: [{{ targets: {machines:?} }}] }}]"
        );
        fs::write(place("prometheus.yml"), config).unwrap();
        let [port] = free_ports();
        // It logs to the standard error, where it says its address.
        let mut command = Command::new("sh");
        command.args(["-c", r#"exec prometheus "$@" 2>&1"#, "prometheus"]);
        command.arg(format!("--config.file={}", place("prometheus.yml").display()));
        command.arg(format!("--storage.tsdb.path={}", place("data").display()));
        command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        let program = Program::start_saying(&mut command, "address=");
        Self { program, http: reqwest::Client::new(), _folder: folder }
    }

    /// Repeats the traffic until exactly these alerts fire.
    pub async fn wait_for(&self, expected: &[(&str, &str)], traffic: impl AsyncFn()) {
        let own = |(alert, machine): &(&str, &str)| ((*alert).to_owned(), (*machine).to_owned());
        let expected: Firing = expected.iter().map(own).collect();
        let began = Instant::now();
        loop {
            traffic().await;
            let firing = self.firing().await;
            if firing == expected {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{firing:?} fire instead of {expected:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Repeats the traffic until a query has a result.
    pub async fn wait_until(&self, query: &str, traffic: impl AsyncFn()) {
        let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let began = Instant::now();
        loop {
            traffic().await;
            let found = self.ask(&format!("query?query={query}")).await;
            if found.is_some_and(|found| !found["result"].as_array().unwrap().is_empty()) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "nothing to find: {query}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn firing(&self) -> Firing {
        let found = self.ask("alerts").await.expect("Prometheus responds");
        let alerts = found["alerts"].as_array().unwrap();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        let label = |alert: &Value, name: &str| {
            alert["labels"][name].as_str().unwrap_or_default().to_owned()
        };
        firing.map(|alert| (label(alert, "alertname"), label(alert, "instance"))).collect()
    }

    /// Without a result while it starts.
    async fn ask(&self, path: &str) -> Option<Value> {
        let address = self.program.address().split_whitespace().next().unwrap();
        let response =
            self.http.get(format!("http://{address}/api/v1/{path}")).send().await.ok()?;
        let response: Value = serde_json::from_str(&response.text().await.ok()?).ok()?;
        (response["status"] == "success").then(|| response["data"].clone())
    }
}

/// The rules, with short ranges and without waiting.
fn faster(rules: &str) -> String {
    let mut faster = String::new();
    for line in rules.lines() {
        let mut line = line.to_owned();
        for range in ["[2m]", "[10m]", "[15m]", "[2h]"] {
            line = line.replace(range, RANGE);
        }
        assert!(!line.contains("h]") && !line.contains("m]"), "another range: {line}");
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("for: ") {
            line.replace_range(indent.., FOR);
        }
        faster += &line;
        faster.push('\n');
    }
    assert_eq!(faster.matches(FOR).count(), 5, "{faster}");
    faster
}

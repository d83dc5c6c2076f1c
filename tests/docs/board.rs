//! The board and the alerts of `examples/prometheus` name what the library counts, as the guide's table lists it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const METRIC: &str = "sealed_session_";

/// Labels that Prometheus adds, and that of a bucket.
const ADDED: [&str; 3] = ["instance", "job", "le"];

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn guide() -> String {
    read("src/guide/metrics.rs")
}

fn alerts() -> String {
    read("examples/prometheus/alerts.yml")
}

/// The queries of the board are strings of JSON.
fn board() -> String {
    read("examples/prometheus/board.json").replace("\\\"", "\"")
}

/// What a text begins with: a metric, a label or an alert.
fn name(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// What comes after each place of a word.
fn after<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    text.split(word).skip(1).collect()
}

/// The labels and values of each metric: what the row has in code.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let guide = guide();
    let mut table = BTreeMap::new();
    for row in guide.lines().filter(|line| line.starts_with(&format!("//! | `{METRIC}"))) {
        let code: BTreeSet<String> = row.split('`').skip(1).step_by(2).map(Into::into).collect();
        let metrics = code.iter().filter(|word| word.starts_with(METRIC));
        table.extend(metrics.map(|metric| (metric.clone(), code.clone())));
    }
    assert_eq!(table.len(), 12, "{:?}", table.keys());
    table
}

/// The metrics that a text names, each with what its braces hold.
fn metrics(text: &str) -> Vec<(String, &str)> {
    let found = after(text, METRIC).into_iter().map(|rest| {
        let end = name(rest);
        let braces = rest[end.len()..].strip_prefix('{').and_then(|rest| rest.split('}').next());
        let metric = end.strip_suffix("_bucket").unwrap_or(end);
        (format!("{METRIC}{metric}"), braces.unwrap_or_default())
    });
    found.collect()
}

#[test]
fn the_board_and_the_alerts_name_metrics_labels_and_values_of_the_table() {
    let table = table();
    for text in [board(), alerts()] {
        let mut words: BTreeSet<&str> = BTreeSet::from(ADDED);
        for (metric, braces) in metrics(&text) {
            let row = table.get(&metric).unwrap_or_else(|| panic!("there is no {metric}"));
            words.extend(row.iter().map(String::as_str));
            for matcher in braces.split(", ").filter(|matcher| !matcher.is_empty()) {
                let (label, value) = (name(matcher), matcher.split('"').nth(1).unwrap());
                assert!(row.contains(label) || ADDED.contains(&label), "{metric}{{{matcher}}}");
                assert!(row.contains(value) || value.starts_with('$'), "{metric}{{{matcher}}}");
            }
        }
        for labels in after(&text, "by (") {
            for label in labels.split(')').next().unwrap().split(", ") {
                assert!(words.contains(label), "by ({label})");
            }
        }
    }
}

#[test]
fn the_board_shows_every_metric() {
    let board = board();
    let shown: BTreeSet<String> = metrics(&board).into_iter().map(|(metric, _)| metric).collect();
    assert_eq!(shown, table().into_keys().collect());
}

#[test]
fn every_alert_is_tested_and_the_guide_says_what_to_do() {
    let (rules, guide) = (alerts(), guide());
    let tests =
        ["alerts_test.yml", "alerts_days_test.yml", "../../tests/world/tests/fleet/alerts.rs"]
            .map(|file| read(&format!("examples/prometheus/{file}")));
    let alerts: Vec<&str> = after(&rules, "- alert: ").into_iter().map(name).collect();
    let rows: Vec<&str> = after(&guide, "//! | `Session").into_iter().map(name).collect();
    assert_eq!(rows, alerts.iter().map(|alert| &alert["Session".len()..]).collect::<Vec<_>>());
    assert_eq!(alerts.len(), 5);
    for alert in alerts {
        let fires = format!("alertname=\"{alert}\", ");
        assert!(tests[..2].iter().any(|test| test.contains(&fires)), "{alert}: promtool");
        assert!(tests[2].contains(&format!("(\"{alert}\"")), "{alert}: the fleet");
    }
    for part in ["for:", "severity:", "summary:", "description:", "runbook_url:"] {
        assert_eq!(rules.matches(&format!(" {part} ")).count(), 5, "{part}");
    }
}

#[test]
fn every_alert_links_to_what_to_do() {
    for link in after(&alerts(), "runbook_url: ") {
        let (page, anchor) = link.lines().next().unwrap().split_once('#').unwrap();
        assert_eq!(
            page,
            "https://docs.rs/sealed-session/latest/sealed_session/guide/metrics/index.html"
        );
        let heading = format!("//! # {}", anchor.replace('-', " "));
        let is_there = guide().lines().any(|line| line.eq_ignore_ascii_case(&heading));
        assert!(is_there, "no heading for {anchor}");
    }
}

//! Which series there are: those of the guide's table, all from the start, whatever clients send.

use std::collections::BTreeMap;

use metrics_util::MetricKind;
use sealed_session::{Builder, CookieSessions};

use crate::recorder::{Recorder, Series};
use crate::support::{NOW, decode, ring};

/// A metric: its kind, and its labels with their values. The first label is the cookie, with any value.
type Metric = (String, Vec<(String, Vec<String>)>);

const GUIDE: &str = include_str!("../../src/guide/metrics.rs");

/// The texts of a row that are code.
fn code(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The table of the guide.
fn documented() -> BTreeMap<String, Metric> {
    let rows = GUIDE.lines().filter_map(|line| line.strip_prefix("//! | `sealed_session_"));
    let metrics = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = format!("sealed_session_{}", cells[0].trim_end_matches('`'));
        let labels = cells[2].split(';').map(|label| {
            let mut words = code(label).into_iter();
            (words.next().unwrap(), words.collect())
        });
        (name, (cells[1].to_owned(), labels.collect()))
    });
    metrics.collect()
}

fn kind(kind: MetricKind) -> String {
    format!("{kind:?}").to_lowercase()
}

/// What a recorder has.
fn registered(series: &[Series]) -> BTreeMap<String, Metric> {
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    for series in series {
        let first = || (kind(series.kind), vec![("cookie".to_owned(), Vec::new())]);
        let (_, labels) = metrics.entry(series.name.clone()).or_insert_with(first);
        for (name, value) in &series.labels[1..] {
            match labels.iter_mut().find(|(known, _)| known == name) {
                Some((_, values)) => values.push(value.clone()),
                None => labels.push((name.clone(), vec![value.clone()])),
            }
        }
    }
    metrics
}

/// Sessions with everything that is counted.
fn sessions(recorder: &Recorder) -> CookieSessions {
    recorder.with(|builder| {
        #[cfg(feature = "revocation")]
        let builder = builder.revocation(sealed_session::LocalDenyList::new(10));
        builder
    })
}

#[test]
fn the_table_of_the_guide_has_every_series() {
    let recorder = Recorder::default();
    let _sessions = sessions(&recorder);
    let mut documented = documented();
    assert_eq!(documented.len(), 12);
    if cfg!(not(feature = "revocation")) {
        documented.retain(|name, _| !name.contains("_revocation_"));
    }
    assert_eq!(registered(&recorder.all()), documented);
}

#[test]
fn every_metric_has_a_unit_and_is_described() {
    let recorder = Recorder::default();
    let _sessions = sessions(&recorder);
    for Series { name, unit, about, .. } in recorder.all() {
        let expected = match name.rsplit('_').next().unwrap() {
            "bytes" => metrics::Unit::Bytes,
            "seconds" => metrics::Unit::Seconds,
            _ => metrics::Unit::Count,
        };
        assert_eq!(unit, Some(expected), "{name}");
        assert!(about.len() > 20 && !about.ends_with('.'), "{name}: {about}");
    }
}

/// The variants of an enum, in their order, in snake case.
fn variants(source: &str, of: &str) -> Vec<String> {
    let body = source.split_once(&format!("pub enum {of} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let names = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = names.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names.map(|line| snake(line.split(['(', ',', ' ']).next().unwrap())).collect()
}

/// `UnknownKey` as `unknown_key`.
pub fn snake(name: &str) -> String {
    let letters = name.char_indices().flat_map(|(at, letter)| {
        let gap = (at > 0 && letter.is_uppercase()).then_some('_');
        gap.into_iter().chain(letter.to_lowercase())
    });
    letters.collect()
}

#[test]
fn each_rejection_error_and_refusal_has_a_series() {
    let recorder = Recorder::default();
    let _sessions = sessions(&recorder);
    let mut registered = registered(&recorder.all());
    let mut values = |name: &str| registered.remove(name).unwrap().1.remove(1).1;

    let mut reasons = variants(include_str!("../../src/token/rejection.rs"), "Rejection");
    reasons.sort();
    let mut counted = values("sealed_session_rejected_total");
    counted.sort();
    assert_eq!(counted, reasons);

    let errors = variants(include_str!("../../src/error.rs"), "EncodeError");
    // The handler was not called, so there is no session.
    let errors: Vec<String> = errors.into_iter().filter(|name| name != "two_layers").collect();
    assert_eq!(values("sealed_session_failed_total"), errors);

    let refusals = variants(include_str!("../../src/csrf/token.rs"), "CsrfError");
    assert_eq!(values("sealed_session_csrf_refused_total"), refusals);
}

#[test]
fn the_label_is_the_full_name_of_the_cookie() {
    let recorder = Recorder::default();
    let of = |recorder: &Recorder| recorder.all().remove(0).labels[0].1.clone();
    recorder.with(Builder::insecure_http);
    assert_eq!(of(&recorder), "session");
    let recorder = Recorder::default();
    recorder.with(|builder| builder.name("shop").path("/shop"));
    assert_eq!(of(&recorder), "__Secure-shop");
}

#[test]
fn no_request_adds_a_series() {
    let recorder = Recorder::default();
    let sessions = recorder.sessions();
    let before = recorder.all().len();
    for n in 0..200 {
        let other = CookieSessions::new(ring(n));
        let cookie = crate::support::sealed(&other, &[("user", "mallory")], NOW);
        decode(&sessions, &cookie, NOW);
        let version = format!("{}={}", crate::support::NAME, base64(n));
        decode(&sessions, &version, NOW);
    }
    assert_eq!(recorder.all().len(), before);
}

/// The first characters of a token of this version.
fn base64(version: u8) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::URL_SAFE_NO_PAD.encode([version, 0, 0])
}

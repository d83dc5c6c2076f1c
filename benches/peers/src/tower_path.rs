//! The contest on the tower path: a request through a layer and a handler, minus a request to the
//! handler alone. Its questions, the allocations of each request, and its table.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::process::Command;

use crate::builds::{self, BUILDS, DEFAULT, RING};
use crate::child::Child;
use crate::documents::{of_ours, short};
use crate::machine::version;
use crate::peers::{self, TOWER};
use crate::samples::{Question, Samples};

const OURS: &str = "ours";

/// The measures, and the names under which the others count the allocations of each.
const MEASURES: [(&str, &str); 3] =
    [("tower-read", "read"), ("tower-write", "write"), ("tower-unread", "unread")];

/// The times, the ratios, the allocations.
const COLUMNS: [&str; 9] =
    ["read", "write", "unread", "read ×", "write ×", "unread ×", "read", "write", "unread"];

/// Allocations of one request, by contender and measure.
pub type Counts = BTreeMap<(&'static str, &'static str), i64>;

/// A label, and the child and the name of each contender.
fn contenders() -> impl Iterator<Item = (String, &'static str, &'static str)> {
    let builds =
        BUILDS.iter().map(|build| build.name).filter(|name| [DEFAULT, RING].contains(name));
    let ours = builds.map(|name| (format!("sealed-session, {name}"), name, OURS));
    ours.chain(TOWER.map(|(name, how)| (format!("{name} ({how})"), peers::CHILD, name)))
}

pub fn questions() -> impl Iterator<Item = Question> {
    contenders().flat_map(|(_, child, contender)| {
        MEASURES.map(|(measure, _)| Question { child, contender, measure })
    })
}

/// Counts the allocations, in separate programs. One build is enough: each provider allocates
/// the same.
pub fn count() -> Result<Counts, Box<dyn Error>> {
    let ours = BUILDS.iter().find(|build| build.name == RING).ok_or("no such build")?;
    let ours = Child::start(OURS, &mut Command::new(ours.program("ours-allocations")?))?;
    let theirs = builds::peers_program("peers-allocations")?;
    let theirs = Child::start(peers::CHILD, &mut Command::new(theirs))?;
    let mut counts = Counts::new();
    for (mut child, contenders) in
        [(ours, vec![OURS]), (theirs, TOWER.map(|(name, _)| name).into())]
    {
        for contender in contenders {
            for (timed, measure) in MEASURES {
                let question = Question { child: child.name, contender, measure };
                counts.insert((contender, timed), child.ask(question, 1)?);
            }
        }
    }
    Ok(counts)
}

pub fn table(samples: &Samples, counts: &Counts) -> String {
    let mut table = line("", COLUMNS.map(String::from));
    for (label, child, contender) in contenders() {
        let question = |measure| Question { child, contender, measure };
        let ours = |measure| Question { child: RING, contender: OURS, measure };
        let times =
            MEASURES.map(|(measure, _)| format!("{:.0}", samples.median(question(measure))));
        let ratios = MEASURES
            .map(|(measure, _)| format!("{:.2}", samples.ratio(question(measure), ours(measure))));
        let counts = MEASURES.map(|(measure, _)| counts[&(contender, measure)].to_string());
        let cells = times.into_iter().chain(ratios).chain(counts).collect::<Vec<_>>();
        table += &line(&label, cells.try_into().expect("nine cells"));
    }
    table
}

/// How the documents show a peer.
const SHOWN: [(&str, &str); 4] = [
    ("seshcookie", ""),
    ("tower-sessions-cookie-store", ", private"),
    ("tower-sessions", ", `MemoryStore`"),
    ("axum-extra", ", `PrivateCookieJar` with JSON"),
];

fn shown(child: &str, contender: &str) -> String {
    SHOWN.iter().find(|(name, _)| *name == contender).map_or_else(
        || of_ours(child),
        |(name, how)| format!("{name} {}{how}", short(version(name).unwrap_or_default())),
    )
}

/// The rows of the table in the documents: ratios, times, allocations.
pub fn rows(samples: &Samples, counts: &Counts) -> Vec<String> {
    let row = |(_, child, contender): (String, _, _)| {
        let label = shown(child, contender);
        let question = |measure| Question { child, contender, measure };
        let ours = |measure| Question { child: RING, contender: OURS, measure };
        let ratio = |measure| format!("{:.2}", samples.ratio(question(measure), ours(measure)));
        let median = |measure| format!("{:.0}", samples.median(question(measure)));
        let ratios = MEASURES.map(|(measure, _)| ratio(measure)).join(" | ");
        let times = MEASURES.map(|(measure, _)| median(measure)).join(" | ");
        let counts = MEASURES.map(|(measure, _)| counts[&(contender, measure)].to_string());
        format!("| {label} | {ratios} | {times} | {} |", counts.join(", "))
    };
    contenders().map(row).collect()
}

fn line(label: &str, cells: [String; 9]) -> String {
    let mut line = format!("{label:61}");
    for cell in cells {
        write!(line, "{cell:>9}").expect("a string takes everything");
    }
    line.trim_end().to_owned() + "\n"
}

/// For machines: the fastest peer of each measure.
pub fn lines(samples: &Samples, counts: &Counts) -> String {
    MEASURES.map(|(measure, name)| {
        let ours = Question { child: RING, contender: OURS, measure };
        // axum-extra has no layer that an unread session would pass.
        let peers = TOWER.iter().filter(|(peer, _)| name != "unread" || *peer != "axum-extra");
        let peers = peers.map(|(contender, _)| Question { child: peers::CHILD, contender, measure });
        let faster = |a: &Question, b: &Question| samples.median(*a).total_cmp(&samples.median(*b));
        let best = peers.min_by(faster).expect("a peer");
        format!(
            "tower {name} best_peer={} peer_ns={:.0} ours_ns={:.0} ratio={:.2} allocations={}\n",
            best.contender,
            samples.median(best),
            samples.median(ours),
            samples.ratio(best, ours),
            counts[&(OURS, measure)],
        )
    })
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_how_to_show_each_contender() {
        let labels = contenders().map(|(_, child, contender)| shown(child, contender));
        let labels: Vec<_> = labels.collect();
        assert_eq!(labels.len(), TOWER.len() + 2);
        for (label, (name, _)) in labels[2..].iter().zip(TOWER) {
            assert!(label.starts_with(&format!("{name} ")), "{label} is not {name}");
        }
        assert_eq!(labels[..2], ["sealed-session, default", "sealed-session, `ring`"]);
    }
}

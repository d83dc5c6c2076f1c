//! The tables of the documents, which `--update` writes: ratios first.
//!
//! A table is found by its header, which no other table of that document has. The lines around it
//! stay as they are.

use std::error::Error;
use std::fs::{read_to_string, write};
use std::path::{Path, PathBuf};

use crate::builds::{BUILDS, DEFAULT, RING};
use crate::machine::version;
use crate::peers;
use crate::rounds::Sizes;
use crate::samples::{Question, Samples};
use crate::tower_path::{self, Counts};

const README: &str = "README.md";
const MEASURED: &str = ".github/MEASURED.md";
const GUIDE: &str = "src/guide/performance.rs";

const IN_SHORT: &str = "| | read × | write × | read | write | cookie | build | crates |";
const IN_FULL: &str = "| | read × | write × | read | write |";
const TYPED: &str = "| typed | read × | write × | read | write | cookie |";
const CIPHERS: &str = "| cipher | read × | write × | read | write |";
const TOWER: &str = "| | read × | write × | unread × | read | write | unread | allocations |";
/// The table of `benches/peers/builds`.
const BUILD_TIMES: &str = "| | seconds | crates | crates beside axum's |";

const OURS: &str = "ours";
const NAMED: &str = "named";

/// The crate of each peer, and how a document shows its use.
const PEERS: [(&str, &str); 5] = [
    ("cookie", ", `PrivateJar` with JSON"),
    ("biscotti", " with JSON"),
    ("seshcookie", ", net of the service"),
    ("poem", " `CookieSession::private`, net"),
    ("tower-sessions-cookie-store", ", private, net"),
];

/// Those of [`IN_SHORT`]: the fastest, and the one whose sessions have an id, too.
const PEERS_IN_SHORT: [usize; 2] = [0, 4];
const BUILDS_IN_SHORT: [&str; 3] = [RING, "graviola", DEFAULT];

/// Writes all tables.
pub fn update(samples: &Samples, sizes: &Sizes, counts: &Counts) -> Result<(), Box<dyn Error>> {
    let figures = Figures { samples, sizes };
    replace(README, IN_SHORT, &figures.in_short(&build_times()?))?;
    replace(MEASURED, IN_FULL, &figures.in_full())?;
    replace(MEASURED, TOWER, &tower_path::rows(samples, counts))?;
    replace(GUIDE, CIPHERS, &figures.ciphers())?;
    replace(GUIDE, TYPED, &figures.typed())
}

struct Figures<'s> {
    samples: &'s Samples,
    sizes: &'s Sizes,
}

/// What is measured: a child and a contender in it.
type Who = (&'static str, &'static str);

impl Figures<'_> {
    fn in_short(&self, build_times: &[Vec<String>]) -> Vec<String> {
        let ours = BUILDS_IN_SHORT.map(|name| (of_ours(name), of_ours(name), (name, OURS)));
        let peers = PEERS_IN_SHORT.map(|index| of_peer(PEERS[index]));
        let rows = ours.into_iter().chain(peers).map(|(label, built, who)| {
            let build = build_times.iter().find(|cells| cells[0].starts_with(&built));
            let cell = |index: usize| build.map_or(String::new(), |cells| cells[index].clone());
            row(&[vec![label], self.times(who, OURS), vec![self.size(who), cell(1), cell(2)]])
        });
        rows.collect()
    }

    fn in_full(&self) -> Vec<String> {
        let ours = BUILDS.iter().map(|build| (of_ours(build.name), (build.name, OURS)));
        let peers = PEERS.map(of_peer).into_iter().map(|(label, _, who)| (label, who));
        let floor =
            [RING, DEFAULT].map(|name| (format!("floor, {}", shown(name)), (name, "floor")));
        let rows = ours.chain(peers).chain(floor);
        rows.map(|(label, who)| row(&[vec![label], self.times(who, OURS)])).collect()
    }

    fn typed(&self) -> Vec<String> {
        let builds = [RING, "graviola", DEFAULT];
        let ours = [(NAMED, ""), ("compact", "`compact`, ")].into_iter().flat_map(|(who, how)| {
            builds.map(|name| (format!("sealed-session, {how}{}", shown(name)), (name, who)))
        });
        let names = peers::TYPED.map(|(name, _)| name);
        let peers = PEERS.into_iter().zip(names);
        let peers = peers.map(|(peer, name)| (of_peer(peer).0, (peers::CHILD, name)));
        let cells = |who| [self.times(who, NAMED), vec![self.size(who)]].concat();
        ours.chain(peers).map(|(label, who)| row(&[vec![label], cells(who)])).collect()
    }

    fn ciphers(&self) -> Vec<String> {
        let rows = BUILDS.iter();
        rows.map(|build| row(&[vec![shown(build.name)], self.times((build.name, OURS), OURS)]))
            .collect()
    }

    /// Ratios to this contender, built with [`RING`], then nanoseconds.
    fn times(&self, (child, contender): Who, to: &'static str) -> Vec<String> {
        let question = |measure| Question { child, contender, measure };
        let ratio = |measure| {
            let to = Question { child: RING, contender: to, measure };
            format!("{:.2}", self.samples.ratio(question(measure), to))
        };
        let median = |measure| format!("{:.0}", self.samples.median(question(measure)));
        vec![ratio("read"), ratio("write"), median("read"), median("write")]
    }

    fn size(&self, (child, contender): Who) -> String {
        let question = Question { child, contender, measure: "large" };
        self.sizes.get(&question).map_or(String::new(), i64::to_string)
    }
}

/// How a document shows a build of sealed-session.
fn shown(name: &str) -> String {
    match name {
        DEFAULT => name.to_owned(),
        "native" => "default, `-C target-cpu=native`".to_owned(),
        "soft" => "default, `poly1305_backend=\"soft\"`".to_owned(),
        feature => format!("`{feature}`"),
    }
}

pub fn of_ours(name: &str) -> String {
    format!("sealed-session, {}", shown(name))
}

/// The label of a peer, how the label in [`BUILD_TIMES`] begins, and where it is measured.
fn of_peer((name, how): (&'static str, &str)) -> (String, String, Who) {
    let built = format!("{name} {}", short(version(name).unwrap_or_default()));
    (format!("{built}{how}"), built, (peers::CHILD, name))
}

/// The part of a version below which nothing breaks.
pub fn short(version: &str) -> &str {
    let parts = if version.starts_with("0.") { 2 } else { 1 };
    version.match_indices('.').nth(parts - 1).map_or(version, |(dot, _)| &version[..dot])
}

fn row(cells: &[Vec<String>]) -> String {
    format!("| {} |", cells.concat().join(" | "))
}

/// The rows that `benches/peers/builds --update` wrote.
fn build_times() -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let text = read_to_string(path(MEASURED))?;
    let lines = text.lines().skip_while(|line| *line != BUILD_TIMES).skip(2);
    let rows = lines.take_while(|line| line.starts_with('|'));
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().into()).collect();
    Ok(rows.map(cells).collect())
}

fn replace(document: &str, header: &str, rows: &[String]) -> Result<(), Box<dyn Error>> {
    let path = path(document);
    let text = replaced(&read_to_string(&path)?, header, rows);
    Ok(write(path, text.ok_or_else(|| format!("{document} has no table {header}"))?)?)
}

/// The text with these rows below this header and the line that follows it, in Markdown or in the
/// documentation of a module.
fn replaced(text: &str, header: &str, rows: &[String]) -> Option<String> {
    let prefix = ["", "//! "]
        .into_iter()
        .find(|prefix| text.lines().any(|line| line.strip_prefix(prefix) == Some(header)))?;
    let mut lines = text.lines();
    let mut kept: Vec<String> = Vec::new();
    while let Some(line) = lines.next() {
        kept.push(line.to_owned());
        if line.strip_prefix(prefix) == Some(header) {
            kept.extend(lines.next().map(str::to_owned));
            kept.extend(rows.iter().map(|row| format!("{prefix}{row}")));
            let is_row = |line: &&str| line.starts_with(&format!("{prefix}|"));
            kept.extend(lines.by_ref().find(|line| !is_row(line)).map(str::to_owned));
        }
    }
    Some(kept.join("\n") + "\n")
}

fn path(document: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_the_rows_and_nothing_else() {
        let rows = ["| b | 2 |".to_owned(), "| c | 3 |".to_owned()];
        for prefix in ["", "//! "] {
            let text = format!("{prefix}Text\n\n{prefix}| | n |\n{prefix}|---|---:|\n");
            let before =
                format!("{text}{prefix}| a | 1 |\n{prefix}| x | 9 |\n{prefix}| y | 8 |\n\nEnd\n");
            let after = format!("{text}{prefix}| b | 2 |\n{prefix}| c | 3 |\n\nEnd\n");
            assert_eq!(replaced(&before, "| | n |", &rows), Some(after));
            assert_eq!(replaced(&before, "| | m |", &rows), None);
        }
    }

    #[test]
    fn finds_each_of_its_tables_in_the_documents() {
        for (document, header) in [
            (README, IN_SHORT),
            (MEASURED, IN_FULL),
            (MEASURED, TOWER),
            (MEASURED, BUILD_TIMES),
            (GUIDE, CIPHERS),
            (GUIDE, TYPED),
        ] {
            let text = read_to_string(path(document)).unwrap();
            assert!(replaced(&text, header, &[]).is_some(), "{document} has no table {header}");
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_column() {
        let (samples, sizes) = (Samples::default(), Sizes::new());
        let figures = Figures { samples: &samples, sizes: &sizes };
        let build_times = build_times().unwrap();
        for (header, rows, expected) in [
            (IN_SHORT, figures.in_short(&build_times), 5),
            (IN_FULL, figures.in_full(), BUILDS.len() + PEERS.len() + 2),
            (TYPED, figures.typed(), 6 + PEERS.len()),
            (CIPHERS, figures.ciphers(), BUILDS.len()),
        ] {
            assert_eq!(rows.len(), expected, "{header}");
            for row in rows {
                assert_eq!(row.matches('|').count(), header.matches('|').count(), "{row}");
            }
        }
        let crates = |row: &String| row.split('|').rev().nth(1).is_some_and(|n| n.trim() != "");
        assert!(figures.in_short(&build_times).iter().all(crates), "a row has no build");
    }

    #[test]
    fn shortens_a_version_to_what_breaks() {
        assert_eq!((short("0.18.2"), short("3.1.12"), short("1.0.0")), ("0.18", "3", "1"));
    }

    #[test]
    fn knows_how_to_show_each_peer() {
        assert_eq!(PEERS.map(|(name, _)| name), peers::PEERS.map(|(name, _)| name));
    }
}

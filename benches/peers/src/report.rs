//! The report: a table for people, then lines for machines.

use std::fmt::Write;

use crate::builds::{BUILDS, DEFAULT, RING};
use crate::machine;
use crate::options::Options;
use crate::peers::{self, PEERS, TYPED};
use crate::rounds::Sizes;
use crate::samples::{Question, Samples};
use crate::tower_path::{self, Counts};

const OURS: &str = "ours";
const FLOOR: &str = "floor";
const NAMED: &str = "named";
const COMPACT: &str = "compact";

pub fn report(options: Options, samples: &Samples, sizes: &Sizes, counts: &Counts) -> String {
    let Options { rounds, iterations } = options;
    let nonce = samples.median(question(RING, OURS, "nonce"));
    [
        format!("sealed-session beside its peers, {}\n", machine::date()),
        format!("{}\n{}\n{}\n", machine::processor(), machine::versions(), machine::flags()),
        format!("Nanoseconds: medians of {rounds} rounds of {iterations} iterations.\n"),
        format!("Ratios: to sealed-session, {RING}; medians of the rounds' own ratios.\n"),
        "Tokens: characters of the cookie's value, {\"user\":\"alice\"} and the four entries of the contest.\n\n".into(),
        table(samples, sizes),
        "\nTyped: the four entries as a struct with a UUID; ratios to the named encoding.\n\n".into(),
        typed_table(samples, sizes),
        "\nTower: what a request costs through a layer and a handler, minus the handler alone; then its allocations.\n\n".into(),
        tower_path::table(samples, counts),
        format!("\nOf each write of ours, {nonce:.0} ns are its nonce, 24 bytes from the operating system.\n\n"),
        lines(samples, sizes),
        tower_path::lines(samples, counts),
    ]
    .concat()
}

fn question(child: &'static str, contender: &'static str, measure: &'static str) -> Question {
    Question { child, contender, measure }
}

fn peer(name: &'static str, measure: &'static str) -> Question {
    question(peers::CHILD, name, measure)
}

// For people.

fn table(samples: &Samples, sizes: &Sizes) -> String {
    let mut rows = Vec::new();
    for build in &BUILDS {
        rows.push((format!("sealed-session, {}", build.name), build.name, OURS));
    }
    for build in &BUILDS {
        rows.push((format!("floor, {}", build.name), build.name, FLOOR));
    }
    for (name, how) in PEERS {
        rows.push((format!("{name} ({how})"), peers::CHILD, name));
    }
    drawn(samples, sizes, OURS, rows)
}

fn typed_table(samples: &Samples, sizes: &Sizes) -> String {
    let mut rows = Vec::new();
    for how in [NAMED, COMPACT] {
        for build in &BUILDS {
            rows.push((format!("typed sealed-session, {how}, {}", build.name), build.name, how));
        }
    }
    for (name, how) in TYPED {
        rows.push((format!("{name} ({how})"), peers::CHILD, name));
    }
    drawn(samples, sizes, NAMED, rows)
}

/// Label, child and contender.
type Row = (String, &'static str, &'static str);

/// A table of these rows, with ratios to this contender of ours.
fn drawn(samples: &Samples, sizes: &Sizes, to: &'static str, rows: Vec<Row>) -> String {
    let mut table =
        line(["", "read", "write", "read ×", "write ×", "small", "large"].map(String::from));
    for each in rows {
        table += &line(row(samples, sizes, to, each));
    }
    table
}

fn row(
    samples: &Samples,
    sizes: &Sizes,
    to: &'static str,
    (label, child, contender): Row,
) -> [String; 7] {
    let median = |measure| format!("{:.0}", samples.median(question(child, contender, measure)));
    let ratio = |measure| {
        let ratio = samples.ratio(question(child, contender, measure), question(RING, to, measure));
        format!("{ratio:.2}")
    };
    let size = |measure| {
        sizes.get(&question(child, contender, measure)).map_or(String::new(), i64::to_string)
    };
    [
        label,
        median("read"),
        median("write"),
        ratio("read"),
        ratio("write"),
        size("small"),
        size("large"),
    ]
}

fn line([label, cells @ ..]: [String; 7]) -> String {
    let mut line = format!("{label:61}");
    for cell in cells {
        write!(line, "{cell:>9}").expect("a string takes everything");
    }
    line.trim_end().to_owned() + "\n"
}

// For machines.

fn lines(samples: &Samples, sizes: &Sizes) -> String {
    let floor = |measure| {
        let ratio =
            |build| samples.ratio(question(build, OURS, measure), question(build, FLOOR, measure));
        format!("floor {measure} ratio={:.2} default_ratio={:.2}\n", ratio(RING), ratio(DEFAULT))
    };
    let size = |measure| sizes[&question(DEFAULT, OURS, measure)];
    [
        read(samples),
        write(samples),
        floor("read"),
        floor("write"),
        format!("token small={} large={}\n", size("small"), size("large")),
    ]
    .concat()
}

fn read(samples: &Samples) -> String {
    let (ours, default) = (question(RING, OURS, "read"), question(DEFAULT, OURS, "read"));
    let best = best(samples, "read");
    format!(
        "read best_peer={} peer_ns={:.0} ours_ns={:.0} default_ns={:.0} ratio={:.2}\n",
        best.contender,
        samples.median(best),
        samples.median(ours),
        samples.median(default),
        samples.ratio(best, ours),
    )
}

/// Ours without its nonce: most peers draw theirs from a generator in the process, or make it half
/// as long.
fn write(samples: &Samples) -> String {
    let (ours, default) = (question(RING, OURS, "write"), question(DEFAULT, OURS, "write"));
    let nonce = question(RING, OURS, "nonce");
    let best = best(samples, "write");
    format!(
        "write best_peer={} peer_ns={:.0} ours_ns={:.0} nonce_ns={:.0} default_ns={:.0} ratio={:.2} \
         with_nonce_ratio={:.2}\n",
        best.contender,
        samples.median(best),
        samples.median(ours),
        samples.median(nonce),
        samples.median(default),
        samples.ratio_less(best, ours, nonce),
        samples.ratio(best, ours),
    )
}

/// The peer with the smallest median.
fn best(samples: &Samples, measure: &'static str) -> Question {
    let all = PEERS.map(|(name, _)| peer(name, measure));
    let faster = |a: &Question, b: &Question| samples.median(*a).total_cmp(&samples.median(*b));
    all.into_iter().min_by(faster).expect("a peer")
}

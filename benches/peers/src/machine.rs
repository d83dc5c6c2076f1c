//! The machine and the versions of a measurement.

use std::env;
use std::fs::read_to_string;
use std::thread::available_parallelism;
use std::time::SystemTime;

use crate::peers::{PEERS, TOWER};

/// The crates of the workspace, at the versions in use.
const LOCK: &str = include_str!("../../../tests/Cargo.lock");

/// The crates of our cryptography.
const PROVIDERS: [&str; 4] = ["chacha20poly1305", "ring", "aws-lc-rs", "graviola"];

pub fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

/// Model and number of processors.
pub fn processor() -> String {
    let info = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, model)| model);
    let cores = available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} cores")
}

pub fn versions() -> String {
    let names = ["sealed-session"].into_iter().chain(PROVIDERS).chain(peers());
    let versions = names.filter_map(|name| Some(format!("{name} {}", version(name)?)));
    versions.collect::<Vec<_>>().join(", ")
}

/// The crates of all peers, each once.
fn peers() -> impl Iterator<Item = &'static str> {
    let tower = TOWER.iter().filter(|(name, _)| PEERS.iter().all(|(peer, _)| peer != name));
    PEERS.iter().chain(tower).map(|(name, _)| *name)
}

/// A warning, if the peers had flags of the compiler that `builds` does not pass to our program.
pub fn flags() -> String {
    let set = |name| env::var(name).ok().filter(|flags| !flags.is_empty());
    let flags = set("CARGO_ENCODED_RUSTFLAGS").or_else(|| set("RUSTFLAGS"));
    flags.map_or(String::new(), |flags| {
        format!("Not fair: the peers were built with RUSTFLAGS={flags:?}\n")
    })
}

/// The version of a direct dependency of the contest. If there are several versions, the lock file
/// has it beside the crate's name.
pub fn version(name: &str) -> Option<&'static str> {
    let lines = ["peers", "ours"].into_iter().filter_map(entry).flat_map(str::lines);
    let mut needed = lines.filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","));
    let found = needed.find(|needed| needed.split(' ').next() == Some(name))?;
    let only = || entry(name)?.split_once("version = \"")?.1.split('"').next();
    found.split(' ').nth(1).or_else(only)
}

/// The first of this name in the lock file.
fn entry(name: &str) -> Option<&'static str> {
    LOCK.split("[[package]]").find(|entry| entry.contains(&format!("name = \"{name}\"\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_versions_of_all_peers() {
        for name in peers() {
            assert!(version(name).is_some_and(|version| version.contains('.')), "{name}");
        }
    }

    #[test]
    fn of_several_versions_it_knows_the_one_that_is_measured() {
        let several = LOCK.matches("name = \"cookie\"\n").count();
        assert!(several > 1, "no other crate needs another `cookie`: look for another example");
        assert!(version("cookie").unwrap().starts_with("0.18."));
    }

    #[test]
    fn knows_no_version_of_a_crate_that_is_not_there() {
        assert_eq!(version("cookies"), None);
    }
}

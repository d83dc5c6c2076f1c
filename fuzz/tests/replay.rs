//! Runs every seed, and every input that once broke a law, through its target.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sealed_session_fuzz::{body, config, cookie_header, csrf, flash, revocation, session, token};

/// A target and its body.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 8] = [
    ("cookie_header", cookie_header::run),
    ("token", token::run),
    ("body", body::run),
    ("session", session::run),
    ("config", config::run),
    ("csrf", csrf::run),
    ("flash", flash::run),
    ("revocation", revocation::run),
];

#[track_caller]
fn replay(folder: &str, at_least: usize) {
    for (name, run) in TARGETS {
        let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name));
        assert!(files.len() >= at_least, "only {} files for {name}", files.len());
        let breaks = |file: &&PathBuf| {
            let data = fs::read(file).unwrap();
            catch_unwind(|| run(&data)).is_err()
        };
        let broken: Vec<_> = files.iter().filter(breaks).collect();
        assert!(broken.is_empty(), "{name} breaks its law on {broken:?}");
    }
}

/// The files of a folder, which need not be there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.unwrap().path()).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{}: {error}", folder.display()),
    };
    files.sort();
    files
}

#[test]
fn no_seed_breaks_a_law() {
    replay("seeds", 4);
}

#[test]
fn what_broke_a_law_once_breaks_it_no_more() {
    replay("crashes", 0);
}

/// The rules are held against the vectors themselves, or they would prove little.
#[test]
fn every_vector_is_judged_as_its_name_says() {
    let vectors = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/cookie_header"));
    let vectors: Vec<_> = vectors
        .iter()
        .filter(|path| path.file_name().unwrap().to_str().unwrap().contains('-'))
        .collect();
    assert!(vectors.len() >= 200, "only {} vectors", vectors.len());
    for vector in vectors {
        let outcome = cookie_header::judge(&fs::read(vector).unwrap()).unwrap();
        let name = vector.file_name().unwrap().to_str().unwrap().replace('-', "");
        let verdict = match outcome.refusal {
            Some(refusal) => format!("{refusal:?}").to_lowercase(),
            None if outcome.standing.is_some() => "accept".into(),
            None => "none".into(),
        };
        assert!(name.starts_with(verdict.split('(').next().unwrap()), "{name} is {verdict}");
    }
}

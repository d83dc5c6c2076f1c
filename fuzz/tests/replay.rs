//! Runs every seed, and every input that once failed, through its target.

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::{fs, io};

use sealed_session_fuzz::{
    body, config, cookie_header, csrf, flash, revocation, sealer, session, token,
};

/// The name of a target, and its function.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 9] = [
    ("cookie_header", cookie_header::run),
    ("token", token::run),
    ("body", body::run),
    ("session", session::run),
    ("config", config::run),
    ("csrf", csrf::run),
    ("flash", flash::run),
    ("revocation", revocation::run),
    ("sealer", sealer::run),
];

#[track_caller]
fn replay(folder: &str, at_least: usize) {
    for (name, run) in TARGETS {
        let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder).join(name));
        assert!(files.len() >= at_least, "only {} files for {name}", files.len());
        let fails = |file: &&PathBuf| {
            let data = fs::read(file).unwrap();
            catch_unwind(|| run(&data)).is_err()
        };
        let failed: Vec<_> = files.iter().filter(fails).collect();
        assert!(failed.is_empty(), "{name} fails on {failed:?}");
    }
}

/// The files of a folder, which may be missing.
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
fn no_seed_fails() {
    replay("seeds", 4);
}

#[test]
fn no_input_that_once_failed_fails_again() {
    replay("crashes", 0);
}

/// The rules agree with the vectors, or the targets would prove little.
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
        let verdict = match outcome.rejection {
            Some(reason) => format!("{reason:?}").to_lowercase(),
            None if outcome.accepted.is_some() => "accept".into(),
            None => "none".into(),
        };
        assert!(name.starts_with(verdict.split('(').next().unwrap()), "{name} is {verdict}");
    }
}

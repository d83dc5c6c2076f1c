//! No file and no program of tests is forgotten, by those who build them and by those who run them.

use std::fs;
use std::path::{Path, PathBuf};

/// Programs that bring a `main` of their own, or need an example: neither `.ci/silence` nor `cargo mutants` runs them.
const APART: [&str; 2] = ["fork", "hello"];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The names in a folder, of files without `.rs`.
fn names(folder: &Path, fits: fn(&Path) -> bool) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.filter(|path| fits(path)).map(stem).collect()
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "rs")
}

/// Folders of modules, with a `main.rs`.
fn folders() -> Vec<String> {
    let folders = names(&tests(), |path| path.join("main.rs").exists());
    assert!(folders.contains(&"docs".to_owned()), "{folders:?}");
    folders
}

#[test]
fn every_file_is_a_module_of_its_program() {
    for folder in folders() {
        let folder = tests().join(folder);
        let main = fs::read_to_string(folder.join("main.rs")).unwrap();
        for name in names(&folder, is_source) {
            let is_here = name == "main" || main.contains(&format!("\nmod {name};\n"));
            assert!(is_here, "{} has no `mod {name};`", folder.join("main.rs").display());
        }
    }
}

#[test]
fn every_program_is_run_by_silence_and_for_mutants() {
    let mut programs = [folders(), names(&tests(), is_source)].concat();
    programs.retain(|name| !APART.contains(&name.as_str()));
    assert!(programs.len() >= 10, "{programs:?}");
    for list in [".ci/silence", ".cargo/mutants.toml"] {
        let text = fs::read_to_string(tests().with_file_name(list)).unwrap();
        for name in &programs {
            assert!(text.contains(&format!("\"{name}\"")), "{list} does not name {name}");
        }
    }
}

#[test]
fn every_function_that_mutants_are_allowed_in_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = fs::read_to_string(root.join(".cargo/mutants.toml")).unwrap();
    let rules: Vec<&str> =
        list.lines().filter_map(|line| line.trim().strip_prefix("\"src/")).collect();
    assert!(rules.len() >= 5, "{rules:?}");
    for rule in rules {
        let (file, mutant) = rule.split_once(':').unwrap();
        let source = fs::read_to_string(root.join("src").join(file)).unwrap_or_default();
        let name = mutant.rsplit([' ', ':']).next().unwrap().trim_end_matches(['"', ',', '$']);
        assert!(source.contains(&format!("fn {name}")), "no function {name} in src/{file}");
    }
}

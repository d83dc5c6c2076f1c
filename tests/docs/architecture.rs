//! The shape of `src`: levels that only point down, no circle of files, one meaning a name.
//!
//! The levels are the numbered comments of `src/lib.rs`. What is read are `use` lines and paths; tests in `src` may
//! name whatever they like. The program in `src/bin` is another crate: it has no levels, and its own names.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file of `src`: its path below `src`, and its lines of code, without comments and tests.
struct Source {
    path: PathBuf,
    lines: Vec<String>,
}

impl Source {
    fn read(root: &Path, path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let lines = code.lines().map(|line| line.split("//").next().unwrap().to_owned());
        Self { path: path.strip_prefix(root).unwrap().to_owned(), lines: lines.collect() }
    }

    /// The module of `lib.rs` that it belongs to.
    fn module(&self) -> String {
        let first = self.path.iter().next().unwrap().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    }

    /// Every path in it after `prefix`, as far as it consists of modules and one item: `["keys", "table", "Keys"]`.
    fn paths(&self, prefix: &str) -> Vec<Vec<String>> {
        let text = self.lines.join("\n");
        let after = text.match_indices(prefix).map(|(at, _)| &text[at + prefix.len()..]);
        after.flat_map(paths_at).collect()
    }
}

/// The path at the start of a text; several if it ends in a list, `token::{Token, body}`.
fn paths_at(text: &str) -> Vec<Vec<String>> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    let (path, rest) = text.split_at(end.unwrap_or(text.len()));
    let path: Vec<String> =
        path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let Some(list) = rest.strip_prefix('{') else { return vec![path] };
    let entries = list.split('}').next().unwrap().split(',').map(str::trim);
    let whole = |entry| [path.clone(), paths_at(entry).remove(0)].concat();
    entries.filter(|entry| !entry.is_empty()).map(whole).collect()
}

/// The files of the library.
fn sources() -> Vec<Source> {
    let found = sources_below("src");
    assert!(found.len() > 50, "{} files", found.len());
    found
}

/// The files of each crate: the library, and the program.
fn crates() -> [Vec<Source>; 2] {
    [sources(), sources_below("src/bin/sealed-session")]
}

fn sources_below(root: &str) -> Vec<Source> {
    fn walk(root: &Path, folder: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if path != root.join("bin") {
                    walk(root, &path, found);
                }
            } else if name != "vectors.rs" {
                // The replay of the vectors is a test.
                found.push(Source::read(root, &path));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    assert!(!found.is_empty(), "{} has no files", root.display());
    found
}

/// The level of each module, from the table in `lib.rs`.
fn levels() -> BTreeMap<String, usize> {
    let text = include_str!("../../src/lib.rs");
    let mut level = 0;
    let mut levels = BTreeMap::new();
    for line in text.lines() {
        let number = line.strip_prefix("// ").and_then(|rest| rest.split_once(": "));
        if let Some(number) = number.and_then(|(number, _)| number.parse::<usize>().ok()) {
            assert_eq!(number, level + 1, "the levels are counted: {line}");
            level = number;
        }
        let module = line.trim_start_matches("pub ").strip_prefix("mod ");
        if let Some(module) = module.and_then(|rest| rest.strip_suffix(';')) {
            levels.insert(module.to_owned(), level);
        }
    }
    assert!(levels.len() > 15 && levels.values().all(|level| *level > 0), "{levels:?}");
    levels
}

#[test]
fn each_module_imports_only_what_is_below_it() {
    let (levels, mut wrong) = (levels(), Vec::new());
    for source in sources() {
        let module = source.module();
        let Some(own) = levels.get(&module) else { continue };
        for path in source.paths("crate::") {
            let imported = &path[0];
            if *imported == module {
                continue;
            }
            let level = levels.get(imported).unwrap_or_else(|| {
                panic!("{:?} names crate::{imported}, which is no module", source.path)
            });
            if level >= own {
                wrong.push(format!(
                    "{:?} of level {own} imports {imported} of {level}",
                    source.path
                ));
            }
        }
        let leaves = source.lines.iter().find(|line| line.contains("super::super"));
        assert!(leaves.is_none(), "{:?} leaves its folder: {leaves:?}", source.path);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The file that a path names, if it is one.
fn file_of(files: &BTreeSet<PathBuf>, base: &Path, path: &[String]) -> Option<PathBuf> {
    let mut folder = base.to_owned();
    let mut found = None;
    for part in path {
        let file = folder.join(format!("{part}.rs"));
        if files.contains(&file) {
            return Some(file);
        }
        folder.push(part);
        let root = folder.join("mod.rs");
        if !files.contains(&root) {
            break;
        }
        found = Some(root);
    }
    found
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for sources in crates() {
        has_no_circle(&sources);
    }
}

#[track_caller]
fn has_no_circle(sources: &[Source]) {
    let files: BTreeSet<PathBuf> = sources.iter().map(|source| source.path.clone()).collect();
    let mut imports: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for source in sources {
        let folder = source.path.parent().unwrap();
        let of_crate = source
            .paths("crate::")
            .into_iter()
            .filter_map(|path| file_of(&files, Path::new(""), &path));
        let of_folder = source
            .paths("super::")
            .into_iter()
            .map(|path| file_of(&files, folder, &path).unwrap_or_else(|| folder.join("mod.rs")));
        // What a `mod.rs` re-exports it does not use itself.
        let of_children = source
            .lines
            .iter()
            .filter(|_| source.path.ends_with("mod.rs"))
            .filter_map(|line| line.strip_prefix("use "))
            .flat_map(|line| paths_at(line.trim_start_matches("self::")))
            .filter_map(|path| file_of(&files, folder, &path));
        let found = of_crate.chain(of_folder).chain(of_children);
        let found = found.filter(|file| *file != source.path);
        imports.insert(source.path.clone(), found.collect());
    }
    // A file that imports nothing which is left is in no circle, nor is one that nothing left imports.
    loop {
        let imported: BTreeSet<PathBuf> = imports.values().flatten().cloned().collect();
        let before = imports.len();
        imports.retain(|file, of| !of.is_empty() && imported.contains(file));
        let left: BTreeSet<PathBuf> = imports.keys().cloned().collect();
        for of in imports.values_mut() {
            of.retain(|file| left.contains(file));
        }
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "{imports:#?}");
}

#[test]
fn a_type_name_has_one_meaning() {
    for sources in crates() {
        names_each_type_once(&sources);
    }
}

#[track_caller]
fn names_each_type_once(sources: &[Source]) {
    let mut known: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut wrong = Vec::new();
    for source in sources {
        for line in &source.lines {
            let item = line.trim_start();
            let item = item.strip_prefix("pub").map_or(item, |rest| {
                rest.split_once(") ")
                    .filter(|_| rest.starts_with('('))
                    .map_or(rest, |(_, item)| item)
            });
            let item = item.trim_start();
            let words = ["struct ", "enum ", "trait ", "type "];
            let Some(rest) = words.iter().find_map(|word| item.strip_prefix(word)) else {
                continue;
            };
            // The types of a trait's implementation are named by the trait.
            if line.starts_with("    ") && item.starts_with("type ") {
                continue;
            }
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let name = rest[..end].to_owned();
            match known.get(&name) {
                // One item for each feature.
                Some(file) if *file == source.path => {}
                Some(file) => {
                    let (file, other) = (file.display(), source.path.display());
                    wrong.push(format!("{name} is in {file} and in {other}"));
                }
                None => drop(known.insert(name, source.path.clone())),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn features_are_asked_for_in_few_places() {
    for source in crates().into_iter().flatten() {
        let path = source.path.to_str().unwrap();
        let free = ["crypto/", "log/", "keys/shared.rs", "lib.rs"];
        if free.iter().any(|free| path.starts_with(free)) {
            continue;
        }
        let mut lines = source.lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
        while let Some(line) = lines.next() {
            if !line.contains("cfg") || !line.contains("feature") {
                continue;
            }
            let mut item = lines.next().unwrap();
            while item.starts_with("#[") || !item.contains(|c: char| c.is_alphabetic()) {
                item = lines.next().unwrap();
            }
            let is_module = item.starts_with("mod ") || item.starts_with("pub mod ");
            let is_reexport = item.starts_with("pub use ") && path.ends_with("mod.rs");
            let is_rotate = path == "sessions.rs"
                && (item.starts_with("clippy::needless") || item.starts_with("pub fn rotate("));
            assert!(is_module || is_reexport || is_rotate, "{path}: {line} at {item}");
        }
    }
}

fn files_of_each_folder(sources: &[Source]) -> BTreeMap<PathBuf, usize> {
    let mut of_folder: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for source in sources {
        *of_folder.entry(source.path.parent().unwrap().to_owned()).or_default() += 1;
    }
    of_folder
}

#[test]
fn folders_and_the_top_level_are_small() {
    let [mut of_folder, of_program] = crates().map(|sources| files_of_each_folder(&sources));
    let top = |path: &PathBuf| path.iter().next().map(ToOwned::to_owned);
    let folders: BTreeSet<_> = of_folder.keys().filter_map(top).collect();
    assert!(folders.len() <= 17, "{folders:?}");
    assert!(of_folder[Path::new("")] <= 7, "{of_folder:?}");
    assert!(of_program.values().all(|files| *files <= 9), "{of_program:?}");
    // The guides are documentation: a file for each question, and no code to find one's way in.
    of_folder.remove(Path::new("guide"));
    assert!(of_folder.values().all(|files| *files <= 9), "{of_folder:?}");
}

#[test]
fn no_file_replaces_another_one_for_a_feature() {
    for source in crates().into_iter().flatten() {
        let name = source.path.file_name().unwrap().to_str().unwrap();
        assert!(!name.starts_with("no_"), "{:?}: one file for both builds", source.path);
        let moved = source.lines.iter().find(|line| line.contains("#[path"));
        assert!(moved.is_none(), "{:?}: {moved:?}", source.path);
    }
}

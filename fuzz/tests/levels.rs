//! The modules of `src` stand in levels: the groups of `mod` lines in `lib.rs`, lowest first. A
//! module imports modules of lower levels only, so no files import each other in a circle.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const LIB: &str = include_str!("../src/lib.rs");

/// The modules in the order of their `mod` lines, each with its level: the empty lines before it.
fn declared() -> Vec<(&'static str, usize)> {
    let (mut level, mut declared) = (0, vec![]);
    for line in LIB.lines() {
        level += usize::from(line.is_empty());
        if let Some(rest) = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ") {
            declared.push((name(rest), level));
        }
    }
    declared
}

/// The modules in the order of the table in the documentation, each with its level.
fn documented() -> Vec<(&'static str, usize)> {
    let (mut level, mut documented) = (0, vec![]);
    for row in LIB.lines().filter_map(|line| line.strip_prefix("//! | ")) {
        let mut cells = row.split('|').map(str::trim);
        let (number, module) = (cells.next().unwrap(), cells.next().unwrap());
        level = number.parse().unwrap_or(level);
        if let Some(module) = module.strip_prefix('`').and_then(|module| module.strip_suffix('`')) {
            documented.push((module, level));
        }
    }
    documented
}

/// The source of each module, without its comments.
fn modules() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(src).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| !path.ends_with("lib.rs"));
    let modules = files.map(|path| {
        let source = fs::read_to_string(&path).expect("src has files and no folders");
        let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (module, lines.collect::<Vec<_>>().join("\n"))
    });
    modules.collect()
}

/// The modules that a source names after `crate::` or `super::`, in `use` lines and elsewhere.
fn imports(source: &str) -> Vec<&str> {
    let roots = ["crate::", "super::"].into_iter();
    let starts = roots.flat_map(|root| source.match_indices(root).map(|(at, _)| at + root.len()));
    starts.flat_map(|start| names(&source[start..])).collect()
}

/// The first names of a path: one, or one for each path in braces.
fn names(path: &str) -> Vec<&str> {
    let Some(list) = path.strip_prefix('{') else { return vec![name(path)] };
    let (mut depth, mut names, mut start) = (1, vec![], 0);
    for (at, char) in list.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && char == ',' {
            names.push(name(list[start..at].trim()));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The name that a text begins with.
fn name(text: &str) -> &str {
    let end = text.find(|char: char| !char.is_alphanumeric() && char != '_');
    &text[..end.unwrap_or(text.len())]
}

#[test]
fn every_file_has_a_level() {
    let (mut declared, modules) = (declared(), modules());
    declared.sort_unstable();
    let declared: Vec<&str> = declared.into_iter().map(|(module, _)| module).collect();
    assert_eq!(declared, modules.keys().collect::<Vec<_>>());
}

#[test]
fn the_table_names_the_modules_below_the_targets() {
    let highest = declared().last().unwrap().1;
    let below: Vec<_> = declared().into_iter().filter(|(_, level)| *level < highest).collect();
    assert_eq!(documented(), below);
    assert!(below.len() >= 20, "{below:?}");
}

#[test]
fn modules_import_lower_levels_only() {
    let levels = BTreeMap::from_iter(declared());
    let mut count = 0;
    for (module, source) in &modules() {
        for import in imports(source) {
            assert!(levels.contains_key(import), "{module} imports {import}, no module");
            let is_lower = levels[import] < levels[module.as_str()];
            // A macro names its own module.
            assert!(is_lower || import == module, "{module} imports {import}: not lower");
            count += 1;
        }
    }
    assert!(count >= 100, "only {count} imports");
}

/// A method that stands above its type can be called from below, which no import shows.
#[test]
fn methods_stand_with_their_types() {
    for (module, source) in &modules() {
        let declared = ["struct ", "enum "].into_iter().flat_map(|kind| source.split(kind).skip(1));
        let declared: Vec<&str> = declared.map(name).collect();
        let inherent = source.lines().filter_map(|line| line.strip_prefix("impl"));
        for head in inherent.filter(|head| !head.contains(" for ")) {
            let generic = head.starts_with('<').then(|| head.split_once("> ").unwrap().1);
            let of = name(generic.unwrap_or(head).trim_start());
            assert!(declared.contains(&of), "{module} has methods of {of}");
        }
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let source = "
        use crate::first::{self, Item};
        use crate::{second::Item, third::{one, two},
            fourth};
        let x = crate::fifth::call(super::sixth::VALUE);
    ";
    let found = imports(source);
    assert_eq!(found, ["first", "second", "third", "fourth", "fifth", "sixth"]);
}

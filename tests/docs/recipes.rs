//! Lists that have to agree and that no compiler compares. The recipes of `.github/CONTRIBUTING.md` name these tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{NOW, encode, line, sessions, visit};

const README: &str = include_str!("../../README.md");
const CONTRIBUTING: &str = include_str!("../../.github/CONTRIBUTING.md");

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What stands between two texts, each at its first place.
#[track_caller]
fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start:?}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}")).0
}

/// The names of the Rust files in a folder.
fn sources(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(path(folder)).unwrap().map(|entry| entry.unwrap().path());
    let rust = files.filter(|file| file.extension().is_some_and(|end| end == "rs"));
    rust.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

/// The words of a text: letters, digits and underscores.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).collect()
}

#[test]
fn the_tree_lists_the_modules_of_the_crate_in_their_order() {
    let lib = read("src/lib.rs");
    let modules = lib.lines().filter_map(|line| {
        let module = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ")?;
        module.strip_suffix(';')
    });
    let tree = between(CONTRIBUTING, "```text\nsrc/\n", "```");
    let listed = tree.lines().take_while(|line| line.starts_with("  ")).map(|line| {
        let name = line.split_whitespace().next().unwrap();
        name.trim_end_matches(".rs").trim_end_matches('/')
    });
    // The crates: the library, and the program.
    let listed: Vec<&str> = listed.filter(|name| !["lib", "bin"].contains(name)).collect();
    assert_eq!(listed, modules.collect::<Vec<_>>());
    let mut folder = "src/";
    for line in tree.lines() {
        let entry = line.split_whitespace().next().unwrap();
        if line.starts_with("  ") {
            assert!(path(folder).join(entry).exists(), "{folder}{entry} is not there");
        } else {
            folder = entry;
            assert!(path(folder).exists(), "{folder} is not there");
        }
    }
}

#[test]
fn every_dependency_is_weighed() {
    let manifest = read("Cargo.toml");
    let section = between(&manifest, "\n[dependencies]\n", "\n[");
    let names = section.lines().filter_map(|line| line.split_once(" = ")?.0.split('.').next());
    let names: Vec<&str> = names.filter(|name| !name.starts_with('#')).collect();
    assert!(names.len() > 15, "{names:?}");
    let weighed = CONTRIBUTING.split("\n## ").find(|text| text.starts_with("Dependencies\n"));
    for name in names {
        assert!(weighed.unwrap().contains(&format!("`{name}`")), "{name} is not weighed");
    }
}

/// The methods of the builder that take a setting.
fn settings() -> BTreeSet<String> {
    let builder = read("src/builder/settings.rs") + &read("src/builder/compact.rs");
    let methods = builder.lines().filter_map(|line| line.strip_prefix("    pub fn "));
    let methods = methods.filter_map(|method| method.split_once("(mut self")).map(|(name, _)| name);
    let settings: BTreeSet<String> = methods.map(str::to_owned).collect();
    assert!(settings.contains("name") && settings.contains("clock"), "{settings:?}");
    settings
}

#[test]
fn every_setting_is_in_the_readme_and_in_fuzz() {
    let table = between(README, "\n## Defaults\n", "\n## ");
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), settings());
    let plan = read("fuzz/src/plan.rs");
    // The targets give the time as an argument.
    for setting in settings().iter().filter(|setting| *setting != "clock") {
        assert!(plan.contains(&format!(".{setting}(")), "`Plan::apply` does not call {setting}");
    }
}

#[test]
fn every_rejection_is_in_each_list() {
    let source = read("src/token/rejection.rs");
    let body = between(&source, "pub enum Rejection {\n", "\n}");
    let variants = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let variants: Vec<&str> = variants.map(|line| line.split(['(', ',']).next().unwrap()).collect();
    assert!(variants.len() >= 14, "{variants:?}");

    let silence = read(".ci/silence");
    let printed = words(between(&silence, "\nREASON = ", "\nREFUSED"));
    let fuzz = read("fuzz/src/rejection.rs");
    let in_words = read("tests/decode/request.rs");
    let in_words = between(&in_words, "fn a_rejection_says_why_in_words()", "\n}\n");
    let check = read("tests/vectors/check.py");
    let stages = between(&check, "\nSTAGES = [", "]");
    for variant in variants {
        assert!(printed.contains(variant), "REASON of .ci/silence has no {variant}");
        let named = format!("Rejection::{variant}");
        assert!(words_contain(&fuzz, &named), "fuzz/src/rejection.rs has no {variant}");
        assert!(words_contain(in_words, &named), "no words of {variant} are tested");
        // A vector has no revocation hook.
        if !["Revoked", "Unchecked"].contains(&variant) {
            let stage = format!("\"{}\"", kebab(variant));
            assert!(stages.contains(&stage), "STAGES of check.py has no {stage}");
        }
    }
}

/// Whether a path stands in a text, and not as the beginning of a longer one.
fn words_contain(text: &str, path: &str) -> bool {
    let mut after = text.match_indices(path).map(|(at, _)| &text[at + path.len()..]);
    after.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric()))
}

/// `TooLong` as `too-long`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(c.to_ascii_lowercase());
    }
    kebab
}

#[test]
fn every_framework_is_tested_and_in_the_guide() {
    let mut frameworks = sources("tests/frameworks/src");
    frameworks.remove("lib");
    assert!(frameworks.len() >= 9, "{frameworks:?}");
    let lib = read("tests/frameworks/src/lib.rs");
    let suite = read("tests/frameworks/tests/suite/main.rs");
    let guide = read("src/guide/getting_started.rs").replace("\n//! ", "\n");
    let table = between(&guide, "\n# With another framework\n", "\n# ");
    for name in frameworks {
        assert!(lib.contains(&format!("\npub mod {name};\n")), "no `pub mod {name};`");
        let runs = |start: String| suite.lines().any(|line| line.starts_with(&start));
        assert!(runs(format!("suite!({name}")), "no suite of {name}");
        let guarded = |line: &str| {
            let tested = line.strip_prefix("suite!(guarded ").or(line.strip_prefix("suite!("));
            tested.is_some_and(|rest| rest.starts_with(&*name) && rest.contains("_guarded,"))
        };
        assert!(suite.lines().any(guarded), "no suite of {name} behind its guards");
        let row = |row: &str| row.trim_start_matches(['|', ' ', '`']).starts_with(&*name);
        assert!(table.lines().any(row), "the guide has no row of {name}");
    }
}

#[test]
fn every_fuzz_target_is_run_everywhere() {
    let targets = sources("fuzz/fuzz_targets");
    assert!(targets.len() >= 8, "{targets:?}");
    let (manifest, lib) = (read("fuzz/Cargo.toml"), read("fuzz/src/lib.rs"));
    let replay = read("fuzz/tests/replay.rs");
    let long_run = read(".ci/fuzz");
    let long_run = words(between(&long_run, "|| targets=(", ")"));
    let coverage = read(".ci/fuzz-coverage");
    let coverage = words(between(&coverage, "for target in ", ";"));
    for name in &targets {
        let program = format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"\n");
        assert!(manifest.contains(&program), "fuzz/Cargo.toml has no {name}");
        assert!(lib.contains(&format!("//! | [`{name}`] |")), "no row of {name}");
        assert!(replay.contains(&format!("(\"{name}\", {name}::run)")), "{name} is not replayed");
        assert!(long_run.contains(&**name), ".ci/fuzz does not run {name}");
        assert!(coverage.contains(&**name), ".ci/fuzz-coverage does not run {name}");
    }
}

/// The attributes of a `Set-Cookie` header, as text.
fn attributes(header: &str) -> BTreeSet<&str> {
    header.split(';').skip(1).map(str::trim).collect()
}

#[test]
fn every_picture_of_the_header_has_its_attributes() {
    let mut session = visit(&sessions(), NOW);
    session.set("user", "alice");
    let (_, headers) = encode(&sessions(), &session, NOW);
    let sent = line(&headers);
    let sent = attributes(&sent);
    let source = read("src/set_cookie.rs");
    let drawn = between(&source, "//! Set-Cookie: ", "\n").replace("=seconds", "=1209600");
    assert_eq!(attributes(&drawn), sent, "src/set_cookie.rs");

    let floor = read("benches/floor/mod.rs");
    let written = between(&floor, "\nconst ATTRIBUTES: &str = \"", "\"");
    assert_eq!(attributes(written), sent, "benches/floor/mod.rs");
}

/// The paths of Rust files in a text, as far as one can tell them: those that begin at the root of a crate.
fn named_files(text: &str) -> impl Iterator<Item = &str> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    text.split(move |c| !is_path(c)).map(|name| name.trim_end_matches('.')).filter(|name| {
        let roots = ["src/", "tests/", "fuzz/", "benches/", "examples/"];
        // A test writes a program of its own there.
        let is_ours = *name != "src/main.rs" && roots.iter().any(|root| name.starts_with(root));
        is_ours && has_end(Path::new(name), &["rs"])
    })
}

fn has_end(file: &Path, ends: &[&str]) -> bool {
    file.extension().is_some_and(|end| ends.iter().any(|one| end == *one))
}

#[test]
fn every_file_that_a_text_names_is_there() {
    fn walk(folder: &Path, texts: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap().path();
            let name = entry.file_name().unwrap().to_str().unwrap();
            let is_text = has_end(&entry, &["rs", "md", "toml", "py", "yml"]);
            if entry.is_dir() && !["target", ".git", "corpus", "node_modules"].contains(&name) {
                walk(&entry, texts);
            } else if entry.is_file()
                && (is_text || folder.file_name().is_some_and(|name| name == ".ci"))
            {
                texts.push(entry);
            }
        }
    }
    let (mut texts, mut named, mut missing) = (Vec::new(), 0, Vec::new());
    walk(&path(""), &mut texts);
    for text in &texts {
        // The crate that the text belongs to, or the repository.
        let mut crates = text.ancestors().filter(|folder| folder.join("Cargo.toml").exists());
        let own = crates.next().unwrap();
        for name in named_files(&fs::read_to_string(text).unwrap()) {
            named += 1;
            if !path(name).exists() && !own.join(name).exists() {
                missing.push(format!("{name} in {}", text.display()));
            }
        }
    }
    assert!(named > 200, "{named}");
    assert!(missing.is_empty(), "{missing:#?}");
}

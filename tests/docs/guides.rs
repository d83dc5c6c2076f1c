//! The guides are complete, quote the log as it is, and link to what is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const LEVELS: [&str; 5] = ["ERROR", "WARN", "INFO", "DEBUG", "TRACE"];

/// What stands between the level and the text of an event, as `tracing_subscriber::fmt` prints it.
const TARGET: &str = " sealed_session: ";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The Markdown of each guide by its module, such as `migration::from_private_jar`; the index has the empty name.
fn guides() -> BTreeMap<String, String> {
    fn walk(folder: &Path, module: &str, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            let below =
                if module.is_empty() { name.to_owned() } else { format!("{module}::{name}") };
            if path.is_dir() {
                walk(&path, &below, found);
            } else {
                let text = fs::read_to_string(&path).unwrap();
                let lines = text.lines().filter_map(|line| line.strip_prefix("//!"));
                let lines: Vec<&str> =
                    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
                let module = if name == "mod" { module.to_owned() } else { below };
                found.insert(module, lines.join("\n"));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&root().join("src/guide"), "", &mut found);
    assert!(found.len() > 5, "{:?}", found.keys());
    found
}

/// The blocks of a text after fences with this word.
fn blocks<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let fence = format!("```{word}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A text without its blocks of code.
fn prose(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

#[test]
fn every_guide_is_in_its_index_with_a_line() {
    let guides = guides();
    for module in guides.keys().filter(|module| !module.is_empty()) {
        let (index, name) = module.rsplit_once("::").unwrap_or(("", module));
        let index = &guides[index];
        let listed =
            index.contains(&format!("- [`{name}`]: ")) || index.contains(&format!("]({name})"));
        assert!(listed, "{module} is not in the index");
        let declared = read("src/guide/mod.rs") + &read("src/guide/migration/mod.rs");
        assert!(declared.contains(&format!("pub mod {name};")), "{module} is not a module");
    }
}

/// Characters of code in a line of a rendered page, on a usual screen.
const CODE_WIDTH: usize = 96;

#[test]
fn the_code_of_a_guide_is_read_without_scrolling_to_the_side() {
    for (guide, text) in guides() {
        for block in text.split("```").skip(1).step_by(2) {
            // What a page does not show begins with `# `.
            for line in block.lines().filter(|line| !line.starts_with("# ")) {
                assert!(line.chars().count() <= CODE_WIDTH, "{guide}: {line}");
            }
        }
    }
}

/// The texts of all events, by the source of the log, and the levels that each may have.
fn events() -> BTreeMap<String, Vec<String>> {
    let mut constants = BTreeMap::new();
    let mut events: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let files = fs::read_dir(root().join("src/log")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let source: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = code.collect::<Vec<_>>().join("\n");
    for rest in code.split("const ").skip(1) {
        let (name, rest) = rest.split_once(':').unwrap();
        if let Some(text) = rest.split_once(" = ").and_then(|(_, rest)| literal(rest)) {
            constants.insert(name.to_owned(), text);
        }
    }
    for level in LEVELS {
        let call = format!("{}!(", level.to_lowercase());
        for rest in code.split(&call).skip(1) {
            let (_, rest) = rest.split_once("target: TARGET").unwrap();
            // The text is the last argument.
            let end = rest.find(");").unwrap();
            let text = rest[..end].trim_end().trim_end_matches(',').trim_end();
            let start = text.strip_suffix('"').and_then(|text| text.rfind('"'));
            let start = start.unwrap_or_else(|| panic!("no text at the end of {text}"));
            let text = literal(&text[start..]).unwrap();
            let name = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            let text = name.map_or(text.clone(), |name| constants[name].clone());
            events.entry(text).or_default().push(level.to_owned());
        }
    }
    assert!(events.len() > 25, "{events:#?}");
    events
}

/// The string that a piece of source begins with.
fn literal(source: &str) -> Option<String> {
    let text = source.trim_start().strip_prefix('"')?;
    let lines: Vec<&str> = text[..text.find('"')?].split("\\\n").collect();
    let rest = lines[1..].iter().map(|line| line.trim_start());
    Some([lines[0]].into_iter().chain(rest).collect())
}

/// What a text of the library begins with, up to the first value in it.
fn up_to_a_value(text: &str) -> &str {
    text.split('{').next().unwrap()
}

/// Whether a quoted line is this event: its text, in full or up to a punctuation mark, and its values.
fn quotes(line: &str, text: &str) -> bool {
    let start = up_to_a_value(text);
    if start.len() < text.len() {
        // The value is the error's own text.
        return line.len() > start.len() && line.starts_with(start);
    }
    match line.strip_prefix(text) {
        Some(rest) => rest.is_empty() || rest.starts_with(' '),
        None => is_beginning(line, text),
    }
}

/// Whether a text begins with this, and a punctuation mark comes after it.
fn is_beginning(part: &str, text: &str) -> bool {
    part.len() >= 12
        && text.strip_prefix(part).is_some_and(|rest| rest.starts_with([':', ';', ',']))
}

/// The quoted lines of the log in all blocks: level, and what comes after the target.
fn quoted(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for block in blocks(text, "text") {
        let block = block.replace("\n    ", " ");
        for line in block.lines() {
            let split = line.split_once(TARGET).filter(|(level, _)| LEVELS.contains(level));
            found.extend(split.map(|(level, text)| (level.to_owned(), text.to_owned())));
        }
    }
    found
}

#[test]
fn every_line_of_the_log_that_a_guide_quotes_is_logged_at_that_level() {
    let (events, mut count) = (events(), 0);
    let mut texts = guides();
    texts.insert("README".into(), read("README.md"));
    for (guide, text) in texts {
        for (level, line) in quoted(&text) {
            count += 1;
            let event = events.iter().find(|(text, _)| quotes(&line, text));
            let (_, levels) = event.unwrap_or_else(|| panic!("{guide}: nothing logs {line:?}"));
            assert!(levels.contains(&level), "{guide}: {line:?} is of the levels {levels:?}");
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn every_error_that_a_guide_quotes_from_the_log_is_one() {
    let (errors, mut count) = (read("src/error.rs"), 0);
    for (guide, text) in guides() {
        for (_, line) in quoted(&text) {
            let Some(error) = line.strip_prefix("a session was not sent: ") else { continue };
            let words = error.split(|c: char| c.is_ascii_digit()).next().unwrap();
            assert!(errors.contains(&format!("\"{words}")), "{guide}: no error says {words:?}");
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn the_guide_to_operation_lists_every_event_with_its_levels() {
    let guide = &guides()["operating"];
    let rows: Vec<Vec<&str>> = guide
        .lines()
        .filter(|line| line.starts_with("| "))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for (text, mut levels) in events() {
        let start = up_to_a_value(&text).trim_end().trim_end_matches(':');
        let is_row = |row: &&Vec<&str>| {
            let cell = row[2].trim_matches('`');
            cell == start || is_beginning(cell, &text)
        };
        let row = rows.iter().find(is_row).unwrap_or_else(|| panic!("no row of {start:?}"));
        levels.dedup();
        for level in levels {
            assert!(row[1].contains(&level), "{start:?} is of the level {level}, not {}", row[1]);
        }
    }
}

/// The addresses of all links of a Markdown text.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let after = prose.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned());
    after.collect()
}

/// The anchors of a Markdown text's headings, as rustdoc and GitHub make them.
fn anchors(text: &str) -> Vec<String> {
    let prose = prose(text);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

/// The guide that an intra-doc link of another one leads to, if it is one.
fn target<'g>(guides: &'g BTreeMap<String, String>, from: &str, path: &str) -> Option<&'g String> {
    if let Some(path) = path.strip_prefix("crate::guide::") {
        return guides.get(path);
    }
    let mut module = from.to_owned();
    let mut rest = path;
    // A file's `self` is its module, and `super` the module above it.
    while let Some(shorter) = rest.strip_prefix("super") {
        module = module.rsplit_once("::").map_or(String::new(), |(above, _)| above.to_owned());
        rest = shorter.trim_start_matches("::");
    }
    let whole = [module.as_str(), rest].into_iter().filter(|part| !part.is_empty());
    guides.get(&whole.collect::<Vec<_>>().join("::"))
}

#[test]
fn every_heading_that_a_guide_links_to_is_there() {
    let (guides, mut count) = (guides(), 0);
    for (from, text) in &guides {
        for link in links(text) {
            let Some((path, anchor)) = link.split_once('#') else { continue };
            if path.starts_with("http")
                || path == "crate"
                || path.starts_with("crate::") && !path.contains("guide")
            {
                continue;
            }
            count += 1;
            let page = target(&guides, from, path);
            let page = page.unwrap_or_else(|| panic!("{from}: there is no guide {path}"));
            let is_there = anchors(page).iter().any(|known| known == anchor);
            assert!(is_there, "{from}: {link} has no such heading; there is {:?}", anchors(page));
        }
    }
    assert!(count > 10, "{count}");
}

#[test]
fn guides_link_to_items_and_never_to_files() {
    for (guide, text) in guides() {
        for link in links(&text) {
            let is_file =
                link.contains('/') || Path::new(&link).extension().is_some_and(|end| end == "rs");
            assert!(!is_file || link.starts_with("https://"), "{guide} links to {link}");
        }
    }
}

#[test]
fn every_relative_link_of_the_documents_leads_to_a_file_or_a_heading() {
    let documents = [
        "README.md",
        ".github/CONTRIBUTING.md",
        ".github/SECURITY.md",
        ".github/MEASURED.md",
        "CHANGELOG.md",
    ];
    for document in documents {
        let text = read(document);
        let folder = root().join(document).parent().unwrap().to_owned();
        for link in links(&text).iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let path = if file.is_empty() { root().join(document) } else { folder.join(file) };
            assert!(path.exists(), "{document}: {link} is not there");
            let is_text = path.extension().is_some_and(|end| end == "md");
            if !anchor.is_empty() && is_text {
                let known = anchors(&fs::read_to_string(path).unwrap());
                assert!(
                    known.iter().any(|known| known == anchor),
                    "{document}: no heading for {link}"
                );
            }
        }
    }
}

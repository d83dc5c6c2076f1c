//! The manual page, and the help that it is made of.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::terminal::program;

fn page() -> String {
    program(["man"]).run().code(0).stdout
}

/// The page without what roff needs: a text that is searched.
fn readable() -> String {
    let page = page().replace("\\-", "-").replace("\\*(Aq", "'").replace("\\\\", "\\");
    let is_read = |line: &&str| !line.starts_with(".ie ") && !line.starts_with(".el ");
    page.lines().filter(is_read).collect::<Vec<_>>().join("\n")
}

/// A section of the page.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let (_, rest) = page.split_once(&format!(".SH {heading}\n")).unwrap();
    rest.split("\n.SH ").next().unwrap()
}

/// The help of a command.
fn help(command: &[String]) -> String {
    program(command.iter().map(String::as_str).chain(["--help"])).run().code(0).stdout
}

/// The commands that the help of one lists, without `help`.
fn listed(help: &str) -> Vec<String> {
    let after = help.split("Commands:\n").nth(1).unwrap_or_default();
    let rows = after.lines().take_while(|line| !line.is_empty());
    let names = rows.filter_map(|row| row.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// Every command with the words that lead to it.
fn commands(path: &[String]) -> Vec<Vec<String>> {
    let below = listed(&help(path));
    if below.is_empty() {
        return vec![path.to_vec()];
    }
    below.into_iter().flat_map(|name| commands(&[path, &[name]].concat())).collect()
}

/// The options that a part of a help names.
fn options(help: &str) -> impl Iterator<Item = &str> {
    let words =
        help.split([' ', '\n', ',']).filter(|word| word.starts_with("--") && word.len() > 2);
    let options = words.map(|word| word.trim_end_matches(['.', ')', ';', ']']));
    options.filter(|option| *option != "--help")
}

/// What a help says in sentences, a line each.
fn sentences(help: &str) -> impl Iterator<Item = &str> {
    let is_other = |line: &str| line.starts_with("Usage: ") || line.ends_with(':');
    help.lines().filter(move |line| !line.starts_with(' ') && !is_other(line))
}

#[test]
fn the_synopsis_has_the_usage_of_each_command_on_a_line_of_its_own() {
    let usage = |command: &Vec<String>| {
        let help = help(command);
        help.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap().to_owned()
    };
    let usages: Vec<String> = commands(&[]).iter().map(usage).collect();
    assert_eq!(section(&readable(), "SYNOPSIS"), usages.join("\n.br\n"));
}

#[test]
fn the_manual_page_has_the_settings_of_the_application_once() {
    assert_eq!(readable().matches("--idle-timeout").count(), 2, "as an option, and in an example");
}

#[test]
fn every_command_is_in_the_manual_page_with_its_options_and_has_an_example() {
    let page = readable();
    let settings = section(&page, "\"SETTINGS OF THE APPLICATION\"");
    let commands = commands(&[]);
    assert!(commands.len() >= 6, "{commands:?}");
    for command in commands {
        let name = command.join(" ");
        let help = help(&command);
        assert!(help.contains("\nExamples:\n  sealed-session "), "{name} --help: {help}");
        let heading = format!(".SS \"{name}\"\n");
        let heading = if name.contains(' ') { heading } else { heading.replace('"', "") };
        let (_, section) = page.split_once(&heading).unwrap_or_else(|| panic!("no section {name}"));
        let section = section.split("\n.S").next().unwrap();
        for line in sentences(&help) {
            assert!(section.contains(line), "{name}: the page has no {line}");
        }
        let (own, shared) =
            help.split_once("\nSettings of the application:\n").unwrap_or((&help, ""));
        for option in options(own) {
            assert!(section.contains(option), "{name}: the page has no {option}");
        }
        assert_eq!(section.contains("SETTINGS OF THE APPLICATION"), !shared.is_empty(), "{name}");
        for option in options(shared) {
            let is_there = settings.contains(option) || section.contains(option);
            assert!(is_there, "{name}: the page has no {option}");
        }
        for example in help
            .split("\nExamples:\n")
            .nth(1)
            .unwrap()
            .lines()
            .filter(|line| line.starts_with("  "))
        {
            assert!(page.contains(example.trim()), "no example {example}");
        }
    }
}

#[test]
fn the_manual_page_has_the_sections_that_one_looks_for() {
    let page = page();
    for heading in [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "COMMANDS",
        "\"SETTINGS OF THE APPLICATION\"",
        "\"EXIT STATUS\"",
        "ENVIRONMENT",
        "FILES",
        "EXAMPLES",
    ] {
        assert!(page.contains(&format!("\n.SH {heading}\n")), "no {heading}");
    }
    assert!(!page.contains("help"), "the page is the help");
}

#[test]
fn the_manual_page_renders_without_a_warning() {
    // Where there is one: `groff` warns of macros that it does not know, and of lines that it cannot break.
    let formatter = Command::new("groff")
        .args(["-man", "-ww", "-z", "-Tutf8"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut formatter) = formatter else { return };
    formatter.stdin.take().unwrap().write_all(page().as_bytes()).unwrap();
    let output = formatter.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

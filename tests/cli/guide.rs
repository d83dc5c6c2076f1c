//! The commands of the guide `command_line`, run in a shell in their order: they print what it quotes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

const GUIDE: &str = include_str!("../../src/guide/command_line.rs");

/// When each command with an output is run.
const TIMES: [&str; 9] = [
    "2026-11-28T03:00:00Z", // keys init
    "2026-11-28T04:00:00Z", // keys add
    "2026-11-28T04:05:00Z", // keys promote, too early
    "2026-11-28T04:10:00Z", // keys promote
    "2026-12-12T04:20:00Z", // keys retire
    "2026-12-12T04:20:00Z", // keys list --json
    "2026-12-13T00:00:00Z", // mint
    "2026-12-13T00:05:00Z", // inspect
    "2026-12-13T00:05:00Z", // inspect --name
];

/// The commands of the guide, and the lines that are quoted of their output.
fn quoted() -> Vec<(String, Vec<String>)> {
    let lines = GUIDE.lines().filter_map(|line| line.strip_prefix("//!"));
    let lines: Vec<&str> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = lines.join("\n");
    let blocks = text.split("```text\n").skip(1).map(|block| block.split("```").next().unwrap());
    let commands = blocks.flat_map(|block| block.split("$ ").skip(1)).map(|command| {
        let (command, output) = command.split_once('\n').unwrap();
        (command.to_owned(), unwrapped(output))
    });
    commands.collect()
}

/// The lines of an output. One that is too long for the page goes on in the next one, far to the right.
fn unwrapped(output: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in output.lines().filter(|line| !line.is_empty()) {
        match (line.strip_prefix("         "), lines.last_mut()) {
            (Some(rest), Some(last)) => {
                last.push(' ');
                last.push_str(rest.trim_start());
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// Key ids by their order, because each run draws others.
#[derive(Default)]
struct KeyIds(BTreeMap<String, usize>);

impl KeyIds {
    fn hide(&mut self, line: &str) -> String {
        let is_between = |c: char| !c.is_alphanumeric() && c != '-';
        let is_id = |word: &&str| {
            word.len() == 4 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let mut hidden = line.to_owned();
        for id in line.split(is_between).filter(is_id) {
            let next = self.0.len();
            let number = self.0.entry(id.to_owned()).or_insert(next);
            hidden = hidden.replace(id, &format!("<key {number}>"));
        }
        hidden
    }
}

/// A folder with the program under its name, which takes the time from a variable.
fn folder_with_the_program() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("sealed-session");
    let real = env!("CARGO_BIN_EXE_sealed-session");
    let script = format!("#!/bin/sh\nexec '{real}' \"$@\" --at \"$AT\"\n");
    fs::write(&program, script).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

#[test]
fn every_command_of_the_guide_prints_what_it_quotes() {
    let (folder, mut told, mut found) =
        (folder_with_the_program(), KeyIds::default(), KeyIds::default());
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let commands = quoted();
    assert_eq!(commands.len(), TIMES.len());
    for ((command, quoted), at) in commands.iter().zip(TIMES) {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(&folder).env("PATH", &path).env("AT", at);
        let output = shell.output().unwrap();
        let printed = [output.stdout, output.stderr].concat();
        let printed = String::from_utf8(printed).unwrap();
        let printed = printed.lines().filter(|line| !line.is_empty()).map(|line| found.hide(line));
        let mut printed: Vec<String> = printed.collect();
        let quoted: Vec<String> = quoted.iter().map(|line| told.hide(line)).collect();
        // What `inspect` prints is shortened: no line is another one, or in another order.
        if command.contains(" inspect ") {
            printed.retain(|line| quoted.contains(line));
        }
        assert_eq!(printed, quoted, "{command} at {at}");
    }
}

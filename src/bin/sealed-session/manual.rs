//! The manual page: one for the program, with a section for each command.

use std::io::{self, Write};

use clap::{Arg, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::scope::SETTINGS;

/// Prints the page as roff, for `man -l -`.
pub(crate) fn print(program: Command) -> io::Result<()> {
    let mut page = Vec::new();
    render(program, &mut page)?;
    let mut out = io::stdout().lock();
    out.write_all(&page)?;
    out.flush()
}

fn render(program: Command, page: &mut Vec<u8>) -> io::Result<()> {
    // Help is the same everywhere, and the page is the help.
    let mut program = program.disable_help_subcommand(true).disable_help_flag(true);
    program.build();
    let mut commands = Vec::new();
    leaves(&program, "", &mut commands);
    let man = Man::new(program.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    synopsis(&commands).to_writer(page)?;
    man.render_description_section(page)?;
    Roff::new().control("SH", ["COMMANDS"]).to_writer(page)?;
    for (name, command) in &commands {
        describe(name, command, page)?;
    }
    settings(&commands, page)?;
    for (heading, paragraphs) in SECTIONS {
        section(heading, paragraphs).to_writer(page)?;
    }
    examples(&commands).to_writer(page)
}

/// The commands that do something, each with its full name, and without those that are hidden.
fn leaves<'c>(of: &'c Command, name: &str, found: &mut Vec<(String, &'c Command)>) {
    for command in of.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("{name} {}", command.get_name());
        if command.has_subcommands() {
            leaves(command, &name, found);
        } else {
            found.push((name.trim_start().to_owned(), command));
        }
    }
}

/// The arguments of a command, as its help shows them.
fn usage(command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let known = usage.split_once("Usage: ").map_or(&*usage, |(_, rest)| rest);
    known.to_owned()
}

fn synopsis(commands: &[(String, &Command)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for (index, (_, command)) in commands.iter().enumerate() {
        if index > 0 {
            roff.control("br", []);
        }
        roff.text([roman(usage(command))]);
    }
    roff
}

/// What a command does, its options, and what its help says after them, as a part of `COMMANDS`.
fn describe(name: &str, command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    let about = command.get_long_about().or_else(|| command.get_about());
    let mut roff = Roff::new();
    roff.control("SS", [name]);
    paragraphs(&mut roff, &about.map(ToString::to_string).unwrap_or_default());
    roff.to_writer(page)?;
    options(command, |argument| !is_setting(argument), page)?;
    let mut roff = Roff::new();
    if command.get_arguments().any(is_setting) {
        roff.control("PP", []);
        paragraphs(&mut roff, "It also takes the SETTINGS OF THE APPLICATION.");
    }
    if let (notes, _) = after_help(command)
        && !notes.is_empty()
    {
        roff.control("PP", []);
        paragraphs(&mut roff, &notes);
    }
    roff.to_writer(page)
}

fn is_setting(argument: &Arg) -> bool {
    argument.get_help_heading() == Some(SETTINGS)
}

/// The options of a command that fit, without a heading.
fn options(command: &Command, fits: fn(&Arg) -> bool, page: &mut Vec<u8>) -> io::Result<()> {
    let command = command.clone().mut_args(|argument| {
        let is_hidden = argument.is_hide_set() || !fits(&argument);
        argument.hide(is_hidden)
    });
    let mut options = Vec::new();
    Man::new(command).render_options_section(&mut options)?;
    let options = String::from_utf8_lossy(&options);
    let lines = options.lines().filter(|line| !line.starts_with(".SH "));
    page.extend(lines.flat_map(|line| [line, "\n"]).collect::<String>().into_bytes());
    Ok(())
}

/// The settings that several commands take.
fn settings(commands: &[(String, &Command)], page: &mut Vec<u8>) -> io::Result<()> {
    Roff::new().control("SH", [&*SETTINGS.to_uppercase()]).to_writer(page)?;
    let has_settings = |command: &Command| command.get_arguments().any(is_setting);
    let command =
        commands.iter().map(|(_, command)| *command).find(|command| has_settings(command));
    command.map_or(Ok(()), |command| options(command, is_setting, page))
}

fn paragraphs(roff: &mut Roff, text: &str) {
    for line in text.lines() {
        if line.is_empty() {
            roff.control("PP", []);
        } else {
            roff.text([roman(line)]);
        }
    }
}

/// What the help of a command has after its options: notes, and examples.
fn after_help(command: &Command) -> (String, String) {
    let help = command.get_after_long_help().or_else(|| command.get_after_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let (notes, examples) = help.split_once("Examples:\n").unwrap_or((&help, ""));
    (notes.trim().to_owned(), examples.to_owned())
}

fn section(heading: &str, paragraphs: &[(&str, &str)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (term, text) in paragraphs {
        if term.is_empty() {
            roff.control("PP", []);
        } else {
            roff.control("TP", []).text([bold(*term)]);
        }
        roff.text([roman(*text)]);
    }
    roff
}

fn examples(commands: &[(String, &Command)]) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for (_, examples) in commands.iter().map(|(_, command)| after_help(command)) {
        roff.control("PP", []).control("nf", []);
        for line in examples.lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}

const SECTIONS: [(&str, &[(&str, &str)]); 3] = [
    (
        "EXIT STATUS",
        &[
            ("0", "It was done."),
            (
                "1",
                "Refused, because sessions would be lost; nothing was changed. For inspect: the cookie is rejected.",
            ),
            (
                "2",
                "Wrong arguments, input that is not valid, or a file that cannot be written; nothing was changed, unless \
                 the message says that it was.",
            ),
        ],
    ),
    (
        "ENVIRONMENT",
        &[(
            "SESSION_SECRET",
            "The secrets, separated by spaces, for commands that are given no file.",
        )],
    ),
    (
        "FILES",
        &[
            (
                "FILE",
                "A file of secrets, as Keyring::from_file reads it: one secret a line, the current one first, with \
                 \"upcoming:\" in front of an upcoming one, and comments after \"#\". The program notes in the comment \
                 when a secret was added, promoted or replaced.",
            ),
            (
                ".FILE.new",
                "The new file, until it is renamed. While it is there, no other run changes the file.",
            ),
        ],
    ),
];

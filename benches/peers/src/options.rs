//! The command line.

use std::path::PathBuf;

/// Makes the program the child that holds the peers.
pub const SERVE: &str = "serve-peers";

#[derive(Debug, PartialEq)]
pub enum Task {
    Serve,
    Measure(Options, Setup),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub rounds: u32,
    /// Iterations of each measure in each round.
    pub iterations: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { rounds: 3_000, iterations: 300 }
    }
}

/// What the children run on, and what becomes of the figures.
#[derive(Debug, Default, PartialEq)]
pub struct Setup {
    /// A directory with a glibc.
    pub glibc: Option<PathBuf>,
    /// Whether to write the tables of the documents.
    pub update: bool,
}

impl Task {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut options, mut setup) = (Options::default(), Setup::default());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                SERVE => return Ok(Self::Serve),
                "--rounds" => options.rounds = number(&argument, arguments.next())?,
                "--iterations" => options.iterations = number(&argument, arguments.next())?,
                "--glibc" => setup.glibc = Some(directory(&argument, arguments.next())?),
                "--update" => setup.update = true,
                _ => return Err(format!("`{argument}` is none of {OPTIONS}")),
            }
        }
        if setup.update && setup.glibc.is_some() {
            return Err("--update writes figures of the system's own glibc, without --glibc".into());
        }
        Ok(Self::Measure(options, setup))
    }
}

const OPTIONS: &str = "--rounds N, --iterations N, --glibc DIR, --update";

fn number(option: &str, value: Option<String>) -> Result<u32, String> {
    let number = value.and_then(|value| value.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| format!("{option} wants a number above 0"))
}

fn directory(option: &str, value: Option<String>) -> Result<PathBuf, String> {
    value.map(PathBuf::from).ok_or_else(|| format!("{option} wants a directory"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Task, String> {
        Task::parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn takes_rounds_and_iterations_in_any_order() {
        let options = Options { rounds: 3, iterations: 50 };
        for line in ["--rounds 3 --iterations 50", "--iterations 50 --rounds 3"] {
            assert_eq!(parse(line), Ok(Task::Measure(options, Setup::default())));
        }
    }

    #[test]
    fn measures_by_default_and_serves_when_told_to() {
        assert_eq!(parse(""), Ok(Task::Measure(Options::default(), Setup::default())));
        assert_eq!(parse(SERVE), Ok(Task::Serve));
    }

    #[test]
    fn takes_a_glibc_or_updates_the_documents_but_not_both() {
        let measure = |setup| Ok(Task::Measure(Options::default(), setup));
        let newer = Setup { glibc: Some("newer".into()), update: false };
        assert_eq!(parse("--glibc newer"), measure(newer));
        assert_eq!(parse("--update"), measure(Setup { glibc: None, update: true }));
        assert!(parse("--glibc newer --update").unwrap_err().starts_with("--update writes"));
        assert_eq!(parse("--glibc").unwrap_err(), "--glibc wants a directory");
    }

    #[test]
    fn refuses_what_is_no_number_above_0() {
        for line in ["--rounds", "--rounds 0", "--rounds many", "--rounds -1"] {
            assert_eq!(parse(line).unwrap_err(), "--rounds wants a number above 0", "{line}");
        }
    }

    #[test]
    fn refuses_an_option_that_it_does_not_know() {
        assert_eq!(parse("--quick").unwrap_err(), format!("`--quick` is none of {OPTIONS}"));
    }
}

//! The command line.

/// Makes the program the child that holds the peers.
pub const SERVE: &str = "serve-peers";

#[derive(Debug, PartialEq)]
pub enum Task {
    Serve,
    Measure(Options),
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

impl Task {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Options::default();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                SERVE => return Ok(Self::Serve),
                "--rounds" => options.rounds = number(&argument, arguments.next())?,
                "--iterations" => options.iterations = number(&argument, arguments.next())?,
                _ => return Err(format!("`{argument}` is neither --rounds N nor --iterations N")),
            }
        }
        Ok(Self::Measure(options))
    }
}

fn number(option: &str, value: Option<String>) -> Result<u32, String> {
    let number = value.and_then(|value| value.parse().ok()).filter(|number| *number > 0);
    number.ok_or_else(|| format!("{option} wants a number above 0"))
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
        assert_eq!(parse("--rounds 3 --iterations 50"), Ok(Task::Measure(options)));
        assert_eq!(parse("--iterations 50 --rounds 3"), Ok(Task::Measure(options)));
    }

    #[test]
    fn measures_by_default_and_serves_when_told_to() {
        assert_eq!(parse(""), Ok(Task::Measure(Options::default())));
        assert_eq!(parse(SERVE), Ok(Task::Serve));
    }

    #[test]
    fn refuses_what_is_no_number_above_0() {
        for line in ["--rounds", "--rounds 0", "--rounds many", "--rounds -1"] {
            assert_eq!(parse(line).unwrap_err(), "--rounds wants a number above 0", "{line}");
        }
    }

    #[test]
    fn refuses_an_option_that_it_does_not_know() {
        assert_eq!(
            parse("--quick").unwrap_err(),
            "`--quick` is neither --rounds N nor --iterations N"
        );
    }
}

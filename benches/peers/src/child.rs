//! A child process that runs contenders, and measures what it is asked for.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use crate::samples::Question;

pub struct Child {
    pub name: &'static str,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Child {
    /// Starts it, and waits until its contenders have proved themselves.
    pub fn start(name: &'static str, program: &mut Command) -> Result<Self, Box<dyn Error>> {
        let child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = child.stdin.ok_or("no standard input")?;
        let answers = BufReader::new(child.stdout.ok_or("no standard output")?);
        let mut child = Self { name, questions, answers };
        match child.line()?.as_str() {
            "ready" => Ok(child),
            line => {
                Err(format!("the program of {name} says `{line}` where it should be ready").into())
            }
        }
    }

    pub fn ask(&mut self, question: Question, iterations: u32) -> Result<i64, Box<dyn Error>> {
        let Question { contender, measure, .. } = question;
        writeln!(self.questions, "{contender} {measure} {iterations}")?;
        Ok(self.line()?.parse()?)
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err(
                format!("the program of {} gave up; its reason stands above", self.name).into()
            );
        }
        Ok(line.trim_end().to_owned())
    }
}

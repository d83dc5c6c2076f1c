//! The side of a child: questions on standard input, replies on standard output.
//!
//! ```text
//! ready                        after every contender has passed the check
//! < cookie read 5000           contender, measure, iterations
//! > 9731042                    nanoseconds of all of them together
//! ```

use std::error::Error;
use std::io::{BufRead, Write};
use std::rc::Rc;

use crate::{Contender, ENTRIES, Entry, SMALL, check::check, cookie::value_len, time};

/// Iterations before each measure, which are not counted.
const WARM_UP: u32 = 50;

/// Bytes of a nonce of XChaCha20-Poly1305.
const NONCE_LEN: usize = 24;

type Run = Box<dyn Fn(u32) -> i64>;

/// The measures that a child offers.
#[derive(Default)]
pub struct Measures(Vec<(String, Run)>);

impl Measures {
    /// Adds `read`, `write`, and the characters of a `small` and a `large` token of a contender,
    /// after it has passed the check.
    pub fn contend(
        &mut self,
        name: &str,
        contender: impl Contender + 'static,
    ) -> Result<(), String> {
        let small = token_len(&contender, &SMALL).map_err(|fault| format!("{name} {fault}"))?;
        self.add(name, "small", move |_| small);
        self.contend_typed(name, contender)
    }

    /// Adds a contender whose sessions hold an [`Account`](crate::Account), without `small`.
    pub fn contend_typed(
        &mut self,
        name: &str,
        contender: impl Contender + 'static,
    ) -> Result<(), String> {
        let prove = || Ok((check(&contender)?, token_len(&contender, &ENTRIES)?));
        let (request, large) = prove().map_err(|fault: String| format!("{name} {fault}"))?;
        let contender = Rc::new(contender);
        let reader = Rc::clone(&contender);
        self.add(name, "read", move |iterations| reader.time_reads(&request, iterations));
        self.add(name, "write", move |iterations| contender.time_writes(iterations));
        self.add(name, "large", move |_| large);
        Ok(())
    }

    /// Adds `nonce`: one drawn from the operating system.
    pub fn nonce(&mut self, name: &str) {
        self.add(name, "nonce", |iterations| {
            time(iterations, || {
                let mut nonce = [0; NONCE_LEN];
                getrandom::fill(&mut nonce).expect("randomness");
                nonce
            })
        });
    }

    /// Adds any other measure.
    pub fn add(&mut self, name: &str, measure: &str, run: impl Fn(u32) -> i64 + 'static) {
        self.0.push((format!("{name} {measure}"), Box::new(run)));
    }

    /// Replies until the input ends.
    pub fn serve(&self, input: impl BufRead, mut output: impl Write) -> Result<(), Box<dyn Error>> {
        writeln!(output, "ready")?;
        output.flush()?;
        for line in input.lines() {
            writeln!(output, "{}", self.answer(&line?)?)?;
            output.flush()?;
        }
        Ok(())
    }

    fn answer(&self, line: &str) -> Result<i64, Box<dyn Error>> {
        let (question, iterations) = line.rsplit_once(' ').ok_or("not a question")?;
        let iterations = iterations.parse()?;
        let run = self.0.iter().find(|(name, _)| name == question);
        let (_, run) = run.ok_or_else(|| format!("nobody knows `{question}`"))?;
        run(WARM_UP);
        Ok(run(iterations))
    }
}

/// The mean of several tokens, because percent-encoding makes the length of one random.
fn token_len(contender: &impl Contender, entries: &'static [Entry]) -> Result<i64, String> {
    const TOKENS: usize = 200;
    let mut sum = 0;
    for _ in 0..TOKENS {
        sum += value_len(&contender.write(entries))?;
    }
    Ok(i64::try_from((sum + TOKENS / 2) / TOKENS).expect("a length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(questions: &str) -> Result<String, String> {
        let mut measures = Measures::default();
        measures.add("nobody", "double", |iterations| 2 * i64::from(iterations));
        let mut output = Vec::new();
        measures.serve(questions.as_bytes(), &mut output).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(output).expect("text"))
    }

    #[test]
    fn answers_each_line_with_a_number() {
        assert_eq!(answers("nobody double 4\nnobody double 5\n").as_deref(), Ok("ready\n8\n10\n"));
    }

    #[test]
    fn refuses_a_question_that_it_does_not_know() {
        assert_eq!(answers("nobody triple 4\n").unwrap_err(), "nobody knows `nobody triple`");
    }
}

//! The measurements: nanoseconds of one iteration, one value for each question and round.

use std::collections::BTreeMap;

/// A measurement that one child can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub child: &'static str,
    pub contender: &'static str,
    pub measure: &'static str,
}

#[derive(Debug, Default)]
pub struct Samples(BTreeMap<Question, Vec<f64>>);

impl Samples {
    pub fn record(&mut self, question: Question, nanoseconds: f64) {
        self.0.entry(question).or_default().push(nanoseconds);
    }

    pub fn median(&self, question: Question) -> f64 {
        median(self.series(question))
    }

    /// The median of the ratios of all rounds: a disturbance of a round is in both of its values.
    pub fn ratio(&self, of: Question, to: Question) -> f64 {
        median(quotients(self.series(of), self.series(to)))
    }

    /// The median of the ratios to `to` minus `less`.
    pub fn ratio_less(&self, of: Question, to: Question, less: Question) -> f64 {
        let left = self.series(to).zip(self.series(less)).map(|(to, less)| to - less);
        median(quotients(self.series(of), left))
    }

    fn series(&self, question: Question) -> impl Iterator<Item = f64> {
        self.0.get(&question).into_iter().flatten().copied()
    }
}

fn quotients(
    of: impl Iterator<Item = f64>,
    to: impl Iterator<Item = f64>,
) -> impl Iterator<Item = f64> {
    of.zip(to).map(|(of, to)| of / to)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        len if len % 2 == 0 => f64::midpoint(values[middle - 1], values[middle]),
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(contender: &'static str) -> Question {
        Question { child: "nobody", contender, measure: "read" }
    }

    fn samples(series: &[(&'static str, &[f64])]) -> Samples {
        let mut samples = Samples::default();
        for (contender, values) in series {
            values.iter().for_each(|value| samples.record(question(contender), *value));
        }
        samples
    }

    #[track_caller]
    fn is(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
    }

    #[test]
    fn the_median_is_the_middle_or_between_the_two() {
        let samples = samples(&[("odd", &[9.0, 1.0, 2.0]), ("even", &[8.0, 1.0, 4.0, 2.0])]);
        is(samples.median(question("odd")), 2.0);
        is(samples.median(question("even")), 3.0);
    }

    #[test]
    fn the_median_of_nothing_is_no_number() {
        assert!(samples(&[]).median(question("nobody")).is_nan());
    }

    #[test]
    fn a_ratio_is_of_rounds_and_not_of_medians() {
        // Both are slow in the second round, the other one alone in the third.
        let samples = samples(&[("one", &[10.0, 100.0, 10.0]), ("other", &[20.0, 200.0, 90.0])]);
        is(samples.ratio(question("other"), question("one")), 2.0);
    }

    #[test]
    fn a_ratio_can_leave_out_a_part() {
        let samples = samples(&[("peer", &[60.0]), ("ours", &[25.0]), ("nonce", &[5.0])]);
        is(samples.ratio_less(question("peer"), question("ours"), question("nonce")), 3.0);
    }
}

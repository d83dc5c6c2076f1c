//! The rounds: each asks every question once, in a different order.

use std::collections::BTreeMap;
use std::error::Error;

use crate::builds::BUILDS;
use crate::child::Child;
use crate::options::Options;
use crate::peers::{self, PEERS, TYPED};
use crate::samples::{Question, Samples};
use crate::tower_path;

/// Characters of a token, for `small` and `large`.
pub type Sizes = BTreeMap<Question, i64>;

pub fn run(children: &mut [Child], options: Options) -> Result<Samples, Box<dyn Error>> {
    let Options { rounds, iterations } = options;
    eprintln!("measuring, {rounds} rounds of {iterations} iterations");
    let mut questions = questions();
    let mut order = Order(0x9e37_79b9_7f4a_7c15);
    let mut samples = Samples::default();
    for _ in 0..rounds {
        order.shuffle(&mut questions);
        for question in &questions {
            let nanoseconds = ask(children, *question, iterations)?;
            samples.record(*question, precise(nanoseconds) / f64::from(iterations));
        }
    }
    Ok(samples)
}

pub fn sizes(children: &mut [Child]) -> Result<Sizes, Box<dyn Error>> {
    let mut sizes = Sizes::new();
    let small = contenders().map(|contender| (contender, "small"));
    let large = contenders().chain(typed()).map(|contender| (contender, "large"));
    for ((child, contender), measure) in small.chain(large) {
        let question = Question { child, contender, measure };
        sizes.insert(question, ask(children, question, 1)?);
    }
    Ok(sizes)
}

fn ask(children: &mut [Child], question: Question, iterations: u32) -> Result<i64, Box<dyn Error>> {
    let child = children.iter_mut().find(|child| child.name == question.child);
    child.ok_or("no such child")?.ask(question, iterations)
}

/// The child and the name of each contender.
fn contenders() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = BUILDS.iter().map(|build| (build.name, "ours"));
    ours.chain(PEERS.iter().map(|(contender, _)| (peers::CHILD, *contender)))
}

/// The child and the name of each contender of the typed contest.
fn typed() -> impl Iterator<Item = (&'static str, &'static str)> {
    let ours = BUILDS.iter().flat_map(|build| ["named", "compact"].map(|how| (build.name, how)));
    ours.chain(TYPED.iter().map(|(contender, _)| (peers::CHILD, *contender)))
}

fn questions() -> Vec<Question> {
    let floors = BUILDS.iter().map(|build| (build.name, "floor"));
    let mut questions: Vec<_> = contenders()
        .chain(floors)
        .chain(typed())
        .flat_map(|(child, contender)| {
            ["read", "write"].map(|measure| Question { child, contender, measure })
        })
        .collect();
    questions.extend(tower_path::questions());
    questions.extend(BUILDS.iter().map(|build| Question {
        child: build.name,
        contender: "ours",
        measure: "nonce",
    }));
    questions
}

/// Nanoseconds of a round are far below 2^52.
#[allow(clippy::cast_precision_loss)]
fn precise(nanoseconds: i64) -> f64 {
    nanoseconds as f64
}

/// Xorshift (Marsaglia 2003): the same orders in each run, with different neighbours in each round.
struct Order(u64);

impl Order {
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_asks_each_question_once_and_in_another_order() {
        let asked = questions();
        let mut shuffled = asked.clone();
        Order(1).shuffle(&mut shuffled);
        assert_ne!(shuffled, asked);
        let sorted = |mut questions: Vec<Question>| {
            questions.sort();
            questions
        };
        assert_eq!(sorted(shuffled), sorted(asked));
    }
}

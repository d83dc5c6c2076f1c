//! The child that counts how often the peers allocate: a program of its own, because a counting
//! allocator would cost the time that the others measure.

use std::error::Error;
use std::io::{stdin, stdout};

use allocation_counter::measure;
use contest::Measures;

fn main() -> Result<(), Box<dyn Error>> {
    let mut measures = Measures::default();
    contenders::count(&mut measures, |run| measure(run).count_total)?;
    measures.serve(stdin().lock(), stdout().lock())
}

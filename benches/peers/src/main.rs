//! sealed-session beside its peers: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! It builds our program once for each provider and set of flags, and starts each as a child. It
//! starts itself as the child that runs the peers. A child first checks that its contenders read
//! back what they wrote; then it measures. Each round asks every question once, in a different
//! order, so that the noise of a machine affects all alike.
//!
//! The typed contest, in a separate table, has a struct instead of entries: ours in both encodings,
//! and the peers. A third table is for requests that pass a tower layer and a handler, with the
//! allocations of each.
//!
//! `-- --rounds N --iterations N` for a short run.

mod builds;
mod child;
mod machine;
mod options;
mod report;
mod rounds;
mod samples;
mod tower_path;

use std::env;
use std::error::Error;
use std::io::{stdin, stdout};
use std::process::{Command, ExitCode};

use builds::BUILDS;
use child::Child;
use contenders as peers;
use contest::Measures;
use options::{Options, Task};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    match Task::parse(env::args().skip(1))? {
        Task::Serve => serve(),
        Task::Measure(options) => measure(options),
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut measures = Measures::default();
    peers::contend(&mut measures)?;
    measures.serve(stdin().lock(), stdout().lock())
}

fn measure(options: Options) -> Result<(), Box<dyn Error>> {
    let mut children = children()?;
    let sizes = rounds::sizes(&mut children)?;
    let counts = tower_path::count()?;
    let samples = rounds::run(&mut children, options)?;
    print!("{}", report::report(options, &samples, &sizes, &counts));
    Ok(())
}

fn children() -> Result<Vec<Child>, Box<dyn Error>> {
    let mut peers = Command::new(env::current_exe()?);
    let mut children = vec![Child::start(peers::CHILD, peers.arg(options::SERVE))?];
    for build in &BUILDS {
        let program = build.program("ours")?;
        children.push(Child::start(build.name, &mut Command::new(program))?);
    }
    Ok(children)
}

//! sealed-session beside its peers: `cargo run --release --manifest-path benches/peers/Cargo.toml`.
//!
//! It builds our program once for each provider and set of flags, and starts each as a child. It
//! starts itself as the child that runs the peers. A child first checks that its contenders read
//! back what they wrote; then it measures. Each round asks every question once, in a different
//! order, so that the noise of a machine affects all alike.
//!
//! The typed contest, in a separate table, has a struct instead of entries: ours in both encodings,
//! and the peers.
//!
//! `-- --rounds N --iterations N` for a short run.

mod builds;
mod child;
mod machine;
mod options;
mod peers;
mod report;
mod rounds;
mod samples;

use std::env;
use std::error::Error;
use std::process::{Command, ExitCode};

use builds::BUILDS;
use child::Child;
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
        Task::Serve => peers::serve(),
        Task::Measure(options) => measure(options),
    }
}

fn measure(options: Options) -> Result<(), Box<dyn Error>> {
    let mut children = children()?;
    let sizes = rounds::sizes(&mut children)?;
    let samples = rounds::run(&mut children, options)?;
    print!("{}", report::report(options, &samples, &sizes));
    Ok(())
}

fn children() -> Result<Vec<Child>, Box<dyn Error>> {
    let mut peers = Command::new(env::current_exe()?);
    let mut children = vec![Child::start(peers::CHILD, peers.arg(options::SERVE))?];
    for build in &BUILDS {
        let program = build.program()?;
        children.push(Child::start(build.name, &mut Command::new(program))?);
    }
    Ok(children)
}

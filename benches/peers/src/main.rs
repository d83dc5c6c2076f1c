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
//! `-- --rounds N --iterations N` for a short run; `-- --glibc DIR` to run the children on another
//! glibc, as `benches/peers/newer-glibc` does; `-- --update` to write the tables of the documents.

mod builds;
mod child;
mod documents;
mod glibc;
mod machine;
mod options;
mod report;
mod rounds;
mod samples;
mod tower_path;

use std::env;
use std::error::Error;
use std::io::{stdin, stdout};
use std::process::ExitCode;

use builds::BUILDS;
use child::Child;
use contenders as peers;
use contest::Measures;
use glibc::Glibc;
use options::{Options, Setup, Task};

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
        Task::Measure(options, setup) => measure(options, &setup),
    }
}

fn serve() -> Result<(), Box<dyn Error>> {
    let mut measures = Measures::default();
    peers::contend(&mut measures)?;
    measures.serve(stdin().lock(), stdout().lock())
}

fn measure(options: Options, setup: &Setup) -> Result<(), Box<dyn Error>> {
    let glibc = setup.glibc.as_deref().map(Glibc::of).transpose()?;
    let mut children = children(glibc.as_ref())?;
    let sizes = rounds::sizes(&mut children)?;
    let counts = tower_path::count()?;
    let samples = rounds::run(&mut children, options)?;
    print!("{}", report::report(options, &samples, &sizes, &counts));
    println!("libc {}", glibc::version(glibc.as_ref()));
    if setup.update {
        documents::update(&samples, &sizes, &counts)?;
    }
    Ok(())
}

fn children(glibc: Option<&Glibc>) -> Result<Vec<Child>, Box<dyn Error>> {
    let mut peers = glibc::command(glibc, env::current_exe()?);
    let mut children = vec![Child::start(peers::CHILD, peers.arg(options::SERVE))?];
    for build in &BUILDS {
        let program = build.program("ours")?;
        children.push(Child::start(build.name, &mut glibc::command(glibc, program))?);
    }
    Ok(children)
}

//! The program `sealed-session`, for operators: it explains a cookie, and changes a file of secrets.
//!
//! It works offline. Secrets come from a file or from the environment and cookies from standard input, because other
//! users of a machine can read the command line.

mod failure;
mod input;
mod inspect;
mod mint;
mod scope;
mod time;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;

/// Explains a session cookie, and changes a file of secrets.
#[derive(Debug, Parser)]
#[command(name = "sealed-session", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explains a cookie: what it says, and why it is accepted or rejected.
    Inspect(inspect::InspectArgs),
    /// Makes the cookie of a new session, for a test or for support.
    Mint(mint::MintArgs),
    /// Prints the manual page.
    #[command(hide = true)]
    Man,
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Inspect(args) => return inspect::run(&args),
        Command::Mint(args) => return mint::run(&args),
        Command::Man => clap_mangen::Man::new(Cli::command()).render(&mut std::io::stdout())?,
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

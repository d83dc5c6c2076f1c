//! The program `sealed-session`, for operators: it explains a cookie, and changes a file of secrets.
//!
//! It works offline. Secrets come from a file or from the environment and cookies from standard input, because other
//! users of a machine can read the command line.

mod arguments;
mod failure;
mod input;
mod inspect;
mod keys;
mod manual;
mod mint;
mod scope;
mod secret;
mod time;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use failure::Failure;

/// Explains a session cookie, and changes a file of secrets.
#[derive(Debug, Parser)]
#[command(
    name = "sealed-session",
    version,
    arg_required_else_help = true,
    after_help = "Manual page: sealed-session man | man -l -"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Explains a cookie: what it says, and why it is accepted or rejected.
    Inspect(inspect::InspectArgs),
    /// Prints a new secret: 32 random bytes as base64url.
    #[command(after_help = "Examples:\n  sealed-session secret | docker secret create session -")]
    Secret,
    /// Takes the steps of a rotation in a file of secrets.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Makes the cookie of a new session, for a test or for support.
    Mint(mint::MintArgs),
    /// Prints the manual page.
    #[command(hide = true)]
    Man,
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Inspect(args) => return inspect::run(&args),
        Command::Secret => secret::run()?,
        Command::Keys(command) => keys::run(command)?,
        Command::Man => manual::print(Cli::command())?,
        Command::Mint(args) => return mint::run(&args),
    }
    Ok(ExitCode::SUCCESS)
}

fn main() -> ExitCode {
    // Before anything repeats an argument in an error.
    let ended = arguments::check().and_then(|()| run(Cli::parse().command));
    ended.unwrap_or_else(Failure::report)
}

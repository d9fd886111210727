//! The command line: what can be asked, and what is printed.

mod args;
mod progress;
mod run;
mod sweep;
mod tables;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// A usage or scenario error: one line, exit code 2.
#[derive(Debug)]
pub struct UsageError(pub String);

impl<E: std::error::Error> From<E> for UsageError {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Exit code of a usage or scenario error.
const USAGE: u8 = 2;

/// Reads the command line, does what it says, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(args) => run::run(&args),
        Command::Sweep(args) => sweep::sweep(&args),
        Command::CheckDeterminism(args) => crate::determinism::check(&args),
        Command::Bugs(args) => tables::bugs(&args),
        Command::CompareCommitStrategies(args) => tables::compare_commit_strategies(&args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(UsageError(what)) => {
            eprintln!("sim: {what}");
            ExitCode::from(USAGE)
        }
    }
}

pub(crate) use args::DeterminismArgs;

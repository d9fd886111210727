//! The command line: what can be asked, and what is printed.

mod args;
mod progress;
mod run;
mod sweep;
mod tables;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Cli, Command};

use crate::player::Player;

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
pub fn main(player: &dyn Player) -> ExitCode {
    let done = match parse(player).command {
        Command::Run(args) => run::run(player, &args),
        Command::Sweep(args) => sweep::sweep(player, &args),
        Command::CheckDeterminism(args) => crate::determinism::check(&args),
        Command::Bugs(args) => tables::bugs(player, &args),
        Command::CompareCommitStrategies(args) => tables::compare_commit_strategies(player, &args),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(UsageError(what)) => {
            eprintln!("{}: {what}", player.name());
            ExitCode::from(USAGE)
        }
    }
}

fn parse(player: &dyn Player) -> Cli {
    let command = Cli::command().name(player.command()).after_help(args::after_help(player.command()));
    Cli::from_arg_matches(&command.get_matches()).unwrap_or_else(|error| error.exit())
}

pub(crate) use args::DeterminismArgs;

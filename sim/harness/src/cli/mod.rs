//! The command line: what can be asked, and what is printed.

mod args;
mod progress;
mod run;
mod sweep;
mod tables;

use std::process::ExitCode;

use clap::error::ErrorKind;
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
    let done = parse(player).and_then(|cli| match cli.command {
        Command::Run(args) => run::run(player, &args),
        Command::Sweep(args) => sweep::sweep(player, &args),
        Command::CheckDeterminism(args) => crate::determinism::check(&args),
        Command::Bugs(args) => tables::bugs(player, &args),
        Command::CompareCommitStrategies(args) => tables::compare_commit_strategies(player, &args),
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(UsageError(what)) => {
            eprintln!("{}: {what}", player.name());
            ExitCode::from(USAGE)
        }
    }
}

/// What was asked for. Help is printed here, and ends the process; a mistake is told in one line.
fn parse(player: &dyn Player) -> Result<Cli, UsageError> {
    let command = Cli::command().name(player.command()).after_help(args::after_help(player.command()));
    let read = command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    read.map_err(|error| {
        if error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            UsageError(format!("{}; see --help", first_paragraph(&error.to_string())))
        } else {
            error.exit()
        }
    })
}

/// The words of an error before its hints, in one line.
fn first_paragraph(error: &str) -> String {
    let lines = error.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").trim_start_matches("error: ").to_owned()
}

pub(crate) use args::DeterminismArgs;

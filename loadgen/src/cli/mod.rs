//! The command line: what can be asked, and what each ending means to whoever asked.

mod args;
mod catalog;
mod knee;
mod run;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// Wrong usage, a scenario or a configuration that is wrong.
const USAGE: u8 = 2;
/// Something that is needed is not there: the platform, a store.
const UNAVAILABLE: u8 = 5;
/// The load was not the one that was asked for.
const INVALID: u8 = 6;

/// An ending without a verdict: one line, and the exit code.
#[derive(Debug)]
pub(crate) struct Ended {
    code: u8,
    what: String,
}

pub(crate) fn usage(what: impl std::fmt::Display) -> Ended {
    Ended { code: USAGE, what: what.to_string() }
}

pub(crate) fn unavailable(what: impl std::fmt::Display) -> Ended {
    Ended { code: UNAVAILABLE, what: what.to_string() }
}

/// Reads the command line, does what it says, and returns the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(unavailable).and_then(|runtime| {
            let done = runtime.block_on(async {
                match &cli.command {
                    Command::Run(args) => run::run(args).await,
                    Command::Knee(args) => knee::knee(args).await,
                    Command::Catalog(args) => catalog::catalog(args),
                }
            });
            runtime.shutdown_background();
            done
        });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(Ended { code, what }) => {
            eprintln!("loadgen: {}", what.replace('\n', " "));
            ExitCode::from(code)
        }
    }
}

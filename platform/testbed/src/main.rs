//! Runs a command beside real servers: starts each once, names their addresses in the command's environment, takes them
//! down when it ends, and passes on its exit code.
//!
//!     testbed run -- cargo test
//!     testbed run --only postgres,redis -- psql …
//!
//! However this program ends, the command and the servers end with it.

mod run;

use clap::{Parser, Subcommand};

/// Real servers for tests.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Runs a command beside Postgres, Redis and Kafka.
    Run(run::Run),
}

fn main() -> std::process::ExitCode {
    match Arguments::parse().what {
        What::Run(run) => run::run(run),
    }
}

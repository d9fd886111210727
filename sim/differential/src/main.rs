//! `differential`: the comparison by the hundred thousand, against servers that already run.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use differential::kafka::KafkaPair;
use differential::postgres::{Address, PostgresPair};
use differential::redis::RedisPair;
use differential::search::SearchPair;
use differential::{Campaign, Outcome, Trouble};

/// Runs random programs on an engine and on the real server; any difference is an error.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    engine: Engine,
    /// The seed of the first program; each next one has the next seed.
    #[arg(long, global = true, default_value_t = 1)]
    seed: u64,
    /// How many programs.
    #[arg(long, global = true, default_value_t = 2_000)]
    programs: u64,
    /// How many run at the same time.
    #[arg(long, global = true, default_value_t = 6)]
    workers: usize,
    /// Stops after this many programs with a difference.
    #[arg(long, global = true, default_value_t = 1)]
    findings: usize,
}

#[derive(Subcommand)]
enum Engine {
    /// The Postgres engine and Postgres 15.
    Postgres {
        /// Host and port, or a URL of which only those count. On this machine: its processes are stopped and continued.
        #[arg(long, default_value = "127.0.0.1:5432")]
        server: String,
        /// A superuser who needs no password.
        #[arg(long, default_value = "postgres")]
        user: String,
        /// A database in which schemas may be made and dropped.
        #[arg(long, default_value = "postgres")]
        database: String,
    },
    /// The Kafka engine and an Apache Kafka broker.
    Kafka {
        /// Host and port. Topics are made there, and left behind.
        #[arg(long, default_value = "127.0.0.1:9092")]
        server: String,
    },
    /// The search engine and OpenSearch 2.
    Search {
        /// Host and port. Indices are made there, and deleted.
        #[arg(long, default_value = "127.0.0.1:9200")]
        server: String,
    },
    /// The Redis engine and Redis 7.
    Redis {
        /// Host and port of servers of its own: they are emptied. As many programs run at the same time.
        #[arg(long, required = true, value_delimiter = ',')]
        servers: Vec<String>,
    },
}

fn run(args: &Args) -> Result<Outcome, Trouble> {
    let campaign =
        Campaign { seed: args.seed, programs: args.programs, workers: args.workers, max_findings: args.findings };
    match &args.engine {
        Engine::Postgres { server, user, database } => {
            let at = server.rsplit('@').next().and_then(|at| at.split('/').next()).unwrap_or_default().to_owned();
            let address = Address { at, user: user.clone(), database: database.clone() };
            campaign.run(|worker| PostgresPair::open(&address, worker))
        }
        Engine::Kafka { server } => campaign.run(|worker| {
            let name = format!("differential-{}-{worker}", std::process::id());
            KafkaPair::open(server, &name)
        }),
        Engine::Search { server } => campaign.run(|worker| {
            let name = format!("differential-{}-{worker}", std::process::id());
            SearchPair::open(server, &name)
        }),
        Engine::Redis { servers } => {
            Campaign { workers: servers.len(), ..campaign }.run(|worker| RedisPair::open(&servers[worker]))
        }
    }
}

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::from(2)
        }
        Ok(outcome) => {
            print!("{}", outcome.tally);
            for finding in &outcome.findings {
                println!("\nDIFFERENCE, {finding}");
            }
            if outcome.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
    }
}

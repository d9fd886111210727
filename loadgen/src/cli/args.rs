//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use scenario::Scenario;
use server::settings::Settings;

use super::{Ended, usage};
use crate::play::Shard;

const EXIT_CODES: &str = "\
The stores that the audit reads are found as the `platform` command finds them: --config, DOORBUSTER_… in the environment, --set.

Exit codes:
  0  every check that could be made holds and every target is met
  1  safety broken: oversold, money lost, an order gone, …
  2  usage, scenario or configuration error
  3  a target was missed
  4  something did not settle within the scenario's limit
  5  the platform or one of its stores is not there
  6  the run is invalid: less than 99 % of the schedule was sent, or the generator was short of processors

Examples:
  loadgen catalog scenarios/prime-day-tiny.toml > tiny.json && platform seed-catalog tiny.json --config platform.toml
  loadgen run scenarios/prime-day-tiny.toml --host http://127.0.0.1:8080 --config platform.toml
  loadgen run scenarios/prime-day-tiny.toml --host http://shop:8080 --no-audit --json record.json --junit load.xml";

/// Plays scenarios against a running platform, on the schedule that the simulator uses, and judges what it did.
#[derive(Parser)]
#[command(name = "loadgen", version, after_help = EXIT_CODES)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Plays a scenario against a platform and judges it
    #[command(after_help = "Examples:\n  \
        loadgen run scenarios/prime-day-tiny.toml --host http://127.0.0.1:8080 --config platform.toml --json record.json\n  \
        loadgen run scenarios/prime-day-tiny.toml --host http://shop:8080 --no-audit --shard 0/8 --begin-at 1800000000")]
    Run(RunArgs),
    /// Looks for the highest rate of arrivals at which every target is met
    #[command(after_help = "Example:\n  \
        loadgen knee scenarios/prime-day-tiny.toml --host http://127.0.0.1:8080 --from-per-s 200 --json knee.json && \
        reports render knee.json -o knee")]
    Knee(KneeArgs),
    /// Prints what a scenario sells, as a file for `platform seed-catalog`
    Catalog(CatalogArgs),
}

/// The scenario, and the seed of its schedule and crowd.
#[derive(Args, Clone)]
pub(super) struct Subject {
    /// The scenario file
    pub(super) scenario: PathBuf,
    /// One of the scenario's variants
    #[arg(long, value_name = "NAME")]
    pub(super) variant: Option<String>,
    /// The seed
    #[arg(long, default_value_t = 42)]
    pub(super) seed: u64,
}

/// `knee`. No store is asked: stock may run out, and then sold-out answers are what is measured.
#[derive(Args)]
pub(super) struct KneeArgs {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// The platform's address
    #[arg(long, value_name = "URL")]
    pub(super) host: String,
    /// The first rate that is tried, in arrivals per second
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) from_per_s: u32,
    /// No rate above this is tried, in arrivals per second
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) most_per_s: u32,
    /// How long a rate is tried
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(super) probe_s: u64,
    /// How long the highest rate that held must last
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(super) hold_s: u64,
    /// How often is searched: the spread is the interval
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) searches: u32,
    /// Writes the record of the search here, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

/// `catalog`.
#[derive(Args)]
pub(super) struct CatalogArgs {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// The delivery's name: the same one is booked once, another one is more stock
    #[arg(long, value_name = "NAME", default_value = "initial")]
    pub(super) delivery: String,
}

/// Where the platform and its stores are.
#[derive(Args, Clone)]
pub(super) struct Place {
    /// The platform's address
    #[arg(long, value_name = "URL")]
    pub(super) host: String,
    /// The platform's settings file
    #[arg(long, env = "DOORBUSTER_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Sets a key of the platform's settings; may be given more than once
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Asks no store anything: nothing is known of overselling, of stock in Postgres, or of when orders were committed
    #[arg(long, conflicts_with_all = ["config", "set"])]
    pub(super) no_audit: bool,
}

/// `run`.
#[derive(Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) subject: Subject,
    #[command(flatten)]
    pub(super) place: Place,
    /// Writes the run record here, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Writes the record of what happened so far into --json's file twice a second, for `reports watch`
    #[arg(long, requires = "json")]
    pub(super) live: bool,
    /// Writes the verdicts here, as JUnit's XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// What this run's shoppers are called; the same name again would repeat its purchases [default: made from the time]
    #[arg(long, value_name = "NAME", value_parser = run_name)]
    pub(super) run_name: Option<String>,
    /// Plays one shard of the load: NUMBER/OF, numbered from 0
    #[arg(long, value_name = "NUMBER/OF", value_parser = shard)]
    pub(super) shard: Option<Shard>,
    /// Begins at this moment, in seconds since the Unix epoch, as all other shards do [default: at once]
    #[arg(long, value_name = "SECONDS")]
    pub(super) begin_at: Option<i64>,
    /// Connections that may be open at once [default: as many as this process may have files]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=28_000))]
    pub(super) connections: Option<u32>,
    /// Lanes that let shoppers in, each on a goose user [default: one per core]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) lanes: Option<u16>,
    /// Writes goose's own report here: .html, .md or .json; may be given more than once
    #[arg(long, value_name = "FILE")]
    pub(super) goose_report: Vec<PathBuf>,
    /// Serves goose's own dashboard on this port of 127.0.0.1
    #[arg(long, value_name = "PORT")]
    pub(super) goose_dashboard: Option<u16>,
}

impl Subject {
    pub(super) fn load(&self) -> Result<Scenario, Ended> {
        match &self.variant {
            Some(variant) => Scenario::load_variant(&self.scenario, variant),
            None => Scenario::load(&self.scenario),
        }
        .map_err(usage)
    }

    /// The words that name it.
    pub(super) fn words(&self) -> String {
        let variant = self.variant.as_ref().map_or_else(String::new, |variant| format!(" --variant {variant}"));
        format!("{}{variant} --seed {}", self.scenario.display(), self.seed)
    }
}

impl Place {
    /// The words that name it; what was set by `--set` may be secret, and is left out.
    pub(super) fn words(&self) -> String {
        let stores = match &self.config {
            _ if self.no_audit => " --no-audit".to_owned(),
            Some(config) => format!(" --config {}", config.display()),
            None => String::new(),
        };
        format!("--host {}{stores}", self.host)
    }

    /// The platform's settings; none when no store is to be asked.
    pub(super) fn settings(&self) -> Result<Option<Settings>, Ended> {
        if self.no_audit {
            return Ok(None);
        }
        let flags: Vec<(&'static str, String)> = self.set.iter().map(|pair| ("--set", pair.clone())).collect();
        let environment =
            std::env::vars_os().filter_map(|(name, text)| Some((name.into_string().ok()?, text.into_string().ok()?)));
        let settings = Settings::read(self.config.as_deref(), environment, &flags).map_err(usage)?;
        let needed = |why| usage(format!("{why}; or say --no-audit, and nothing will be known of overselling"));
        server::audit::require(&settings).map_err(needed)?;
        Ok(Some(settings))
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let read = text
        .split_once('/')
        .and_then(|(number, of)| Some(Shard { number: number.parse().ok()?, of: of.parse().ok()? }));
    read.filter(|shard| shard.number < shard.of).ok_or_else(|| "write 0/8 to 7/8 for eight shards".to_owned())
}

/// A shopper's name has 64 visible characters at most, and the index must fit behind this one.
fn run_name(text: &str) -> Result<String, String> {
    let fits = (1..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(text.to_owned()) } else { Err("letters, digits and dashes, 40 at most".to_owned()) }
}

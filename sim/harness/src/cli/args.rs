//! What can be said on the command line.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use platform::bugs::KnownBug;
use platform::config::CommitStrategy;
use platform::texts::Texts;
use scenario::Scenario;

use super::UsageError;
use crate::player::Player;
use crate::run::{RunOptions, known_bug};

const EXIT_CODES: &str = "\
Exit codes:
  0  every check holds and every target is met
  1  safety broken: oversold, money lost, an order gone, …
  2  usage or scenario error
  3  a target was missed, or a scenario that is meant to fail did not
  4  something did not drain within the scenario's limit

Examples:
  {command} run scenarios/prime-day.toml --seed 42
  {command} sweep scenarios/prime-day-small.toml --seeds 1..=2000
  {command} run scenarios/redis-crash.toml --variant aof-always --seed 7 --json run.json
  {command} sweep scenarios/prime-day-small.toml --seeds 1..=200 --texts my-edit
  {command} bugs";

/// What follows the help of every command, in the words of the world's own.
pub(super) fn after_help(command: &str) -> String {
    EXIT_CODES.replace("{command}", command)
}

/// Runs the platform in a simulated world under faults, and judges what it did.
#[derive(Parser)]
#[command(version)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Subcommand)]
pub(super) enum Command {
    /// Plays one seed of a scenario and judges it.
    Run(RunArgs),
    /// Plays many seeds and counts what they reached and found.
    Sweep(SweepArgs),
    /// Plays seeds in two processes each and compares their traces byte for byte.
    CheckDeterminism(DeterminismArgs),
    /// Looks for each known bug: the seeds and the time it takes to be found.
    Bugs(BugsArgs),
    /// Sells one hot product under each commit strategy, side by side.
    CompareCommitStrategies(CompareArgs),
}

/// The scenario, and what is changed about the platform.
#[derive(Args, Clone)]
pub(crate) struct Subject {
    /// The scenario file.
    pub scenario: PathBuf,
    /// One of the scenario's variants.
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// A folder with edited copies of the platform's .sql and .lua files, laid out as under platform/.
    #[arg(long, value_name = "DIR")]
    pub texts: Option<PathBuf>,
    /// Switches a known bug on; may be repeated.
    #[arg(long = "bug", value_name = "NAME")]
    pub bugs: Vec<String>,
    /// A commit strategy in place of the scenario's: version, conditional, buckets or group.
    #[arg(long, value_name = "NAME", value_parser = strategy)]
    pub commit_strategy: Option<CommitStrategy>,
}

/// `run`.
#[derive(Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// The seed.
    #[arg(long, default_value_t = 42, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// Writes the run record here, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Writes the record of what happened so far into --json's file twice a second, for `reports watch`.
    #[arg(long, requires = "json")]
    pub(super) live: bool,
    /// Writes every event of the run here, a line each.
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
}

/// `sweep`.
#[derive(Args)]
pub(super) struct SweepArgs {
    #[command(flatten)]
    pub(super) subject: Subject,
    /// The seeds, such as 1..=1000.
    #[arg(long, value_parser = seeds, default_value = "1..=100")]
    pub(super) seeds: RangeInclusive<u64>,
    /// Threads [default: one per core].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Begins no further seed after this long, such as 90s or 10m.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) stop_after: Option<Duration>,
    /// Prints one line of JSON per seed instead of the report.
    #[arg(long)]
    pub(super) json: bool,
    /// Does not fail when a probe of the scenario never fired, as in a sweep of a few seeds.
    #[arg(long)]
    pub(super) probes_optional: bool,
}

/// `check-determinism`.
#[derive(Args)]
pub(crate) struct DeterminismArgs {
    #[command(flatten)]
    pub(crate) subject: Subject,
    /// The first seed.
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    pub(crate) seed: u64,
    /// How many seeds, from there on.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: u64,
}

/// `bugs`.
#[derive(Args)]
pub(super) struct BugsArgs {
    /// The scenario in which all of them are looked for [default: for each, the one under scenarios/ that finds it].
    pub(super) scenario: Option<PathBuf>,
    /// The seeds that may be used for each.
    #[arg(long, value_parser = seeds, default_value = "1..=200")]
    pub(super) seeds: RangeInclusive<u64>,
    /// Prints a table for the README.
    #[arg(long)]
    pub(super) markdown: bool,
    /// Prints one line of JSON per bug.
    #[arg(long, conflicts_with = "markdown")]
    pub(super) json: bool,
}

/// `compare-commit-strategies`.
#[derive(Args)]
pub(super) struct CompareArgs {
    /// The scenario: one hot product.
    #[arg(default_value = "scenarios/hot-sku.toml")]
    pub(super) scenario: PathBuf,
    /// The seed.
    #[arg(long, default_value_t = 42, allow_negative_numbers = true, value_parser = seed)]
    pub(super) seed: u64,
    /// Prints a table for the README.
    #[arg(long)]
    pub(super) markdown: bool,
    /// Prints one line of JSON per strategy.
    #[arg(long, conflicts_with = "markdown")]
    pub(super) json: bool,
}

fn strategy(word: &str) -> Result<CommitStrategy, String> {
    let found = CommitStrategy::ALL.into_iter().find(|strategy| strategy.name() == word);
    found.ok_or_else(|| "it is one of version, conditional, buckets, group".to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let number = |text: &str| text.trim().parse::<u64>().map_err(|_| format!("{text:?} is no seed; write 1..=1000"));
    if let Some((from, to)) = text.split_once("..=") {
        let (from, to) = (number(from)?, number(to)?);
        return if from <= to { Ok(from..=to) } else { Err(format!("{from}..={to} has no seed in it")) };
    }
    let seed = number(text)?;
    Ok(seed..=seed)
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let amount: u64 = digits.parse().map_err(|_| format!("{text:?} is no duration; write 90s, 10m or 1h"))?;
    match &text[digits.len()..] {
        "ms" => Ok(Duration::from_millis(amount)),
        "s" => Ok(Duration::from_secs(amount)),
        "m" => Ok(Duration::from_secs(amount.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(amount.saturating_mul(3_600))),
        unit => Err(format!("{unit:?} is no unit of time; write 90s, 10m or 1h")),
    }
}

impl Subject {
    /// Reads the scenario.
    pub(crate) fn load(&self) -> Result<Scenario, UsageError> {
        Ok(match &self.variant {
            Some(variant) => Scenario::load_variant(&self.scenario, variant)?,
            None => Scenario::load(&self.scenario)?,
        })
    }

    /// How its runs are made.
    pub(crate) fn options(&self, player: &dyn Player, verb: &str) -> Result<RunOptions, UsageError> {
        let texts = match &self.texts {
            Some(directory) => Texts::with_replacements(directory)?,
            None => Texts::embedded(),
        };
        let bugs: Result<Vec<KnownBug>, _> =
            self.bugs.iter().map(|name| known_bug(name, player.known_bugs())).collect();
        Ok(RunOptions {
            texts,
            bugs: bugs?,
            strategy: self.commit_strategy,
            stop_when_unsafe: false,
            syntax_trees: postgres_engine::SyntaxTrees::default(),
            git_commit: git_commit(),
            repeat_command: format!(
                "{} {verb} {}{} --seed {{seed}}",
                player.command(),
                self.scenario.display(),
                self.extras()
            ),
        })
    }

    /// The arguments that a run of this subject needs beyond scenario and seed.
    pub(crate) fn extras(&self) -> String {
        let mut extras = String::new();
        let mut add = |name: &str, value: &str| extras.push_str(&format!(" --{name} {value}"));
        if let Some(variant) = &self.variant {
            add("variant", variant);
        }
        if let Some(texts) = &self.texts {
            add("texts", &texts.display().to_string());
        }
        self.bugs.iter().for_each(|bug| add("bug", bug));
        if let Some(strategy) = self.commit_strategy {
            add("commit-strategy", strategy.name());
        }
        extras
    }
}

/// The commit that is checked out, if this is a checkout and git is there to ask.
fn git_commit() -> Option<String> {
    let asked = std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().ok()?;
    let commit = String::from_utf8(asked.stdout).ok()?;
    asked.status.success().then(|| commit.trim().to_owned())
}

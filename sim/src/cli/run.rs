//! `run`: one seed, with a progress line while it goes on and a report when it is over.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use record::{Ending, Host, RunRecord};
use scenario::{Expectation, Scenario};

use super::UsageError;
use super::args::RunArgs;
use super::progress::ProgressLine;
use crate::report::{self, grouped};
use crate::run::{self, Progress, RunOptions};

/// Plays the seed and returns the exit code.
pub(super) fn run(args: &RunArgs) -> Result<u8, UsageError> {
    let scenario = args.subject.load()?;
    let mut options = args.subject.options("run")?;
    options.repeat_command = options.repeat_command.replace("{seed}", &args.seed.to_string());
    let trace = args.trace.as_deref().map(create).transpose()?;
    let mut line = ProgressLine::new();
    let mut record = watched(&scenario, args.seed, &options, trace, &mut line)?;
    let wall = line.wall();
    record.host = host(wall);
    line.clear();
    print!("{}", report::render(&record, wall));
    if let Some(path) = &args.json {
        std::fs::write(path, record.to_json()).map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
    }
    Ok(exit_code(&scenario, record.run.ending))
}

/// The exit code of an ending. A scenario that is meant to fail and held has missed what it is for.
pub(super) fn exit_code(scenario: &Scenario, ending: Ending) -> u8 {
    match (scenario.expect, ending) {
        (Expectation::Fails, Ending::Held) => {
            eprintln!("sim: {} is meant to fail, and held", scenario.title());
            Ending::TargetMissed.exit_code()
        }
        (Expectation::Fails, ending) => {
            eprintln!("sim: {} is meant to fail, and did", scenario.title());
            ending.exit_code()
        }
        (Expectation::Holds, ending) => ending.exit_code(),
    }
}

fn create(path: &Path) -> Result<File, UsageError> {
    File::create(path).map_err(|error| UsageError(format!("{}: {error}", path.display())))
}

/// Plays the seed on a thread of its own while this one shows how far it is.
fn watched(
    scenario: &Scenario,
    seed: u64,
    options: &RunOptions,
    trace: Option<File>,
    line: &mut ProgressLine,
) -> Result<RunRecord, UsageError> {
    let progress = Arc::new(Progress::default());
    std::thread::scope(|scope| {
        let (sender, finished) = mpsc::channel();
        let shared = progress.clone();
        scope.spawn(move || {
            // The receiver waits for this very answer.
            drop(sender.send(run::run(scenario, seed, options, trace, &shared)));
        });
        loop {
            match finished.recv_timeout(Duration::from_millis(100)) {
                Ok(outcome) => return outcome.map_err(UsageError::from),
                Err(RecvTimeoutError::Timeout) => line.show(|| standing(&progress)),
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(UsageError(format!("the run of seed {seed} panicked; the message is above")));
                }
            }
        }
    })
}

fn standing(progress: &Progress) -> String {
    let virtual_us = progress.virtual_us.load(Ordering::Relaxed);
    let phase = if progress.draining.load(Ordering::Relaxed) { "draining" } else { "selling" };
    format!(
        "{phase}, virtual {:>4}.{} s, {} requests, {} orders committed",
        virtual_us / 1_000_000,
        virtual_us / 100_000 % 10,
        grouped(progress.requests.load(Ordering::Relaxed)),
        grouped(progress.committed.load(Ordering::Relaxed)),
    )
}

/// What this machine contributed.
fn host(wall: Duration) -> Host {
    Host {
        wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
        started_at: None,
        cores: std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok()),
        peak_rss_kib: peak_rss_kib(),
    }
}

/// The highest resident memory of this process, where the system tells it.
fn peak_rss_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

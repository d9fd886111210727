//! `run`: one seed, with a progress line while it goes on and a report when it is over.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use record::{Ending, Host, RunRecord};
use scenario::{Expectation, Scenario};

use super::UsageError;
use super::args::RunArgs;
use super::progress::ProgressLine;
use crate::player::Player;
use crate::report::{self, grouped};
use crate::run::{Progress, RunOptions};

/// Plays the seed and returns the exit code.
pub(super) fn run(player: &dyn Player, args: &RunArgs) -> Result<u8, UsageError> {
    let scenario = args.subject.load()?;
    let mut options = args.subject.options(player, "run")?;
    options.repeat_command = options.repeat_command.replace("{seed}", &args.seed.to_string());
    let trace = args.trace.as_deref().map(create).transpose()?;
    args.json.as_deref().map_or(Ok(()), can_be_written)?;
    let mut line = ProgressLine::new();
    let mut live = Live::default();
    let mut record = watched(player, &scenario, args.seed, &options, trace, |progress| {
        line.show(|| standing(progress));
        args.json.as_deref().filter(|_| args.live).map_or(Ok(()), |path| live.write(path, progress, &line))
    })?;
    let wall = line.wall();
    record.host = host(wall);
    line.clear();
    print!("{}", report::render(&record, wall));
    if let Some(path) = &args.json {
        if args.live {
            replace(path, &record)?;
        } else {
            // Also what is no file can be written to.
            std::fs::write(path, record.to_json())
                .map_err(|error| UsageError(format!("{}: {error}", path.display())))?;
        }
    }
    Ok(exit_code(player, &scenario, record.run.ending))
}

/// The exit code of an ending. A scenario that is meant to fail and held has missed what it is for.
pub(super) fn exit_code(player: &dyn Player, scenario: &Scenario, ending: Ending) -> u8 {
    match (scenario.expect, ending) {
        (Expectation::Fails, Ending::Held) => {
            eprintln!("{}: {} is meant to fail, and held", player.name(), scenario.title());
            Ending::TargetMissed.exit_code()
        }
        (Expectation::Fails, ending) => {
            eprintln!("{}: {} is meant to fail, and did", player.name(), scenario.title());
            ending.exit_code()
        }
        (Expectation::Holds, ending) => ending.exit_code(),
    }
}

/// Finds out before the run, not after it. What the file holds stays until there is a record to put there.
fn can_be_written(path: &Path) -> Result<(), UsageError> {
    let opened = File::options().append(true).create(true).open(path);
    opened.map(drop).map_err(|error| UsageError(format!("{}: {error}", path.display())))
}

fn create(path: &Path) -> Result<File, UsageError> {
    File::create(path).map_err(|error| UsageError(format!("{}: {error}", path.display())))
}

/// Plays the seed on a thread of its own while this one shows how far it is.
fn watched(
    player: &dyn Player,
    scenario: &Scenario,
    seed: u64,
    options: &RunOptions,
    trace: Option<File>,
    mut show: impl FnMut(&Progress) -> Result<(), UsageError>,
) -> Result<RunRecord, UsageError> {
    let progress = Arc::new(Progress::default());
    std::thread::scope(|scope| {
        let (sender, finished) = mpsc::channel();
        let shared = progress.clone();
        scope.spawn(move || {
            // The receiver waits for this very answer.
            drop(sender.send(player.play(scenario, seed, options, trace, &shared)));
        });
        loop {
            match finished.recv_timeout(Duration::from_millis(100)) {
                Ok(outcome) => return outcome.map_err(UsageError::from),
                Err(RecvTimeoutError::Timeout) => show(&progress)?,
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(UsageError(format!("the run of seed {seed} panicked; the message is above")));
                }
            }
        }
    })
}

/// Puts the record into the file as a whole: whoever reads it while it is written finds the one before.
fn replace(path: &Path, record: &RunRecord) -> Result<(), UsageError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let written = std::fs::write(&beside, record.to_json()).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|error| UsageError(format!("{}: {error}", path.display())))
}

/// Writes the record while the run goes on.
#[derive(Default)]
struct Live {
    written_at: Duration,
}

impl Live {
    fn write(&mut self, path: &Path, progress: &Progress, line: &ProgressLine) -> Result<(), UsageError> {
        const EVERY: Duration = Duration::from_millis(500);
        let so_far = progress.so_far.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut record) = so_far {
            record.host = host(line.wall());
            replace(path, &record)?;
        }
        if line.wall() >= self.written_at + EVERY {
            self.written_at = line.wall();
            progress.is_record_wanted.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
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

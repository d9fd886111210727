//! Plays many seeds, on several threads, and adds up what they found.
//!
//! A seed's run knows nothing of the others: statics hold no state, so the same seed gives the same trace hash whatever
//! ran before it and however many threads there are.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use record::{Ending, RunRecord, Verdict};
use scenario::Scenario;

use crate::player::Player;
use crate::run::{Progress, RunError, RunOptions};

/// What a sweep is to do.
#[derive(Clone)]
pub struct SweepOptions {
    /// The seeds.
    pub seeds: RangeInclusive<u64>,
    /// Threads.
    pub jobs: usize,
    /// No further seed is begun after this long.
    pub stop_after: Option<Duration>,
    /// No further seed is begun after the first that fails.
    pub stop_at_failure: bool,
    /// How each run is made.
    pub run: RunOptions,
}

/// What a sweep found.
#[derive(Debug, Default)]
pub struct SweepReport {
    /// Seeds played.
    pub played: u64,
    /// Seeds that did not hold, ascending, with how they ended and the first thing found.
    pub failures: Vec<Failure>,
    /// How often each rare state was reached, and in how many seeds.
    pub probes: BTreeMap<String, Probe>,
    /// A seed could not be played.
    pub broken: Option<String>,
    /// Wall time.
    pub wall: Duration,
}

/// A rare state over a sweep.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Probe {
    /// How often it was reached.
    pub times: u64,
    /// In how many seeds.
    pub seeds: u64,
}

/// A seed that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub ending: Ending,
    /// The first violation, in a line.
    pub what: String,
    /// The command that repeats it.
    pub repeat_command: String,
}

/// Plays the seeds; `each` is told of every record, in the order in which they finish.
///
/// # Panics
/// When a run panics: the panic goes on.
#[allow(clippy::disallowed_methods, reason = "wall time is what a sweep is limited by; no simulation sees it")]
pub fn sweep(
    player: &dyn Player,
    scenario: &Scenario,
    options: &SweepOptions,
    mut each: impl FnMut(&RunRecord, &SweepReport),
) -> SweepReport {
    let started = Instant::now();
    let next = AtomicU64::new(*options.seeds.start());
    let stop = AtomicBool::new(false);
    let (sender, finished) = mpsc::channel::<Result<RunRecord, RunError>>();
    let report = Mutex::new(SweepReport::default());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            let sender = sender.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let late = options.stop_after.is_some_and(|limit| started.elapsed() >= limit);
                    if seed > *options.seeds.end() || late || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let outcome =
                        player.play(scenario, seed, &with_command(options, seed), None, &Arc::new(Progress::default()));
                    if sender.send(outcome).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for outcome in finished {
            let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
            match outcome {
                Ok(record) => {
                    report.add(&record);
                    report.wall = started.elapsed();
                    if options.stop_at_failure && !report.failures.is_empty() {
                        stop.store(true, Ordering::Relaxed);
                    }
                    each(&record, &report);
                }
                Err(error) => {
                    report.broken.get_or_insert(error.to_string());
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    });
    let mut report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.failures.sort_by_key(|failure| failure.seed);
    report.wall = started.elapsed();
    report
}

fn with_command(options: &SweepOptions, seed: u64) -> RunOptions {
    let repeat_command = options.run.repeat_command.replace("{seed}", &seed.to_string());
    RunOptions { repeat_command, ..options.run.clone() }
}

impl SweepReport {
    fn add(&mut self, record: &RunRecord) {
        self.played += 1;
        for (name, times) in &record.run.probes {
            let probe = self.probes.entry(name.clone()).or_default();
            probe.times += times;
            probe.seeds += u64::from(*times > 0);
        }
        if record.run.ending != Ending::Held {
            let verdicts = record.run.verdicts.iter().filter(|verdict| !verdict.holds);
            let first_of = |verdict: &Verdict| verdict.violations.first().map_or(u64::MAX, |first| first.at_ms);
            // What broke first, not what that led to.
            let what = verdicts.min_by_key(|verdict| first_of(verdict)).map_or_else(String::new, |verdict| {
                let first = verdict.violations.first().map_or("", |violation| violation.what.as_str());
                format!("{}: {first}", verdict.checker)
            });
            self.failures.push(Failure {
                seed: record.run.seed,
                ending: record.run.ending,
                what,
                repeat_command: record.run.repeat_command.clone(),
            });
        }
    }

    /// The worst ending of any seed.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let worst = [Ending::SafetyBroken, Ending::DidNotDrain, Ending::TargetMissed];
        let has = |ending: Ending| self.failures.iter().any(|failure| failure.ending == ending);
        worst.into_iter().find(|ending| has(*ending)).unwrap_or(Ending::Held)
    }
}

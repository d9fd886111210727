//! The score of the simulator: for each known bug, what it takes to find it.

use std::ops::RangeInclusive;
use std::time::Duration;

use platform::bugs::KnownBug;
use platform::config::CommitStrategy;
use scenario::Scenario;

use crate::player::Player;
use crate::run::RunOptions;
use crate::sweep::{Failure, SweepOptions, sweep};

/// What it took to find a bug.
#[derive(Debug)]
pub struct Score {
    /// The bug.
    pub bug: KnownBug,
    /// The first seed that shows it, with what was found; none when no seed did.
    pub found: Option<Failure>,
    /// Seeds played, that one included.
    pub seeds: u64,
    /// Wall time.
    pub wall: Duration,
}

/// Plays seeds one after the other until the bug shows.
#[must_use]
pub fn look_for(
    player: &dyn Player,
    scenario: &Scenario,
    bug: KnownBug,
    seeds: RangeInclusive<u64>,
    run: &RunOptions,
) -> Score {
    let options = SweepOptions {
        seeds,
        jobs: 1,
        stop_after: None,
        stop_at_failure: true,
        run: RunOptions {
            bugs: vec![bug],
            strategy: habitat(bug).1,
            stop_when_unsafe: true,
            repeat_command: format!("{} --bug {}", run.repeat_command, bug.name()),
            ..run.clone()
        },
    };
    let first = *options.seeds.start();
    let report = sweep(player, scenario, &options, |_, _| {});
    let found = report.failures.into_iter().next();
    // The seed after the one that shows it may have been begun before anybody looked.
    let seeds = found.as_ref().map_or(report.played, |failure| failure.seed - first + 1);
    Score { bug, found, seeds, wall: report.wall }
}

/// The scenario that finds a bug: its file, from the root of the workspace.
#[must_use]
pub fn scenario_of(bug: KnownBug) -> &'static str {
    habitat(bug).0
}

/// Where a bug shows: in which scenario, and under which commit strategy; none for bugs that live elsewhere.
fn habitat(bug: KnownBug) -> (&'static str, Option<CommitStrategy>) {
    const SMALL_SALE: &str = "scenarios/prime-day-small.toml";
    match bug {
        KnownBug::CommitWithoutVersionTest => (SMALL_SALE, Some(CommitStrategy::Version)),
        KnownBug::ConditionalWithoutCondition => (SMALL_SALE, Some(CommitStrategy::Conditional)),
        KnownBug::CheckThenDecrement
        | KnownBug::CompensationRefundsCommitted
        | KnownBug::CompensationSkipped
        | KnownBug::CaptureRetriedUnderNewKey
        | KnownBug::HoldReleasedTwice
        | KnownBug::CountersTrustedAfterRedisCrash
        | KnownBug::EventPublishedBeforeCommit
        | KnownBug::ConsumerWithoutDeduplication
        | KnownBug::LostConnectionReadAsCommitted
        | KnownBug::CommitSentAgainElsewhere
        | KnownBug::UnreadAnswerLeftInPool
        | KnownBug::LateAnswerTakenForTheNext => (SMALL_SALE, None),
        // A capture's connection is seldom the one that a drawn fault resets.
        KnownBug::PaymentMadeAnewAfterReset => ("sim/wire/scenarios/cut-connections.toml", None),
        KnownBug::CatalogPageNeverExpires
        | KnownBug::AbsentPageNeverExpires
        | KnownBug::CartMergeAddsUp
        | KnownBug::CartWrittenBackWhole => ("scenarios/browse-heavy.toml", None),
        KnownBug::CatalogStampede => ("scenarios/cache-cold-start.toml", None),
        KnownBug::PageAgeBeginsAnew | KnownBug::StalePageRefused => ("scenarios/catalog-database-down.toml", None),
        KnownBug::PageWrittenWithoutLock | KnownBug::ShownPriceIgnored => ("scenarios/price-change.toml", None),
    }
}

//! One hot product under each commit strategy, side by side.

use std::sync::Arc;

use platform::config::CommitStrategy;
use record::RunRecord;
use scenario::Scenario;

use crate::player::Player;
use crate::run::{Progress, RunError, RunOptions};

/// One strategy's run.
pub struct Comparison {
    /// The strategy.
    pub strategy: CommitStrategy,
    /// What its run left behind.
    pub record: RunRecord,
}

/// Plays one seed under each strategy.
///
/// # Errors
/// When a run cannot be made.
pub fn compare(
    player: &dyn Player,
    scenario: &Scenario,
    seed: u64,
    options: &RunOptions,
) -> Result<Vec<Comparison>, RunError> {
    let mut compared = Vec::new();
    for strategy in CommitStrategy::ALL {
        let options = RunOptions {
            strategy: Some(strategy),
            repeat_command: format!("{} --commit-strategy {}", options.repeat_command, strategy.name()),
            ..options.clone()
        };
        let record = player.play(scenario, seed, &options, None, &Arc::new(Progress::default()))?;
        compared.push(Comparison { strategy, record });
    }
    Ok(compared)
}

//! Scenarios and options that tests of this world share.

#![allow(dead_code, reason = "each suite uses some of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use harness::player::Player;
use harness::run::{Progress, RunOptions};
use platform::texts::Texts;
use record::RunRecord;
use scenario::Scenario;
use wire::run::Wire;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A scenario of the repository.
pub(crate) fn scenario(name: &str) -> Scenario {
    Scenario::load(&root().join("scenarios").join(format!("{name}.toml"))).expect("the scenario is well formed")
}

/// The platform as it is.
pub(crate) fn options() -> RunOptions {
    RunOptions {
        texts: Texts::embedded(),
        bugs: Vec::new(),
        strategy: None,
        stop_when_unsafe: false,
        syntax_trees: postgres_engine::SyntaxTrees::default(),
        git_commit: None,
        repeat_command: "cargo wire run scenarios/prime-day-small.toml --seed {seed}".to_owned(),
    }
}

/// Plays one seed.
pub(crate) fn play(scenario: &Scenario, seed: u64, options: &RunOptions) -> RunRecord {
    Wire.play(scenario, seed, options, None, &Arc::new(Progress::default())).expect("the seed can be played")
}

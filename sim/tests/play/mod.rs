//! Plays scenarios for tests.

#![allow(dead_code, reason = "each test file uses its own part of these")]

use std::path::PathBuf;
use std::sync::Arc;

use harness::player::Player;
use harness::run::{Progress, RunOptions};
use platform::texts::Texts;
use record::RunRecord;
use scenario::Scenario;
use sim::run::Sim;

/// The scenario of a name.
pub(crate) fn scenario(name: &str) -> Scenario {
    Scenario::load(&root().join(format!("scenarios/{name}.toml"))).expect("the scenario is valid")
}

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
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
        repeat_command: "cargo sim run … --seed {seed}".to_owned(),
    }
}

/// The record of one seed.
pub(crate) fn play(scenario: &Scenario, seed: u64, options: &RunOptions) -> RunRecord {
    Sim.play(scenario, seed, options, None, &Arc::new(Progress::default())).expect("the run can be made")
}

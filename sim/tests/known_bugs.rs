//! The simulator finds what it is meant to find: every known bug, and an edit of the texts alone.

#![cfg(madsim)]

mod play;

use std::path::{Path, PathBuf};

use harness::bugs::{look_for, scenario_of};
use harness::player::Player;
use harness::run::RunOptions;
use harness::sweep::{SweepOptions, SweepReport, sweep};
use platform::config::CommitStrategy;
use platform::texts::Texts;
use scenario::Scenario;
use sim::run::Sim;

#[test]
fn every_known_bug_is_found_within_two_hundred_seeds() {
    for &bug in Sim.known_bugs() {
        let scenario = Scenario::load(&play::root().join(scenario_of(bug))).expect("the scenario is valid");
        let score = look_for(&Sim, &scenario, bug, 1..=200, &play::options());
        assert!(score.found.is_some(), "{} was not found in {} seeds", bug.name(), score.seeds);
    }
}

/// A folder with an edited copy of one of the platform's files.
fn edited(name: &str, file: &str, from: &str, to: &str) -> PathBuf {
    let original = play::root().join("platform").join(file);
    let text = std::fs::read_to_string(&original).expect("the platform has this file");
    assert!(text.contains(from), "{file} no longer says {from:?}; this edit means nothing");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let path = folder.join(file);
    std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder can be made");
    std::fs::write(&path, text.replace(from, to)).expect("the copy can be written");
    folder
}

fn sweep_of(texts: &Path, strategy: Option<CommitStrategy>) -> SweepReport {
    let texts = Texts::with_replacements(texts).expect("the copy has the platform's names");
    let run = RunOptions { texts, strategy, stop_when_unsafe: true, ..play::options() };
    let options = SweepOptions { seeds: 1..=200, jobs: 2, stop_after: None, stop_at_failure: true, run };
    sweep(&Sim, &play::scenario("prime-day-small"), &options, |_, _| {})
}

#[track_caller]
fn turns_red(texts: &Path, strategy: Option<CommitStrategy>) {
    let report = sweep_of(texts, strategy);
    assert_eq!(report.broken, None);
    assert!(!report.failures.is_empty(), "{} seeds saw nothing wrong", report.played);
}

#[test]
fn a_commit_that_no_longer_compares_the_version_turns_the_sweep_red() {
    let texts =
        edited("take_version", "sql/commit/take_version.sql", "WHERE sku = $1 AND version = $6", "WHERE sku = $1");
    turns_red(&texts, Some(CommitStrategy::Version));
}

#[test]
fn a_conditional_commit_without_its_condition_turns_the_sweep_red() {
    // Without this condition alone the sale stays safe: the gate, or the look that placing takes while Redis is away, lets
    // nobody through for nothing. So that look goes too.
    edited("take_conditional", "sql/checkout/place_degraded.sql", "WHERE stock.units_left >= $4", "WHERE true");
    let texts = edited("take_conditional", "sql/commit/take_conditional.sql", " AND on_hand >= $2", "");
    turns_red(&texts, Some(CommitStrategy::Conditional));
}

#[test]
fn a_gate_that_lets_one_too_many_through_turns_the_sweep_red() {
    let texts = edited("reserve", "lua/reserve.lua", "if stock < tonumber(ARGV[2]) then", "if stock < 0 then");
    turns_red(&texts, None);
}

#[test]
fn a_release_that_gives_nothing_back_turns_the_sweep_red() {
    let texts = edited("release", "lua/release.lua", "redis.call('INCRBY', KEYS[2], hold[2])", "");
    turns_red(&texts, None);
}

#[test]
fn a_copy_without_an_edit_stays_green() {
    let texts = edited("unedited", "lua/release.lua", "redis.call", "redis.call");
    let report = sweep_of(&texts, None);
    assert_eq!(report.broken, None);
    assert_eq!(report.failures, []);
}

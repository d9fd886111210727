//! Many seeds of the correct platform: nothing may be found, and the same seed must always be the same run.

#![cfg(madsim)]

mod play;

use std::collections::BTreeMap;

use harness::sweep::{SweepOptions, sweep};
use record::Ending;
use sim::run::Sim;

fn hashes(scenario: &scenario::Scenario, seeds: std::ops::RangeInclusive<u64>, jobs: usize) -> BTreeMap<u64, String> {
    let options = SweepOptions { seeds, jobs, stop_after: None, stop_at_failure: false, run: play::options() };
    let mut hashes = BTreeMap::new();
    let report = sweep(&Sim, scenario, &options, |record, _| {
        hashes.insert(record.run.seed, record.run.trace_hash.clone());
    });
    assert_eq!(report.broken, None);
    hashes
}

#[test]
fn no_checker_complains_over_many_seeds_and_every_probe_fires() {
    let scenario = play::scenario("prime-day-small");
    let options =
        SweepOptions { seeds: 1..=400, jobs: 2, stop_after: None, stop_at_failure: false, run: play::options() };
    let report = sweep(&Sim, &scenario, &options, |_, _| {});
    assert_eq!(report.broken, None);
    assert_eq!(report.failures, [], "failing seeds");
    assert_eq!(report.ending(), Ending::Held);
    for probe in &scenario.probes {
        assert!(report.probes.get(probe).is_some_and(|found| found.times > 0), "{probe} never fired");
    }
}

#[test]
fn one_job_and_two_jobs_give_the_same_traces() {
    let scenario = play::scenario("prime-day-small");
    let alone = hashes(&scenario, 1..=40, 1);
    let together = hashes(&scenario, 1..=40, 2);
    assert_eq!(alone.len(), 40);
    assert_eq!(alone, together);
}

#[test]
fn different_seeds_give_different_traces() {
    let hashes = hashes(&play::scenario("prime-day-small"), 1..=10, 2);
    let distinct: std::collections::BTreeSet<&String> = hashes.values().collect();
    assert_eq!(distinct.len(), hashes.len());
}

#[test]
fn two_processes_write_the_same_trace() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sim"))
        .current_dir(play::root())
        .args(["check-determinism", "scenarios/prime-day-small.toml", "--seed", "1", "--count", "10"])
        .output()
        .expect("the command starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("10 of 10 seeds gave equal traces"), "{said}");
}

/// Sweeps a scenario of the shop: nothing may be found, and all it is there to reach must be reached.
#[track_caller]
fn the_shop_holds(name: &str, seeds: u64) {
    let scenario = play::scenario(name);
    let options =
        SweepOptions { seeds: 1..=seeds, jobs: 2, stop_after: None, stop_at_failure: false, run: play::options() };
    let report = sweep(&Sim, &scenario, &options, |record, _| {
        let judged: Vec<&str> = record.run.verdicts.iter().map(|verdict| verdict.checker.as_str()).collect();
        assert!(judged.ends_with(&["pages", "loads", "reads", "prices", "carts"]), "{judged:?}");
    });
    assert_eq!(report.broken, None);
    assert_eq!(report.failures, [], "failing seeds of {name}");
    for probe in &scenario.probes {
        assert!(report.probes.get(probe).is_some_and(|found| found.times > 0), "{name}: {probe} never fired");
    }
}

#[test]
fn fifty_pages_for_each_order_are_answered_through_every_fault() {
    the_shop_holds("browse-heavy", 60);
}

#[test]
fn a_cold_cache_sends_one_loader_a_page() {
    the_shop_holds("cache-cold-start", 20);
}

#[test]
fn pages_outlive_their_database() {
    the_shop_holds("catalog-database-down", 20);
}

#[test]
fn nobody_buys_at_a_price_they_were_not_shown() {
    the_shop_holds("price-change", 40);
}

#[test]
fn a_shop_s_run_is_the_same_in_one_job_and_in_two() {
    let scenario = play::scenario("browse-heavy");
    assert_eq!(hashes(&scenario, 1..=8, 1), hashes(&scenario, 1..=8, 2));
}

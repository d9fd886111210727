//! Seeds of this world: they hold, their bytes are struck, and each is the same whenever it is played.

#![cfg(not(madsim))]

mod play;

use harness::bugs::{look_for, scenario_of};
use harness::sweep::{SweepOptions, sweep};
use platform::bugs::KnownBug;
use record::{Ending, World};
use scenario::Scenario;
use wire::run::Wire;

#[test]
fn a_dozen_seeds_hold_although_their_bytes_are_struck() {
    let (scenario, run) = (play::scenario("prime-day-small"), play::options());
    let options = SweepOptions { seeds: 1..=12, jobs: 2, stop_after: None, stop_at_failure: false, run };
    let report = sweep(&Wire, &scenario, &options, |record, _| assert_eq!(record.run.world, World::Wire));
    assert_eq!(report.broken, None);
    assert_eq!(report.failures, []);
    for probe in ["traffic-held", "connections-reordered", "server-died-with-connections-open", "script-cache-lost"] {
        assert!(report.probes.contains_key(probe), "{probe} was never reached in {:?}", report.probes);
    }
}

#[test]
fn a_seed_is_the_same_after_and_beside_others() {
    let (scenario, options) = (play::scenario("prime-day-small"), play::options());
    let alone = play::play(&scenario, 5, &options);
    let beside = std::thread::scope(|scope| {
        let other = scope.spawn(|| play::play(&scenario, 6, &options));
        let same = scope.spawn(|| play::play(&scenario, 5, &options));
        other.join().expect("it plays");
        same.join().expect("it plays")
    });
    assert_eq!(alone.run.trace_hash, beside.run.trace_hash);
    assert_eq!(alone.deterministic_json(), beside.deterministic_json());
}

#[test]
fn two_processes_give_equal_traces() {
    let checked = std::process::Command::new(env!("CARGO_BIN_EXE_wire"))
        .args(["check-determinism", "scenarios/prime-day-small.toml", "--seed", "3", "--count", "2"])
        .current_dir(play::root())
        .output()
        .expect("the command runs");
    let said = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{said}{}", String::from_utf8_lossy(&checked.stderr));
    assert!(said.contains("2 of 2 seeds gave equal traces in two processes"), "{said}");
}

#[test]
fn each_mistake_with_a_connection_is_found() {
    for bug in KnownBug::OF_CONNECTIONS {
        let scenario = Scenario::load(&play::root().join(scenario_of(bug))).expect("the scenario is valid");
        let score = look_for(&Wire, &scenario, bug, 1..=60, &play::options());
        let found = score.found.unwrap_or_else(|| panic!("{} was not found in {} seeds", bug.name(), score.seeds));
        assert_ne!(found.ending, Ending::Held);
    }
}

//! A knee's page, and shards that are merged.

use record::{Ending, Knee, KneePoint, KneeRecord, Outcome, Property, Scaling, Verdict, Violation, World};
use reports::merge::{MergeError, merge};

use crate::sample::{file, record, reports};

fn knee() -> KneeRecord {
    let point = |offered: f64, achieved: f64, held: bool| KneePoint {
        offered_per_s: offered,
        achieved_per_s: achieved,
        concurrency: offered / 50.0,
        response_p99_ms: 12.0,
        held,
        why: if held { String::new() } else { "p99_ms.sold_out: <wanted> 100".to_owned() },
    };
    KneeRecord::new(Knee {
        scenario: "trial".to_owned(),
        seed: 7,
        git_commit: None,
        repeat_command: "cargo loadgen knee trial.toml".to_owned(),
        points: vec![point(100.0, 100.0, true), point(400.0, 310.0, false), point(200.0, 199.0, true)],
        held_per_s: vec![200.0, 220.0, 210.0],
        knee_per_s: 210.0,
        low_per_s: 200.0,
        high_per_s: Some(400.0),
        broke_on: "p99_ms.sold_out".to_owned(),
        bound_by: "the processors".to_owned(),
        scaling: Some(Scaling { lambda_per_s: 60.0, sigma: 0.01, kappa: 0.001 }),
        cores: Some(2),
    })
}

#[test]
fn a_knee_has_a_page_with_its_chart_and_every_probe() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "knee.json", &knee().to_json());
    let out = folder.path().join("out");
    let output = reports(["render".as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = std::fs::read_to_string(out.join("index.html")).expect("the page");
    for part in ["knee at 210 arrivals/s", "<svg", "fitted law", "arrivals offered per second", "&lt;wanted&gt;"] {
        assert!(page.contains(part), "no {part} in the page");
    }
    assert!(out.join("knee.png").exists());
}

#[test]
fn a_knee_of_another_version_is_refused_in_words() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = knee().to_json().replacen("\"schema_version\": 2", "\"schema_version\": 99", 1);
    let path = file(folder.path(), "knee.json", &text);
    let output = reports(["render".as_ref(), path.as_os_str()]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("schema version 99") && said.contains("newer build"), "{said}");
}

#[test]
fn shards_add_up_and_a_target_is_missed_when_one_misses_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shard = |p99_us: u64| {
        let mut shard = record(3);
        shard.run.world = World::Live;
        shard.run.verdicts.clear();
        shard.run.latencies.values_mut().for_each(|latency| latency.p99_us = p99_us);
        for target in &mut shard.run.targets {
            target.name = "p99_ms.won".to_owned();
            (target.wanted, target.modelled, target.met) =
                (1_000.0, Some(p99_us as f64 / 1_000.0), p99_us <= 1_000_000);
        }
        shard
    };
    let (fast, slow) = (shard(900_000), shard(1_900_000));
    let clicked = fast.run.funnel.clicked;
    let [first, second] =
        [("a.json", &fast), ("b.json", &slow)].map(|(name, shard)| file(folder.path(), name, &shard.to_json()));
    let out = folder.path().join("whole.json");
    let words = ["merge".as_ref(), first.as_os_str(), second.as_os_str(), "-o".as_ref(), out.as_os_str()];
    let output = reports(words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let whole = record::RunRecord::from_json(&std::fs::read_to_string(&out).expect("the record")).expect("a record");
    assert_eq!(whole.run.funnel.clicked, 2 * clicked);
    assert_eq!(whole.run.latencies[&Outcome::Won].p99_us, 1_900_000);
    assert!(whole.run.targets.iter().any(|target| !target.met), "{:?}", whole.run.targets);
}

#[test]
fn a_shard_that_ended_early_stays_so_in_the_whole() {
    let early = |seed_of_it: u64| {
        let mut shard = record(3);
        shard.run.world = World::Live;
        shard.run.virtual_ms = seed_of_it;
        shard.run.targets.iter_mut().for_each(|target| (target.wanted, target.modelled) = (1_000.0, Some(1_000.0)));
        let violation = |what: &str| Violation { what: what.to_owned(), at_ms: 0, order_id: None, history: Vec::new() };
        let missed = shard.run.targets.iter().map(|target| violation(&format!("{}: missed", target.name)));
        let violations = missed.chain([violation("ended early: 3 windows in a row")]).collect();
        shard.run.verdicts = vec![Verdict::of("targets", Property::Target, violations)];
        shard
    };
    let whole = merge(&[early(1), early(2)]).expect("shards of one load");
    let told: Vec<&str> = whole.run.verdicts[0].violations.iter().map(|violation| violation.what.as_str()).collect();
    assert_eq!(told, ["ended early: 3 windows in a row", "ended early: 3 windows in a row"]);
    assert_eq!(whole.run.ending, Ending::TargetMissed);
    assert_eq!(merge(&[early(1), early(1)]), Err(MergeError::Twice { number: 2, earlier: 1 }));
}

#[test]
fn shards_of_two_loads_do_not_merge() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [first, second] = [("a.json", 3), ("b.json", 4)].map(|(name, seed)| {
        let mut shard = record(seed);
        shard.run.world = World::Live;
        file(folder.path(), name, &shard.to_json())
    });
    let out = folder.path().join("whole.json");
    let words = ["merge".as_ref(), first.as_os_str(), second.as_os_str(), "-o".as_ref(), out.as_os_str()];
    let output = reports(words);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the seed differs: 3 and 4"), "{output:?}");
}

//! The record as JSON: its shape is pinned, and every other shape is refused in words.

use std::collections::BTreeMap;

use record::{
    Count, Ending, Fault, Funnel, Gauge, Histogram, HistoryEvent, Host, Outcome, Property, Run, RunRecord, Sample,
    Series, Target, Verdict, Violation, World,
};

fn verdicts() -> Vec<Verdict> {
    let violation = Violation {
        what: "TV: 11 units committed of 10 stocked".to_owned(),
        at_ms: 412,
        order_id: Some("o-7".to_owned()),
        history: vec![
            HistoryEvent { at_us: 410_001, process: "flash-sale-0".to_owned(), text: "reads 1 left".to_owned() },
            HistoryEvent { at_us: 411_900, process: "flash-sale-1".to_owned(), text: "reads 1 left".to_owned() },
        ],
    };
    vec![
        Verdict::of("stock", Property::Safety, vec![violation]),
        Verdict::held("liveness", Property::Liveness),
        Verdict::unjudged("events", Property::Safety, "the log could not be read"),
    ]
}

fn sample() -> Sample {
    let placed =
        HistoryEvent { at_us: 1_200, process: "postgres".to_owned(), text: "o-1 nothing → placed".to_owned() };
    Sample { what: "first committed".to_owned(), order_id: "o-1".to_owned(), history: vec![placed] }
}

fn record(wall_ms: u64) -> RunRecord {
    let mut series = Series::new(100);
    series.count(Count::Clicked, 50_000, 3);
    series.gauge(Gauge::StockLeftRedis, 250_000, 9);
    series.latency(120_000, 950);
    let mut won = Histogram::new();
    (1..=200).for_each(|value| won.record(value * 1_000));
    let verdicts = verdicts();
    let run = Run {
        scenario: "redis-crash/rdb".to_owned(),
        scenario_hash: Run::hash_text(0x1f),
        seed: u64::MAX,
        world: World::Sim,
        git_commit: Some("6b0f0d6".to_owned()),
        repeat_command: "cargo sim run scenarios/redis-crash.toml --variant rdb --seed 18446744073709551615".to_owned(),
        ending: Ending::of(&verdicts),
        faults: vec![Fault { at_ms: 90, for_ms: 600, text: "{ kind = \"redis-crash\", at_ms = 90 }".to_owned() }],
        funnel: Funnel { clicked: 3, committed: 11, ..Funnel::default() },
        verdicts,
        targets: vec![Target { name: "orders_per_s".to_owned(), wanted: 10_000.0, modelled: None, met: false }],
        latencies: BTreeMap::from([(Outcome::Won, won.summary())]),
        probes: BTreeMap::from([("redis-lost-holds".to_owned(), 2)]),
        figures: BTreeMap::from([("orders_per_s".to_owned(), 412.5)]),
        series,
        samples: vec![sample()],
        trace_hash: Run::hash_text(u64::MAX),
        virtual_ms: 12_345,
    };
    RunRecord::new(run, Host { wall_ms, cores: Some(2), ..Host::default() })
}

#[test]
fn the_shape_is_the_one_that_readers_know() {
    insta::assert_snapshot!(record(1_500).to_json());
}

#[test]
fn a_record_comes_back_as_it_was() {
    let record = record(1_500);
    assert_eq!(RunRecord::from_json(&record.to_json()).expect("a record"), record);
    assert_eq!(RunRecord::from_json(&record.to_json_line()).expect("a record"), record);
}

#[test]
fn a_line_of_a_sweep_is_one_line() {
    assert!(!record(1).to_json_line().contains('\n'));
    let line = record(1).to_sweep_line();
    assert!(!line.contains('\n'));
    let read = RunRecord::from_json(&line).expect("a record").run;
    assert_eq!((read.series, read.samples), (Series::default(), Vec::new()));
    assert_eq!(read.verdicts, verdicts(), "what failed is kept");
}

#[test]
fn what_the_seed_decides_does_not_know_the_machine() {
    assert_eq!(record(1).deterministic_json(), record(2_000).deterministic_json());
    assert_ne!(record(1).to_json(), record(2_000).to_json());
}

#[test]
fn what_is_not_a_record_is_refused_in_words() {
    let good = record(1).to_json_line();
    let with = |old: &str, new: &str| good.replacen(old, new, 1);
    let cases = [
        String::new(),
        " \n".to_owned(),
        good[..good.len() / 2].to_owned(),
        "plain text".to_owned(),
        "[1, 2]".to_owned(),
        "{}".to_owned(),
        with("\"schema_version\":2", "\"schema_version\":\"two\""),
        with("\"schema_version\":2", "\"schema_version\":1"),
        with("\"schema_version\":2", "\"schema_version\":3"),
        with("\"clicked\":3", "\"clicked\":-3"),
        with("\"virtual_ms\"", "\"virtual_time\""),
        with("\"won\"", "\"lost\""),
    ];
    let refused = cases.map(|text| RunRecord::from_json(&text).expect_err("no record").to_string());
    assert!(refused.iter().all(|line| !line.contains('\n')), "an error is one line");
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn a_record_of_another_version_need_not_have_this_one_s_shape() {
    let error = RunRecord::from_json(r#"{"schema_version":7,"runs":[]}"#).expect_err("another version").to_string();
    assert!(error.contains("version 7"), "{error}");
}

#[test]
fn the_worst_verdict_decides_the_ending() {
    let broken = |property| {
        let violation = Violation { what: "x".to_owned(), at_ms: 0, order_id: None, history: Vec::new() };
        Verdict::of("x", property, vec![violation])
    };
    let ends = |properties: &[Property]| {
        let verdicts: Vec<_> = properties.iter().map(|property| broken(*property)).collect();
        Ending::of(&verdicts).exit_code()
    };
    let unjudged = Verdict::unjudged("x", Property::Liveness, "no snapshot");
    assert_eq!(Ending::of(&[unjudged]), Ending::DidNotDrain, "what could not be judged does not hold");
    assert_eq!(ends(&[]), 0);
    assert_eq!(ends(&[Property::Target]), 3);
    assert_eq!(ends(&[Property::Target, Property::Liveness]), 4);
    assert_eq!(ends(&[Property::Target, Property::Liveness, Property::Safety]), 1);
    assert_eq!(Ending::of(&[Verdict::held("stock", Property::Safety)]), Ending::Held);
}

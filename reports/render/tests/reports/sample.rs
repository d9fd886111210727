//! A small record with something in every part, for the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use record::{
    Count, Ending, Fault, Funnel, Gauge, Histogram, HistoryEvent, Host, Outcome, Property, Run, RunRecord, Sample,
    Series, Target, Verdict, Violation, World,
};

fn event(at_us: u64, process: &str, text: &str) -> HistoryEvent {
    HistoryEvent { at_us, process: process.to_owned(), text: text.to_owned() }
}

fn way() -> Vec<HistoryEvent> {
    vec![
        event(1_000, "shopper", "shopper 7 sends key 7, which will be ord_a"),
        event(2_000, "redis", "ord_a holds 1 × TV, the counter is 9"),
        event(90_000, "fault", "begins: { kind = \"redis-crash\", at_ms = 90 }"),
        event(120_500, "postgres", "ord_a nothing → placed, <1 × TV> & \"more\""),
        event(121_000, "redis", "ord_b holds 1 × TV, the counter is 8"),
        event(130_000, "shopper", "shopper 7, key 7: 201 ord_a after 129 ms"),
        event(130_000, "together", "ord_a and ord_b were under way at once"),
    ]
}

fn series() -> Series {
    let mut series = Series::new(100);
    for step in 0..20_u64 {
        let at_us = step * 100_000;
        series.count(Count::Clicked, at_us, 1_000 / (step + 1));
        series.count(Count::Admitted, at_us, 40);
        series.count(Count::Committed, at_us, u64::from(step < 10));
        let left = 10 - i64::try_from(step.min(10)).expect("small");
        series.gauge(Gauge::StockLeftRedis, at_us, left);
        series.gauge(Gauge::StockLeftPostgres, at_us, left);
        series.gauge(Gauge::LeakedHolds, at_us, i64::from(step == 5));
        series.gauge(Gauge::OrdersPlaced, at_us, left);
        series.gauge(Gauge::OrdersDelivered, at_us, 10 - left);
        (0..step + 1).for_each(|answer| series.latency(at_us, 2_000 << answer));
    }
    series
}

/// A record that broke a safety rule.
pub(crate) fn record(seed: u64) -> RunRecord {
    let broken = Violation {
        what: "TV: 11 units committed of 10 <stocked>".to_owned(),
        at_ms: 130,
        order_id: Some("ord_a".to_owned()),
        history: way(),
    };
    let verdicts = vec![
        Verdict::of("stock", Property::Safety, vec![broken]),
        Verdict::held("liveness", Property::Liveness),
        Verdict::unjudged("events", Property::Safety, "the log could not be read"),
    ];
    let mut won = Histogram::new();
    (1..=200).for_each(|value| won.record(value * 1_000));
    let run = Run {
        scenario: "small & <sharp>".to_owned(),
        scenario_hash: Run::hash_text(0x1f),
        seed,
        world: World::Sim,
        git_commit: Some("6b0f0d6a7b8c9d0e1f".to_owned()),
        repeat_command: format!("cargo sim run scenarios/small.toml --seed {seed}"),
        ending: Ending::of(&verdicts),
        faults: vec![Fault { at_ms: 90, for_ms: 600, text: "{ kind = \"redis-crash\", at_ms = 90 }".to_owned() }],
        funnel: Funnel { clicked: 3_600, committed: 10, sold_out: 3_590, ..Funnel::default() },
        verdicts,
        targets: vec![Target { name: "orders_per_s".to_owned(), wanted: 10_000.0, modelled: Some(0.5), met: false }],
        latencies: BTreeMap::from([(Outcome::Won, won.summary())]),
        probes: BTreeMap::from([("redis-lost-holds".to_owned(), seed % 3), ("never-seen".to_owned(), 0)]),
        figures: BTreeMap::from([("orders_per_s".to_owned(), 412.5)]),
        series: series(),
        samples: vec![Sample { what: "first committed".to_owned(), order_id: "ord_a".to_owned(), history: way() }],
        trace_hash: Run::hash_text(u64::MAX),
        virtual_ms: 12_345,
    };
    RunRecord::new(run, Host { wall_ms: 1_500, cores: Some(2), ..Host::default() })
}

/// A file in a folder of the test.
pub(crate) fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a temporary file");
    path
}

/// Runs the command.
pub(crate) fn reports<Arg: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = Arg>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_reports")).args(args).output().expect("the command starts")
}

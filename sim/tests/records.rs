//! What a run leaves behind for charts, and what watching it may not do to it.

#![cfg(madsim)]

mod play;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use harness::player::Player;
use harness::run::Progress;
use record::{Count, Ending, Gauge, Verdict};
use sim::run::Sim;

#[test]
fn watching_a_run_does_not_change_it() {
    let (scenario, options) = (play::scenario("prime-day-small"), play::options());
    let alone = play::play(&scenario, 3, &options);
    let progress = Arc::new(Progress::default());
    progress.is_record_wanted.store(true, Ordering::Relaxed);
    let watched = Sim.play(&scenario, 3, &options, None, &progress).expect("the run can be made");
    assert_eq!(alone.deterministic_json(), watched.deterministic_json());
    let so_far = progress.so_far.lock().expect("nobody panicked").take().expect("one was asked for");
    assert!(so_far.run.verdicts.iter().any(Verdict::is_still_running));
    assert_ne!(so_far.run.ending, Ending::Held, "what is not over has not held");
    assert!(so_far.run.virtual_ms < alone.run.virtual_ms);
}

#[test]
fn series_and_samples_agree_with_the_funnel() {
    let run = play::play(&play::scenario("prime-day-small"), 3, &play::options()).run;
    let total = |count| run.series.counts.get(&count).map_or(0, |line| line.iter().sum::<u64>());
    assert_eq!(total(Count::Committed), run.funnel.committed);
    assert_eq!(total(Count::Reserved), run.funnel.reserved);
    assert!(total(Count::Admitted) > 0 && total(Count::Admitted) <= total(Count::Clicked));
    let last = |gauge| run.series.gauges.get(&gauge).and_then(|line| line.last().copied());
    assert_eq!(last(Gauge::StockLeftRedis), last(Gauge::StockLeftPostgres), "once quiet, both stores agree");
    assert_eq!(last(Gauge::LeakedHolds), Some(0));
    assert_eq!(last(Gauge::OrdersPlaced), Some(0));
    assert!(!run.series.latencies.is_empty());
    let committed =
        run.samples.iter().find(|sample| sample.what == "first committed").expect("some order was committed");
    assert!(committed.history.iter().any(|event| event.text.contains(&committed.order_id)));
    assert!(committed.history.is_sorted_by_key(|event| event.at_us));
}

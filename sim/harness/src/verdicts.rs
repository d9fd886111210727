//! Turns what the observer knows at the end of a run into the parts of its record.

use std::collections::BTreeMap;

use checkers::targets::{Bound, Figure};
use checkers::{Class, Judgement, Violation};
use record::{Funnel, HistoryEvent, LatencySummary, Outcome, Property, Target, Verdict};

use crate::world::plan::{World, counters};
use crate::world::stage::Stage;

/// One verdict per checker.
#[must_use]
pub fn verdicts<S: Stage>(world: &World<S>, judgements: &[Judgement]) -> Vec<Verdict> {
    judgements.iter().map(|judgement| verdict(world, judgement)).collect()
}

fn verdict<S: Stage>(world: &World<S>, judgement: &Judgement) -> Verdict {
    let property = match judgement.class {
        Class::Safety => Property::Safety,
        Class::Liveness => Property::Liveness,
        Class::Target => Property::Target,
    };
    let violations = match &judgement.verdict {
        checkers::Verdict::Holds => Vec::new(),
        checkers::Verdict::Violated { violations, unlisted } => {
            let mut told: Vec<record::Violation> = violations.iter().map(|found| violation(world, found)).collect();
            if *unlisted > 0 {
                told.push(lone(format!("and {unlisted} more of this kind")));
            }
            told
        }
        checkers::Verdict::NotJudged { why } => {
            return Verdict::unjudged(judgement.name, property, &why.join("; "));
        }
    };
    Verdict::of(judgement.name, property, violations)
}

fn lone(what: String) -> record::Violation {
    record::Violation { what, at_ms: 0, order_id: None, history: Vec::new() }
}

fn violation<S: Stage>(world: &World<S>, found: &Violation) -> record::Violation {
    world.observer.history(|history| record::Violation {
        what: found.what.clone(),
        at_ms: u64::try_from(found.at_us / 1_000).unwrap_or(0),
        order_id: found.orders.first().map(|order| history.order_id(*order).to_owned()),
        history: checkers::explain::explain(found, history).iter().map(told).collect(),
    })
}

fn told(line: &checkers::explain::Line) -> HistoryEvent {
    HistoryEvent {
        at_us: u64::try_from(line.at_us).unwrap_or(0),
        process: line.source.to_owned(),
        text: line.text.clone(),
    }
}

/// How far shoppers and orders came.
#[must_use]
pub fn funnel<S: Stage>(world: &World<S>) -> Funnel {
    let shoppers = world.crowd.funnel();
    world.observer.tally(|tally| Funnel {
        reserved: tally.reserved,
        paid: tally.paid,
        committed: tally.committed,
        compensated: tally.compensated,
        refunded: tally.refunded,
        pending: u64::try_from(tally.unsettled).unwrap_or(0),
        ..shoppers
    })
}

/// From click to final answer, per outcome that occurred.
#[must_use]
pub fn latencies<S: Stage>(world: &World<S>) -> BTreeMap<Outcome, LatencySummary> {
    let mut summaries = BTreeMap::new();
    for (outcome, histogram) in world.crowd.latencies() {
        let summary = histogram.summary();
        if summary.count > 0 {
            summaries.insert(outcome, summary);
        }
    }
    summaries
}

/// Rare states that were reached: those the world saw, and the platform's own counters.
#[must_use]
pub fn probes<S: Stage>(world: &World<S>) -> BTreeMap<String, u64> {
    let mut probes = world.observer.probes();
    for (name, count) in counters(&world.metrics) {
        let name = name.trim_end_matches("_total").replace('_', "-");
        probes.insert(name, count);
    }
    probes
}

/// Figures of the run, as modelled.
#[must_use]
pub fn figures<S: Stage>(world: &World<S>) -> BTreeMap<String, f64> {
    let mut figures = BTreeMap::new();
    let mut note = |name: &str, value: f64| {
        figures.insert(name.to_owned(), value);
    };
    world.observer.tally(|tally| {
        note("requests", count_as_f64(tally.requests));
        note("admitted", count_as_f64(tally.admitted));
        note("delivered", count_as_f64(tally.delivered));
        if let Some(sold_out_at_us) = tally.sold_out_at_us {
            note("time_to_sell_out_ms", as_f64(sold_out_at_us) / 1_000.0);
        }
    });
    if let Some(orders_per_s) = world.observer.figure(Figure::OrdersPerS) {
        note("orders_per_s", as_f64(orders_per_s));
    }
    let counters = counters(&world.metrics);
    let attempts = counters.get("orders_confirmed_total").copied().unwrap_or(0)
        + counters.get("commit_conflicts_total").copied().unwrap_or(0);
    let confirmed = counters.get("orders_confirmed_total").copied().unwrap_or(0);
    if confirmed > 0 {
        note("commit_attempts_per_order", count_as_f64(attempts) / count_as_f64(confirmed));
    }
    if let Some(shop) = &world.shop {
        let shop = shop.figures();
        let loads = count_as_f64(counters.get("catalog_loads_total").copied().unwrap_or(0));
        let views = count_as_f64(shop.views);
        note("page_views", views);
        note("page_loads", loads);
        note("page_hit_ratio", 1.0 - loads / views.max(1.0));
        note("page_p99_ms", count_as_f64(shop.page_latencies.summary().p99_us) / 1_000.0);
        note("carts_filled", count_as_f64(shop.carts));
        note("left_without_checkout", count_as_f64(shop.left));
    }
    figures
}

fn count_as_f64(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of a run lie far below 2^53")]
    let value = count as f64;
    value
}

fn as_f64(number: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "times and rates of a run lie far below 2^53")]
    let value = number as f64;
    value
}

/// The scenario's own numbers beside what the run modelled: the very figures and bounds that were judged.
#[must_use]
pub fn targets<S: Stage>(world: &World<S>) -> Vec<Target> {
    let told = |target: &checkers::targets::Target| {
        let (name, per_unit) = in_scenario(target.figure);
        let (Bound::AtLeast(wanted) | Bound::AtMost(wanted)) = target.bound;
        let seen = world.observer.figure(target.figure);
        Target {
            name: name.to_owned(),
            wanted: as_f64(wanted) / per_unit,
            modelled: seen.map(|seen| as_f64(seen) / per_unit),
            met: seen.is_some_and(|seen| target.bound.allows(seen)),
        }
    };
    world.limits.targets.iter().map(told).collect()
}

/// A figure's key below `[targets]`, and how much of it makes one of the key's unit.
fn in_scenario(figure: Figure) -> (&'static str, f64) {
    match figure {
        Figure::OrdersPerS => ("orders_per_s", 1.0),
        Figure::LastSaleAfterUs => ("sold_out_within_ms", 1_000.0),
        Figure::ErrorsPerMillion => ("error_budget_ratio", 1_000_000.0),
        Figure::WonP99Us => ("p99_ms.won", 1_000.0),
        Figure::SoldOutP99Us => ("p99_ms.sold_out", 1_000.0),
        Figure::LimitedP99Us => ("p99_ms.limited", 1_000.0),
        Figure::PendingP99Us => ("p99_ms.queued", 1_000.0),
    }
}

//! The scenario's own numbers, beside what was measured.

use std::collections::BTreeMap;

use record::{LatencySummary, Outcome, Property, Target, Verdict, Violation};
use scenario::Scenario;

use crate::validity::as_f64;

/// What targets are judged by.
pub struct Measured<'a> {
    /// Figures by name.
    pub figures: &'a BTreeMap<String, f64>,
    /// From click to final answer.
    pub latencies: &'a BTreeMap<Outcome, LatencySummary>,
    /// Units left although somebody wanted them; none when nobody knows.
    pub unsold: Option<i64>,
    /// Whether the stores were asked. Targets that they alone can tell of are not judged without them.
    pub stores_asked: bool,
}

/// Every target of the scenario that can be judged; a number that should be known and is not meets none.
#[must_use]
pub fn judge(scenario: &Scenario, measured: &Measured<'_>) -> Vec<Target> {
    let wanted = &scenario.targets;
    let figure = |name: &str| measured.figures.get(name).copied();
    let of_stores = |wanted: Option<f64>| wanted.filter(|_| measured.stores_asked);
    let mut targets = Vec::new();
    let mut judged = |name: &str, wanted: Option<f64>, seen: Option<f64>, meets: fn(f64, f64) -> bool| {
        if let Some(wanted) = wanted {
            let met = seen.is_some_and(|seen| meets(seen, wanted));
            targets.push(Target { name: name.to_owned(), wanted, modelled: seen, met });
        }
    };
    let at_least = |seen: f64, wanted: f64| seen >= wanted;
    let at_most = |seen: f64, wanted: f64| seen <= wanted;
    judged("orders_per_s", of_stores(wanted.orders_per_s.map(as_f64)), figure("orders_per_s"), at_least);
    let sold_out = of_stores(wanted.sold_out_within_ms.map(as_f64));
    judged("sold_out_within_ms", sold_out, figure("last_sale_ms"), at_most);
    judged("error_budget_ratio", wanted.error_budget_ratio, figure("error_ratio"), at_most);
    let unsold = measured.unsold.and_then(|units| u64::try_from(units).ok()).map(as_f64);
    judged("units_left", of_stores(wanted.sell_everything.then_some(0.0)), unsold, at_most);
    let p99 = [
        ("p99_ms.won", wanted.p99_ms.won, Outcome::Won),
        ("p99_ms.sold_out", wanted.p99_ms.sold_out, Outcome::SoldOut),
        ("p99_ms.limited", wanted.p99_ms.limited, Outcome::Limited),
        ("p99_ms.queued", wanted.p99_ms.queued, Outcome::Queued),
    ];
    for (name, wanted, outcome) in p99 {
        let seen = measured.latencies.get(&outcome).map(|summary| as_f64(summary.p99_us) / 1_000.0);
        judged(name, wanted.map(as_f64), seen, at_most);
    }
    targets
}

/// The verdict on all of them, and on the windowed target that ended the load early, if one did.
#[must_use]
pub fn verdict(targets: &[Target], ended_early: Option<&str>) -> Verdict {
    let missed = targets.iter().filter(|target| !target.met).map(|target| {
        let seen = target.modelled.map_or_else(|| "not known".to_owned(), |seen| format!("{seen:.3}"));
        format!("{}: wanted {:.3}, measured {seen}", target.name, target.wanted)
    });
    let early = ended_early.map(|why| format!("ended early: {why}"));
    let violation = |what| Violation { what, at_ms: 0, order_id: None, history: Vec::new() };
    Verdict::of("targets", Property::Target, early.into_iter().chain(missed).map(violation).collect())
}

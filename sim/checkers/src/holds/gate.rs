//! Judges the gate's counters and live holds against what Postgres has left.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, OrderRef};
use crate::snapshot::{GateSku, HoldRow, OrderRow};
use crate::{Findings, Snapshot};

/// The state of a hold that still waits for its sale, as stored.
const LIVE: &str = "held";

pub(super) fn judge(end: &Snapshot, history: &History, findings: &mut Findings) {
    let Some(gate) = &end.gate else {
        findings.could_not_judge("Redis was not read");
        return;
    };
    if !end.quiet {
        findings.could_not_judge("the gate is compared with Postgres only once all is quiet");
        return;
    }
    let Some(fence) = end.tables.gate_epoch.as_ref().filter(|fence| fence.open) else {
        findings.could_not_judge("the gate is closed");
        return;
    };
    if gate.epoch != Some(fence.epoch) {
        let redis = gate.epoch.map_or("no epoch".to_owned(), |epoch| format!("epoch {epoch}"));
        let what = format!("at the end, Postgres opened epoch {}, Redis has {redis}", fence.epoch);
        findings.violated(end.taken_at_us, None, &[], what);
    }
    let orders = end.tables.orders_by_id();
    let lines = end.tables.lines_by_order();
    let unsettled = end.tables.orders.iter().filter(|order| order.is_unsettled());
    let between_steps: BTreeSet<&str> =
        unsettled.filter_map(|order| lines.get(order.order_id.as_str())).flatten().map(|line| line.sku).collect();
    let mut judge = GateJudge { at_us: end.taken_at_us, orders, history, findings };
    let leaked = judge.counters(&gate.skus, &end.tables.on_hand(), &between_steps);
    judge.gauge(leaked.filter(|_| between_steps.is_empty()), end.leak_gauge);
}

struct GateJudge<'a> {
    at_us: i64,
    orders: BTreeMap<&'a str, &'a OrderRow>,
    history: &'a History,
    findings: &'a mut Findings,
}

impl GateJudge<'_> {
    fn wrong(&mut self, sku: &str, orders: &[OrderRef], what: &str) {
        self.findings.violated(self.at_us, self.history.find_sku(sku), orders, format!("{sku}: at the end, {what}"));
    }

    /// Compares each product; gives the units that are unaccounted for over all products, if every counter is there.
    fn counters(
        &mut self,
        gate: &[GateSku],
        on_hand: &BTreeMap<&str, i64>,
        between_steps: &BTreeSet<&str>,
    ) -> Option<i64> {
        let mut leaked = Some(0);
        let by_sku: BTreeMap<&str, &GateSku> = gate.iter().map(|state| (state.sku.as_str(), state)).collect();
        for (&sku, &on_hand) in on_hand {
            let Some((state, counter)) = by_sku.get(sku).and_then(|state| Some((state, state.counter?))) else {
                leaked = None;
                self.wrong(sku, &[], "there is no counter");
                continue;
            };
            let held = state.held_units();
            leaked = leaked.map(|sum: i64| sum + on_hand - counter - held);
            for hold in &state.holds {
                self.hold(sku, hold);
            }
            // An order on its way has taken one of its two steps, in Postgres or in Redis: liveness sees to it.
            if counter + held != on_hand && !between_steps.contains(sku) {
                let what = format!("the counter says {counter} with {held} units held, Postgres has {on_hand}");
                self.wrong(sku, &[], &what);
            }
        }
        leaked
    }

    fn hold(&mut self, sku: &str, hold: &HoldRow) {
        let orders: Vec<OrderRef> = self.history.find_order(&hold.order_id).into_iter().collect();
        let id = &hold.order_id;
        match (hold.state.as_deref(), self.orders.get(id.as_str())) {
            (None, _) => self.wrong(sku, &orders, &format!("the index of live holds names {id}, which has no hold")),
            (Some(state), _) if state != LIVE => {
                self.wrong(sku, &orders, &format!("the index of live holds names {id}, which is {state}"));
            }
            (Some(_), Some(order)) if !order.is_unsettled() => {
                self.wrong(sku, &orders, &format!("{id} is {} and still holds {} units", order.status, hold.quantity));
            }
            (Some(_), Some(_) | None) => {}
        }
    }

    fn gauge(&mut self, leaked: Option<i64>, gauge: Option<i64>) {
        match (leaked, gauge) {
            (_, None) => self.findings.could_not_judge("the leak gauge was not read"),
            (None, Some(_)) => {}
            (Some(leaked), Some(gauge)) if leaked != gauge => {
                let what = format!("at the end, {leaked} units are unaccounted for, the leak gauge says {gauge}");
                self.findings.violated(self.at_us, None, &[], what);
            }
            (Some(_), Some(_)) => {}
        }
    }
}

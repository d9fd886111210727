//! Once shoppers and faults have ended, everything settles in time.
//!
//! No order is left on its way, every event is published, every order that stands is delivered, no hold lives on, and
//! the gate is open. Whether it settled *rightly* is left to the other checkers.

use crate::history::{Event, EventKind, History, OrderRef, Source};
use crate::limits::Limits;
use crate::snapshot::Gate;
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug)]
pub struct Liveness {
    drain_limit_us: i64,
    /// When shoppers and faults had ended.
    quiet_since_us: Option<i64>,
    findings: Findings,
}

impl Liveness {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self { drain_limit_us: limits.drain_limit_us, quiet_since_us: None, findings: Findings::default() }
    }

    /// Says of a move whether it came too late.
    fn moved(&mut self, at_us: i64, order: Option<OrderRef>, history: &History, what: &str) {
        let Some(quiet_since_us) = self.quiet_since_us else { return };
        let after_us = at_us - quiet_since_us;
        if after_us > self.drain_limit_us {
            let id = order.map_or("", |order| history.order_id(order));
            let (after_ms, limit_ms) = (after_us / 1_000, self.drain_limit_us / 1_000);
            let what = format!("{id} {what} {after_ms} ms after all was quiet, {limit_ms} ms are allowed");
            self.findings.violated(at_us, None, order.as_slice(), what);
        }
    }

    fn orders_settled(&mut self, end: &Snapshot, history: &History) {
        for order in &end.tables.orders {
            if order.is_unsettled() || (order.stands() && order.status != "delivered") {
                let known: Vec<OrderRef> = history.find_order(&order.order_id).into_iter().collect();
                let what = format!("at the end, {} is still {}", order.order_id, order.status);
                self.findings.violated(end.taken_at_us, history.find_sku(&order.sku), &known, what);
            }
        }
    }

    fn outbox_empty(&mut self, end: &Snapshot, history: &History) {
        for row in end.tables.outbox.iter().filter(|row| !row.published) {
            let known: Vec<OrderRef> = history.find_order(&row.event_key).into_iter().collect();
            let what = format!("at the end, {} is not published", row.event_id);
            self.findings.violated(end.taken_at_us, None, &known, what);
        }
    }

    fn gate_at_rest(&mut self, gate: &Gate, end: &Snapshot, history: &History) {
        if end.tables.gate_epoch.as_ref().is_none_or(|fence| !fence.open) {
            self.findings.violated(end.taken_at_us, None, &[], "at the end, the gate is closed".to_owned());
        }
        for sku in &gate.skus {
            for hold in &sku.holds {
                let known: Vec<OrderRef> = history.find_order(&hold.order_id).into_iter().collect();
                let what = format!("{}: at the end, {} still holds {} units", sku.sku, hold.order_id, hold.quantity);
                self.findings.violated(end.taken_at_us, history.find_sku(&sku.sku), &known, what);
            }
        }
    }
}

impl Checker for Liveness {
    fn name(&self) -> &'static str {
        "liveness"
    }

    fn class(&self) -> Class {
        Class::Liveness
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Database, Source::Log, Source::Faults]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event settles nothing")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::QuietSince => self.quiet_since_us = Some(event.at_us),
            EventKind::OrderMoved { order, to, .. } => {
                self.moved(event.at_us, Some(order), history, &format!("became {}", to.word()));
            }
            EventKind::Published { order, event: of, .. } => {
                self.moved(event.at_us, Some(order), history, &format!("had {} published", of.word()));
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        if !end.quiet {
            self.findings.could_not_judge("shoppers or faults had not ended");
            return;
        }
        self.orders_settled(end, history);
        self.outbox_empty(end, history);
        match &end.gate {
            Some(gate) => self.gate_at_rest(gate, end, history),
            None => self.findings.could_not_judge("Redis was not read"),
        }
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}

//! Per product, committed units never exceed stocked units, and the ledger sums to the balance.
//!
//! Judged at every commit from the commit feed, and again at the end from the tables. Redis is left to
//! [`holds`](crate::holds).

mod ledger;
mod tables;

use crate::history::{Event, EventKind, History, Source};
use crate::limits::Limits;
use crate::{Checker, Class, Findings, Snapshot};
use ledger::Ledger;

/// See the module's description.
#[derive(Debug)]
pub struct Stock {
    /// Units the scenario stocked, per product.
    demanded: Vec<Option<i64>>,
    ledger: Ledger,
    findings: Findings,
}

impl Stock {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            demanded: limits.skus.iter().map(|sku| sku.stocked).collect(),
            ledger: Ledger::default(),
            findings: Findings::default(),
        }
    }
}

impl Checker for Stock {
    fn name(&self) -> &'static str {
        "stock"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Database]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event leaves stock alone")]
    fn observe(&mut self, event: &Event, history: &History) {
        match event.kind {
            EventKind::Stocked { sku, units } => self.ledger.stocked(sku, units),
            EventKind::StockMoved { sku, order, movement, delta } => {
                if let Some(what) = self.ledger.moved(sku, order, movement, delta) {
                    let what = format!("{}: {} {what}", history.sku_name(sku), history.order_id(order));
                    self.findings.violated(event.at_us, Some(sku), &[order], what);
                }
            }
            EventKind::BalanceSet { sku, bucket, on_hand } => self.ledger.balance_set(sku, bucket, on_hand),
            // Whatever moves an order moves all its lines. A further line is written after its order.
            EventKind::OrderMoved { order, .. } => {
                for (sku, _) in history.lines(order) {
                    self.ledger.order_touched(order, sku);
                }
            }
            EventKind::LineWritten { order, sku, .. } => self.ledger.order_touched(order, sku),
            EventKind::Committed => {
                self.ledger.committed(event.at_us, &self.demanded, history, &mut self.findings);
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        tables::judge(end, &self.demanded, history, &mut self.findings);
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}

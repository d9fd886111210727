//! Every committed order's event takes effect exactly once in each consumer.
//!
//! Never published before the commit that makes it true; the events of one order keep their order on the log; no
//! consumer's effect without the event, and none twice. That every event arrives in the end is judged once all is
//! quiet. How long that may take is left to [`liveness`](crate::liveness).

mod tables;
mod topic;

use crate::history::{Consumer, Event, EventKind, History, OrderEvent, OrderRef, PerOrder, Sku, Source, Status};
use crate::{Checker, Class, Findings, Snapshot};

/// See the module's description.
#[derive(Debug, Default)]
pub struct Events {
    trails: PerOrder<Trail>,
    sales: Vec<Sales>,
    findings: Findings,
}

/// How far the events of one order have come; sets of [`OrderEvent`]s are bits.
#[derive(Debug, Default, Clone)]
struct Trail {
    /// In the outbox, in the order of its commits.
    written: Vec<OrderEvent>,
    published: u8,
    partition: Option<u16>,
    notified: u8,
    /// Products that were requested from the warehouse.
    parcels: Vec<Option<Sku>>,
}

/// What the commit feed says was sold of a product, and how much more than that analytics has counted.
#[derive(Debug, Default, Clone, Copy)]
struct Sales {
    confirmed: u32,
    units: i64,
    cancelled: u32,
    reported: bool,
}

impl Trail {
    /// Takes in an append to the log; says what is wrong with it. An event may be there more than once.
    fn publish(&mut self, event: OrderEvent, partition: u16) -> Option<String> {
        let first = self.published & event.bit() == 0;
        self.published |= event.bit();
        let moved = *self.partition.get_or_insert(partition) != partition;
        let word = event.word();
        if !self.written.contains(&event) {
            return Some(format!("{word} was published before the commit that makes it true"));
        }
        if moved {
            return Some(format!("{word} went to another partition than the order's earlier events"));
        }
        let skipped = self.written.iter().take_while(|earlier| **earlier != event).find(|earlier| {
            let missing = self.published & earlier.bit() == 0;
            first && missing
        })?;
        Some(format!("{word} was published before {}, which happened earlier", skipped.word()))
    }

    /// Takes in a consumer's effect; says what is wrong with it.
    fn apply(&mut self, consumer: Consumer, event: OrderEvent, sku: Option<Sku>) -> Option<String> {
        let (again, effect) = match consumer {
            Consumer::Notification => {
                let before = self.notified;
                self.notified |= event.bit();
                (before & event.bit() != 0, "a notification")
            }
            Consumer::Warehouse => {
                let before = self.parcels.contains(&sku);
                self.parcels.push(sku);
                (before, "a parcel")
            }
        };
        let word = event.word();
        if again {
            Some(format!("{word} led to {effect} twice"))
        } else if !self.written.contains(&event) {
            Some(format!("{word} led to {effect} although it never happened"))
        } else if self.published & event.bit() == 0 {
            Some(format!("{word} led to {effect} before it was published"))
        } else {
            None
        }
    }
}

impl Events {
    /// A checker that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn wrong(&mut self, at_us: i64, order: OrderRef, history: &History, what: Option<String>) {
        if let Some(what) = what {
            let sku = history.order_now(order).map(|now| now.sku);
            self.findings.violated(at_us, sku, &[order], format!("{}: {what}", history.order_id(order)));
        }
    }

    fn written(&mut self, at_us: i64, order: OrderRef, event: OrderEvent, history: &History) {
        let written = &mut self.trails.of(order).written;
        let again = written.contains(&event);
        written.push(event);
        let what = again.then(|| format!("{} was written to the outbox twice", event.word()));
        self.wrong(at_us, order, history, what);
    }

    fn sales_of(&mut self, sku: Sku) -> &mut Sales {
        let place = usize::from(sku.0);
        if place >= self.sales.len() {
            self.sales.resize(place + 1, Sales::default());
        }
        &mut self.sales[place]
    }

    fn order_moved(&mut self, sku: Sku, to: Status, quantity: u32) {
        let sales = self.sales_of(sku);
        match to {
            Status::Confirmed => {
                sales.confirmed += 1;
                sales.units += i64::from(quantity);
            }
            Status::Cancelled => sales.cancelled += 1,
            Status::Placed
            | Status::Compensating
            | Status::Failed
            | Status::Refunded
            | Status::Picking
            | Status::Shipped
            | Status::Delivered
            | Status::Cancelling => {}
        }
    }

    fn sales_set(&mut self, at_us: i64, sku: Sku, counted: (u32, u32, i64), history: &History) {
        let (orders, cancelled, units) = counted;
        let sales = self.sales_of(sku);
        let too_many = orders > sales.confirmed || cancelled > sales.cancelled || units > sales.units;
        if too_many && !std::mem::replace(&mut sales.reported, true) {
            let what = format!(
                "{}: analytics counts {orders} orders of {units} units, {cancelled} cancelled; there were {} of {}, {}",
                history.sku_name(sku),
                sales.confirmed,
                sales.units,
                sales.cancelled
            );
            self.findings.violated(at_us, Some(sku), &[], what);
        }
    }
}

impl Checker for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn class(&self) -> Class {
        Class::Safety
    }

    fn sources(&self) -> &'static [Source] {
        &[Source::Database, Source::Log]
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "every other event has no part in publishing")]
    fn observe(&mut self, event: &Event, history: &History) {
        let at_us = event.at_us;
        match event.kind {
            EventKind::OutboxWritten { order, event } => self.written(at_us, order, event, history),
            EventKind::Published { order, event, partition, .. } => {
                let what = self.trails.of(order).publish(event, partition);
                self.wrong(at_us, order, history, what);
            }
            EventKind::EffectApplied { consumer, order, event, sku } => {
                let what = self.trails.of(order).apply(consumer, event, sku);
                self.wrong(at_us, order, history, what);
            }
            EventKind::OrderMoved { order, to, .. } => {
                for (sku, quantity) in history.lines(order) {
                    self.order_moved(sku, to, quantity);
                }
            }
            EventKind::SalesSet { sku, orders, cancelled, units } => {
                self.sales_set(at_us, sku, (orders, cancelled, units), history);
            }
            _ => {}
        }
    }

    fn at_end(&mut self, end: &Snapshot, history: &History) {
        tables::judge(end, history, &mut self.findings);
        topic::judge(end, history, &mut self.findings);
    }

    fn findings(&self) -> &Findings {
        &self.findings
    }
}

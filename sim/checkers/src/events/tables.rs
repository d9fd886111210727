//! Judges the outbox and the consumers' effects from the tables.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, OrderEvent, OrderRef, Status};
use crate::snapshot::{OrderRow, SalesRow};
use crate::{Findings, Snapshot};

pub(super) fn judge(end: &Snapshot, history: &History, findings: &mut Findings) {
    let confirmed = end.tables.ever_confirmed();
    let mut judge = TablesJudge { end, confirmed, history, findings };
    judge.outbox();
    judge.consumed();
    judge.notifications();
    judge.shipments();
    judge.sales();
    if !end.quiet {
        judge.findings.could_not_judge("that every event arrives is judged only once all is quiet");
    }
}

struct TablesJudge<'a> {
    end: &'a Snapshot,
    /// The orders that were ever confirmed.
    confirmed: BTreeSet<&'a str>,
    history: &'a History,
    findings: &'a mut Findings,
}

/// How often each value comes.
fn tally<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, u32> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

impl TablesJudge<'_> {
    fn wrong(&mut self, order_id: &str, what: &str) {
        let orders: Vec<OrderRef> = self.history.find_order(order_id).into_iter().collect();
        self.findings.violated(self.end.taken_at_us, None, &orders, format!("at the end, {order_id}: {what}"));
    }

    /// One event for each confirmation, and none for what never happened.
    fn outbox(&mut self) {
        let mut missing = self.confirmed.clone();
        let mut seen = BTreeSet::new();
        let statuses = self.end.tables.orders_by_id();
        for row in &self.end.tables.outbox {
            let Some((order_id, event)) = OrderEvent::split_id(&row.event_id) else {
                self.wrong(&row.event_key, &format!("event id {} names no order and kind", row.event_id));
                continue;
            };
            if order_id != row.event_key || event.word() != row.kind {
                self.wrong(&row.event_key, &format!("event {} has another key or kind", row.event_id));
            }
            if !happened(event, statuses.get(order_id).copied(), self.confirmed.contains(order_id)) {
                self.wrong(order_id, &format!("the outbox has {}, which never happened", event.word()));
            }
            if !seen.insert(row.event_id.as_str()) {
                self.wrong(order_id, &format!("the outbox has {} twice", event.word()));
            }
            if event == OrderEvent::Confirmed {
                missing.remove(order_id);
            }
        }
        for order_id in missing {
            self.wrong(order_id, "was confirmed, but the outbox has no event of it");
        }
    }

    fn consumed(&mut self) {
        let mut seen = BTreeSet::new();
        for row in &self.end.tables.consumed {
            if !seen.insert((row.consumer.as_str(), row.event_id.as_str())) {
                let order_id = OrderEvent::split_id(&row.event_id).map_or("", |(order_id, _)| order_id);
                self.wrong(order_id, &format!("{} took in {} twice", row.consumer, row.event_id));
            }
        }
    }

    fn notifications(&mut self) {
        let written: BTreeSet<&str> = self.end.tables.outbox.iter().map(|row| row.event_id.as_str()).collect();
        let mut sent = tally(self.end.tables.notifications.iter().map(|row| row.event_id.as_str()));
        for (&event_id, &count) in &sent {
            let order_id = OrderEvent::split_id(event_id).map_or(event_id, |(order_id, _)| order_id);
            if !written.contains(event_id) {
                self.wrong(order_id, &format!("a notification of {event_id}, which never happened"));
            } else if count > 1 {
                self.wrong(order_id, &format!("{count} notifications of {event_id}"));
            }
        }
        if self.end.quiet {
            for order_id in self.confirmed.clone() {
                let event_id = format!("{order_id}:{}", OrderEvent::Confirmed.word());
                if sent.remove(event_id.as_str()).is_none() {
                    self.wrong(order_id, "was confirmed, but its shopper was never told");
                }
            }
        }
    }

    /// One parcel for each line of a confirmed order; an order that was cancelled may have got its parcels or not.
    fn shipments(&mut self) {
        let lines = self.end.tables.lines_by_order();
        let mut requested: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for row in &self.end.tables.shipments {
            *requested.entry((&row.order_id, &row.sku)).or_default() += 1;
            let Some(lines) = lines.get(row.order_id.as_str()) else { continue };
            if !lines.iter().any(|line| line.sku == row.sku && line.quantity == row.quantity) {
                let ordered: Vec<String> =
                    lines.iter().map(|line| format!("{} × {}", line.quantity, line.sku)).collect();
                let what = format!("ordered {}, the parcel has {} × {}", ordered.join(" and "), row.quantity, row.sku);
                self.wrong(&row.order_id, &what);
            }
        }
        for (&(order_id, sku), &count) in &requested {
            if !self.confirmed.contains(order_id) {
                self.wrong(order_id, "was never confirmed, but has a parcel");
            } else if count > 1 {
                self.wrong(order_id, &format!("has {count} parcels of {sku}"));
            }
        }
        if self.end.quiet {
            for order in self.end.tables.orders.iter().filter(|order| order.stands()) {
                for line in lines.get(order.order_id.as_str()).into_iter().flatten() {
                    if !requested.contains_key(&(order.order_id.as_str(), line.sku)) {
                        self.wrong(&order.order_id, &format!("was confirmed, but has no parcel of {}", line.sku));
                    }
                }
            }
        }
    }

    fn sales(&mut self) {
        let mut due: BTreeMap<&str, SalesRow> = BTreeMap::new();
        let lines = self.end.tables.lines_by_order();
        let orders: &[OrderRow] = &self.end.tables.orders;
        for order in orders.iter().filter(|order| self.confirmed.contains(order.order_id.as_str())) {
            for line in lines.get(order.order_id.as_str()).into_iter().flatten() {
                let sales = due.entry(line.sku).or_insert_with(|| no_sales(line.sku));
                sales.orders += 1;
                sales.units += line.quantity;
                sales.revenue_cents += line.amount_cents;
                sales.cancelled += i64::from(order.parsed() == Some(Status::Cancelled));
            }
        }
        for row in &self.end.tables.sales {
            let due = due.remove(row.sku.as_str()).unwrap_or_else(|| no_sales(&row.sku));
            self.sales_of(row, &due);
        }
        if self.end.quiet {
            for (sku, due) in due {
                self.sales_of(&no_sales(sku), &due);
            }
        }
    }

    /// Totals only grow: a cancelled order stays counted, and is counted as cancelled too. While not all is quiet they
    /// may lag.
    fn sales_of(&mut self, counted: &SalesRow, due: &SalesRow) {
        let too_many = counted.orders > due.orders
            || counted.cancelled > due.cancelled
            || counted.units > due.units
            || counted.revenue_cents > due.revenue_cents;
        if too_many || (self.end.quiet && counted != due) {
            let what = format!("{}: at the end, analytics counts {}, there were {}", due.sku, show(counted), show(due));
            self.findings.violated(self.end.taken_at_us, self.history.find_sku(&due.sku), &[], what);
        }
    }
}

fn no_sales(sku: &str) -> SalesRow {
    SalesRow { sku: sku.to_owned(), orders: 0, units: 0, revenue_cents: 0, cancelled: 0 }
}

fn show(sales: &SalesRow) -> String {
    let SalesRow { orders, units, revenue_cents, cancelled, .. } = sales;
    format!("{orders} orders of {units} units for {revenue_cents} cents, {cancelled} cancelled")
}

/// Whether the order's row bears the event out.
fn happened(event: OrderEvent, order: Option<&OrderRow>, was_confirmed: bool) -> bool {
    let status = order.and_then(OrderRow::parsed);
    match event {
        OrderEvent::Confirmed => was_confirmed,
        OrderEvent::Refunded => status == Some(Status::Refunded),
        OrderEvent::Cancelled => status == Some(Status::Cancelled),
        OrderEvent::Shipped => matches!(status, Some(Status::Shipped | Status::Delivered)),
        OrderEvent::Delivered => status == Some(Status::Delivered),
    }
}

//! Judges stock from the tables alone.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::disagreement;
use crate::history::{History, OrderRef};
use crate::snapshot::{Line, OrderRow, Tables};
use crate::{Findings, Snapshot};

/// What the ledger says of a product.
#[derive(Default)]
struct Sums {
    stocked: i64,
    sold: i64,
    all: i64,
}

/// What the ledger says of an order.
#[derive(Default)]
struct Entries {
    sales: u32,
    returns: u32,
    sold: i64,
    returned: i64,
}

pub(super) fn judge(end: &Snapshot, demanded: &[Option<i64>], history: &History, findings: &mut Findings) {
    let mut judge = TablesJudge { at_us: end.taken_at_us, tables: &end.tables, history, findings };
    judge.rows_below_zero();
    judge.sums(demanded);
    judge.orders();
}

struct TablesJudge<'a> {
    at_us: i64,
    tables: &'a Tables,
    history: &'a History,
    findings: &'a mut Findings,
}

impl TablesJudge<'_> {
    fn of_sku(&mut self, sku: &str, what: &str) {
        self.findings.violated(self.at_us, self.history.find_sku(sku), &[], format!("{sku}: at the end, {what}"));
    }

    fn rows_below_zero(&mut self) {
        for row in self.tables.inventory.iter().filter(|row| row.on_hand < 0) {
            self.of_sku(&row.sku, &format!("the balance is {}", row.on_hand));
        }
        for row in self.tables.buckets.iter().filter(|row| row.on_hand < 0) {
            self.of_sku(&row.sku, &format!("the balance of bucket {} is {}", row.bucket, row.on_hand));
        }
    }

    fn sums(&mut self, demanded: &[Option<i64>]) {
        let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
        for row in &self.tables.ledger {
            let sum = sums.entry(&row.sku).or_default();
            sum.all += row.delta;
            if row.kind == "stocked" {
                sum.stocked += row.delta;
            } else {
                sum.sold -= row.delta;
            }
        }
        let on_hand = self.tables.on_hand();
        let skus: BTreeSet<&str> = sums.keys().chain(on_hand.keys()).copied().collect();
        for sku in skus {
            let sum = sums.remove(sku).unwrap_or_default();
            let limit =
                self.history.find_sku(sku).and_then(|known| demanded.get(usize::from(known.0)).copied().flatten());
            if limit.is_some_and(|limit| limit != sum.stocked) {
                let limit = limit.unwrap_or_default();
                self.of_sku(sku, &format!("the ledger has {} units stocked, the scenario {limit}", sum.stocked));
            }
            let stocked = limit.unwrap_or(sum.stocked);
            if sum.sold > stocked {
                self.of_sku(
                    sku,
                    &format!("oversold by {}: {} units sold, {stocked} stocked", sum.sold - stocked, sum.sold),
                );
            }
            let balance = on_hand.get(sku).copied().unwrap_or(0);
            if sum.all != balance {
                self.of_sku(sku, &format!("the ledger sums to {}, the balance says {balance}", sum.all));
            }
        }
    }

    fn orders(&mut self) {
        let mut entries: BTreeMap<(&str, &str), Entries> = BTreeMap::new();
        for row in self.tables.ledger.iter().filter(|row| row.kind != "stocked") {
            let entry = entries.entry((&row.reference, &row.sku)).or_default();
            if row.kind == "sold" {
                entry.sales += 1;
                entry.sold -= row.delta;
            } else {
                entry.returns += 1;
                entry.returned += row.delta;
            }
        }
        let lines = self.tables.lines_by_order();
        for order in &self.tables.orders {
            for line in lines.get(order.order_id.as_str()).into_iter().flatten() {
                let entry = entries.remove(&(order.order_id.as_str(), line.sku)).unwrap_or_default();
                self.line(order, line, &entry);
            }
        }
        for ((order_id, sku), _) in entries {
            let orders: Vec<OrderRef> = self.history.find_order(order_id).into_iter().collect();
            let what = format!("{sku}: at the end, {order_id} has ledger entries but no order of that product");
            self.findings.violated(self.at_us, self.history.find_sku(sku), &orders, what);
        }
    }

    fn line(&mut self, order: &OrderRow, line: &Line<'_>, entry: &Entries) {
        let wrong = if entry.sales > 1 || entry.returns > 1 {
            Some(format!("has {} sales and {} returns in the ledger", entry.sales, entry.returns))
        } else {
            disagreement(order.parsed(), line.quantity, entry.sold, entry.returned)
        };
        if let Some(wrong) = wrong {
            let orders: Vec<OrderRef> = self.history.find_order(&order.order_id).into_iter().collect();
            let what = format!("{}: at the end, {} {wrong}", line.sku, order.order_id);
            self.findings.violated(self.at_us, self.history.find_sku(line.sku), &orders, what);
        }
    }
}
